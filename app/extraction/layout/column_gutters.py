"""Judges gutters: do they separate two texts, or the two halves of the same rows? Called by `reading_order`.

Two texts have rows that do not match, and each has its own headings, bullets and paragraphs. Halves of the same rows
share baselines: dates next to entries, values next to labels, cells of a table.
"""

import itertools
import re
import statistics
from collections import Counter
from dataclasses import replace

from app.extraction.document import Box
from app.extraction.layout.gutters import Gutter, middle_of
from app.extraction.layout.region_rows import Rail, Row, group_rows, mentions_date, starts_with_bullet

# Rows of one table share their baselines exactly; templates that align different sizes by hand are off by up to this.
ALIGNED_EMS = 0.3
ALIGNED_SHARE = 0.8  # share of aligned rows above which two halves belong to the same rows; chance gives about 0.4
DATE_CELL_SHARE = 0.5  # share of cells with a date above which a narrow half is a rail of dates
MAX_RAIL_WIDTH = 1.6  # of the width of its entries; some of them are only a company's short name
PARAGRAPH_FILL = 0.75  # a row that fills this much of its column and is followed by another is wrapped text
PARAGRAPH_MIN_CHARACTERS = 22
FEW_ROWS = 3  # with so few rows on one side, a strip may be free by chance
NARROW_GAP_EMS = 1.5
CONTINUED_SHARE = 0.3  # in tall halves, full rows next to each other may leave a narrow gap by chance
COMMON_EDGE_SHARE = 0.7  # minimum share of a column's rows that begin at its left edge
SHORT_COLUMN_ROWS = 8  # stretches of columns up to this height may be followed by full-width sections
SECTION_PAUSE_EMS = 1.9  # baseline distance above which a new section begins


def judge(gutter: Gutter) -> Rail | None:
    """Return None if the gutter separates two independent texts; otherwise how the two halves share their rows."""
    left, right = gutter.left_rows, gutter.right_rows
    if len(left) == 1 and len(right) == 1:
        return _rail(gutter, "left", dates=False)
    # The side that attaches to the other one: fewer rows, or, if equal, the narrower.
    side = "left" if (len(left), _width(left)) <= (len(right), _width(right)) else "right"
    sides = [(side, left, right) if side == "left" else (side, right, left)]
    sides.append(("right", right, left) if side == "left" else ("left", left, right))
    for name, hanging, carrying in sides:
        facing = _facing(gutter, hanging)
        if facing is not None and _is_date_rail(facing[1], carrying):
            return _rail(facing[0], name, dates=True)
    name, hanging, carrying = sides[0]
    if all(len(row.text) <= 2 and not row.text.isalnum() for row in hanging) or all(
        re.fullmatch(r"\(?\d{1,2}[.)]?", row.text) for row in hanging
    ):
        return _rail(gutter, name, dates=False)  # bullets or numbers and the text after them
    if _are_columns(hanging, carrying, gutter.band):
        return None
    return _rail(gutter, name, dates=False)


def _facing(gutter: Gutter, rows: list[Row]) -> tuple[Gutter, list[Row]] | None:
    """Return the rows of one side that face the other side, without the headings above and below them."""
    top, bottom = gutter.band
    inside = [row for row in rows if top - 1 <= row.baseline <= bottom + 1]
    outside = [row for row in rows if not top - 1 <= row.baseline <= bottom + 1]
    if not inside:
        return None
    if not outside or any(mentions_date(row.text) for row in outside):
        return gutter, rows
    above = [row.baseline for row in outside if row.baseline < inside[0].baseline]
    below = [row.baseline - 0.7 * row.size for row in outside if row.baseline > inside[-1].baseline]
    return replace(gutter, top=max([gutter.top, *above]), bottom=min([gutter.bottom, *below])), inside


