"""How `vitae bench` shows and keeps its results: tables on stdout, JSON and a picture in files."""

import json
from pathlib import Path

from app.benchmark.load_summary import Spread, StageSummary
from app.benchmark.plot import draw
from app.benchmark.report import Change, Report, plain
from app.cli.terminal import fail, money, notes, results, table

# From this share of a core on the generator itself may be what is slow.
_BUSY_SHARE = 0.8
_CLOSE_TO_CEILING = 0.5


def show(report: Report) -> None:
    """The table, and below it what one has to know to believe it."""
    if not report.stages:
        notes.print("Nothing was measured.")
        return
    goodput = any(stage.goodput_per_second is not None for stage in report.stages)
    columns = ["load", "answers", "errors", "per s", *(["goodput/s"] if goodput else [])]
    if report.kind == "model":
        columns += ["tokens/s", "first token p50/p95/p99 s"]
    columns += ["latency p50/p95/p99 s", "in flight mean/most", "cost"]
    less = ("cost", "in flight mean/most", "goodput/s", "errors")
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
    said = ["Rates count good answers. Latency counts from when a request was due (in a closed loop: was sent)."]
    if ceiling is not None:
        said.append(f"The load generator alone manages {ceiling:,.0f} answers of 300 tokens a second here, now.")
    for stage in report.stages:
        busy = stage.generator_cpu_share > _BUSY_SHARE and stage.seconds > 1
        if busy or (ceiling is not None and stage.requests_per_second > _CLOSE_TO_CEILING * ceiling):
            said.append(
                f"{stage.name}: the load generator used {stage.generator_cpu_share:.0%} of a core and may have been "
                "what was slow; run it on another machine."
            )
        if stage.latency is not None and stage.late_start_p99_seconds > 0.1 * stage.latency.p50:
            said.append(
                f"{stage.name}: 1 % of the requests left more than {stage.late_start_p99_seconds:.2f} s after they "
                "were due; that is part of their latency."
            )
        if stage.answered_by:
            told = ", ".join(f"{name} {count}" for name, count in stage.answered_by.items())
            said.append(f"{stage.name}: answered by {told}.")
    bases = {stage.cost_basis for stage in report.stages if stage.cost_basis}
    if bases:
        said.append(f"Cost: {', '.join(sorted(bases))}.")
    return said


def show_changes(changes: list[Change], first: str, second: str) -> None:
    shown = table("load", "figure", first, second, "ratio", "", right=(first, second, "ratio"))
    for change in changes:
        ratio = "" if change.ratio is None else f"{change.ratio:.2f}"
        verdict = {True: "better", False: "worse", None: ""}[change.better]
        shown.add_row(change.stage, change.figure, f"{change.first:.4g}", f"{change.second:.4g}", ratio, verdict)
    results.print(shown)


def write(report: Report, json_file: Path | None, plot: Path | None, title: str) -> None:
    """The files asked for; one clear line when one cannot be written."""
    for path, text in (
        (json_file, lambda: json.dumps(report.to_json(), indent=1, default=plain)),
        (plot, lambda: draw(report.stages, title)),
    ):
        if path is None:
            continue
        try:
            path.write_text(text() + ("" if path is plot else "\n"), "utf-8")
        except OSError as error:
            fail(f"{path} cannot be written ({error.strerror}).")
        notes.print(f"written: {path}")


def _errors(stage: StageSummary) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in stage.errors.items()) or "none"


def _spread(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.p50:.3f} {spread.p95:.3f} {spread.p99:.3f}"
