"""Confidence intervals of F1 by a bootstrap over documents, and whether two clients differ. Pure; used by evaluation.

The documents are a sample of those to come. Drawing as many of them with replacement, again and again, shows how much
F1 would vary with another sample (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13: percentile
intervals). Two clients read the same documents, so their difference is taken on the same draws: documents that are hard
for both do not hide it. The draws have a fixed seed, so the same figures give the same interval.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.analysis.evaluation.accuracy import FieldScore

RESAMPLES = 1000
CONFIDENCE = 0.95
_SEED = 20_261_201


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def f1_interval(documents: Sequence[FieldScore]) -> Interval | None:
    """The interval of the F1 over all documents, each given by its counts; None if there is nothing to count."""
    return _interval([f1 for draw in _draws(len(documents)) if (f1 := _f1(documents, draw)) is not None])


def f1_difference(documents: Sequence[FieldScore], others: Sequence[FieldScore]) -> Interval | None:
    """The interval of the first F1 minus the second. Both lists have the same documents in the same order.

    If it contains 0, the clients are equal within it: these documents do not show which one is better.
    """
    differences: list[float] = []
    for draw in _draws(len(documents)):
        one, other = _f1(documents, draw), _f1(others, draw)
        if one is not None and other is not None:
            differences.append(one - other)
    return _interval(differences)


def _draws(count: int) -> Iterator[list[int]]:
    source = random.Random(_SEED)  # noqa: S311 - statistics, not secrets
    for _ in range(RESAMPLES if count else 0):
        yield source.choices(range(count), k=count)


def _f1(documents: Sequence[FieldScore], draw: Sequence[int]) -> float | None:
    right = wrong_or_missed = 0
    for number in draw:
        counts = documents[number]
        right += counts.true_positive
        wrong_or_missed += counts.false_positive + counts.false_negative
    whole = 2 * right + wrong_or_missed
    return 2 * right / whole if whole else None


def _interval(values: list[float]) -> Interval | None:
    if not values:
        return None
    values.sort()
    outside = (1 - CONFIDENCE) / 2
    last = len(values) - 1
    return Interval(values[round(outside * last)], values[round((1 - outside) * last)])
