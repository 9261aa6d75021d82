"""Values are judged against the truth one by one; mistakes end as corrected, removed, flagged or kept."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.analysis.grounding.check import check_answer
from app.analysis.profile import CheckedProfile, Evidence
from benchmarks.reading_draft import Change
from benchmarks.reading_errors import Kind, Mistake
from benchmarks.reading_outcomes import JudgedValue, calibrate, judge_values, outcome, review_curve
from benchmarks.scripted_readings import perfect_answer
from tests.unit.benchmark.reading_examples import DOCUMENT, TRUTH


def checked(work: list[dict[str, Any]] | None = None, confidence: float = 1.0) -> CheckedProfile:
    """The true profile, or one with other jobs, with the same confidence for every value of the jobs."""
    answer = perfect_answer(TRUTH, DOCUMENT)
    profile = check_answer(answer, DOCUMENT, as_of=date(2026, 1, 1), default_region="US")
    if work is None:
        return profile
    evidence = {
        f"/work/{number}/{key}": Evidence(page=1, line=1, quote="", box=None, confidence=confidence)
        for number, job in enumerate(work)
        for key in job
    }
    return replace(profile, profile={**profile.profile, "work": work}, evidence=evidence)


def mistake(*changes: Change, kind: Kind = "wrong pair") -> Mistake:
    return Mistake(kind=kind, changes=changes)


EMPLOYER = Change(
    section="work", entry=0, field="employer", before="Tidewater Port Authority", after="Northern Ferry Lines"
)


def job(number: int, **values: str) -> dict[str, Any]:
    true = TRUTH["work"][number]
    return {key: values.get(key, true.get(key)) for key in ("name", "position", "startDate") if values.get(key) != ""}


def test_every_value_of_the_true_profile_is_correct() -> None:
    judged = judge_values(checked(), TRUTH)
    assert len(judged) > 15
    assert [value.pointer for value in judged if not value.correct] == []


def test_a_value_of_another_entry_is_wrong() -> None:
    judged = judge_values(checked([job(0, name="Northern Ferry Lines")]), TRUTH)
    assert {value.pointer: value.correct for value in judged} == {
        "/work/0/name": False,
        "/work/0/position": True,
        "/work/0/startDate": True,
    }


def test_an_entry_that_the_truth_lacks_is_wrong_as_a_whole() -> None:
    judged = judge_values(checked([{"name": "Elsewhere Ltd", "position": "Clerk"}]), TRUTH)
    assert [value.correct for value in judged] == [False, False]


def test_a_mistake_is_corrected_where_the_profile_has_the_true_value() -> None:
    assert outcome(mistake(EMPLOYER), checked(), TRUTH) == "corrected"


def test_a_mistake_is_kept_where_the_profile_has_the_wrong_value() -> None:
    profile = checked([job(0, name="Northern Ferry Lines")])
    assert outcome(mistake(EMPLOYER), profile, TRUTH) == "kept"


def test_a_kept_mistake_with_low_confidence_is_flagged() -> None:
    profile = checked([job(0, name="Northern Ferry Lines")], confidence=0.4)
    assert outcome(mistake(EMPLOYER), profile, TRUTH) == "flagged"


def test_a_mistake_is_removed_where_the_profile_has_neither_value() -> None:
    assert outcome(mistake(EMPLOYER), checked([job(0, name="")]), TRUTH) == "removed"


def test_a_missing_value_is_kept_until_the_profile_has_it() -> None:
    lost = mistake(Change(section="work", entry=0, field="start", before="Mar 2019", after=None), kind="missing value")
    assert outcome(lost, checked([job(0, startDate="")]), TRUTH) == "kept"
    assert outcome(lost, checked(), TRUTH) == "corrected"


def test_a_raw_date_is_recognized_in_the_profile() -> None:
    shifted = mistake(
        Change(section="work", entry=0, field="start", before="Mar 2019", after="06/2014"), kind="shifted dates"
    )
    assert outcome(shifted, checked([job(0, startDate="2014-06")]), TRUTH) == "kept"


def test_an_invented_skill_is_corrected_when_it_is_gone() -> None:
    invented = mistake(
        Change(section="skills", entry=0, field="keywords", before=None, after="Public speaking"),
        kind="invented value",
    )
    assert outcome(invented, checked(), TRUTH) == "corrected"


def test_a_mistake_is_as_bad_as_its_worst_change() -> None:
    other = Change(section="work", entry=1, field="employer", before="Northern Ferry Lines", after="Calder Towage")
    profile = checked([job(0), job(1, name="Calder Towage")])
    assert outcome(mistake(EMPLOYER, other), profile, TRUTH) == "kept"


@pytest.mark.parametrize(("address", "correct"), [("12 Quay Street, Leeds LS1 4DY", True), ("Hull", False)])
def test_a_printed_address_is_correct_if_it_has_the_town(address: str, *, correct: bool) -> None:
    place = Evidence(page=1, line=2, quote="", box=None, confidence=1.0)
    profile = CheckedProfile({"basics": {"location": {"address": address}}}, {"/basics/location/address": place})
    assert [value.correct for value in judge_values(profile, TRUTH)] == [correct]


def values(*pairs: tuple[float, bool]) -> list[JudgedValue]:
    return [JudgedValue(f"/{number}", confidence, correct) for number, (confidence, correct) in enumerate(pairs)]


def test_a_confidence_that_is_right_on_average_has_no_calibration_error() -> None:
    found = calibrate(values((1.0, True), *[(0.75, number < 3) for number in range(4)]))
    assert found is not None
    assert found.error == pytest.approx(0.0)
    assert found.accuracy == pytest.approx(0.8)


def test_full_confidence_in_wrong_values_is_the_greatest_error() -> None:
    found = calibrate(values((1.0, False), (1.0, False)))
    assert found is not None
    assert found.error == pytest.approx(1.0)


def test_review_corrects_the_least_confident_tenth() -> None:
    found = calibrate(values((0.2, False), *[(0.9, True)] * 8, (0.9, False)))
    assert found is not None
    assert (found.accuracy, found.reviewed_accuracy) == (pytest.approx(0.8), pytest.approx(0.9))


def test_values_of_equal_confidence_are_reviewed_in_equal_shares() -> None:
    pairs = [(1.0, number >= 5) for number in range(10)]
    for order in (pairs, pairs[::-1]):
        found = calibrate(values(*order))
        assert found is not None
        assert found.reviewed_accuracy == pytest.approx(0.55)


def test_nothing_is_calibrated_without_values() -> None:
    assert calibrate([]) is None


def test_review_begins_with_the_document_that_is_expected_to_have_the_most_errors() -> None:
    sound = values((0.85, True), (0.99, True), (0.99, True))
    doubtful = values((0.6, False), (0.8, False), (0.97, False))
    # 10 values in all: two thirds of the second document are below 0.9 and come first; its third value comes later.
    rest = values(*[(1.0, True)] * 4)
    assert review_curve([sound, doubtful, rest], [0.0, 0.2, 0.3, 0.4, 1.0]) == [0.7, 0.9, 0.9, 1.0, 1.0]


def test_there_is_no_curve_without_values() -> None:
    assert review_curve([[]], [0.0, 0.1]) == [None, None]
