"""`vitae analyse`: analyse files right here, without a server; one JSON object per line."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.resumes.resume_files import find_resumes, unreadable
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    EXIT_WRONG_USAGE,
    fail,
    money,
    notes,
    print_json,
    results,
    settings_or_exit,
    table,
)
from app.errors import ConfigurationError, VitaeError
from app.routing.policy import Privacy
from app.settings import LoadedSettings


def analyse(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files, or folders searched for resumes.", show_default=False)
    ],
    client: Annotated[str | None, typer.Option(help="Ask this client alone; `builtin` needs no model.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file on stdout.")] = False,
    privacy: Annotated[Privacy, typer.Option(help="local_only: hosted models never see it.")] = "any",
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Count ongoing jobs until this day.")
    ] = None,
) -> None:
    """Analyse files right here, without a server.

    Examples:
        vitae analyse cv.pdf
        vitae analyse cv.pdf --client builtin --json | jq .profile
        vitae analyse inbox/ --client GPT4o --as-of 2026-12-31
    """
    loaded = settings_or_exit({"routing.clients": [client], "routing.functions": {}} if client else None)
    shown = table("file", "name", "client", "cost", "problem", right=("cost",))
    failed = False
    for outcome in _outcomes(loaded, find_resumes(paths), privacy, as_of.date() if as_of else None):
        failed = failed or "problem" in outcome
        if as_json:
            print_json(outcome)
            continue
        problem = outcome.get("problem")
        basics = (outcome.get("profile") or {}).get("basics", {})
        shown.add_row(
            Path(outcome["file"]).name,
            basics.get("name"),
            outcome.get("client"),
            money(outcome["cost"]["total_usd"]) if "cost" in outcome else "",
            f"{problem['code']}: {problem['detail']}" if problem else "",
        )
    if not as_json:
        results.print(shown)
    if failed:
        raise typer.Exit(EXIT_SOME_FAILED)


def _outcomes(loaded: LoadedSettings, files: list[Path], privacy: Privacy, as_of: date | None) -> Any:
    from app.wiring.command_line_parts import build_file_analysis

    try:
        analyse_file = build_file_analysis(loaded)
    except ConfigurationError as error:
        fail(error.detail, EXIT_WRONG_USAGE)
    for path in files:
        if notes.is_terminal and len(files) > 1:
            notes.print(f"reading {path.name}", style="dim")
        try:
            content = path.read_bytes()
        except OSError as error:
            yield {"file": str(path), "problem": unreadable(error)}
            continue
        try:
            yield {"file": str(path), **analyse_file(content, path.name, privacy, as_of)}
        except VitaeError as error:
            problem = {"code": error.code, "title": error.title, "detail": error.detail}
            yield {"file": str(path), "problem": problem}
