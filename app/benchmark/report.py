"""A benchmark result as stored in a file, and the comparison of two of them. Pure."""

import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from app.benchmark.load_summary import Limits, StageSummary

FORMAT = 1
_NOISE = 0.05  # a smaller relative change between two runs is noise


@dataclass(slots=True)
class Report:
    """`target` describes what was measured, without keys; `ceiling_per_second` is the load generator's own ceiling."""

    kind: str  # model | pipeline
    started_at: str
    target: dict[str, Any]
    machine: dict[str, Any]
    limits: Limits
    ceiling_per_second: float | None
    stages: list[StageSummary] = field(default_factory=list[StageSummary])
    interrupted: bool = False

    def to_json(self) -> dict[str, Any]:
        stages = [stage.to_json() for stage in self.stages]
        return {"vitae_bench": FORMAT, **asdict(self), "stages": stages}


class NoReport(ValueError):
    """The file is not a benchmark result. The message is one line."""


def read_report(text: str, name: str) -> dict[str, Any]:
    try:
        report: Any = json.loads(text)
    except ValueError:
        report = None
    if not isinstance(report, dict) or report.get("vitae_bench") != FORMAT:
        raise NoReport(f"{name} is not a result of `vitae bench ... --json FILE`.")
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure in two runs; `ratio` is the second divided by the first."""

    stage: str
    figure: str
    first: float
    second: float
    higher_is_better: bool

    @property
    def ratio(self) -> float | None:
        return None if self.first == 0 else self.second / self.first

    @property
    def better(self) -> bool | None:
        """None if the two differ by no more than 5 %, which is noise."""
        if self.ratio is None or 1 - _NOISE <= self.ratio <= 1 + _NOISE:
            return None
        return (self.ratio > 1) == self.higher_is_better


_FIGURES: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("requests/s", ("requests_per_second",), True),
    ("output tokens/s", ("output_tokens_per_second",), True),
    ("goodput/s", ("goodput_per_second",), True),
    ("first token p50 s", ("first_token", "p50"), False),
    ("first token p99 s", ("first_token", "p99"), False),
    ("latency p50 s", ("latency", "p50"), False),
    ("latency p95 s", ("latency", "p95"), False),
    ("latency p99 s", ("latency", "p99"), False),
    ("error share", ("error_share",), False),
)


def compare(first: dict[str, Any], second: dict[str, Any]) -> list[Change]:
    """The figures of the stages, matched by name, that both runs have. Raises `NoReport` if there are none."""
    if first["kind"] != second["kind"]:
        raise NoReport(f"One run measured a {first['kind']}, the other a {second['kind']}.")
    others = {stage["name"]: stage for stage in second["stages"]}
    changes: list[Change] = []
    for stage in first["stages"]:
        other = others.get(stage["name"])
        for figure, path, higher_is_better in _FIGURES if other is not None else ():
            before, after = _figure(stage, path), _figure(other, path)
            if before is not None and after is not None:
                changes.append(
                    Change(
                        stage=stage["name"],
                        figure=figure,
                        first=before,
                        second=after,
                        higher_is_better=higher_is_better,
                    )
                )
    if not changes:
        raise NoReport("The two runs have no stage in common (same concurrency, or same rate and arrivals).")
    return changes


def _figure(stage: Any, path: tuple[str, ...]) -> float | None:
    if path == ("error_share",):
        return 1 - stage["ok"] / stage["requests"] if stage["requests"] else None
    value: Any = stage
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def plain(value: object) -> str:
    """The JSON form of types that JSON does not have: money with all its digits."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
