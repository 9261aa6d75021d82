"""What the commands share about the terminal: results on stdout, the rest on stderr, colour on a terminal only."""

import json
import sys
from decimal import Decimal
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.errors import ConfigurationError, VitaeError
from app.settings import LoadedSettings, load_settings

EXIT_SOME_FAILED = 1
EXIT_WRONG_USAGE = 2

_WIDTH_OF_A_FILE = 160  # where output goes to a file or a pipe, nobody's window sets the width

results = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
notes = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _WIDTH_OF_A_FILE)


def settings_or_exit(overrides: dict[str, Any] | None = None) -> LoadedSettings:
    """The configuration, or one line on stderr and exit status 2."""
    try:
        return load_settings(overrides=overrides)
    except ConfigurationError as error:
        fail(error.detail, EXIT_WRONG_USAGE)


def fail(message: str, status: int = EXIT_SOME_FAILED) -> NoReturn:
    # Wrapped by the terminal and not by us: a command in the text can be copied.
    notes.print(printable(message), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(status)


def fail_with(error: VitaeError) -> NoReturn:
    fail(f"{error.title}: {error.detail}")


def print_json(value: Any) -> None:
    """One JSON document per line, so that `jq` and `while read` can follow."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """A plain table; columns named in `right` are aligned to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def printable(text: str | None) -> str:
    """Text from a document or a file name without control characters: it must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text or "")


def money(amount: str | None) -> str:
    """A price as a person reads it: `$0.00275`; `unpriced` where it is not known."""
    if amount is None:
        return "unpriced"
    value = Decimal(amount)
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"${text or '0'}"


def _plain(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class progress_bar:  # noqa: N801 - used as a block
    """A progress bar on stderr while the block runs; nothing when stderr is not a terminal."""

    def __init__(self, label: str, total: int) -> None:
        self._progress = Progress(
            TextColumn(label),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=notes,
            transient=True,
            disable=not notes.is_terminal,
        )
        self._total = total

    def __enter__(self) -> tuple[Progress, Any]:
        self._progress.start()
        return self._progress, self._progress.add_task("", total=self._total)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
