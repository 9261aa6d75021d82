"""Confidence intervals of F1, and whether two clients differ."""

import pytest

from app.analysis.evaluation.accuracy import FieldScore
from app.analysis.evaluation.bootstrap import f1_difference, f1_interval


def _counts(right: int, wrong: int) -> FieldScore:
    return FieldScore(true_positive=right, false_positive=wrong, false_negative=wrong)


MIXED = [_counts(9, 1), _counts(6, 4), _counts(10, 0), _counts(7, 3)] * 10


def test_the_interval_contains_the_figure_and_is_the_same_each_time() -> None:
    interval = f1_interval(MIXED)
    assert interval is not None
    assert interval.low < 0.8 < interval.high
    assert interval == f1_interval(MIXED)


def test_more_documents_make_the_interval_narrower() -> None:
    few, many = f1_interval(MIXED[:8]), f1_interval(MIXED * 10)
    assert few is not None
    assert many is not None
    assert many.high - many.low < (few.high - few.low) / 3


def test_the_interval_has_the_width_of_the_normal_approximation() -> None:
    documents = [_counts(1, 0)] * 80 + [_counts(0, 1)] * 20
    interval = f1_interval(documents)
    assert interval is not None
    half = 1.96 * (0.8 * 0.2 / 100) ** 0.5
    assert interval.low == pytest.approx(0.8 - half, abs=0.015)
    assert interval.high == pytest.approx(0.8 + half, abs=0.015)


def test_nothing_to_count_has_no_interval() -> None:
    assert f1_interval([]) is None
    assert f1_interval([FieldScore(), FieldScore()]) is None
    assert f1_difference([], []) is None


def test_clients_that_are_wrong_in_the_same_places_differ_by_little() -> None:
    """The intervals of both overlap widely, but the second client is worse in every document."""
    worse = [_counts(each.true_positive - 1, each.false_positive + 1) for each in MIXED]
    difference = f1_difference(worse, MIXED)
    assert difference is not None
    assert difference.high < 0
    assert difference.low == pytest.approx(-0.1, abs=0.01)


def test_clients_that_are_each_better_in_half_of_the_documents_are_equal() -> None:
    one = [_counts(9, 1), _counts(5, 5)] * 10
    other = [_counts(5, 5), _counts(9, 1)] * 10
    difference = f1_difference(one, other)
    assert difference is not None
    assert difference.low < 0 < difference.high
