"""Prints and saves the results of `vitae bench`: tables on stdout, JSON and a chart in files."""

import json
from pathlib import Path

from app.benchmark.load_summary import Spread, StageSummary
from app.benchmark.plot import draw
from app.benchmark.report import Change, Report, plain
from app.cli.terminal import fail, money, notes, results, table

# Above this share of a core, the load generator may be the bottleneck.
_BUSY_SHARE = 0.8
_CLOSE_TO_CEILING = 0.5


def show(report: Report) -> None:
    """Print the table, and below it the remarks needed to interpret it."""
    if not report.stages:
        notes.print("Nothing was measured.")
        return
    goodput = any(stage.goodput_per_second is not None for stage in report.stages)
    columns = ["load", "responses", "errors", "per s", *(["goodput/s"] if goodput else [])]
    if report.kind == "model":
        columns += ["tokens/s", "first token p50/p95/p99 s"]
    columns += ["latency p50/p95/p99 s", "in flight mean/max", "cost"]
    less = ("cost", "in flight mean/max", "goodput/s", "errors")
    shown = table(*columns, right=columns[1:2] + columns[3:], less=less)
    for stage in report.stages:
        cells = [stage.name, f"{stage.ok}/{stage.requests}", _errors(stage), f"{stage.requests_per_second:.2f}"]
        if goodput:
            good = stage.goodput_per_second
            cells.append("" if good is None else f"{good:.2f} ({stage.good_share or 0:.0%})")
        if report.kind == "model":
            mark = "~" if stage.tokens_estimated else ""
            cells += [f"{mark}{stage.output_tokens_per_second:,.0f}", _spread(stage.first_token)]
        cost = "unpriced" if stage.cost_usd is None else money(f"{stage.cost_usd:.6f}")
        in_flight = f"{stage.concurrency_achieved:.1f}/{stage.most_in_flight}"
        shown.add_row(*cells, _spread(stage.latency), in_flight, cost)
    results.print(shown)
    for sentence in _remarks(report):
        notes.print(sentence, style="dim")


def _remarks(report: Report) -> list[str]:
    ceiling = report.ceiling_per_second
    remarks = [
        "Rates count successful responses. Latency is measured from when a request was due (in a closed loop: sent)."
    ]
    if ceiling is not None:
        remarks.append(
            f"On this machine, the load generator can handle at most {ceiling:,.0f} responses of 300 tokens per second."
        )
    for stage in report.stages:
        busy = stage.generator_cpu_share > _BUSY_SHARE and stage.seconds > 1
        if busy or (ceiling is not None and stage.requests_per_second > _CLOSE_TO_CEILING * ceiling):
            remarks.append(
                f"{stage.name}: the load generator used {stage.generator_cpu_share:.0%} of a core and may have been "
                "the bottleneck; run it on another machine."
            )
        if stage.latency is not None and stage.late_start_p99_seconds > 0.1 * stage.latency.p50:
            remarks.append(
                f"{stage.name}: 1 % of the requests were sent more than {stage.late_start_p99_seconds:.2f} s after "
                "they were due; this delay is part of their latency."
            )
        if stage.answered_by:
            counts = ", ".join(f"{name} {count}" for name, count in stage.answered_by.items())
            remarks.append(f"{stage.name}: answered by {counts}.")
    bases = {stage.cost_basis for stage in report.stages if stage.cost_basis}
    if bases:
        remarks.append(f"Cost: {', '.join(sorted(bases))}.")
    return remarks


def show_changes(changes: list[Change], first: str, second: str) -> None:
    shown = table("load", "figure", first, second, "ratio", "", right=(first, second, "ratio"))
    for change in changes:
        ratio = "" if change.ratio is None else f"{change.ratio:.2f}"
        verdict = {True: "better", False: "worse", None: ""}[change.better]
        shown.add_row(change.stage, change.figure, f"{change.first:.4g}", f"{change.second:.4g}", ratio, verdict)
    results.print(shown)


def write(report: Report, json_file: Path | None, plot: Path | None, title: str) -> None:
    """Write the requested files; end with a one-line error if one cannot be written."""
    for path, text in (
        (json_file, lambda: json.dumps(report.to_json(), indent=1, default=plain)),
        (plot, lambda: draw(report.stages, title)),
    ):
        if path is None:
            continue
        try:
            path.write_text(text() + ("" if path is plot else "\n"), "utf-8")
        except OSError as error:
            fail(f"Cannot write {path} ({error.strerror}). Name a file in an existing folder that you can write to.")
        notes.print(f"wrote {path}")


def _errors(stage: StageSummary) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in stage.errors.items()) or "none"


def _spread(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.p50:.3f} {spread.p95:.3f} {spread.p99:.3f}"
