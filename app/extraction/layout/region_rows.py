"""Builds the lines of one region: words on a baseline become a row, and cells of a rail join their entry's row."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, NamedTuple

from app.extraction.layout.placed_word import PlacedWord
from app.extraction.unicode_text import BULLET_GLYPHS, is_right_to_left

SAME_ROW_EMS = 0.35  # words whose baselines differ by less (in ems of the smaller size) are on one row
ROWS_BACK = 4  # a word joins one of the last rows: raised print starts rows between those of the text
WRAPPED_FILL = 0.7  # a row of body text that fills this much of the width continues in the next

_IN_DATES = re.compile(r"[\d年월년]")  # characters that a line without a date rarely has
_YEAR = re.compile(r"(?<!\d)(?:19|20)(?:\d\d|XX|xx)(?!\d)|(?<!\d)\d{1,2}[./]\d{2,4}(?!\d)|[年월년]|['’]\d\d(?!\d)")
# "Apr 2014 - Jun" over "2019" in a narrow rail.
_OPEN_MONTH = re.compile(r"\d\s*[-–—]\s*[^\W\d_]{3,12}\.?$")
_WHOLE_PERIOD = re.compile(r"\d\s*[-–—]\s*[^\W_]")
_YEAR_ALONE = re.compile(r"(?:19|20)\d\d")
_LEFT_TO_RIGHT = re.compile(r"[A-Za-z0-9\u00c0-\u058f]")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")

_baseline = attrgetter("baseline")

Line = tuple[PlacedWord, ...]


@dataclass(frozen=True, slots=True)
class Rail:
    """A gutter that divides rows, not texts. The rail is the half on `side` of `x`, between `top` and `bottom`."""

    side: Literal["left", "right"]
    x: float
    top: float
    bottom: float
    dates: bool


class Row(NamedTuple):
    """Words on one baseline, left to right."""

    words: Line
    baseline: float
    text: str
    size: float
    bold: bool
    x0: float
    x1: float


def mentions_date(text: str) -> bool:
    """Return whether the text has a year, `03/2019`, `'19` or the like: enough to recognize a rail of dates."""
    return _IN_DATES.search(text) is not None and _YEAR.search(text) is not None


def starts_with_bullet(row: Row) -> bool:
    first = row.words[0].text
    return first in BULLET_GLYPHS or (len(first) > 1 and first[0] in BULLET_GLYPHS and not first[0].isascii())


def group_rows(words: Sequence[PlacedWord]) -> list[Row]:
    """Group words into rows, from top to bottom."""
    rows: list[list[PlacedWord]] = []
    ends: list[float] = []  # right edge of each row
    farthest = SAME_ROW_EMS * max([word.size for word in words], default=0.0)
    baseline = end = math.inf  # of the previous row
    for word in sorted(words, key=_place):
        x0, _, x1, _ = word.box
        if word.baseline == baseline and x0 >= end:  # most words simply continue the previous row
            rows[-1].append(word)
            ends[-1] = end = x1
            continue
        at = _row_for(word, rows, ends, farthest)
        if at is None:
            rows.append([word])
            ends.append(x1)
        else:
            rows[at].append(word)
            ends[at] = max(ends[at], x1)
        baseline, end = rows[-1][0].baseline, ends[-1]
    return sorted(map(_row, rows, ends), key=_baseline)


def _place(word: PlacedWord) -> tuple[float, float]:
    return word.baseline, word.box[0]


def _row_for(word: PlacedWord, rows: list[list[PlacedWord]], ends: list[float], farthest: float) -> int | None:
    """Find the word's row among those that begin above it or at its height, at most `farthest` above."""
    baseline, size, x0 = word.baseline, word.size, word.box[0]
    for at in range(len(rows) - 1, max(-1, len(rows) - 1 - ROWS_BACK), -1):
        reference = rows[at][0]
        distance = baseline - reference.baseline
        if distance > farthest:
            return None
        larger, smaller = (size, reference.size) if size > reference.size else (reference.size, size)
        # Beyond the end of the row nothing can be in the way.
        if (
            distance <= SAME_ROW_EMS * larger
            and (x0 >= ends[at] or _has_room(word, rows[at]))
            and (distance <= SAME_ROW_EMS * smaller or _is_beside(word, rows[at]))
        ):
            return at
    return None


