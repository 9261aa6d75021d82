"""The requirements of a job are extracted from its text, in several languages, and nothing else is."""

import pytest

from app.analysis.jobs.reading import read_requirements
from app.analysis.jobs.requirement import Requirement

JOB = """Senior Backend Engineer (m/f/d), Hamburg

About us
We have built logistics software for 25 years.

Your responsibilities
- Design services in Scala, mentor two juniors

Requirements
- 5+ years of professional experience in backend development
- Strong knowledge of Python and PostgreSQL; Kafka or RabbitMQ
- Bachelor's or Master's degree in computer science
- Fluent English (C1) and good German
- Experience with CI/CD, k8s and Terraform

Nice to have
- Rust, GraphQL
- Forklift licence

We offer
- 30 days of holiday, Java on the coffee machine
"""


def asked(text: str) -> list[tuple[object, ...]]:
    return [
        (
            each.kind,
            *each.names,
            *([each.months] if each.months else []),
            *([each.cefr] if each.cefr else []),
            each.must,
        )
        for each in read_requirements(text)
    ]


def test_a_job_is_read_as_a_recruiter_would() -> None:
    assert asked(JOB) == [
        ("experience", 60, True),
        ("skill", "backend development", True),
        ("skill", "Python", True),
        ("skill", "PostgreSQL", True),
        ("skill", "Apache Kafka", "RabbitMQ", True),
        ("degree", "bachelor", True),
        ("language", "en", "C1", True),
        ("language", "de", "B2", True),
        ("skill", "CI/CD", True),
        ("skill", "Kubernetes", True),
        ("skill", "Terraform", True),
        ("skill", "Rust", False),
        ("skill", "GraphQL", False),
        ("skill", "Forklift licence", False),
    ]


def test_each_requirement_quotes_the_description_and_the_same_text_gives_the_same_result() -> None:
    found = read_requirements(JOB)
    assert all(each.quote in JOB for each in found)
    assert read_requirements(JOB) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anforderungen:\n• Abgeschlossene Ausbildung als Koch", [("degree", "vocational", True)]),
        ("Ihr Profil\n- Mindestens 2 Jahre Berufserfahrung", [("experience", 24, True)]),
        (
            "Ihr Profil\n- Deutschkenntnisse B2, Englisch von Vorteil",
            [("language", "de", "B2", True), ("language", "en", False)],
        ),
        ("Perfil:\n- Al menos tres años de experiencia", [("experience", 36, True)]),
        (
            "Requisitos\n- Inglés nivel B2\n- Licenciatura",
            [("language", "en", "B2", True), ("degree", "bachelor", True)],
        ),
        ("Profil recherché\n- Bac+5\n- Allemand courant", [("degree", "master", True), ("language", "de", "C1", True)]),
        (
            "Requirements\n- Python and PostgreSQL, Kafka or RabbitMQ",
            [("skill", "Python", True), ("skill", "PostgreSQL", True), ("skill", "Apache Kafka", "RabbitMQ", True)],
        ),
        ("Requirements\n- Python, Java or Go", [("skill", "Python", "Java", "Go", True)]),
        ("Requirements: 3-5 years of experience", [("experience", 36, True)]),
        ("Requirements\n- Ideally Docker, Ansible", [("skill", "Docker", False), ("skill", "Ansible", False)]),
        (
            "Requirements\n- Docker\n- Python\nNice to have\n- Docker",
            [("skill", "Docker", True), ("skill", "Python", True)],
        ),
    ],
)
def test_requirements_are_found_in_many_wordings_and_languages(text: str, expected: list[tuple[object, ...]]) -> None:
    assert asked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We were founded 20 years ago.",
        "You excel at what you do and go the extra mile. We react swiftly, spring is our season.",
        "About us\nPython, Java\nBenefits\nFree coffee",
    ],
)
def test_a_text_without_requirements_gives_none(text: str) -> None:
    assert read_requirements(text) == ()


def test_prose_without_headings_gives_the_clear_requirements() -> None:
    prose = "We want somebody who knows Python and Excel, with 3 years of experience and an MBA. Go is a plus."
    assert asked(prose) == [
        ("experience", 36, True),
        ("degree", "master", True),
        ("skill", "Python", True),
        ("skill", "Excel", True),
        ("skill", "Go", False),
    ]


def test_a_scrum_master_is_not_a_degree() -> None:
    assert asked("Requirements\n- Certified Scrum Master") == [("skill", "Scrum", True)]


def test_a_very_long_text_is_read_quickly_and_gives_few_requirements() -> None:
    found = read_requirements("Requirements\n" + "".join(f"- tool number{n}, other\n" for n in range(20_000)))
    assert len(found) == 60
    assert all(isinstance(each, Requirement) for each in found)
