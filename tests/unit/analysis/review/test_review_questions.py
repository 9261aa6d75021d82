"""Which doubtful values a reviewer sees, in which order, and how many of them are likely to be wrong."""

from typing import Any

import pytest

from app.analysis.corrections.overlay import Correction, ListPlace
from app.analysis.review.review_questions import (
    LEFT_OUT_CONFIDENCE,
    OtherValue,
    Question,
    doubt_figures,
    expected_wrong,
    list_questions,
)

PROFILE: dict[str, Any] = {
    "basics": {"name": "Ana Lopes"},
    "work": [
        {"name": "Kiln & Sons", "position": "Fitter", "startDate": "2019", "highlights": ["Ran a press", "Built two"]},
        {"name": "Loom & Co", "position": "Weaver"},
    ],
    "skills": [{"keywords": ["Python", "Go"]}],
    "meta": {"version": "v1.0.0"},
    "x-vitae": {"summary": "Fitter."},
}


def place(line: int, confidence: float, **more: Any) -> dict[str, Any]:
    return {"page": 1, "line": line, "quote": "", "box": None, "confidence": confidence, **more}


EVIDENCE: dict[str, Any] = {
    "/basics/name": place(1, 0.99),
    "/skills/0/keywords/0": place(2, 0.99),
    "/skills/0/keywords/1": place(2, 0.8),
    "/work/0/name": place(4, 0.98),
    "/work/0/position": place(5, 0.55),
    "/work/0/startDate": place(4, 0.96),
    "/work/0/highlights/0": place(6, 0.75),
    "/work/0/highlights/1": place(7, 0.96),
    "/work/1/name": place(9, 0.86),
    "/work/1/position": place(9, 0.86),
}


def told(kind: str, at: str, value: str, line: int, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "place": at,
        "reading": "model",
        "value": value,
        "line": line,
        **dict.fromkeys(("other_value", "other_line", "entry")),
        **more,
    }


def questions(
    *disagreements: dict[str, Any],
    evidence: dict[str, Any] = EVIDENCE,
    corrections: tuple[Correction, ...] = (),
    below: float = 0.9,
) -> list[Question]:
    return list_questions(PROFILE, evidence, {"disagreements": disagreements}, corrections, below=below)


def test_doubtful_values_are_asked_in_the_order_of_the_document() -> None:
    assert [each.pointer for each in questions()] == [
        "/skills/0/keywords/1",
        "/work/0/position",
        "/work/0/highlights/0",
        "/work/1/name",
        "/work/1/position",
    ]
    assert [each.pointer for each in questions(below=0.7)] == ["/work/0/position"]


def test_what_a_person_decided_is_not_asked() -> None:
    decided = {at: {**each, "source": "human", "confidence": 1.0} for at, each in EVIDENCE.items()}
    assert questions(evidence=decided) == []


def test_the_other_readings_value_is_offered_at_its_place_only() -> None:
    found = questions(
        told("value", "work.position", "Fitter", 5, other_value="Foreman", other_line=8),
        told("value", "work.position", "Fitter", 50, other_value="Baker", other_line=51),
        told("value", "work.position", "Weaver", 5, other_value="Tailor", other_line=8),
    )
    position = next(each for each in found if each.pointer == "/work/0/position")
    assert position.others == (OtherValue("Foreman", 8, "builtin"),)
    assert position.reading == "model"
    assert all(each.others == () for each in found if each is not position)


def test_an_entry_of_one_reading_is_asked_as_a_whole() -> None:
    entry = told("entry", "work", "Loom & Co", 9)
    job = questions(entry)[-1]
    assert (job.kind, job.pointer, job.value) == ("entry", "/work/1", PROFILE["work"][1])
    assert job.doubtful == ("/work/1/name", "/work/1/position")
    assert (job.confidence, job.expected_wrong) == (0.86, pytest.approx(0.28))
    assert expected_wrong([job]) == 0.28


def test_an_entry_in_which_a_person_decided_a_value_is_asked_value_by_value() -> None:
    decided = {**EVIDENCE, "/work/1/name": place(9, 1.0, source="human")}
    last = questions(told("entry", "work", "Loom & Co", 9), evidence=decided)[-1]
    assert (last.kind, last.pointer) == ("value", "/work/1/position")


def test_an_entry_without_doubtful_values_is_not_asked() -> None:
    assert questions(told("entry", "work", "Kiln & Sons", 4), below=0.5) == []


def test_an_entry_that_was_left_out_is_asked_unless_the_profile_names_it() -> None:
    entry = {"name": "Kiln & Sons", "position": "Apprentice"}
    missing = told("left_out", "work", "Kiln & Sons", 11, entry=entry)
    known = told("left_out", "work", "Loom & Co", 9, entry={"name": "Loom & Co", "position": "Fitter"})
    [asked] = [each for each in questions(missing, known) if each.kind == "left_out"]
    assert (asked.pointer, asked.value, asked.evidence) == ("/work/-", entry, {"line": 11})
    assert asked.confidence == LEFT_OUT_CONFIDENCE
    assert not [each for each in questions(missing, below=0.8) if each.kind == "left_out"]


def test_an_entry_that_a_person_left_out_is_not_asked_again() -> None:
    entry = {"organization": "Lifeboat Station"}
    decided = Correction(
        number=1,
        action="leave_out",
        path=("volunteer", ListPlace(0, entry)),
        value=entry,
        document_value=None,
        by="Mo",
        at="2026-05-05",
    )
    disagreement = told("left_out", "volunteer", "Lifeboat Station", 11, entry={"organization": "LIFEBOAT STATION"})
    assert questions(disagreement, corrections=(decided,)) == questions()
    assert len(questions(disagreement)) == len(questions()) + 1


def test_results_without_a_second_reading_or_without_entries_in_it_have_questions_too() -> None:
    old = {"kind": "left_out", "place": "work", "reading": "model", "value": "Loom", "line": 3}  # from before `entry`
    assert list_questions(PROFILE, EVIDENCE, None, (), below=0.9) == questions(old | {"other_value": None})


def test_figures_are_given_for_the_thresholds_that_have_questions() -> None:
    figures = doubt_figures(PROFILE, EVIDENCE, None, ())
    assert [(each.threshold, each.questions) for each in figures] == [(0.7, 1), (0.8, 2), (0.9, 5), (0.95, 5)]
    assert figures[2].expected_wrong == pytest.approx(0.2 + 0.45 + 0.25 + 0.14 + 0.14)
    assert doubt_figures(PROFILE, {"/basics/name": place(1, 0.99)}, None, ()) == []