def beyond_dates(gutter: Gutter, others: list[Gutter]) -> Gutter:
    """Return the gutter itself, or the one on the far side of a rail of dates.

    Between a sidebar and a column with its dates on that side, the strip next to the column is the wider one, but it
    separates the entries from their dates.
    """
    for other in others:
        if other.top > gutter.band[0] or other.bottom < gutter.band[1] or other.x == gutter.x:
            continue
        to_left = other.x < gutter.x
        parted, beside = (gutter.left, gutter.right) if to_left else (gutter.right, gutter.left)
        strip = [word for word in parted if (word.x0 >= other.x - 0.1) == to_left]
        if not strip or len(strip) == len(parted):
            continue
        dates, entries = group_rows(strip), group_rows(beside)
        rest = group_rows([word for word in parted if (word.x0 >= other.x - 0.1) != to_left])
        if sum(mentions_date(row.text) for row in dates) < 0.7 * len(dates) or not _is_date_rail(dates, entries):
            continue
        # Dates belong to the side whose rows they share; by chance some also match rows of the other side.
        here, there = _share_aligned(dates, entries), _share_aligned(dates, rest)
        if (here, _width(entries)) > (there, _width(rest)) and judge(other) is None:
            return other
    return gutter


def spanning_headings(gutter: Gutter) -> list[Box]:
    """Return the boxes of headings that span both sides, so that a grid in one section does not reach into the next.

    The right side is such a grid if each of its cells begins on a row of the left in the same print. Headings are rows
    of the left in a print that the right does not use, next to which the right pauses.
    """
    left, right = gutter.left_rows, gutter.right_rows
    cells = _cells_of(right)
    if max(map(len, cells)) > SHORT_COLUMN_ROWS or _share_aligned(right, left) < 0.95:
        return []
    beside = [row for row in left if gutter.band[0] <= row.baseline <= gutter.band[1] + 1]
    if not beside or _wraps(beside) or any(map(starts_with_bullet, beside)):
        return []
    for cell in cells:
        partners = [row for row in left if _aligned(row, cell[:1])]
        if not any(_print(row) == _print(cell[0]) or mentions_date(cell[0].text) for row in partners):
            return []
    styles = {_print(row) for row in right}
    out: list[Box] = []
    for heading in _headings(left):
        top, bottom = heading.baseline - 0.6 * heading.size, heading.baseline
        near = any(abs(row.baseline - heading.baseline) < 1.2 * heading.size for row in right)
        if not near and _print(heading) not in styles:
            out.append((heading.x0 - 1000, top, heading.x0 + 10000, bottom))
    return out


def rail_headings(gutter: Gutter) -> list[Box]:
    """Return the boxes of headings inside a rail of dates on the left, next to which the right pauses."""
    left, right = group_rows(gutter.left), group_rows(gutter.right)
    headings = [
        row
        for row in _headings(left)
        if not mentions_date(row.text) and all(abs(row.baseline - o.baseline) > 1.2 * row.size for o in right)
    ]
    rest = [row for row in left if row not in headings]
    if not headings or not rest or sum(mentions_date(row.text) for row in rest) < 0.5 * len(rest):
        return []
    cells = _cells_of(rest)
    dated = sum(mentions_date(cell[0].text) and _aligned(cell[0], right) for cell in cells)
    if dated < 0.7 * len(cells):
        return []
    return [(row.x0 - 1000, row.baseline - 0.6 * row.size, row.x0 + 10000, row.baseline) for row in headings]


