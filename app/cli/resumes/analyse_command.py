"""`vitae analyse`: analyses files on this machine without a running service."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.resumes.profile_view import print_profile
from app.cli.resumes.resume_files import find_resumes, unreadable
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    EXIT_WRONG_USAGE,
    fail,
    notes,
    print_json,
    results,
    settings_or_exit,
)
from app.cli.text_tables import printable
from app.errors import ConfigurationError, VitaeError
from app.routing.policy import Privacy
from app.settings import LoadedSettings


def analyse(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files, or folders to search for resumes.", show_default=False)
    ],
    client: Annotated[str | None, typer.Option(help="Use only this client; `builtin` needs no model.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file to stdout.")] = False,
    privacy: Annotated[Privacy, typer.Option(help="local_only: no hosted model sees the files.")] = "any",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Count current positions up to this day. Default: today."),
    ] = None,
) -> None:
    """Analyse files on this machine without a running service.

    Examples:
        vitae analyse cv.pdf
        vitae analyse cv.pdf --client builtin --json | jq .profile
        vitae analyse inbox/ --client GPT4o --as-of 2026-12-31
    """
    loaded = settings_or_exit({"routing.clients": [client], "routing.functions": {}} if client else None)
    failed = False
    files = find_resumes(paths)
    for outcome in _outcomes(loaded, files, privacy, as_of.date() if as_of else None):
        failed = failed or "problem" in outcome
        if as_json:
            print_json(outcome)
            continue
        if len(files) > 1:
            results.rule(printable(Path(outcome["file"]).name), align="left", style="dim")
        if "problem" in outcome:
            problem = outcome["problem"]
            results.print(f"{problem['code']}: {problem['title']}. {problem['detail']}", style="red")
        else:
            print_profile(outcome)
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
