"""Terminal output for all commands: results on stdout, everything else on stderr, color only on a terminal."""

import io
import json
import os
import re
import sys
from collections.abc import Iterable
from decimal import Decimal
from typing import IO, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.text_tables import Listing, printable
from app.command_name import as_typed
from app.errors import ConfigurationError, VitaeError
from app.settings import LoadedSettings, load_settings

EXIT_SOME_FAILED = 1
EXIT_WRONG_USAGE = 2
EXIT_INTERRUPTED = 130  # the shells' convention: 128 + SIGINT

_WIDTH_OF_A_FILE = 160  # the width for a file or a pipe, which has no window
# Characters that JSON allows in a string but a terminal may obey, and lone surrogates, which cannot be encoded.
_STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class _Screen(Console):
    """Prints text literally: ignores markup and removes terminal control characters."""

    def __init__(self, *, stderr: bool) -> None:
        stream = sys.stderr if stderr else sys.stdout
        known = os.environ.get("COLUMNS", "").isdigit() or (stream is not None and stream.isatty())
        width = None if known else _WIDTH_OF_A_FILE
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)

    def print(self, *objects: Any, **looks: Any) -> None:
        super().print(*(self._shown(each) if isinstance(each, str) else each for each in objects), **looks)

    def _shown(self, text: str) -> str:
        return _harmless(as_typed(text) if self.stderr else text)


class _Pipe(io.TextIOWrapper):
    """Standard output or error. If the reader closes the pipe (`vitae list | head`), the command ends with success."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            self._end()

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._end()

    def _end(self) -> NoReturn:
        # Python flushes the buffer when it closes the stream, so the stream must stay writable.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
        raise SystemExit(0)


def take_over_output() -> None:
    """Call once, before anything is printed, so that no closed or limited stream can cause a traceback."""
    sys.stdout, sys.stderr = _stream(sys.stdout, 1), _stream(sys.stderr, 2)


def _stream(stream: Any, number: int) -> IO[str]:
    if stream is None:  # the caller closed it (`>&-`)
        if os.open(os.devnull, os.O_WRONLY) != number:
            return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - lives as long as the process
        stream = open(number, "w", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    # Characters that the terminal's encoding lacks are printed as escapes.
    encoding, lines = stream.encoding, stream.isatty()
    return _Pipe(stream.detach(), encoding, "backslashreplace", line_buffering=lines)


results = _Screen(stderr=False)
notes = _Screen(stderr=True)


def settings_or_exit(overrides: dict[str, Any] | None = None) -> LoadedSettings:
    """Load the configuration; if it is invalid, print a one-line error and exit with status 2."""
    try:
        return load_settings(overrides=overrides)
    except ConfigurationError as error:
        fail(error.detail, EXIT_WRONG_USAGE)


def fail(message: str, status: int = EXIT_SOME_FAILED) -> NoReturn:
    # The terminal wraps the line, not Vitae, so that commands in the text can be copied.
    notes.print(printable(message), style="red", soft_wrap=True)
    raise typer.Exit(status)


def fail_with(error: VitaeError) -> NoReturn:
    fail(f"{error.title}: {error.detail}")


def print_json(value: Any) -> None:
    """Print one JSON document per line, for `jq` and `while read`."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    sys.stdout.write(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    sys.stdout.flush()


def table(*columns: str, right: Iterable[str] = (), whole: Iterable[str] = (), less: Iterable[str] = ()) -> Listing:
    """Make a table; `Listing` explains `right`, `whole` and `less`."""
    return Listing(*columns, right=tuple(right), whole=tuple(whole), less=tuple(less))


def money(amount: str | None) -> str:
    """Format an amount like `$0.00275`; `unpriced` if it is unknown."""
    if amount is None:
        return "unpriced"
    value = Decimal(amount)
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"${text or '0'}"


def moment(text: str | None) -> str:
    """Format a time from the API to the minute, in UTC."""
    return (text or "")[:16].replace("T", " ")


def _harmless(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def _plain(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class progress_bar:  # noqa: N801 - used as a block
    """Shows a progress bar on stderr while the block runs, if stderr is a terminal."""

    def __init__(self, label: str, total: int) -> None:
        self._progress = Progress(
            TextColumn(label),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=notes,
            transient=True,
            disable=not notes.is_terminal or notes.is_dumb_terminal,
        )
        self._total = total

    def __enter__(self) -> tuple[Progress, Any]:
        try:
            self._progress.start()
            return self._progress, self._progress.add_task("", total=self._total)
        except BaseException:  # after an early Ctrl-C, the bar must not overwrite the next message
            self._progress.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
