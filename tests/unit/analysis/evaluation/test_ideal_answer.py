"""The answer a perfect model would give, written from a correct profile and its evidence."""

import json
from typing import Any

from app.analysis.answer import Answer
from app.analysis.evaluation.hidden_truth import hide_truth
from app.analysis.evaluation.ideal_answer import expressible, ideal_answer, minified, same_values
from app.extraction.document import Document
from tests.unit.analysis.resume_documents import check, document_of

DOCUMENT = document_of(
    """
Ilse Varga-Okoye
ilse.varga@example.org | (212) 555-0142 | github.com/ilse-varga

Experience
Data Engineer, Quarrystone Ltd
Mar 2019 - Present
- Moved the nightly
load to streams
Analyst, Fernhollow Estates
04/2015 - 02/2019

Education
B.Sc. Botany, University of Szeged
2011 - 2014
"""
)
ANSWER = Answer.model_validate(
    {
        "is_resume": True,
        "person": {
            "name": "Ilse Varga-Okoye",
            "email": "ilse.varga@example.org",
            "phone": "(212) 555-0142",
            "links": [{"url": "github.com/ilse-varga"}],
            "lines": [1, 2],
        },
        "work": [
            {
                "employer": "Quarrystone Ltd",
                "position": "Data Engineer",
                "start": "Mar 2019",
                "ongoing": True,
                "highlights": ["Moved the nightly load to streams"],
                "lines": [4, 5, 6, 7],
            },
            {
                "employer": "Fernhollow Estates",
                "position": "Analyst",
                "start": "04/2015",
                "end": "02/2019",
                "lines": [8, 9],
            },
        ],
        "education": [
            {
                "institution": "University of Szeged",
                "area": "Botany",
                "degree": "B.Sc.",
                "start": "2011",
                "end": "2014",
                "lines": [11, 12],
            }
        ],
    }
)
CHECKED = check(ANSWER, DOCUMENT)
EVIDENCE: dict[str, Any] = {pointer: place.to_json() for pointer, place in CHECKED.evidence.items()}


def _numbered(document: Document) -> dict[int, str]:
    return {line.number: line.text for line in document.lines}


def _corrected(pointer: str, **place: Any) -> dict[str, Any]:
    """The evidence after a person replaced the value at the pointer."""
    before = EVIDENCE.get(pointer, {"page": None, "line": None, "quote": None, "box": None})
    return {**EVIDENCE, pointer: {**before, "source": "human", "confidence": 1.0, **place}}


def test_the_answer_is_written_with_the_words_and_line_numbers_of_the_document() -> None:
    assert ideal_answer(CHECKED.profile, EVIDENCE, DOCUMENT, default_region="US") == ANSWER


def test_the_answer_is_minified_json_without_nulls_and_empty_lists() -> None:
    text = minified(ANSWER)
    assert "null" not in text
    assert "[]" not in text
    assert "\n" not in text
    assert text.startswith('{"is_resume":true,"person":{"name":"Ilse Varga-Okoye"')
    assert Answer.model_validate_json(text) == ANSWER


def test_a_value_that_a_person_entered_is_looked_up_in_the_document() -> None:
    truth = json.loads(json.dumps(CHECKED.profile))
    truth["work"][1]["name"] = "fernhollow estates"
    answer = ideal_answer(truth, _corrected("/work/1/name"), DOCUMENT, default_region="US")
    assert answer.work[1].employer == "Fernhollow Estates"
    again = check(answer, DOCUMENT)
    assert again.dropped == 0
    assert same_values(again.profile, truth)


def test_a_date_that_a_person_entered_is_looked_up_near_its_entry() -> None:
    truth = json.loads(json.dumps(CHECKED.profile))
    evidence = _corrected("/work/1/endDate", line=None, quote=None)
    answer = ideal_answer(truth, evidence, DOCUMENT, default_region="US")
    assert (answer.work[1].start, answer.work[1].end) == ("04/2015", "02/2019")


