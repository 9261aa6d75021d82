"""How often people found a client's doubtful values wrong, and what that says about its confidence. Pure.

`app.pipeline.resumes.correct_profile` counts what each decision says; `app.analysis.combine_readings` uses the factor.
Only values that were doubtful count: the review queue asks about all of these, while nobody confirms the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.analysis.review.review_questions import DEFAULT_THRESHOLD

# A client that nobody has reviewed: its values are taken to be wrong more often than those of the labelled resumes.
_CAUTION = 1.5
# So many expected mistakes weigh as much as that caution; a few dozen decisions outweigh it.
_PRIOR_MISTAKES = 5.0
_LEAST, _MOST = 0.5, 4.0


@dataclass(frozen=True, slots=True)
class JudgedValues:
    """`expected_wrong` is the sum of 1 - confidence over the values, without any factor."""

    values: int = 0
    expected_wrong: float = 0.0
    wrong: int = 0


def judged_by(action: str, pointer: str, evidence: Mapping[str, Mapping[str, Any]], *, factor: float) -> JudgedValues:
    """What a decision says about the values at the pointer. `factor` is the one in their confidence."""
    doubtful = [
        place
        for at, place in evidence.items()
        if (at == pointer or at.startswith(f"{pointer}/"))
        and place.get("source") != "human"
        and place["confidence"] < DEFAULT_THRESHOLD
    ]
    if action not in {"confirm", "set", "remove"}:
        return JudgedValues()
    expected = sum(1 - place["confidence"] for place in doubtful) / factor
    return JudgedValues(len(doubtful), round(expected, 4), 0 if action == "confirm" else len(doubtful))


def error_factor(judged: JudgedValues) -> float:
    """By how much to multiply the probability that a value is wrong. Above 1 until people have found it right."""
    factor = (judged.wrong + _PRIOR_MISTAKES * _CAUTION) / (judged.expected_wrong + _PRIOR_MISTAKES)
    return round(min(max(factor, _LEAST), _MOST), 3)