def _has_room(word: PlacedWord, row: list[PlacedWord]) -> bool:
    x0, _, x1, _ = word.box
    size = word.size
    return all(min(x1, other.box[2]) - max(x0, other.box[0]) <= 0.3 * min(size, other.size) for other in row)


def _is_beside(word: PlacedWord, row: list[PlacedWord]) -> bool:
    """Return whether raised or lowered small print (th, 2) is next to the word it belongs to."""
    return any(abs(word.x0 - w.x1) < 0.3 * w.size or abs(w.x0 - word.x1) < 0.3 * w.size for w in row)


def _row(words: list[PlacedWord], end: float) -> Row:
    """Build a row; `words` are sorted by baseline and, on one baseline, from left to right."""
    first = words[0]
    if len(words) == 1:
        return Row((first,), first.baseline, first.text, first.size, first.bold, first.box[0], end)
    baseline = first.baseline
    if baseline != words[-1].baseline:
        middle = len(words) // 2
        baseline = words[middle].baseline
        if len(words) % 2 == 0:
            baseline = (words[middle - 1].baseline + baseline) / 2
        words.sort(key=_left)
    return Row(
        tuple(words),
        baseline,
        " ".join([word.text for word in words]),
        max([word.size for word in words]),
        all([word.bold for word in words]),  # noqa: C419 - a list is faster for a handful
        words[0].box[0],
        end,
    )


def _left(word: PlacedWord) -> float:
    return word.box[0]


def lines_of_region(words: Sequence[PlacedWord], rails: Sequence[Rail]) -> list[Line]:
    """Return the region's lines from top to bottom. Only rails of dates need pairing; other halves share the row."""
    dated = sorted((rail for rail in rails if rail.dates), key=lambda rail: rail.top - rail.bottom)
    if not dated:
        return [_in_direction(row.words) for row in group_rows(words)]
    return _with_rail(words, dated[0], [rail for rail in dated[1:] if _apart(rail, dated[0])])


def _apart(rail: Rail, other: Rail) -> bool:
    return rail.bottom <= other.top + 1 or rail.top >= other.bottom - 1


def _with_rail(words: Sequence[PlacedWord], rail: Rail, others: Sequence[Rail]) -> list[Line]:
    above: list[PlacedWord] = []
    below: list[PlacedWord] = []
    in_rail: list[PlacedWord] = []
    body: list[PlacedWord] = []
    for word in words:
        height = word.baseline - 0.3 * word.size
        if not rail.top <= height < rail.bottom:
            (above if height < rail.top else below).append(word)
        else:
            (in_rail if (word.box[0] < rail.x - 0.1) == (rail.side == "left") else body).append(word)
    lines = lines_of_region(above, others) if above else []
    lines += _pair(group_rows(in_rail), group_rows(body), rail)
    return lines + (lines_of_region(below, others) if below else [])


def _pair(hanging: list[Row], body: list[Row], rail: Rail) -> list[Line]:
    """Join each rail cell with its entry. Rows on one baseline become one line, as long as the entry's row is short.

    The rest of the cell follows as separate lines before the entry's body text.
    """
    prefixed: dict[int, list[Row]] = {}
    following: dict[int, list[Row]] = {}
    flowing = _flow(body, rail)
    for cell in _cells(hanging, body):
        anchor = _anchor(cell[0], body)
        if rail.side == "left":
            prefixed.setdefault(anchor, []).extend(cell)
            continue
        for number, row in enumerate(cell):
            partner = _partner(row, body)
            if partner is not None and (number == 0 or not flowing[partner]):
                following.setdefault(partner, []).append(row)
                anchor = partner
            else:
                following.setdefault(anchor, []).append(row)
    lines: list[Line] = []
    for number, row in enumerate(body):
        before = prefixed.get(number, [])
        lines.extend(_in_direction(rail_row.words) for rail_row in before if not _is_prefix(rail_row, row))
        prefix = tuple(word for rail_row in before if _is_prefix(rail_row, row) for word in rail_row.words)
        suffix: Line = ()
        loose: list[Line] = []
        for rail_row in following.get(number, []):
            if _on_one_row(rail_row, row):
                suffix += rail_row.words
            else:
                loose.append(_in_direction(rail_row.words))
        whole = prefix + row.words + suffix
        if is_right_to_left(" ".join(word.text for word in whole)):
            lines.append(_in_direction(tuple(sorted(whole, key=lambda word: word.x0))))
        else:
            lines.append(whole)
        lines.extend(loose)
    return lines


