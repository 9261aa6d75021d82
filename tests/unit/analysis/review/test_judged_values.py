"""People's decisions about doubtful values make a client's confidence higher or lower."""

from typing import Any

import pytest

from app.analysis.grounding.grounded_entries import Leaf
from app.analysis.readings.confidence import with_confidence
from app.analysis.review.judged_values import JudgedValues, error_factor, judged_by
from tests.unit.analysis.readings.test_reconcile_readings import RIGHT, grounded

EVIDENCE: dict[str, Any] = {
    "/basics/name": {"confidence": 0.99},
    "/work/0/name": {"confidence": 0.8},
    "/work/0/position": {"confidence": 0.6},
    "/work/0/startDate": {"confidence": 0.95},
    "/work/1/name": {"confidence": 0.7, "source": "human"},
}


@pytest.mark.parametrize(
    ("action", "pointer", "expected"),
    [
        ("confirm", "/work/0/position", JudgedValues(1, 0.4, 0)),
        ("set", "/work/0/position", JudgedValues(1, 0.4, 1)),
        ("remove", "/work/0", JudgedValues(2, 0.6, 2)),
        ("confirm", "/work/0", JudgedValues(2, 0.6, 0)),
        ("set", "/basics/name", JudgedValues()),  # was not doubtful
        ("set", "/work/1/name", JudgedValues()),  # a person's value says nothing about a client
        ("add", "/work/0/position", JudgedValues()),
        ("leave_out", "/volunteer/-", JudgedValues()),
    ],
)
def test_a_decision_counts_the_doubtful_values_at_its_place(action: str, pointer: str, expected: JudgedValues) -> None:
    assert judged_by(action, pointer, EVIDENCE, factor=1.0) == expected


def test_the_expectation_does_not_depend_on_the_factor_of_the_time() -> None:
    doubled = {"/basics/name": {"confidence": 0.6}}
    assert judged_by("confirm", "/basics/name", doubled, factor=2.0).expected_wrong == 0.2


def test_a_new_client_is_doubted_and_decisions_correct_that_in_either_direction() -> None:
    new = error_factor(JudgedValues())
    as_expected = error_factor(JudgedValues(400, 60.0, 60))
    better = error_factor(JudgedValues(400, 60.0, 20))
    worse = error_factor(JudgedValues(400, 60.0, 150))
    assert new == 1.5
    assert better < 1 < as_expected < 1.1 < worse
    assert error_factor(JudgedValues(4, 0.1, 4)) < 2.5  # a few decisions do not decide
    assert error_factor(JudgedValues(10_000, 100.0, 9000)) == 4.0


def test_the_factor_multiplies_the_probability_of_a_mistake() -> None:
    sections = grounded(RIGHT)
    usual, doubted = with_confidence(sections), with_confidence(sections, 2.0)
    for before, after in zip(usual.work, doubted.work, strict=True):
        one, two = before.leaves["position"], after.leaves["position"]
        assert isinstance(one, Leaf)
        assert isinstance(two, Leaf)
        assert 1 - two.evidence.confidence == pytest.approx(2 * (1 - one.evidence.confidence), abs=0.02)
