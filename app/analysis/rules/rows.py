"""Rows: the visible lines as the parser reads them, with cells, list marks, periods; `resume.parse_resume` calls it.

Page numbers and repeated headers are left out, and lines of a date column are put beside the line they belong to.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

from app.analysis.rules.heading_words import HEADINGS
from app.analysis.rules.periods import Period, find_periods, without_periods
from app.analysis.rules.spelling import BULLET, ICON, clean_value, heading_key, is_cjk
from app.extraction.document import Document, Line

# A gap wider than this many font sizes separates cells; justified text stays below it (measured on samples).
_CELL_GAP_SIZES = 1.7
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|página|pagina|pág\.?|strona|sida|side|стр\.?|第)?\s*\d{1,2}\s*(?:(?:/|of|von|sur|de|di|van|z|av|из|页|頁|ページ)\s*\d{0,2}\s*(?:页|頁)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Row:
    """One visible row. `text` and `cells` are without list mark and icons; `numbers` are the lines it came from."""

    numbers: tuple[int, ...]
    text: str
    cells: tuple[str, ...]
    bullet: bool = False
    page: int = 1
    block: int = 0
    size: float = 0.0
    bold: bool = False
    left: float | None = None
    right: float | None = None
    top: float = 0.0
    bottom: float = 0.0
    text_left: float | None = None  # where the words after the list mark begin
    gap: float = 0.0  # distance to the row above in line heights; 0 when unknown
    new_block: bool = False
    edge: float | None = None  # where lines of this column end at most
    language: str | None = None

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        return find_periods(self.text, self.language)

    @cached_property
    def undated(self) -> str:
        """The text without its periods."""
        return without_periods(self.text, self.periods)

    @cached_property
    def is_date_only(self) -> bool:
        return bool(self.periods) and len(clean_value(self.undated)) <= 2

    @cached_property
    def upper(self) -> bool:
        letters = [letter for letter in self.text if letter.isalpha()]
        return len(letters) >= 3 and all(letter == letter.upper() for letter in letters) and not is_cjk(self.text)

    @cached_property
    def starts_lower(self) -> bool:
        first = next((letter for letter in self.text if not letter.isspace()), "")
        return first.isalpha() and first == first.lower() and first != first.upper()

    @cached_property
    def word_count(self) -> int:
        return len(self.text.split()) if not is_cjk(self.text) else max(1, len(self.text) // 2)


def read_rows(document: Document) -> list[Row]:
    lines = [line for line in document.lines if line.text.strip()]
    lines = _without_furniture(lines, document)
    language = None if document.language == "und" else document.language
    rows = [_row(line, language) for line in lines]
    rows = _join_lone_marks([row for row in rows if row.text])
    rows = _join_label_column(rows)
    rows = _join_rails(rows)
    rows = _join_side_by_side(rows)
    rows = _join_broken_periods(rows)
    return _with_gaps(rows)


def _row(line: Line, language: str | None) -> Row:
    raw = line.text.replace("\u3000", " ")
    mark = BULLET.match(raw)
    bullet = mark is not None and not re.match(r"^[-–—]\s*\d", raw)
    body = raw[mark.end() :] if mark is not None and bullet else raw
    if bullet and not re.search(r"\w", body):
        bullet = False
    cells = _cells(line)
    cells = tuple(clean_cell(cell) for cell in cells)
    cells = tuple(cell for cell in cells if cell)
    text = " ".join(ICON.sub(" ", body).split())
    box = line.box
    text_left = None if box is None else box[0]
    if bullet and box is not None and len(line.words) > 1:
        second = line.words[1].box
        text_left = second[0] if second is not None else text_left
    return Row(
        numbers=(line.number,),
        text=text,
        cells=cells if len(cells) > 1 else (text,),
        bullet=bullet,
        page=line.page,
        block=line.block,
        size=line.size,
        bold=line.bold,
        left=None if box is None else box[0],
        right=None if box is None else box[2],
        top=0.0 if box is None else box[1],
        bottom=0.0 if box is None else box[3],
        text_left=text_left,
        language=language,
    )


def clean_cell(text: str) -> str:
    text = BULLET.sub("", " ".join(ICON.sub(" ", text).split()))
    return text.strip(" |\t")


def _cells(line: Line) -> list[str]:
    """The pieces of a line that wide gaps set apart; without boxes, what tabs or runs of blanks set apart."""
    placed = [word for word in line.words if word.box is not None]
    if len(placed) < 2 or len(placed) != len(line.words):
        return [piece for piece in re.split(r"\t+|\s{3,}", line.text) if piece.strip()]
    height = line.size or (line.box[3] - line.box[1] if line.box else 10.0)
    pieces: list[list[str]] = [[placed[0].text]]
    for before, word in zip(placed, placed[1:], strict=False):
        if before.box is None or word.box is None:
            continue
        if abs(word.box[0] - before.box[2]) > _CELL_GAP_SIZES * height and word.box[0] > before.box[2]:
            pieces.append([])
        pieces[-1].append(word.text)
    return [" ".join(piece) for piece in pieces]


def _without_furniture(lines: list[Line], document: Document) -> list[Line]:
    """Without page numbers and without what stands at the same height on several pages."""
    heights = {page.number: page.height for page in document.pages}
    last_on_page = {line.page: line.number for line in lines}
    kept: list[Line] = []
    seen: Counter[str] = Counter()
    first_page: dict[str, int] = {}
    for line in lines:
        key = re.sub(r"\d+", "#", line.text.casefold()).strip()
        if line.box is not None and _at_edge(line, heights.get(line.page, 0.0)):
            if first_page.setdefault(key, line.page) != line.page:
                seen[key] += 1
    for line in lines:
        key = re.sub(r"\d+", "#", line.text.casefold()).strip()
        height = heights.get(line.page, 0.0)
        edge = line.box is not None and _at_edge(line, height)
        repeated = seen[key] > 0 and edge and not (line.page == first_page.get(key) and line.page == 1 and line.box is not None and line.box[1] < 0.5 * height)
        number = _PAGE_NUMBER.fullmatch(line.text.strip(" -–—|")) is not None
        if repeated or (number and (edge or (line.box is None and line.number == last_on_page[line.page]))):
            continue
        if edge and re.search(r"(?:^|\s)[\W]?\d{1,2}\s*/\s*\d{1,2}$", line.text) and len(line.text) < 40 and line.box and line.box[1] > 0.9 * height:
            continue
        kept.append(line)
    return kept


def _at_edge(line: Line, height: float) -> bool:
    return line.box is not None and height > 0 and (line.box[3] < 0.09 * height or line.box[1] > 0.91 * height)


def _join_lone_marks(rows: list[Row]) -> list[Row]:
    """A list mark that came as a line of its own belongs to the row after it."""
    joined: list[Row] = []
    pending: Row | None = None
    for row in rows:
        if not re.search(r"\w", row.text):
            pending = row if BULLET.match(row.text + " ") else None
            continue
        if pending is not None and pending.page == row.page:
            joined.append(replace(row, bullet=True, numbers=(*pending.numbers, *row.numbers), text_left=row.left, left=pending.left))
        else:
            joined.append(row)
        pending = None
    return joined


def _join_rails(rows: list[Row]) -> list[Row]:
    """Puts the rows of a date column beside the rows they stand next to on the page."""
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


def _join_label_column(rows: list[Row]) -> list[Row]:
    """A page whose left column holds all headings, labels and dates, and whose right column holds what belongs to them.

    Told from a sidebar by the headings (none on the right) and by the lines of both columns standing level.
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
        if count < 4 or len(left) < 4 or len(right) < 4 or max(row.right or 0.0 for row in left) - min(row.left or 0.0 for row in left) > 0.45 * start + 60:
            continue
        if any(heading_key(row.text) in HEADINGS for row in right):
            continue
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
        moved = {row.numbers[0] for row in labels}
        kept = sorted((row for row in rows if row.numbers[0] not in moved), key=lambda row: row.top)
        block = min(row.block for row in rows)
        joined = [_beside_all(row, beside.get(row.numbers[0], [])) for row in kept]
        return [replace(row, block=block) for row in joined]
    return None


