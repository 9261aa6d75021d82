"""`vitae eval FOLDER`: compares clients on labelled resumes by accuracy, cost and speed (docs/evaluation.md)."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.analysis.evaluation.accuracy import DatePrecision
from app.analysis.evaluation.field_names import FIELD_NAMES
from app.analysis.strategy import STRATEGIES
from app.cli.models.evaluation_report import percent, total_rows, write_report
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    EXIT_WRONG_USAGE,
    fail,
    fail_with,
    notes,
    print_json,
    progress_bar,
    results,
    settings_or_exit,
    table,
)
from app.clock import utc_now
from app.errors import ConfigurationError, VitaeError
from app.files.evaluations import keep_evaluation
from app.settings import BUILTIN, LoadedSettings

if TYPE_CHECKING:
    from app.pipeline.operations.evaluate_clients import EvaluatedClient


def evaluate(
    folder: Annotated[Path, typer.Argument(help="Folder with documents, each with a NAME.truth.json (JSON Resume).")],
    clients: Annotated[
        str, typer.Option(help="Clients, separated by commas; `builtin` is the built-in parser.")
    ] = BUILTIN,
    strategies: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Strategies to compare: model, verify, rules-first, separated by commas. Default: the configured one.",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the full evaluation as JSON to stdout.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="PAGE.html", help="Also write an HTML report.")] = None,
    details: Annotated[bool, typer.Option(help="Also show tables by layout, language and document.")] = False,
    date_precision: Annotated[
        DatePrecision,
        typer.Option(
            help="Compare dates only to this precision, where the truth files are more exact than the documents."
        ),
    ] = "exact",
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Documents that a model reads in parallel.")] = 4,
    keep: Annotated[bool, typer.Option(help="Store the results for the cost recommendations.")] = True,
) -> None:
    """Compare clients on labelled resumes.

    Shows accuracy by field, cost and time for each client. `vitae eval FOLDER` is
    short for `vitae eval compare FOLDER`.

    Examples:
        vitae eval samples
        vitae eval labelled/ --clients LocalVLLM,GPT4o --report evaluation.html
        vitae eval labelled/ --clients LocalVLLM,GPT4o --json > evaluation.json
        vitae eval labelled/ --clients GPT4o --strategies model,verify,rules-first
    """
    from app.analysis.evaluation.truth_files import read_labelled_folder
    from app.pipeline.operations.evaluate_clients import ClientEvaluation

    if not folder.is_dir():
        fail(
            f"{folder} is not a folder. Give one with documents and a NAME.truth.json for each (docs/evaluation.md).",
            EXIT_WRONG_USAGE,
        )
    names = list(dict.fromkeys(name.strip() for name in clients.split(",") if name.strip()))
    if not names:
        fail("--clients is empty. `vitae clients` lists the clients; `builtin` needs no model.", EXIT_WRONG_USAGE)
    chosen = _strategies(strategies)
    labelled = read_labelled_folder(folder)
    for bad in labelled.problems:
        notes.print(f"skipped {bad.path.relative_to(folder)}: {bad.detail}", style="yellow")
    if not labelled.documents:
        fail(f"{folder} has no document with a valid NAME.truth.json. See docs/evaluation.md for the format.", 2)
    loaded, evaluated = _clients(names, chosen, concurrency)
    with ExitStack() as bars:
        evaluation = ClientEvaluation(
            evaluated,
            default_region=loaded.settings.analysis.default_region,
            date_precision=date_precision,
            progress=_progress(bars, [client.label for client in evaluated], len(labelled.documents)),
        )(folder, labelled, utc_now())
    if as_json:
        print_json(evaluation)
    else:
        _print_tables(evaluation, details=details)
    try:
        if keep:
            path = keep_evaluation(loaded.settings.storage.data_dir, evaluation)
            notes.print(f"stored as {path}", style="dim", soft_wrap=True)
        if report is not None:
            write_report(report, evaluation)
            notes.print(f"wrote {report}", style="dim", soft_wrap=True)
    except VitaeError as error:
        fail_with(error)
    if labelled.problems or any(client["failed"] for client in evaluation["clients"]):
        raise typer.Exit(EXIT_SOME_FAILED)


def _strategies(names: str) -> list[str | None]:
    """None stands for the configured one."""
    chosen = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    unknown = [name for name in chosen if name not in STRATEGIES]
    if unknown:
        fail(f"There is no strategy {unknown[0]}. Choose from {', '.join(STRATEGIES)}.", EXIT_WRONG_USAGE)
    return [*chosen] or [None]


def _clients(
    names: list[str], strategies: list[str | None], concurrency: int
) -> tuple[LoadedSettings, "list[EvaluatedClient]"]:
    """Configure each client as the only one, without the summary, for which there is no truth."""
    from app.wiring.command_line_parts import build_evaluated_client

    loaded = settings_or_exit()
    evaluated: list[EvaluatedClient] = []
    for name in names:
        # The built-in parser reads all of every document, whatever the strategy.
        for strategy in strategies if name != BUILTIN else [None]:
            alone = settings_or_exit(
                {
                    "routing.clients": [name],
                    "routing.functions": {},
                    "routing.rules": [],
                    "analysis.summarise": False,
                    **({"analysis.strategy": strategy} if strategy else {}),
                }
            )
            try:
                evaluated.append(build_evaluated_client(alone, name, concurrency=concurrency))
            except ConfigurationError as error:
                fail(error.detail, EXIT_WRONG_USAGE)
    return loaded, evaluated


def _progress(bars: ExitStack, names: list[str], documents: int) -> Callable[[str], None]:
    """Show a progress bar on a terminal; otherwise print one line to stderr when a client has finished."""
    done = dict.fromkeys(names, 0)
    if notes.is_terminal:
        progress, task = bars.enter_context(progress_bar("reading", documents * len(names)))

        def advance(name: str) -> None:
            progress.update(task, advance=1, description=name)

        return advance

    def count(name: str) -> None:
        done[name] += 1
        if done[name] == documents:
            notes.print(f"{name} finished {documents} documents")

    return count


def _print_tables(evaluation: dict[str, Any], *, details: bool) -> None:
    clients: list[dict[str, Any]] = evaluation["clients"]
    names = [client["client"] for client in clients]
    results.print(f"{evaluation['documents']} documents in {evaluation['folder']}\n")
    if len(clients) == 1:
        shown = table("field", "precision", "recall", "F1", "n", right=("precision", "recall", "F1", "n"))
        for field, counts in clients[0]["fields"].items():
            shares = [percent(counts[key]) for key in ("precision", "recall", "f1")]
            shown.add_row(FIELD_NAMES.get(field, field), *shares, str(counts["expected"]))
    else:
        shown = table("F1", "n", *names, right=("n", *names))
        for field in dict.fromkeys(field for client in clients for field in client["fields"]):
            found = [client["fields"].get(field) for client in clients]
            expected = next(counts["expected"] for counts in found if counts)
            cells = [percent(counts["f1"] if counts else None) for counts in found]
            shown.add_row(FIELD_NAMES.get(field, field), str(expected), *cells)
    results.print(shown)
    results.print()
    shown = table("", *names, right=tuple(names))
    for label, figures in total_rows(clients):
        shown.add_row(label, *figures)
    results.print(shown)
    if details:
        for title, key in (("language", "by_language"), ("layout", "by_layout")):
            _print_groups(title, [client[key] for client in clients], names)
        by_file = [{each["file"]: {"documents": 1, **each} for each in client["results"]} for client in clients]
        _print_groups("document", by_file, names)


def _print_groups(title: str, groups: list[dict[str, Any]], names: list[str]) -> None:
    results.print()
    shown = table(f"F1 of all fields by {title}", "documents", *names, right=("documents", *names))
    for group in groups[0]:
        cells = [_cell(of_client[group]) for of_client in groups]
        shown.add_row(group, str(groups[0][group]["documents"]), *cells)
    results.print(shown)


def _cell(figures: dict[str, Any]) -> str:
    failure = figures.get("failure")
    return f"failed: {failure}" if failure else percent(figures["accuracy"])
