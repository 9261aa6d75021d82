"""Lying models: no invented or mixed-up value reaches a profile. `tests/contract/analysis` tries a thousand answers."""

import pytest

from app.analysis.answer import Answer, Credential, Job, Person, SkillGroup, SpokenLanguage, Study
from app.extraction.document import Document, HiddenText
from tests.unit.analysis.resume_documents import check, document_of

TWO_JOBS = document_of(
    """
Mara Lind
mara.lind@example.org
Cambridge, MA 02139

Experience
Senior Surveyor, Tidemark Surveys Ltd
March 2019 - May 2022
- Presented the coast map to the Vice President
- Led a crew of three

Junior Surveyor, Borehole & Sons
2014 - 2018
- Levelled twelve bridge sites

Education
BSc Geomatics, Ravenshore College
2010 - 2013

Skills
AutoCAD, QGIS
No experience with Python. Not certified in GNSS Levelling. Keine Kenntnisse in SQL.
"""
)
EVERYWHERE = list(range(1, len(TWO_JOBS.lines) + 1))


def test_a_true_employer_gets_no_dates_of_another_job_even_if_all_lines_are_cited() -> None:
    job = Job(employer="Tidemark Surveys Ltd", position="Senior Surveyor", start="2014", end="2018", lines=EVERYWHERE)
    work = check(Answer(is_resume=True, work=[job]), TWO_JOBS).profile["work"]
    assert work == [{"name": "Tidemark Surveys Ltd", "position": "Senior Surveyor"}]


def test_a_true_position_gets_no_employer_of_another_job() -> None:
    mixed = Job(employer="Borehole & Sons", position="Senior Surveyor", lines=EVERYWHERE)
    other = Job(employer="Tidemark Surveys Ltd", position="Senior Surveyor", lines=EVERYWHERE)
    checked = check(Answer(is_resume=True, work=[other, mixed]), TWO_JOBS)
    pairs = {(job.get("name"), job.get("position")) for job in checked.profile["work"]}
    assert ("Borehole & Sons", "Senior Surveyor") not in pairs
    assert ("Tidemark Surveys Ltd", "Senior Surveyor") in pairs
    assert checked.dropped == 1


def test_the_title_of_somebody_else_in_a_sentence_is_not_a_position() -> None:
    job = Job(employer="Tidemark Surveys Ltd", position="Vice President", lines=EVERYWHERE)
    assert check(Answer(is_resume=True, work=[job]), TWO_JOBS).profile["work"] == [{"name": "Tidemark Surveys Ltd"}]


@pytest.mark.parametrize("keyword", ["Python", "SQL"])
def test_a_skill_that_the_page_negates_is_dropped(keyword: str) -> None:
    answer = Answer(is_resume=True, skills=[SkillGroup(keywords=["QGIS", keyword], lines=EVERYWHERE)])
    assert check(answer, TWO_JOBS).profile["skills"] == [{"keywords": ["QGIS"]}]


def test_a_certificate_or_language_that_the_page_negates_is_dropped() -> None:
    document = document_of("Mara Lind\nI am not certified in GNSS Levelling.\nNo knowledge of French")
    answer = Answer(
        is_resume=True,
        certificates=[Credential(title="GNSS Levelling", lines=[2])],
        languages=[SpokenLanguage(language="French", lines=[3])],
    )
    profile = check(answer, document).profile
    assert (profile["certificates"], profile["languages"]) == ([], [])


def test_the_code_of_a_state_is_not_a_degree() -> None:
    answer = Answer(is_resume=True, education=[Study(degree="MA", lines=[3])])
    assert check(answer, TWO_JOBS).profile["education"] == []


@pytest.mark.parametrize("degree", ["BS", "Geo", "MSc", "B", "Sc"])
def test_a_degree_is_not_taken_from_inside_another_word(degree: str) -> None:
    answer = Answer(is_resume=True, education=[Study(institution="Ravenshore College", degree=degree, lines=[13, 14])])
    assert all("studyType" not in study for study in check(answer, TWO_JOBS).profile["education"])


def test_hidden_words_ground_nothing() -> None:
    hidden = HiddenText(1, "Kubernetes architect at Quantaverse Industries", "low_contrast")
    document = Document(TWO_JOBS.media_type, TWO_JOBS.pages, TWO_JOBS.lines, language="en", hidden=(hidden,))
    job = Job(employer="Quantaverse Industries", position="Kubernetes architect", lines=EVERYWHERE)
    answer = Answer(is_resume=True, work=[job], skills=[SkillGroup(keywords=["Kubernetes"], lines=[1])])
    checked = check(answer, document)
    assert (checked.profile["work"], checked.profile["skills"]) == ([], [])
    assert checked.dropped == 3


@pytest.mark.parametrize(
    "email", ["mara@example.org", "lind@example.org", "mara.lind@example.or", "mara.lind@example.org.tr", "mara.lind"]
)
def test_an_email_made_of_parts_is_dropped(email: str) -> None:
    checked = check(Answer(is_resume=True, person=Person(email=email, lines=[2])), TWO_JOBS)
    assert "email" not in checked.profile["basics"]
