"""Borderless tables that fit the terminal window.

Ids, dates, numbers and amounts are never broken. If the window is too narrow for all columns, the least important ones
are left out (`--json` has them). If the rest still does not fit, each row becomes a block of lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 2
_SHORT_WORD = 24  # longer words (addresses, paths) may be broken


def printable(text: str | None) -> str:
    """Return text from a document or file name on one line, without terminal control characters."""
    return "".join(c if c.isprintable() else " " for c in text or "")


@dataclass(slots=True)
class _Column:
    title: str
    right: bool
    whole: bool
    cells: list[Text] = field(default_factory=list[Text])

    @property
    def widest(self) -> int:
        return max([cell_len(self.title), *(cell.cell_len for cell in self.cells)])

    @property
    def narrowest(self) -> int:
        title = _longest_word(self.title)
        if self.whole:
            return max([title, *(cell.cell_len for cell in self.cells)])
        return max([title, *(min(_SHORT_WORD, _longest_word(cell.plain)) for cell in self.cells)])


class Listing:
    """A table. Columns in `right` hold numbers; those in `whole` never wrap; those in `less` are dropped, in order."""

    def __init__(self, *columns: str, right: Sequence[str], whole: Sequence[str], less: Sequence[str]) -> None:
        self._columns = [_Column(name, name in right, name in whole or name in right) for name in columns]
        self._less = less

    @property
    def row_count(self) -> int:
        return len(self._columns[0].cells)

    def add_row(self, *cells: str | Text | None) -> None:
        for column, cell in zip(self._columns, cells, strict=True):
            column.cells.append(cell if isinstance(cell, Text) else Text(printable(cell)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for count in range(len(self._less) + 1):
            columns = [column for column in self._columns if column.title not in self._less[:count]]
            if _room(columns, options.max_width) >= sum(column.narrowest for column in columns):
                yield _side_by_side(columns, options.max_width)
                return
        yield from self._blocks()

    def _blocks(self) -> RenderResult:
        label = max(cell_len(column.title) for column in self._columns)
        for row in range(self.row_count):
            if row:
                yield Text("")
            block = Table.grid(padding=(0, _GAP, 0, 0))
            block.add_column(width=label, style="bold")
            block.add_column(overflow="fold")
            for column in self._columns:
                if column.cells[row].plain:
                    block.add_row(Text(column.title), column.cells[row])
            yield block


def _side_by_side(columns: list[_Column], width: int) -> Table:
    widths = {id(column): column.narrowest for column in columns}
    spare = _room(columns, width) - sum(widths.values())
    # Share the spare width equally, starting with the columns that need least.
    waiting = sorted(columns, key=lambda column: column.widest - column.narrowest)
    for number, column in enumerate(waiting):
        more = min(max(0, column.widest - column.narrowest), spare // (len(waiting) - number))
        widths[id(column)] += more
        spare -= more
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, padding=(0, _GAP, 0, 0))
    for column in columns:
        made.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            vertical="top",
            overflow="fold",
            width=widths[id(column)],
        )
    for row in range(len(columns[0].cells)):
        made.add_row(*(column.cells[row] for column in columns))
    return made


def _room(columns: list[_Column], width: int) -> int:
    return width - _GAP * (len(columns) - 1)


def _longest_word(text: str) -> int:
    return max((cell_len(word) for word in text.split()), default=0)
