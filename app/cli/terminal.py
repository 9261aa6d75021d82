"""What the commands share about the terminal: results on stdout, the rest on stderr, colour on a terminal only."""

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
EXIT_INTERRUPTED = 130  # as shells say it: 128 + SIGINT

_WIDTH_OF_A_FILE = 160  # where output goes to a file or a pipe, nobody's window sets the width
# What a terminal may obey although JSON allows it in a string, and halves of characters, which no encoding has.
_STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class _Screen(Console):
    """Shows text as text: no markup in it is followed, and nothing in it steers the terminal."""

    def __init__(self, *, stderr: bool) -> None:
        stream = sys.stderr if stderr else sys.stdout
        told = os.environ.get("COLUMNS", "").isdigit() or (stream is not None and stream.isatty())
        width = None if told else _WIDTH_OF_A_FILE
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False, width=width)

    def print(self, *objects: Any, **looks: Any) -> None:
        super().print(*(self._shown(each) if isinstance(each, str) else each for each in objects), **looks)

    def _shown(self, text: str) -> str:
        return _harmless(as_typed(text) if self.stderr else text)


class _Pipe(io.TextIOWrapper):
    """Standard output or error. A reader that has seen enough (`vitae list | head`) ends the command, and well."""

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
        # What is still buffered must go somewhere when Python closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
        raise SystemExit(0)


def take_over_output() -> None:
    """Called once, before anything is printed: whatever is at the other end, no command may end with a traceback."""
    sys.stdout, sys.stderr = _stream(sys.stdout, 1), _stream(sys.stderr, 2)


def _stream(stream: Any, number: int) -> IO[str]:
    if stream is None:  # closed by whoever started us (`>&-`)
        if os.open(os.devnull, os.O_WRONLY) != number:
            return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - lives as long as the process
        stream = open(number, "w", encoding="utf-8")  # noqa: SIM115 - lives as long as the process
    # What the terminal's encoding has no sign for is shown by its number.
    encoding, lines = stream.encoding, stream.isatty()
    return _Pipe(stream.detach(), encoding, "backslashreplace", line_buffering=lines)


results = _Screen(stderr=False)
notes = _Screen(stderr=True)


def settings_or_exit(overrides: dict[str, Any] | None = None) -> LoadedSettings:
    """The configuration, or one line on stderr and exit status 2."""
    try:
        return load_settings(overrides=overrides)
    except ConfigurationError as error:
        fail(error.detail, EXIT_WRONG_USAGE)


def fail(message: str, status: int = EXIT_SOME_FAILED) -> NoReturn:
    # Wrapped by the terminal and not by us: a command in the text can be copied.
    notes.print(printable(message), style="red", soft_wrap=True)
    raise typer.Exit(status)


def fail_with(error: VitaeError) -> NoReturn:
    fail(f"{error.title}: {error.detail}")


def print_json(value: Any) -> None:
    """One JSON document per line, so that `jq` and `while read` can follow."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    sys.stdout.write(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")
    sys.stdout.flush()


def table(*columns: str, right: Iterable[str] = (), whole: Iterable[str] = (), less: Iterable[str] = ()) -> Listing:
    """Columns in `right` hold numbers, those in `whole` are never broken, those in `less` give way first, in order."""
    return Listing(*columns, right=tuple(right), whole=tuple(whole), less=tuple(less))


def money(amount: str | None) -> str:
    """A price as a person reads it: `$0.00275`; `unpriced` where it is not known."""
    if amount is None:
        return "unpriced"
    value = Decimal(amount)
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"${text or '0'}"


def moment(text: str | None) -> str:
    """A time of the API to the minute, in UTC."""
    return (text or "")[:16].replace("T", " ")


def _harmless(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


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
            disable=not notes.is_terminal or notes.is_dumb_terminal,
        )
        self._total = total

    def __enter__(self) -> tuple[Progress, Any]:
        try:
            self._progress.start()
            return self._progress, self._progress.add_task("", total=self._total)
        except BaseException:  # Ctrl-C as soon as it is seen: the bar must not be drawn over what is said next
            self._progress.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