def trimmed(gutter: Gutter, end: float) -> Gutter:
    """Exclude what is above or below a short stretch of columns, after a pause, and belongs to the whole width.

    That is a heading or two before rows that cross the gutter, or anything next to a grid, whose halves share all rows.
    `end` is where the words of the region end.
    """
    top, bottom = gutter.band
    sides = (gutter.left_rows, gutter.right_rows)
    beside = [[row for row in rows if top <= row.baseline <= bottom + 0.3 * row.size] for rows in sides]
    if any(not rows or len(rows) > SHORT_COLUMN_ROWS for rows in beside):
        return gutter
    aligned = min(_share_aligned(*beside), _share_aligned(*reversed(beside)))
    is_grid = aligned > 0.95 and not any(_wraps(rows) or any(map(starts_with_bullet, rows)) for rows in beside)
    cut_top, cut_bottom = gutter.top, gutter.bottom
    for rows, inner in zip(sides, beside, strict=True):
        after = [row for row in rows if row.baseline > inner[-1].baseline]
        few = len(after) <= 2 and gutter.bottom < end
        if after and after[0].baseline - inner[-1].baseline > SECTION_PAUSE_EMS * inner[-1].size and (few or is_grid):
            cut_bottom = min(cut_bottom, max(bottom, inner[-1].baseline) + 0.05)
        before = [row for row in rows if row.baseline < inner[0].baseline]
        if before and inner[0].baseline - before[-1].baseline > SECTION_PAUSE_EMS * inner[0].size:
            cut_top = max(cut_top, min(top, inner[0].baseline - 0.6 * inner[0].size) - 0.05)
    return replace(
        gutter,
        top=cut_top,
        bottom=cut_bottom,
        left=[word for word in gutter.left if cut_top <= middle_of(word) < cut_bottom],
        right=[word for word in gutter.right if cut_top <= middle_of(word) < cut_bottom],
    )


def _rail(gutter: Gutter, side: str, *, dates: bool) -> Rail:
    return Rail(
        side="left" if side == "left" else "right", x=gutter.x, top=gutter.top, bottom=gutter.bottom, dates=dates
    )


def _is_date_rail(hanging: list[Row], carrying: list[Row]) -> bool:
    """Return whether the rail is made of short cells, mostly dates, that begin on a row of the other side."""
    cells = _cells_of(hanging)
    dates = {id(row) for row in hanging if mentions_date(row.text)}
    dated = sum(any(id(row) in dates for row in cell) for cell in cells) / len(cells)
    dated_rows = len(dates) / len(hanging)
    if dated < DATE_CELL_SHARE or dated_rows < 0.3 or _width(hanging) > MAX_RAIL_WIDTH * _width(carrying):
        return False
    if any(starts_with_bullet(row) for row in hanging) or any(len(row.text) > 60 for row in hanging):
        return False
    if _headings(hanging) and any(not _aligned(row, carrying) for row in _headings(hanging)):
        return False
    if dated_rows >= 0.8:
        return _share_aligned(hanging, carrying) >= 0.3 or len(hanging) < len(carrying)
    # A cell placed lower than its entry's first row still shares one row with the entry.
    begun = sum(_aligned(cell[0], carrying) for cell in cells) / len(cells)
    return begun >= 0.7


def _are_columns(hanging: list[Row], carrying: list[Row], band: tuple[float, float]) -> bool:
    left, right = sorted((hanging, carrying), key=lambda rows: min(row.x0 for row in rows))
    cards = [[row for row in rows if band[0] <= row.baseline <= band[1] + 1] for rows in (left, right)]
    if all(map(_is_card, cards)) and _aligned(cards[0][0], cards[1][:1]):
        return True
    if _continues_rows(left, right):
        return False
    aligned = _share_aligned(hanging, carrying)
    if len(hanging) == 1:
        # One row facing several: a large name next to a contact block, unless it simply continues one of the rows.
        other = min(carrying, key=lambda row: abs(row.baseline - hanging[0].baseline))
        return not aligned or hanging[0].size >= 1.4 * other.size or other.size >= 1.4 * hanging[0].size
    if aligned < ALIGNED_SHARE:
        return True
    beside = sum(band[0] <= row.baseline <= band[1] for row in carrying)
    if aligned > 0.95 and len(hanging) <= 0.5 * beside:
        return False  # isolated cells, each on a row of the other side
    if any(map(starts_with_bullet, hanging)) and any(map(starts_with_bullet, carrying)):
        return True
    if _wraps(hanging) and _wraps(carrying):
        return True
    if (_wraps(hanging) or _wraps(carrying)) and _headings(hanging) and _headings(carrying):
        return True
    # Headings inside both halves: each half has its own sections. One only in the first row is a table's head.
    for rows, others in ((hanging, carrying), (carrying, hanging)):
        inner = [row for row in _headings(rows) if row is not rows[0]]
        if inner and len(rows) > FEW_ROWS and any(not _stands_out_on_both(row, others) for row in inner):
            return len(_headings(hanging)) > 0 and len(_headings(carrying)) > 0
    return False