def _beside_all(row: Row, others: list[Row]) -> Row:
    for other in others:
        row = _beside(row, other)
    return row


def _join_side_by_side(rows: list[Row]) -> list[Row]:
    """Two neighbouring blocks of which the left one labels the rows of the right one ("Tools" beside "Git, Make")."""
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
    if any(row.left is None or row.bullet or len(row.text) > 32 for row in left) or any(row.left is None for row in right):
        return False
    if max(row.right or 0.0 for row in left) > min(row.left or 0.0 for row in right):
        return False
    if any(heading_key(row.text) in HEADINGS and not row.bold == right[0].bold and row.size > right[0].size for row in left):
        return False
    partners = [_partner(row, right) for row in left]
    return all(partner is not None for partner in partners) and len({partner.numbers for partner in partners if partner}) == len(left)


def _looks_like_rail(members: list[Row]) -> bool:
    if any(row.left is None for row in members):
        return False
    if any(len(row.text) > 45 or row.bullet for row in members):
        return False
    if any(heading_key(row.text) in HEADINGS for row in members):
        return False
    dated = sum(1 for row in members if row.is_date_only)
    return dated >= 1 and dated >= 0.3 * len(members)


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


def _join_broken_periods(rows: list[Row]) -> list[Row]:
    """In a narrow date column "03/2019 –" and "heute" stand on two lines; a period needs both."""
    joined: list[Row] = []
    index = 0
    while index < len(rows):
        row = rows[index]
        following = rows[index + 1] if index + 1 < len(rows) else None
        if (
            following is not None
            and re.search(r"\d\s*(?:[-–—−]|bis|to|à|al|a)$", row.text)
            and len(following.text) <= 20
            and row.periods
            and row.periods[-1].end is None
            and not following.bullet
        ):
            both = f"{row.text} {following.text}"
            periods = find_periods(both, row.language)
            if periods and periods[-1].is_range and periods[-1].span[1] >= len(both) - 1:
                cells = (*row.cells[:-1], f"{row.cells[-1]} {following.text}")
                joined.append(replace(row, text=both, cells=cells, numbers=(*row.numbers, *following.numbers)))
                index += 2
                continue
        joined.append(row)
        index += 1
    return joined


def _with_gaps(rows: list[Row]) -> list[Row]:
    result: list[Row] = []
    before: Row | None = None
    edges = _column_edges(rows)
    for row in rows:
        gap = 0.0
        same = before is not None and before.page == row.page
        if same and before is not None and row.left is not None and row.top >= before.top:
            gap = (row.top - before.bottom) / max(1.0, row.bottom - row.top)
        fresh = before is None or before.block != row.block or before.page != row.page
        result.append(replace(row, gap=gap, new_block=fresh, edge=edges.get(row.numbers[0])))
        before = row
    return result


def _column_edges(rows: list[Row]) -> dict[int, float]:
    """For each row the right edge of its column: how far lines reach that begin about where it begins."""
    edges: dict[int, float] = {}
    placed = [row for row in rows if row.left is not None and row.right is not None]
    for row in placed:
        near = [
            other.right
            for other in placed
            if other.page == row.page and other.right is not None and other.left is not None and row.left is not None and abs(other.left - row.left) < 32.0
        ]
        edges[row.numbers[0]] = max(near)
    return edges
