"""Two readings become one: whole entries, never worse than the better reading, with every disagreement reported."""

from datetime import date
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.analysis.answer import Answer, Credential, Job, Person, SkillGroup, Study
from app.analysis.grounding.assembly import assemble_profile
from app.analysis.grounding.check import ground_answer
from app.analysis.grounding.findings import Findings
from app.analysis.grounding.grounded_entries import Leaf, Sections
from app.analysis.readings.reconcile_readings import Reconciled, reconcile, report
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from tests.unit.analysis.resume_documents import document_of, schema_errors

PAGE = document_of(
    """
Ilse Varga-Okoye
Data Engineer
ilse.varga@example.org

Experience
Data Engineer, Quarrystone Ltd
March 2019 - Present
- Rebuilt the billing pipeline
Analyst, Fernhollow GmbH
January 2015 - February 2019
- Wrote the weekly report

Education
BSc Mathematics, University of Harrowmere
2011 - 2014

Skills
SQL, Airflow, dbt
"""
)
PAGE_WITH_ONE_DATE = document_of(PAGE.text.replace("January 2015 - February 2019", "February 2019"))
RIGHT = Answer(
    is_resume=True,
    person=Person(name="Ilse Varga-Okoye", label="Data Engineer", email="ilse.varga@example.org", lines=[1, 2, 3]),
    work=[
        Job(
            employer="Quarrystone Ltd",
            position="Data Engineer",
            start="March 2019",
            ongoing=True,
            highlights=["Rebuilt the billing pipeline"],
            lines=[5, 6, 7],
        ),
        Job(
            employer="Fernhollow GmbH",
            position="Analyst",
            start="January 2015",
            end="February 2019",
            highlights=["Wrote the weekly report"],
            lines=[8, 9, 10],
        ),
    ],
    education=[
        Study(
            institution="University of Harrowmere",
            degree="BSc",
            area="Mathematics",
            start="2011",
            end="2014",
            lines=[12, 13],
        )
    ],
    skills=[SkillGroup(keywords=["SQL", "Airflow", "dbt"], lines=[15])],
)


def grounded(answer: Answer, document: Document = PAGE) -> Sections:
    return ground_answer(answer, document, default_region="US").sections


def profile_of(reconciled: Reconciled, document: Document = PAGE) -> dict[str, Any]:
    return assemble_profile(reconciled.sections, Findings(), document=document, as_of=date(2026, 11, 15)).profile


def changed(**fields: Any) -> Answer:
    return RIGHT.model_copy(update=fields)


def test_equal_readings_agree_on_everything() -> None:
    result = reconcile(grounded(RIGHT), grounded(RIGHT))
    assert (result.used, result.agreement, result.disagreements) == ("both", 1.0, ())
    leaf = result.sections.work[0].leaves["position"]
    assert isinstance(leaf, Leaf)
    assert leaf.agreement == "agreed"


@pytest.mark.parametrize("section", ["work", "education", "skills"])
def test_an_entry_that_the_model_overlooks_comes_from_the_rules(section: str) -> None:
    short = changed(**{section: getattr(RIGHT, section)[1:]})
    result = reconcile(grounded(short), grounded(RIGHT))
    assert profile_of(result)[section] == profile_of(reconcile(grounded(RIGHT), grounded(RIGHT)))[section]
    assert any(each.kind == "entry" and each.reading == "rules" for each in result.disagreements)


def test_an_entry_that_the_rules_overlook_comes_from_the_model() -> None:
    result = reconcile(grounded(RIGHT), grounded(changed(work=RIGHT.work[:1])))
    assert [job["name"] for job in profile_of(result)["work"]] == ["Quarrystone Ltd", "Fernhollow GmbH"]


def test_a_complete_entry_beats_one_without_its_dates_whoever_read_it() -> None:
    undated = changed(work=[RIGHT.work[0].model_copy(update={"start": None, "ongoing": False}), RIGHT.work[1]])
    for model, rules in ((undated, RIGHT), (RIGHT, undated)):
        job = profile_of(reconcile(grounded(model), grounded(rules)))["work"][0]
        assert (job["name"], job["startDate"]) == ("Quarrystone Ltd", "2019-03")


def test_an_entry_is_never_put_together_from_two_readings() -> None:
    torn = changed(
        work=[
            Job(employer="Quarrystone Ltd", position="Analyst", start="March 2019", lines=[5, 6]),
        ]
    )
    for model, rules in ((torn, RIGHT), (RIGHT, torn)):
        profile = profile_of(reconcile(grounded(model), grounded(rules)))
        pairs = {(job.get("name"), job.get("position")) for job in profile["work"]}
        assert pairs <= {
            ("Quarrystone Ltd", "Data Engineer"),
            ("Fernhollow GmbH", "Analyst"),
            ("Quarrystone Ltd", None),
        }