def test_an_entry_that_a_person_added_is_looked_up_with_its_dates_and_whether_it_goes_on() -> None:
    evidence = {pointer: place for pointer, place in EVIDENCE.items() if not pointer.startswith("/work/0/")}
    answer = ideal_answer(CHECKED.profile, evidence, DOCUMENT, default_region="US")
    assert answer.work[0] == ANSWER.work[0]


def test_a_short_value_without_evidence_is_looked_up_beside_the_long_ones_of_its_entry() -> None:
    document = document_of("Ilse Varga\n\nCourses\nAdvanced SQL\n\nSkills\nSQL, stream processing")
    truth = {"basics": {"name": "Ilse Varga"}, "skills": [{"keywords": ["SQL", "stream processing"]}]}
    answer = ideal_answer(truth, {}, document, default_region="US")
    assert (answer.skills[0].keywords, answer.skills[0].lines) == (["SQL", "stream processing"], [5])


def test_a_value_that_is_not_in_the_document_is_dropped_when_the_answer_is_checked() -> None:
    truth = json.loads(json.dumps(CHECKED.profile))
    truth["work"][1]["name"] = "Quite Another Company"
    again = check(
        ideal_answer(truth, _corrected("/work/1/name"), DOCUMENT, default_region="US"),
        DOCUMENT,
    )
    assert again.dropped == 1
    assert not same_values(again.profile, truth)


def test_evidence_of_another_extraction_of_the_file_is_not_trusted() -> None:
    moved = document_of("Curriculum Vitae\n" + DOCUMENT.text)
    answer = ideal_answer(CHECKED.profile, EVIDENCE, moved, default_region="US")
    assert _numbered(moved)[answer.work[1].lines[0]] == "Analyst, Fernhollow Estates"
    assert check(answer, moved).dropped == 0


def test_only_what_an_answer_can_contain_counts() -> None:
    truth = {
        "basics": {"name": "Ilse", "image": "https://example.org/i.png", "location": {}},
        "work": [{"name": "Quarrystone Ltd", "description": "Stone", "highlights": []}],
        "references": [{"name": "A. Person"}],
        "volunteer": [],
        "x-vitae": {"seniority": "mid"},
    }
    assert expressible(truth) == {"basics": {"name": "Ilse"}, "work": [{"name": "Quarrystone Ltd"}]}


def test_a_pseudonymised_document_and_its_truth_have_the_same_placeholders() -> None:
    hidden = hide_truth(CHECKED.profile, EVIDENCE, DOCUMENT, default_region="US", first_word=0)
    assert hidden is not None
    everything = hidden.text + json.dumps(hidden.truth) + json.dumps(hidden.evidence)
    for secret in ("ilse", "varga", "okoye", "5550142", "555-0142"):
        assert secret not in everything.lower(), secret
    basics = hidden.truth["basics"]
    assert basics["name"] in hidden.text
    assert basics["email"] in hidden.text
    assert basics["phone"].removeprefix("+1") in hidden.text.replace(" ", "")
    assert basics["profiles"][0]["username"] in hidden.text
    assert hidden.truth["work"] == expressible(CHECKED.profile)["work"]
    lines = [line for line in hidden.text.splitlines() if line]
    for place in hidden.evidence.values():
        assert place["quote"].split("\n")[0] in lines[place["line"] - 1]


def test_an_entry_that_no_answer_can_contain_is_not_pseudonymised() -> None:
    truth = {**CHECKED.profile, "interests": [{"keywords": ["streams"]}]}
    assert hide_truth(truth, EVIDENCE, DOCUMENT, default_region="US", first_word=0) is None


def test_a_document_whose_owner_is_unknown_is_not_pseudonymised() -> None:
    truth = {**CHECKED.profile, "basics": {"email": "ilse.varga@example.org"}}
    evidence = {pointer: place for pointer, place in EVIDENCE.items() if pointer != "/basics/name"}
    assert hide_truth(truth, evidence, DOCUMENT, default_region="US", first_word=0) is None


def test_a_document_that_would_still_reveal_the_person_is_not_pseudonymised() -> None:
    document = document_of(DOCUMENT.text + "\nask for ilse at the desk")
    assert hide_truth(CHECKED.profile, EVIDENCE, document, default_region="US", first_word=0) is None
