"""Comparing a profile with a job: verdicts with evidence, and a reproducible score."""

from typing import Any

import pytest

from app.analysis.jobs.matching import match_profile
from app.analysis.jobs.requirement import Requirement
from app.analysis.normalise.terms import normal_forms

PROFILE: dict[str, Any] = {
    "basics": {"name": "Terra Form", "email": "kafka@python.example", "summary": "Runs Ansible for nine teams."},
    "work": [
        {
            "name": "Docker Yards Ltd",
            "position": "Platform Engineer",
            "startDate": "2019-03",
            "highlights": ["Moved 40 services to k8s", "No experience with Jenkins"],
        }
    ],
    "education": [{"institution": "Rust College", "area": "Physics", "studyType": "B.Sc."}],
    "skills": [{"name": "Tools", "keywords": ["Postgres", "Go", "Wound care"]}],
    "languages": [{"language": "German", "fluency": "B2"}, {"language": "French"}],
}
PROFILE["x-vitae"] = {"total_experience_months": 75, **normal_forms(PROFILE)}


def verdict(wanted: Requirement) -> tuple[str, str, tuple[str, ...]]:
    found = match_profile(PROFILE, [wanted]).verdicts[0]
    return found.outcome, found.found, found.pointers


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("PostgreSQL", "/skills/0/keywords/0"),
        ("Go", "/skills/0/keywords/1"),
        ("wound care", "/skills/0/keywords/2"),
        ("Kubernetes", "/work/0/highlights/0"),
        ("Ansible", "/basics/summary"),
        ("physics", "/education/0/area"),
    ],
)
def test_a_skill_is_found_by_any_of_its_names_anywhere_in_the_profile(name: str, pointer: str) -> None:
    assert verdict(Requirement("skill", (name,))) == ("met", name, (pointer,))


@pytest.mark.parametrize(
    "name", ["Docker", "Python", "Apache Kafka", "Terraform", "Rust", "Jenkins", "R", "wound", "kube"]
)
def test_employers_schools_contacts_names_negations_and_parts_of_words_are_not_skills(name: str) -> None:
    expected = ("met", "wound", ("/skills/0/keywords/2",)) if name == "wound" else ("missing", "", ())
    assert verdict(Requirement("skill", (name,))) == expected


def test_any_of_the_alternatives_is_enough() -> None:
    assert verdict(Requirement("skill", ("MySQL", "PostgreSQL"))) == ("met", "PostgreSQL", ("/skills/0/keywords/0",))


@pytest.mark.parametrize(("months", "outcome"), [(75, "met"), (76, "partly"), (107, "partly"), (108, "missing")])
def test_experience_is_the_total_work_experience(months: int, outcome: str) -> None:
    assert verdict(Requirement("experience", months=months)) == (outcome, "6 years 3 months", ("/work/0/startDate",))


@pytest.mark.parametrize(
    ("level", "outcome"),
    [
        ("vocational", "partly"),
        ("secondary", "met"),
        ("bachelor", "met"),
        ("master", "partly"),
        ("doctorate", "missing"),
    ],
)
def test_a_higher_degree_is_enough_except_for_vocational_training_and_one_level_below_is_partly_met(
    level: str, outcome: str
) -> None:
    assert verdict(Requirement("degree", (level,))) == (outcome, "bachelor", ("/education/0/studyType",))


@pytest.mark.parametrize(
    ("tag", "cefr", "outcome"),
    [
        ("de", None, "met"),
        ("de", "B2", "met"),
        ("de", "C1", "partly"),
        ("fr", None, "met"),
        ("fr", "A1", "partly"),
        ("en", None, "missing"),
    ],
)
def test_a_language_is_compared_by_its_level(tag: str, cefr: Any, outcome: str) -> None:
    assert verdict(Requirement("language", (tag,), cefr=cefr))[0] == outcome


def test_the_score_is_the_weighted_share_of_the_requirements_met() -> None:
    must, nice = Requirement("skill", ("Go",)), Requirement("skill", ("MATLAB",), must=False)
    assert match_profile(PROFILE, [must, nice]).score == 75
    assert (
        match_profile(PROFILE, [Requirement("skill", ("MATLAB",)), Requirement("skill", ("Go",), must=False)]).score
        == 25
    )
    assert match_profile(PROFILE, [must, Requirement("degree", ("master",))]).score == 75
    assert match_profile(PROFILE, [must]).score == 100
    assert match_profile(PROFILE, []).score == 0
    assert match_profile({}, [must, nice]).score == 0


def test_names_ages_and_places_do_not_change_the_score() -> None:
    wanted = [Requirement("skill", ("Go",)), Requirement("experience", months=60), Requirement("language", ("de",))]
    other = {**PROFILE, "basics": {**PROFILE["basics"], "name": "Aisha Mbeki", "location": {"city": "Lagos"}}}
    assert match_profile(other, wanted) == match_profile(PROFILE, wanted)