def _is_prefix(row: Row, entry: Row) -> bool:
    """Return whether a row precedes its entry on one line, as a date or small label does; a heading stays separate."""
    heading = row.size > 1.1 * entry.size or (row.bold and not entry.bold and not mentions_date(row.text))
    return not heading


def _on_one_row(a: Row, b: Row) -> bool:
    return abs(a.baseline - b.baseline) <= SAME_ROW_EMS * max(a.size, b.size)


def _partner(row: Row, body: list[Row]) -> int | None:
    best = min(range(len(body)), key=lambda number: abs(body[number].baseline - row.baseline))
    return best if _on_one_row(row, body[best]) else None


def _anchor(row: Row, body: list[Row]) -> int:
    """Return the entry's row that a cell belongs to: the one on its baseline, otherwise the nearest one."""
    return min(range(len(body)), key=lambda number: abs(body[number].baseline - row.baseline))


def _cells(hanging: list[Row], body: list[Row]) -> list[list[Row]]:
    """Group the rail rows of each entry: close together, in one style, with no new entry in between.

    If all rows of a rail share rows with the body (one date per line), being close is not enough: a row with a date
    that follows a row with a date begins a new cell.
    """
    cells: list[list[Row]] = []
    for row in hanging:
        last = cells[-1][-1] if cells else None
        near = last is not None and row.baseline - last.baseline <= 1.75 * max(row.size, last.size)
        open_range = last is not None and (
            (last.text.rstrip().endswith(("-", "–", "—")) and _WHOLE_PERIOD.search(row.text) is None)
            or (_OPEN_MONTH.search(last.text) is not None and _YEAR_ALONE.fullmatch(row.text) is not None)
        )
        complete = cells and any(mentions_date(r.text) for r in cells[-1]) and not open_range
        if near and not (complete and mentions_date(row.text) and _partner(row, body) is not None):
            cells[-1].append(row)
        else:
            cells.append([row])
    return cells


def _flow(body: list[Row], rail: Rail) -> list[bool]:
    """Return which rows are body text (bullets and their continuation, rows that reach the gutter)."""
    if not body:
        return []
    left, right = min(row.x0 for row in body), max(row.x1 for row in body)
    flowing: list[bool] = []
    for number, row in enumerate(body):
        full = rail.side == "right" and row.x1 - left > 0.9 * (right - left) and len(row.text) > 40
        previous = body[number - 1] if number else None
        wraps = (
            previous is not None
            and flowing[-1]
            and row.baseline - previous.baseline < 1.75 * row.size
            and not row.bold
            and (row.x0 > left + 1 or previous.x1 - left > WRAPPED_FILL * (right - left))
        )
        flowing.append(starts_with_bullet(row) or full or wraps)
    return flowing


def _in_direction(words: Line) -> Line:
    """Order a row for reading: right-to-left rows start at the right; Latin script inside them keeps its own order."""
    if not is_right_to_left(" ".join([word.text for word in words])):
        return words
    out: list[PlacedWord] = []
    stretch: list[PlacedWord] = []
    for word in reversed(words):
        if _LEFT_TO_RIGHT.search(word.text) and not _RIGHT_TO_LEFT.search(word.text):
            stretch.append(word)
            continue
        out.extend(reversed(stretch))
        stretch = []
        out.append(word)
    out.extend(reversed(stretch))
    return tuple(out)
