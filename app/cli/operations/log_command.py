"""`vitae logs`: prints the logs of the processes that `vitae up` runs, newest lines last."""

import os
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.text import Text

from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, print_json, results, settings_or_exit
from app.cli.text_tables import printable
from app.embedded.read_logs import NAMES, LogLine, follow_lines, has_logs, last_lines
from app.embedded.service_log import NAME_WIDTH

_WHERE_ELSE = (
    "`vitae up` writes them there, so run this in the folder where it runs. For a service in containers, use "
    "`docker compose logs --tail 100 api worker-extraction worker-analysis scheduler`."
)


def logs(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help=f"Show only one process: {', '.join(NAMES)}.", show_default=False),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new lines until Ctrl-C.")] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=1_000_000, help="Number of lines to show, counted from the end.")
    ] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line, with name and line.")
    ] = False,
) -> None:
    """Show the service's logs, for all processes or one.

    Without NAME, the lines of all processes are merged by time.

    Examples:
        vitae logs
        vitae logs analysis --lines 500
        vitae logs --follow
        vitae logs api --json | jq -r .line
    """
    if name is not None and name not in NAMES:
        fail(f"There is no log called {name}. Choose one of: {', '.join(NAMES)}.", EXIT_WRONG_USAGE)
    folder = settings_or_exit().settings.storage.data_dir.expanduser().absolute() / "logs"
    if os.environ.get("VITAE_URL", "").strip():
        notes.print(f"These are the logs in {folder} on this machine, not those of VITAE_URL.", style="dim")
    try:
        if not has_logs(folder):
            fail(f"There are no logs in {folder}. {_WHERE_ELSE}")
        shown = last_lines(folder, lines, name) if lines else []
        _print(shown, as_json=as_json)
        if follow:
            _print(follow_lines(folder, name), as_json=as_json)
    except PermissionError:
        fail(f"The logs in {folder} belong to another user. Run this as the user who runs `vitae up`.")
    if not shown and lines:
        notes.print(f"The log of {name} is still empty." if name else "The logs are still empty.")


def _print(lines: Iterable[LogLine], *, as_json: bool) -> None:
    for line in lines:
        if as_json:
            entry: dict[str, Any] = {"name": line.name, "line": line.text}
            print_json(entry)
        else:
            head = (f"{printable(line.name):<{NAME_WIDTH}} | ", "dim")
            results.print(Text.assemble(head, printable(line.text)), soft_wrap=True)