def test_a_reading_that_covers_clearly_fewer_lines_loses_as_a_whole() -> None:
    almost_nothing = Answer(is_resume=True, person=Person(label="Analyst", lines=[8]))
    result = reconcile(grounded(almost_nothing), grounded(RIGHT))
    assert result.used == "rules"
    assert profile_of(result)["basics"]["label"] == "Data Engineer"
    other_way = reconcile(grounded(RIGHT), grounded(almost_nothing))
    assert other_way.used == "model"
    assert len(profile_of(other_way)["work"]) == 2


def test_an_answer_that_was_cut_off_does_not_lose_and_the_rules_read_the_rest() -> None:
    first_job = Answer(is_resume=True, person=RIGHT.person, work=RIGHT.work[:1])
    result = reconcile(grounded(first_job), grounded(RIGHT), cut_off=True)
    assert result.used == "both"
    assert profile_of(result) == profile_of(reconcile(grounded(RIGHT), grounded(RIGHT)))


def test_a_model_that_invents_much_is_not_preferred_where_both_are_plausible() -> None:
    swapped = changed(
        work=[
            job.model_copy(update={"employer": other.employer})
            for job, other in zip(RIGHT.work, RIGHT.work[::-1], strict=True)
        ]
    )
    trusted = profile_of(reconcile(grounded(swapped), grounded(RIGHT)))
    doubted = profile_of(reconcile(grounded(swapped), grounded(RIGHT), doubted=True))
    right = profile_of(reconcile(grounded(RIGHT), grounded(RIGHT)))
    assert doubted["work"] == right["work"]
    assert trusted["skills"] == doubted["skills"]


def test_contacts_come_from_the_rules_and_gaps_are_filled() -> None:
    page = document_of(
        "Ann Reed\nann@example.com\nagent@example.net\n+1 202-555-0147\n\nWork\nNurse, Elm Clinic\n2019 - 2021"
    )
    model = Answer(is_resume=True, person=Person(name="Ann Reed", email="agent@example.net", phone="+1 202-555-0147"))
    rules = Answer(is_resume=True, person=Person(name="Ann Reed", email="ann@example.com"))
    result = reconcile(grounded(model, page), grounded(rules, page))
    basics = profile_of(result, page)["basics"]
    assert (basics["email"], basics["phone"]) == ("ann@example.com", "+12025550147")
    email = next(each for each in result.disagreements if each.place == "basics.email")
    assert (email.value, email.other_value, email.line, email.other_line) == (
        "ann@example.com",
        "agent@example.net",
        2,
        3,
    )


def test_the_name_in_the_address_wins() -> None:
    page = document_of("CURRICULUM VITAE\nAnn Reed\nann.reed@example.com\n\nWork\nNurse, Elm Clinic\n2019 - 2021")
    heading = Answer(is_resume=True, person=Person(name="CURRICULUM VITAE", email="ann.reed@example.com"))
    person = Answer(is_resume=True, person=Person(name="Ann Reed", email="ann.reed@example.com"))
    for model, rules in ((heading, person), (person, heading)):
        assert profile_of(reconcile(grounded(model, page), grounded(rules, page)), page)["basics"]["name"] == "Ann Reed"


def test_the_same_lines_are_not_both_a_job_and_a_certificate() -> None:
    page = document_of(
        "Ann Reed\nann@example.com\n\nTraining\nFire Warden, Elm Clinic\n2019\n\nWork\nNurse, Oak Ltd\n2015 - 2018"
    )
    as_job = Answer(
        is_resume=True, work=[Job(employer="Elm Clinic", position="Fire Warden", start="2019", lines=[4, 5])]
    )
    as_course = Answer(
        is_resume=True, certificates=[Credential(title="Fire Warden", issuer="Elm Clinic", date="2019", lines=[4, 5])]
    )
    for model, rules in ((as_job, as_course), (as_course, as_job)):
        profile = profile_of(reconcile(grounded(model, page), grounded(rules, page)), page)
        assert len(profile["work"]) + len(profile["certificates"]) == 1


def test_the_report_has_no_objects_and_names_the_builtin_parser() -> None:
    told = report(reconcile(grounded(changed(work=RIGHT.work[:1])), grounded(RIGHT)))
    assert told["used"] == "both"
    assert told["lines_explained"]["builtin"] > told["lines_explained"]["model"]
    assert told["disagreements"][0] == {
        "kind": "entry",
        "place": "work",
        "reading": "builtin",
        "value": "Fernhollow GmbH",
        "line": 8,
        "other_value": None,
        "other_line": None,
        "entry": None,
    }


