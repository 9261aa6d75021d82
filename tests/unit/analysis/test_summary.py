"""Summaries composed from facts, and the check of summaries written by a model."""

import pytest

from app.analysis.person import describes_a_person
from app.analysis.profile import CheckedProfile
from app.analysis.summary import compose_summary, summary_is_supported
from tests.unit.analysis.grounding.test_grounding import DOCUMENT, HONEST
from tests.unit.analysis.resume_documents import check, document_of

CHECKED: CheckedProfile = check(HONEST, DOCUMENT)


def test_a_summary_has_the_latest_job_the_years_the_degree_and_the_skills() -> None:
    assert compose_summary(CHECKED.profile, "en") == (
        "Senior Engineer at Kiesel GmbH, 11 years of work experience. "
        "Education: M.Sc. Computer Science (Technische Hochschule Elbtal); skills: Python, C++, R, SQL."
    )


def test_a_summary_is_in_the_language_of_the_document_or_english() -> None:
    assert "11 Jahre Berufserfahrung" in compose_summary(CHECKED.profile, "de")
    assert "11 years of work experience" in compose_summary(CHECKED.profile, "xx")


def test_an_empty_profile_has_no_summary() -> None:
    assert compose_summary({"basics": {}, "work": [], "education": [], "skills": []}, "en") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Senior Engineer at Kiesel GmbH with 11 years of experience in Python and C++.",
        "Experienced software engineer. Previously worked at Quarz & Söhne Ltd in Hamburg.",
        "She holds an M.Sc. Computer Science from Technische Hochschule Elbtal and saved $5M a year.",
        "Jana Orlow's work since 2019 is in Berlin.",
    ],
)
def test_a_summary_of_the_documents_facts_is_accepted(text: str) -> None:
    assert summary_is_supported(text, CHECKED.profile, DOCUMENT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Senior Engineer at Gneis AG.",
        "Gneis engineer with 11 years of experience.",
        "Engineer at Kiesel Söhne.",
        "Senior Engineer with 12 years of experience.",
        "Senior Engineer with twenty years of experience.",
        "Knows Kubernetes.",
        "Writes iOS apps.",
        "She holds a PhD.",
        "She saved $6M.",
        "北方軟件有限公司 engineer.",
        "Worked at Kiesel GmbH. " * 100,
    ],
)
def test_a_summary_with_anything_invented_is_rejected(text: str) -> None:
    assert not summary_is_supported(text, CHECKED.profile, DOCUMENT)


def test_a_checked_resume_describes_a_person() -> None:
    assert describes_a_person(CHECKED, DOCUMENT)


def test_a_title_with_a_list_does_not_describe_a_person() -> None:
    recipe = document_of("Lemon Tart\nFlour, Sugar, Butter")
    checked = CheckedProfile(
        {"basics": {"name": "Lemon Tart"}, "work": [], "education": [], "skills": [{"keywords": ["Flour", "Sugar"]}]},
        {},
    )
    assert not describes_a_person(checked, recipe)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"basics": {}}, False),
        ({"basics": {"name": "Mara Lind"}}, False),
        ({"basics": {"email": "billing@kiesel.example"}}, False),
        ({"basics": {"email": "billing@kiesel.example"}, "skills": [{"name": "Invoices"}]}, False),
        ({"basics": {"name": "Invoice 2041", "phone": "+49"}, "skills": [{"name": "Invoices"}]}, False),
        ({"basics": {"name": "Mara Lind", "phone": "+49"}, "skills": [{"name": "Pottery"}]}, True),
        ({"basics": {"name": "Mara Lind"}, "work": [{"position": "Potter", "startDate": "2015"}]}, True),
        ({"basics": {"name": "Mara Lind"}, "work": [{"position": "Potter"}]}, False),
        ({"basics": {"name": "Mara Lind"}, "education": [{"institution": "Lyceum", "endDate": "2015"}]}, True),
        ({"work": [{"position": "Potter", "name": "Kiesel"}], "basics": {}}, False),
    ],
)
def test_a_person_needs_a_name_or_contact_and_a_career(profile: dict[str, object], expected: bool) -> None:  # noqa: FBT001
    assert describes_a_person(CheckedProfile(profile, {}), DOCUMENT) is expected