def _is_card(rows: list[Row]) -> bool:
    """Return whether a title in larger print heads its text, as in a skills grid; a table's head is no larger."""
    return (
        len(rows) > 1
        and all(rows[0].size >= 1.04 * row.size for row in rows[1:])
        and not any(mentions_date(row.text) for row in rows)
    )


def _continues_rows(left: list[Row], right: list[Row]) -> bool:
    """Return whether rows continue across the gutter with gaps like those within them: items strung along one line.

    A column begins at one edge, or two with hanging indents; a right half like that is never taken for such items.
    """
    edges = Counter(round(row.x0) for row in right)
    if len(right) >= FEW_ROWS and sum(count for _, count in edges.most_common(2)) >= COMMON_EDGE_SHARE * len(right):
        return False
    few = min(len(left), len(right)) <= FEW_ROWS
    shared = continued = 0
    for near in left:
        far = next((row for row in right if _aligned(near, [row])), None)
        if far is None:
            continue
        gap = far.x0 - near.x1
        inner = max(
            (b.x0 - a.x1 for row in (near, far) for a, b in itertools.pairwise(row.words)),
            default=0.0,
        )
        shared += 1
        continued += gap < NARROW_GAP_EMS * near.size or (few and gap < 1.3 * inner)
    return continued > (0 if len(right) < SHORT_COLUMN_ROWS else CONTINUED_SHARE * shared)


def _wraps(rows: list[Row]) -> bool:
    """Return whether the rows are body text: a long row fills the width and continues in the next."""
    left, right = min(row.x0 for row in rows), max(row.x1 for row in rows)
    for cell in _cells_of(rows):
        full = [
            following
            for row, following in itertools.pairwise(cell)
            if row.x1 - left >= PARAGRAPH_FILL * (right - left) and len(row.text) >= PARAGRAPH_MIN_CHARACTERS
        ]
        if len(full) >= 2 and any(not following.text[0].isupper() for following in full):
            return True
    return False


def _headings(rows: list[Row]) -> list[Row]:
    """Return rows that stand out from the others of their side: larger, or bold or in capitals among plain ones."""
    usual = statistics.median(row.size for row in rows)
    larger = [row for row in rows if row.size >= 1.15 * usual]
    bold = [row for row in rows if row.bold]
    capitals = [row for row in rows if row.text.isupper() and len(row.text) > 3 and not re.search(r"[,;\d]", row.text)]
    out = list(larger)
    for marked in (bold, capitals):
        if 0 < len(marked) <= 0.6 * len(rows):
            known = set(map(id, out))
            out += [row for row in marked if id(row) not in known]
    return out


def _stands_out_on_both(row: Row, others: list[Row]) -> bool:
    headings = _headings(others)
    return any(abs(row.baseline - other.baseline) <= ALIGNED_EMS * row.size for other in headings)


def _print(row: Row) -> tuple[float, bool, bool]:
    """Return size, weight and capitals, which are the same for rows of one rank."""
    return round(row.size, 1), row.bold, row.text.isupper()


def _cells_of(rows: list[Row]) -> list[list[Row]]:
    """Group rows that are close together: an entry's cell, a paragraph."""
    cells: list[list[Row]] = []
    for row in rows:
        if cells and row.baseline - cells[-1][-1].baseline <= 1.75 * max(row.size, cells[-1][-1].size):
            cells[-1].append(row)
        else:
            cells.append([row])
    return cells


def _width(rows: list[Row]) -> float:
    return max(row.x1 for row in rows) - min(row.x0 for row in rows)


def _aligned(row: Row, others: list[Row]) -> bool:
    baseline, most = row.baseline, ALIGNED_EMS * row.size
    return any(
        abs(baseline - o.baseline) <= most and abs(baseline - o.baseline) <= ALIGNED_EMS * o.size for o in others
    )


def _share_aligned(rows: list[Row], others: list[Row]) -> float:
    return sum(_aligned(row, others) for row in rows) / len(rows)