_texts = st.sampled_from(
    [line.text for line in PAGE.lines] + ["Quarrystone Ltd", "Analyst", "March 2019", "2014", "nowhere"]
)
_lines = st.lists(st.integers(0, 20), max_size=4)
_jobs = st.lists(
    st.builds(
        Job,
        employer=st.none() | _texts,
        position=st.none() | _texts,
        start=st.none() | _texts,
        end=st.none() | _texts,
        highlights=st.lists(_texts, max_size=2),
        lines=_lines,
    ),
    max_size=4,
)
_studies = st.lists(
    st.builds(Study, institution=st.none() | _texts, degree=st.none() | _texts, lines=_lines), max_size=3
)
_groups = st.lists(st.builds(SkillGroup, keywords=st.lists(_texts, max_size=4), lines=_lines), max_size=3)
_answers = st.builds(
    Answer,
    is_resume=st.just(True),
    person=st.builds(Person, name=st.none() | _texts, email=st.none() | _texts, lines=_lines),
    work=_jobs,
    education=_studies,
    skills=_groups,
)


@given(_answers, _answers)
@settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_any_two_readings_give_a_valid_profile_with_entries_of_theirs_only(one: Answer, other: Answer) -> None:
    model, rules = grounded(one), grounded(other)
    result = reconcile(model, rules)
    assert schema_errors(profile_of(result)) == []
    for section in ("work", "education", "skills"):
        known = [entry.values() for reading in (model, rules) for entry in getattr(reading, section)]
        assert all(entry.values() in known for entry in getattr(result.sections, section))
    report(result)


def test_a_list_of_words_does_not_replace_a_job() -> None:
    copied = Answer(
        is_resume=True,
        skills=[SkillGroup(keywords=["Data Engineer, Quarrystone Ltd", "Ilse Varga-Okoye"], lines=[5])],
    )
    profile = profile_of(reconcile(grounded(copied), grounded(RIGHT)))
    assert [job["name"] for job in profile["work"]] == ["Quarrystone Ltd", "Fernhollow GmbH"]


def test_the_parsers_own_reading_survives_a_copy_of_itself() -> None:
    rules = grounded(parse_resume(PAGE))
    assert (
        profile_of(reconcile(rules, rules))
        == assemble_profile(rules, Findings(), document=PAGE, as_of=date(2026, 11, 15)).profile
    )


def with_employer(name: str, page: Document = PAGE) -> Sections:
    jobs = [RIGHT.work[0].model_copy(update={"employer": name}), RIGHT.work[1]]
    return grounded(RIGHT.model_copy(update={"work": jobs}), page)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Quarrystone Ltd, Hamburg", "Quarrystone Ltd"),  # a place
        ("Quarrystone Ltd, Research", "Quarrystone Ltd, Research"),  # neither a place nor another value
    ],
)
def test_an_employer_keeps_only_the_part_that_both_readings_agree_on_if_the_rest_is_a_place(
    written: str, kept: str
) -> None:
    text = PAGE.text.replace("Quarrystone Ltd", written)
    page = document_of(text)
    result = reconcile(with_employer(written, page), with_employer("Quarrystone Ltd", page))
    job = result.sections.work[0]
    assert job.text("name") == kept
    leaf = job.leaves["name"]
    assert isinstance(leaf, Leaf)
    assert leaf.agreement == ("agreed" if kept == "Quarrystone Ltd" else "contested")


def test_a_heading_is_no_language() -> None:
    page = document_of("Ilse Varga-Okoye\n\nLanguages\nHungarian (native)\nKashubian (fluent)")
    model = grounded(
        Answer.model_validate({"is_resume": True, "languages": [{"language": "Languages", "lines": [2]}]}), page
    )
    spoken = [
        {"language": "Hungarian", "fluency": "native", "lines": [3]},
        {"language": "Kashubian", "fluency": "fluent", "lines": [4]},
    ]
    rules = grounded(Answer.model_validate({"is_resume": True, "languages": spoken}), page)
    result = reconcile(model, rules)
    assert [entry.text("language") for entry in result.sections.languages] == ["Hungarian", "Kashubian"]


def test_a_start_that_the_other_reading_has_as_an_end_is_contested() -> None:
    def read(**dates: str) -> Sections:
        job = RIGHT.work[1].model_copy(update={"start": None, "end": None, **dates})
        return grounded(RIGHT.model_copy(update={"work": [RIGHT.work[0], job]}), PAGE_WITH_ONE_DATE)

    result = reconcile(read(start="February 2019"), read(end="February 2019"))
    period = [
        leaf for key in ("startDate", "endDate") if isinstance(leaf := result.sections.work[1].leaves.get(key), Leaf)
    ]
    assert [leaf.agreement for leaf in period] == ["contested"]
