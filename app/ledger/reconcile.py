"""Compares two ways of computing the same amount and explains the difference. Pure.

Called by app.pipeline.costs.reconcile_costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.ledger.bills import ProviderUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`unit` is `USD` or what is counted. For a difference, `explanation` says where to look."""

    name: str
    unit: str
    expected: Decimal
    found: Decimal
    explanation: str

    @property
    def difference(self) -> Decimal:
        return self.found - self.expected

    @property
    def ok(self) -> bool:
        return self.difference == 0


_Counts = tuple[int, int, int, int]


def compare_usage(
    own: Sequence[tuple[date, str, int, int, int, int]], provider: Sequence[ProviderUsage]
) -> list[Check]:
    """Our attempts compared with the provider's export, by day and model: requests, input, cached and output tokens.

    A dated snapshot ("gpt-4o-2024-08-06") counts as its model where the ledger knows only that one.
    """
    mine: dict[tuple[date, str], _Counts] = {(day, model): (n, i, c, o) for day, model, n, i, c, o in own}
    models = {model for _, model in mine}
    theirs: dict[tuple[date, str], list[int]] = {}
    for row in provider:
        sums = theirs.setdefault((row.day, _known_name(row.model, models)), [0, 0, 0, 0])
        for index, count in enumerate((row.requests, row.input_tokens, row.cached_tokens, row.output_tokens)):
            sums[index] += count
    checks: list[Check] = []
    for day, model in sorted({*mine, *theirs}):
        expected = theirs.get((day, model), [0, 0, 0, 0])
        found = mine.get((day, model), (0, 0, 0, 0))
        for what, given, had in zip(_WHAT, expected, found, strict=True):
            checks.append(
                Check(
                    name=f"{day} {model} {what}",
                    unit=what,
                    expected=Decimal(given),
                    found=Decimal(had),
                    explanation=_explain(what, given, had),
                )
            )
    return checks


_WHAT = ("requests", "input tokens", "cached tokens", "output tokens")


def _known_name(model: str, known: Mapping[str, object] | set[str]) -> str:
    if model in known:
        return model
    bases = [name for name in known if name and model.startswith(f"{name}-2")]
    return max(bases, key=len) if bases else model


def _explain(what: str, expected: int, found: int) -> str:
    if expected == found:
        return "equal"
    if found < expected:
        return (
            f"the provider counts {expected - found:,} {what} more: another program uses the key, or rows are missing"
        )
    return (
        f"the ledger counts {found - expected:,} {what} more: attempts that timed out are estimated, "
        "refused ones are not billed, or the export ends early"
    )
