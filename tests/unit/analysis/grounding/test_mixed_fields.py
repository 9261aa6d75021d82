"""What weak models mix up within one entry does not reach the profile."""

from typing import Any

import pytest

from app.analysis.answer import Answer, Job, Study
from app.analysis.grounding.mixed_fields import separate_job, separate_study
from app.analysis.normalise.document_titles import without_document_title
from tests.unit.analysis.resume_documents import check, document_of

RESUME = document_of("""
CV - Ilse Varga-Okoye
ilse.varga@example.org | ilsevarga.example.org

Work
Fitter, Northwind Ltd, Hull
03/2019 - Present
- Repaired 40 pumps
- Trained two people
Welder, Brackwater GmbH, Bremen
01/2016 - 02/2019
- Welded hulls

Education
High School Diploma, Shelby Valley School
05/2015
""")


def profile_of(**answer: Any) -> dict[str, Any]:
    return check(Answer.model_validate({"is_resume": True, **answer}), RESUME).profile


@pytest.mark.parametrize(
    ("employer", "position", "location", "expected"),
    [
        ("Fitter, Northwind Ltd, Hull", "Fitter", "Hull", ("Northwind Ltd", "Fitter")),
        ("Northwind Ltd, Hull", "Fitter", "Hull, UK", ("Northwind Ltd", "Fitter")),
        ("Northwind Ltd (Hull)", "Fitter", "Hull", ("Northwind Ltd", "Fitter")),
        ("Northwind Ltd", "Fitter, Northwind Ltd", None, ("Northwind Ltd", "Fitter")),
        ("Northwind Ltd", "Fitter at Northwind Ltd", None, ("Northwind Ltd", "Fitter")),
        ("Smith, Jones and Partners", "Partner", "Jones", ("Smith, Jones and Partners", "Partner")),
        ("Hull", "Fitter", "Hull", ("Hull", "Fitter")),
        ("Hull Trains", "Train Driver", "Hull", ("Hull Trains", "Train Driver")),
        ("Fitter", "Fitter", None, ("Fitter", "Fitter")),
        (None, "Fitter", "Hull", (None, "Fitter")),
        ("Acme (UK) Ltd.", "C++ Developer", "c++", ("Acme (UK) Ltd.", "C++ Developer")),
    ],
)
def test_an_employer_and_a_position_keep_only_their_own_part(
    employer: str | None, position: str, location: str | None, expected: tuple[str | None, str]
) -> None:
    job = separate_job(Job(employer=employer, position=position, location=location))
    assert (job.employer, job.position) == expected


def test_an_institution_keeps_its_place() -> None:
    study = separate_study(
        Study(institution="University of California, Berkeley", degree="B.Sc., Physics", area="Physics")
    )
    assert (study.institution, study.degree, study.area) == (
        "University of California, Berkeley",
        "B.Sc., Physics",
        "Physics",
    )
    study = separate_study(Study(institution="B.Sc., University of Szeged", degree="B.Sc.", area="B.Sc. | Physics"))
    assert (study.institution, study.area) == ("University of Szeged", "Physics")


def test_one_place_in_the_document_is_one_field() -> None:
    diploma = "High School Diploma"
    study = {"institution": "Shelby Valley School", "area": diploma, "degree": diploma, "score": diploma}
    profile = profile_of(education=[{**study, "lines": [12, 14]}])
    assert profile["education"] == [{"institution": "Shelby Valley School", "studyType": diploma}]
    job = {"employer": "Fitter", "position": "Fitter", "start": "03/2019", "lines": [5, 6]}
    assert profile_of(work=[job])["work"] == [{"position": "Fitter", "startDate": "2019-03"}]


@pytest.mark.parametrize(
    "dates",
    [
        {"start": "05/2015"},
        {"start": "05/2015", "ongoing": True},
        {"end": "05/2015"},
        {"start": "05/2015", "end": "05/2015"},
    ],
)
def test_a_single_date_of_a_degree_is_its_end(dates: dict[str, Any]) -> None:
    study = {"institution": "Shelby Valley School", "lines": [12, 14], **dates}
    [found] = profile_of(education=[study])["education"]
    assert {key: found.get(key) for key in ("startDate", "endDate")} == {"startDate": None, "endDate": "2015-05"}


def test_a_bullet_point_does_not_run_into_the_next_job() -> None:
    first = {
        "employer": "Northwind Ltd",
        "position": "Fitter",
        "highlights": ["Repaired 40 pumps", "Trained two people Welder, Brackwater GmbH, Bremen"],
        "lines": [5, 9],
    }
    second = {"employer": "Brackwater GmbH", "position": "Welder", "lines": [9, 11]}
    assert profile_of(work=[first, second])["work"][0]["highlights"] == ["Repaired 40 pumps"]


def test_a_summary_that_repeats_the_bullet_points_is_left_out() -> None:
    points = ["Repaired 40 pumps", "Trained two people"]
    job = {"employer": "Northwind Ltd", "position": "Fitter", "summary": " ".join(points), "lines": [5, 8]}
    assert "summary" in profile_of(work=[job])["work"][0]
    [found] = profile_of(work=[{**job, "highlights": points}])["work"]
    assert found["highlights"] == points
    assert "summary" not in found


def test_a_job_does_not_get_the_persons_own_page() -> None:
    job = {"employer": "Brackwater GmbH", "position": "Welder", "url": "ilsevarga.example.org", "lines": [9, 11]}
    assert "url" not in profile_of(work=[job])["work"][0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("CV - Ilse Varga-Okoye", "Ilse Varga-Okoye"),
        ("Lebenslauf: Ilse Varga-Okoye", "Ilse Varga-Okoye"),
        ("Curriculum Vitae – Ilse", "Ilse"),
        ("Ilse Varga-Okoye", "Ilse Varga-Okoye"),
        ("Resume Varga", "Resume Varga"),
        ("CV", "CV"),
        ("", ""),
    ],
)
def test_the_title_of_the_document_is_no_part_of_the_name(name: str, expected: str) -> None:
    assert without_document_title(name) == expected


def test_a_page_on_a_network_is_a_profile_and_not_the_persons_own_page() -> None:
    page = document_of("Ilse Varga-Okoye\ngithub.com/ilsevarga | ilsevarga.example.org")

    def basics_of(person: dict[str, Any]) -> dict[str, Any]:
        answer = Answer.model_validate(
            {"is_resume": True, "person": {"name": "Ilse Varga-Okoye", "lines": [1, 2], **person}}
        )
        return check(answer, page).profile["basics"]

    profile = {"network": "GitHub", "username": "ilsevarga", "url": "https://github.com/ilsevarga"}
    for links in ([], [{"url": "github.com/ilsevarga"}]):
        basics = basics_of({"url": "github.com/ilsevarga", "links": links})
        assert (basics.get("url"), basics["profiles"]) == (None, [profile])
    assert basics_of({"url": "ilsevarga.example.org"})["url"] == "https://ilsevarga.example.org"
