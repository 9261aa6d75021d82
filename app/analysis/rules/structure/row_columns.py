"""Joins rows that belong together on the page: date columns, label columns, split dates.

Used by `app.analysis.rules.structure.read_rows`.
"""

import re
from collections import Counter
from dataclasses import replace

from app.analysis.rules.phrases.organisations import company_score, institution_score
from app.analysis.rules.phrases.periods import find_periods
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import BULLET, heading_key
from app.analysis.rules.structure.row import Row
from app.analysis.rules.vocabulary.heading_words import HEADINGS

_MONTH_WORD = re.compile(r"[^\W\d_]{3,10}\.?")


def join_lone_marks(rows: list[Row]) -> list[Row]:
    """Joins a bullet that was extracted as a separate line to the row after it."""
    joined: list[Row] = []
    pending: Row | None = None
    for row in rows:
        if not re.search(r"\w", row.text):
            pending = row if BULLET.match(row.text + " ") else None
            continue
        if pending is not None and pending.page == row.page:
            joined.append(
                replace(
                    row, bullet=True, numbers=(*pending.numbers, *row.numbers), text_left=row.left, left=pending.left
                )
            )
        else:
            joined.append(row)
        pending = None
    return joined


def join_same_height(rows: list[Row]) -> list[Row]:
    """Joins parts of one visual line that were extracted as separate lines."""
    joined: list[Row] = []
    for row in rows:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.page == row.page
            and before.block == row.block
            and not row.bullet
            and None not in (before.left, before.right, row.left, row.right)
            and _overlap(before, row) > 0.6
            and ((before.right or 0.0) <= (row.left or 0.0) or (row.right or 0.0) <= (before.left or 0.0))
        ):
            keep = before if len(before.text) >= len(row.text) else row
            other = row if keep is before else before
            joined[-1] = replace(_beside(keep, other), bullet=before.bullet)
            continue
        joined.append(row)
    return joined


