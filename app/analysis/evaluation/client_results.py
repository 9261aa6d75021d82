"""Summarizes the accuracy, cost and speed of one client on labeled resumes, as the JSON of `docs/evaluation.md`. Pure.

`app.pipeline.operations.evaluate_clients` fills one `DocumentResult` per document and client, then calls
`summarise_client` for each client and `compare_clients`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Any

from app.analysis.evaluation.accuracy import AS_PRINTED, FieldScore, aggregate, overall
from app.analysis.evaluation.bootstrap import f1_difference, f1_interval

UNKNOWN = "unknown"
_DIGITS = 4  # decimals of a share; more would be noise


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and cost of all attempts at one document, also failed ones. `cost_usd` is None if none has a price."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    attempts: int = 0
    unpriced_attempts: int = 0
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """`failure` is an error code if the client gave no usable answer; then everything in the truth counts as missed.

    `invented` of `counted` values are not in the text. `grounded` values were found; `dropped` ones were not.
    """

    file: str
    layout: str
    language: str
    scores: Mapping[str, FieldScore]
    seconds: float
    spent: Spent = field(default_factory=Spent)
    invented: int = 0
    counted: int = 0
    grounded: int = 0
    dropped: int = 0
    failure: str | None = None


def summarise_client(
    client: str, model: str | None, location: str | None, function: str, results: Sequence[DocumentResult]
) -> dict[str, Any]:
    """One element of `clients`."""
    fields = aggregate(each.scores for each in results)
    total = overall(fields)
    interval = f1_interval([overall(each.scores) for each in results])
    costs = [each.spent.cost_usd for each in results if each.spent.cost_usd is not None]
    seconds = sorted(each.seconds for each in results)
    return {
        "client": client,
        "model": model,
        "location": location,
        "function": function,
        "documents": len(results),
        "failed": sum(each.failure is not None for each in results),
        "accuracy": _rounded(total.f1),
        "f1_low": _rounded(interval.low if interval else None),
        "f1_high": _rounded(interval.high if interval else None),
        "precision": _rounded(total.precision),
        "recall": _rounded(total.recall),
        "invention_rate": _share((each.invented for each in results), (each.counted for each in results)),
        "grounded_share": _share(
            (each.grounded for each in results), (each.grounded + each.dropped for each in results)
        ),
        "omission_rate": None if total.recall is None else _rounded(1 - total.recall),
        "fields": {name: _field(counts) for name, counts in fields.items() if _says_something(name, fields)},
        "by_layout": _groups(results, [each.layout for each in results]),
        "by_language": _groups(results, [each.language for each in results]),
        "tokens": {
            "input": sum(each.spent.input_tokens for each in results),
            "cached": sum(each.spent.cached_tokens for each in results),
            "output": sum(each.spent.output_tokens for each in results),
        },
        "attempts": sum(each.spent.attempts for each in results),
        "without_request": sum(each.spent.attempts == 0 and each.failure is None for each in results),
        "unpriced_attempts": sum(each.spent.unpriced_attempts for each in results),
        "cost_usd": f"{sum(costs, Decimal(0)):f}" if costs else None,
        "seconds": {
            "total": round(sum(seconds), 3),
            "median": round(median(seconds), 3) if seconds else None,
            "p95": round(seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 3) if seconds else None,
        },
        "results": [
            {
                "file": each.file,
                "layout": each.layout,
                "language": each.language,
                "accuracy": _rounded(overall(each.scores).f1),
                "fields": {
                    name: _rounded(counts.f1)
                    for name, counts in each.scores.items()
                    if _says_something(name, each.scores)
                },
                "invented": each.invented,
                "failure": each.failure,
            }
            for each in results
        ],
    }


def compare_clients(summaries: Sequence[dict[str, Any]], results: Sequence[Sequence[DocumentResult]]) -> None:
    """Add `comparison` to each summary: how the client compares with the one of the highest F1. None for that one.

    `results` are those of the clients, on the same documents in the same order.
    """
    ranked = [number for number, summary in enumerate(summaries) if summary["accuracy"] is not None]
    best = max(ranked, key=lambda number: summaries[number]["accuracy"], default=None)
    counts = [[overall(each.scores) for each in of_client] for of_client in results]
    for number, summary in enumerate(summaries):
        interval = None if best in {None, number} else f1_difference(counts[number], counts[best or 0])
        summary["comparison"] = interval and {
            "best": summaries[best or 0]["client"],
            "difference_low": _rounded(interval.low),
            "difference_high": _rounded(interval.high),
            "equal": interval.low <= 0 <= interval.high,
        }


def _says_something(field: str, scores: Mapping[str, FieldScore]) -> bool:
    """Whether there is anything to report. Dates as printed are reported only if they differ from the strict score."""
    strict = AS_PRINTED.get(field)
    return scores[field] != FieldScore() and (strict is None or scores[field] != scores[strict])


def _groups(results: Sequence[DocumentResult], names: Sequence[str]) -> dict[str, Any]:
    grouped: dict[str, list[DocumentResult]] = defaultdict(list)
    for name, result in zip(names, results, strict=True):
        grouped[name].append(result)
    summary: dict[str, Any] = {}
    for name, members in sorted(grouped.items()):
        fields = aggregate(each.scores for each in members)
        summary[name] = {
            "documents": len(members),
            "accuracy": _rounded(overall(fields).f1),
            "work": _rounded(fields["work"].f1),
            "work_dates": _rounded(fields["work_dates"].f1),
        }
    return summary


def _field(counts: FieldScore) -> dict[str, Any]:
    return {
        "precision": _rounded(counts.precision),
        "recall": _rounded(counts.recall),
        "f1": _rounded(counts.f1),
        "expected": counts.expected,
        "right": counts.true_positive,
        "wrong": counts.false_positive,
        "missed": counts.false_negative,
    }


def _share(part: Iterable[int], whole: Iterable[int]) -> float | None:
    parts, wholes = sum(part), sum(whole)
    return _rounded(parts / wholes) if wholes else None


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, _DIGITS)