def join_hanging_headers(rows: list[Row]) -> list[Row]:
    """Joins a bold or larger line that must continue to the next: "University of Texas at" and "Austin"."""
    sizes = Counter(round(row.size * 2) / 2 for row in rows for _ in row.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    joined: list[Row] = []
    for row in rows:
        before = joined[-1] if joined else None
        if (
            before is not None
            and (before.bold or before.size > body * 1.05 or _breaks_behind_comma(before, row))
            and before.size == row.size
            and (before.bold == row.bold or _fills(before, row) or _ends_within_phrase(before))
            and before.page == row.page
            and before.block == row.block
            and not row.bullet
            and not before.bullet
            and len(before.cells) == 1
            and before.word_count <= 9
            and (_fills(before, row) or before.text.endswith((",", "&")) or _ends_within_phrase(before))
            and before.left is not None
            and row.left is not None
            and abs(before.left - row.left) < 6.0
        ):
            text = f"{before.text} {row.text}"
            cells = (f"{before.text} {row.cells[0]}", *row.cells[1:])
            joined[-1] = replace(
                before, text=text, cells=cells, numbers=(*before.numbers, *row.numbers), bottom=row.bottom
            )
            continue
        joined.append(row)
    return joined


def _ends_within_phrase(row: Row) -> bool:
    """Whether the row ends within a phrase, whose rest may have another weight (the end of a title, an employer)."""
    return re.search(r"\b(?:of|at|and|the|for|und|für|der|de|des|di|del|et|y)$", row.text) is not None


def _fills(before: Row, row: Row) -> bool:
    """Whether a header filled its column and continues with a word or two: "... Senior Product" and "Designer"."""
    if before.edge is None or before.right is None or row.left is None or row.right is None or row.word_count > 2:
        return False
    if row.periods or before.periods or heading_key(row.text) in HEADINGS or before.word_count < 4:
        return False
    first = (row.right - row.left) * (len(row.text.split(" ", 1)[0]) + 1) / max(1, len(row.text))
    return before.right + first > before.edge


def _breaks_behind_comma(before: Row, row: Row) -> bool:
    """Whether a short row of names continues on a shorter one: "Saldo and Partners," above "Riverton"."""
    return (
        before.text.endswith(",")
        and row.word_count <= 3
        and not row.periods
        and not row.starts_lower
        and not row.text.endswith((".", ","))
        and before.word_count <= 7
        and (row.edge is None or before.right is None or before.right > 0.6 * row.edge)
    )


def join_rails(rows: list[Row]) -> list[Row]:
    """Joins the rows of a date column to the rows beside them on the page."""
    blocks: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        blocks.setdefault((row.page, row.block), []).append(row)
    moved: dict[int, list[Row]] = {}
    rails: set[tuple[int, int]] = set()
    for key, members in blocks.items():
        if not _looks_like_rail(members):
            continue
        others = [row for row in rows if row.page == key[0] and row.block != key[1] and row.left is not None]
        partners = {index: _partner(row, others) for index, row in enumerate(members)}
        dated = [index for index, row in enumerate(members) if row.is_date_only]
        if not dated or sum(1 for index in dated if partners[index] is not None) < 0.6 * len(dated):
            continue
        rails.add(key)
        for index, row in enumerate(members):
            partner = partners[index] or _row_above(row, others)
            if partner is not None:
                moved.setdefault(partner.numbers[0], []).append(row)
            else:
                moved.setdefault(-row.numbers[0], []).append(row)
    if not rails:
        return rows
    result: list[Row] = []
    for row in rows:
        if (row.page, row.block) in rails:
            if -row.numbers[0] in moved:
                result.append(row)
            continue
        merged = row
        after: list[Row] = []
        for beside in moved.get(row.numbers[0], []):
            if _overlap(beside, row) > 0.3:
                merged = _beside(merged, beside)
            else:
                after.append(replace(beside, block=row.block))
        result.append(merged)
        result.extend(after)
    return result


def join_label_column(rows: list[Row]) -> list[Row]:
    """Joins a left column of headings, labels and dates to the content beside it in the right column.

    It differs from a sidebar in that the right column has no headings and the lines of both columns are level.
    """
    result: list[Row] = []
    for page in dict.fromkeys(row.page for row in rows):
        members = [row for row in rows if row.page == page]
        result.extend(_joined_columns(members) or members)
    return result


def _joined_columns(rows: list[Row]) -> list[Row] | None:
    if any(row.left is None for row in rows):
        return None
    starts = Counter(round(row.left or 0.0) for row in rows)
    for start, count in starts.most_common(4):
        left = [row for row in rows if row.right is not None and row.right < start - 2 and row.left is not None]
        right = [row for row in rows if row.left is not None and row.left >= start - 3]
        if (
            count < 4
            or len(left) < 4
            or len(right) < 4
            or max(row.right or 0.0 for row in left) - min(row.left or 0.0 for row in left) > 0.5 * start + 60
        ):
            continue
        if any(heading_key(row.text) in HEADINGS for row in right):
            continue
        left = _with_whole_labels(left, right)
        titles = [row for row in left if heading_key(row.text) in HEADINGS]
        partners = {row.numbers[0]: _partner(row, right) for row in left}
        labels = [row for row in left if partners[row.numbers[0]] is not None]
        if len(titles) < 2 or len(labels) < 4 or len(labels) < 0.75 * len([row for row in left if row not in titles]):
            continue
        beside: dict[int, list[Row]] = {}
        for row in labels:
            partner = partners[row.numbers[0]]
            if partner is not None:
                beside.setdefault(partner.numbers[0], []).append(row)
        moved = {number for row in labels for number in row.numbers}
        kept = sorted((row for row in rows if row.numbers[0] not in moved), key=lambda row: row.top)
        block = min(row.block for row in rows)
        joined = [_beside_all(row, beside.get(row.numbers[0], [])) for row in kept]
        return [replace(row, block=block) for row in joined]
    return None


def _with_whole_labels(left: list[Row], right: list[Row]) -> list[Row]:
    """Joins labels on two lines, of which only the first is level with its content."""
    whole: list[Row] = []
    for row in sorted(left, key=lambda row: row.top):
        before = whole[-1] if whole else None
        if (
            before is not None
            and row.top - before.bottom < 0.5 * (row.bottom - row.top)
            and (row.size, row.bold) == (before.size, before.bold)
            and _partner(row, right) is None
            and _partner(before, right) is not None
            and heading_key(row.text) not in HEADINGS
        ):
            text = f"{before.text} {row.text}"
            numbers = (*before.numbers, *row.numbers)
            whole[-1] = replace(before, text=text, cells=(text,), numbers=numbers, bottom=before.bottom)
        else:
            whole.append(row)
    return whole


def _beside_all(row: Row, others: list[Row]) -> Row:
    for other in others:
        row = _beside(row, other)
    return row


def join_side_by_side(rows: list[Row]) -> list[Row]:
    """Joins two adjacent blocks if the left one labels the rows of the right one ("Tools" beside "Git, Make")."""
    blocks: list[list[Row]] = []
    for row in rows:
        if blocks and blocks[-1][0].block == row.block and blocks[-1][0].page == row.page:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    result: list[Row] = []
    index = 0
    while index < len(blocks):
        left, right = blocks[index], blocks[index + 1] if index + 1 < len(blocks) else []
        if _labels(left, right):
            beside = {partner.numbers[0]: row for row in left if (partner := _partner(row, right)) is not None}
            result.extend(_beside(row, beside[row.numbers[0]]) if row.numbers[0] in beside else row for row in right)
            index += 2
            continue
        result.extend(left)
        index += 1
    return result


def _labels(left: list[Row], right: list[Row]) -> bool:
    if len(left) < 2 or len(right) < len(left) or left[0].page != right[0].page:
        return False
    if any(row.left is None or row.bullet or len(row.text) > 32 for row in left) or any(
        row.left is None for row in right
    ):
        return False
    if max(row.right or 0.0 for row in left) > min(row.left or 0.0 for row in right):
        return False
    if any(
        heading_key(row.text) in HEADINGS and row.bold != right[0].bold and row.size > right[0].size for row in left
    ):
        return False
    if len({(row.size, row.bold) for row in left}) > 1:
        return False
    # Cards side by side look the same. Labels look different, or are beside lists and dates.
    if left[0].bold == right[0].bold and not any(row.periods or "," in row.text or " · " in row.text for row in right):
        return False
    partners = [_partner(row, right) for row in left]
    if any(partner is not None and heading_key(partner.text) in HEADINGS for partner in partners):
        return False
    return all(partner is not None for partner in partners) and len(
        {partner.numbers for partner in partners if partner}
    ) == len(left)


def _looks_like_rail(members: list[Row]) -> bool:
    if any(row.left is None for row in members):
        return False
    if any(len(row.text) > 45 or row.bullet for row in members):
        return False
    if any(heading_key(row.text) in HEADINGS for row in members):
        return False
    dated = [row for row in members if row.is_date_only]
    others = [row for row in members if not row.is_date_only]
    # A position or institution beside a date is a separate entry in a narrow column.
    if any(
        role_score(row.text) >= 0.6 or company_score(row.text) >= 0.5 or institution_score(row.text) >= 0.9
        for row in others
    ):
        return False
    return len(dated) >= 1 and len(dated) >= 0.3 * len(members)


def _overlap(first: Row, second: Row) -> float:
    shared = min(first.bottom, second.bottom) - max(first.top, second.top)
    return shared / max(1.0, min(first.bottom - first.top, second.bottom - second.top))


def _partner(row: Row, others: list[Row]) -> Row | None:
    best: Row | None = None
    for other in others:
        if _overlap(row, other) > 0.4 and (best is None or _overlap(row, other) > _overlap(row, best) + 0.05):
            best = other
    return best


def _row_above(row: Row, others: list[Row]) -> Row | None:
    above = [other for other in others if other.top <= row.top + 1.0]
    return max(above, key=lambda other: other.top, default=None)


def _beside(row: Row, rail: Row) -> Row:
    before = rail.left is not None and row.left is not None and rail.left < row.left
    cells = (*rail.cells, *row.cells) if before else (*row.cells, *rail.cells)
    return replace(
        row,
        text=" ".join(cells),
        cells=cells,
        numbers=tuple(sorted({*row.numbers, *rail.numbers})),
        bullet=False,
    )


def join_broken_periods(rows: list[Row]) -> list[Row]:
    """Joins "03/2019 –" and "heute" on two lines of a narrow date column, because a period needs both."""
    joined: list[Row] = []
    rows = list(rows)
    index = 0
    while index < len(rows):
        row = rows[index]
        following = rows[index + 1] if index + 1 < len(rows) else None
        if following is not None and (period := _wrapped_period(row, following)) is not None:
            cells, below = (period, *row.cells[1:]), following.cells[1:]
            numbers = (*row.numbers, following.numbers[0])
            row = replace(row, text=" ".join(cells), cells=cells, numbers=numbers, chips=())
            rows[index + 1] = replace(following, text=" ".join(below), cells=below, chips=following.chips[1:])
        elif (
            following is not None
            and re.search(r"\d\s*(?:[-–—−]|bis|to|à|al|a)$", row.text)
            and len(following.text) <= 20
            and row.periods
            and row.periods[-1].end is None
            and not following.bullet
        ):
            both = f"{row.text} {following.text}"
            periods = find_periods(both, row.language)
            whole = periods and periods[-1].span[0] < len(row.text) and periods[-1].span[1] >= len(both) - 1
            if whole and periods[-1].is_range:
                cells = (*row.cells[:-1], f"{row.cells[-1]} {following.text}")
                joined.append(replace(row, text=both, cells=cells, numbers=(*row.numbers, *following.numbers)))
                index += 2
                continue
        if following is not None and (both := _stacked_date(row, following)) is not None:
            joined.append(replace(row, text=both, cells=(both,), numbers=(*row.numbers, *following.numbers)))
            index += 2
            continue
        joined.append(row)
        index += 1
    return joined


def _wrapped_period(row: Row, following: Row) -> str | None:
    """A period on two lines of a date column ("2015-06 -", "2019-02") with a title and an employer beside them."""
    if len(row.cells) < 2 or len(following.cells) < 2 or row.page != following.page or following.bullet:
        return None
    if not re.search(r"\d\s*[-–—−]$", row.cells[0]):
        return None
    both = f"{row.cells[0]} {following.cells[0]}"
    periods = find_periods(both, row.language)
    whole = len(periods) == 1 and periods[0].is_range and periods[0].span[0] == 0 and periods[0].span[1] == len(both)
    return both if whole and len(find_periods(following.cells[0], row.language)) <= 1 else None


def _stacked_date(row: Row, following: Row) -> str | None:
    """A date or period on two lines of a date column: "October" above "2014", "2006" above "2011"."""
    if (
        row.block != following.block
        or row.page != following.page
        or len(following.text) > 9
        or row.bullet
        or following.bullet
    ):
        return None
    if not following.is_date_only or abs(row.size - following.size) > 0.5:
        return None
    if re.fullmatch(r"\d{4}", following.text) and _MONTH_WORD.fullmatch(row.text):
        both = f"{row.text} {following.text}"
        periods = find_periods(both, row.language)
        return both if periods and periods[0].span[0] == 0 else None
    if re.fullmatch(r"\d{4}", row.text) and re.fullmatch(r"\d{4}", following.text) and row.text < following.text:
        return f"{row.text} – {following.text}"
    return None
