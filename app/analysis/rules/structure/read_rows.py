"""Turns the lines of a document into rows with cells, bullets and gaps.

Used by `app.analysis.rules.parse_resume` and `app.analysis.rules.likelihood`.
"""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import groupby, pairwise
from operator import attrgetter
from statistics import median

from app.analysis.rules.phrases.spelling import BULLET, ICON, fold, heading_key, is_cjk, phrase_set
from app.analysis.rules.structure.row import Row
from app.analysis.rules.structure.row_columns import (
    join_broken_periods,
    join_hanging_headers,
    join_label_column,
    join_lone_marks,
    join_rails,
    join_same_height,
    join_side_by_side,
)
from app.analysis.rules.vocabulary.heading_words import HEADINGS
from app.extraction.document import Box, Document, Line

# CJK wide space, Arabic comma and semicolon: replaced so that they separate lists like their Latin counterparts.
_PLAIN = {0x3000: " ", 0x060C: ",", 0x061B: ";"}
# A line longer than any paragraph is an attack or an extraction error. Some patterns would take minutes on it.
_MOST_CHARACTERS = 3000
# A gap of more than this many font sizes separates cells. Justified text stays below it (measured on samples).
_CELL_GAP_SIZES = 1.7
# A gap of this size separates cells if words of several lines begin after it at the same position.
_ALIGNED_GAP_SIZES = 0.75
_CONTACT = re.compile(r"@|https?:|www\.|\+\d{1,3}[\s(]|\(\d{3}\)\s?\d{3}")
_OWN_TITLE = re.compile(r"\b(?:curriculum vitae|resume|résumé|lebenslauf|cv|currículum)\b|简历|履歴書", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.|página|pagina|pág\.?|strona|sida|side|стр\.?|第)?\s*\d{1,2}\s*(?:(?:/|"
    r"of|von|sur|de|di|van|z|av|из|页|頁|ページ)\s*\d{0,2}\s*(?:页|頁)?)?",
    re.IGNORECASE,
)


def read_rows(document: Document) -> list[Row]:
    lines = [_bounded(line) for line in document.lines if line.text.strip()]
    lines = _without_furniture(lines, document)
    language = None if document.language == "und" else document.language
    gaps = _Gaps(lines)
    margins = {page.number: page.height for page in document.pages}
    rows = [_row(line, language, gaps, at_edge=_at_edge(line, margins.get(line.page, 0.0))) for line in lines]
    rows = [row for row in map(_heading_alone, rows) if not _is_table_head(row)]
    rows = join_lone_marks([piece for row in rows if row.text for piece in _fact_rows(row)])
    rows = join_same_height(rows)
    rows = join_label_column(rows)
    rows = join_rails(rows)
    rows = [row for row in join_side_by_side(rows) if not _is_table_head(row)]
    rows = join_broken_periods(rows)
    rows = [piece for row in rows for piece in _fact_rows(row)]
    edges = _column_edges(rows)
    rows = join_hanging_headers([replace(row, edge=edges.get(row.numbers[0])) for row in rows])
    return _with_gaps(rows)


# Labels that Chinese, Japanese and Korean forms set two to a row ("姓名 ... 求职意向 ...").
_FACT_LABEL = re.compile(
    r"(?:姓\s?名|性\s?别|年\s?龄|出生年月|出生日期|电\s?话|手\s?机|联系电话|邮\s?箱|电子邮箱|求职意向|应聘职位|现居地|"
    r"所在地|居住地|住\s?址|地\s?址|籍\s?贯|民\s?族|政治面貌|婚姻状况|学\s?历|专\s?业|毕业院校|工作年限|工作经验|身\s?高|"
    r"성\s?명|이름|생년월일|연락처|휴대폰|전화(?:번호)?|이메일|주소|성별|나이|"
    r"氏\s?名|性\s?別|年\s?齢|生年月日|電話(?:番号)?|メール(?:アドレス)?|現住所|住\s?所)(?=[\s:：])"
)


def _fact_rows(row: Row) -> list[Row]:
    """Splits a row with several labels and their values into a row for each."""
    starts = [found.start() for found in _FACT_LABEL.finditer(row.text)]
    if len(starts) < 2 or starts[0] != 0:
        return [row]
    pieces = [row.text[start:stop].strip() for start, stop in pairwise([*starts, len(row.text)])]
    return [replace(row, text=piece, cells=(piece,)) for piece in pieces]


def _bounded(line: Line) -> Line:
    if len(line.text) <= _MOST_CHARACTERS:
        return line
    return replace(line, text=line.text[:_MOST_CHARACTERS], words=())


def _row(line: Line, language: str | None, gaps: "_Gaps", *, at_edge: bool) -> Row:
    raw = line.text.translate(_PLAIN)
    mark = BULLET.match(raw)
    bullet = mark is not None and not re.match(r"^[-–—]\s*\d", raw)
    body = raw[mark.end() :] if mark is not None and bullet else raw
    if bullet and not re.search(r"\w", body):
        bullet = False
    cells = _cells(line, gaps)
    cells = tuple(clean_cell(cell) for cell in cells)
    cells = _with_whole_dates(tuple(cell for cell in cells if cell))
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
        chips=tuple(chip for piece in gaps.chips(line) if (chip := clean_cell(piece))),
        runs=_runs(line),
        margin=(at_edge or line.running) and len(text) < 150 and _CONTACT.search(text) is not None,
    )


def _runs(line: Line) -> tuple[str, ...]:
    """Parts of the same weight. A bold title and the regular name after it may differ only in their weight."""
    pieces = (" ".join([word.text for word in words]) for _, words in groupby(line.words, key=attrgetter("bold")))
    return tuple(run for piece in pieces if (run := clean_cell(piece.translate(_PLAIN))))


# Column titles of tables, which are not schools, employers or certificates.
_HEADS = phrase_set("""
    year|years|date|dates|period|duration|from|to|institution|institute|name of institution|university|board|
    board/university|university/board|course|degree|qualification|qualifications|examination|exam|percentage|%|marks|cgpa|
    percentage/cgpa|cgpa/percentage|grade|gpa|year of passing|passing year|year of completion|school|college|
    school/college|company|company name|organization|organisation|employer|position|designation|role|job title|
    기간|학교명|학교|전공|학위|회사명|직위|직급|부서|담당업무|취득일|자격증명|자격증|발행처|발행기관|점수|구분|
    时间|学校|学校名称|专业|学历|公司|公司名称|职位|职务|工作内容|職務|期間|会社名|学校名|業務内容|職務内容|内容|
    zeitraum|arbeitgeber|tatigkeit|schule|abschluss|periodo|empresa|cargo|puesto|institucion|titulo|
    annee|annees|diplome|etablissement|ano|curso|instituicao|okres|uczelnia|kierunek
    """)


def _is_table_head(row: Row) -> bool:
    if len(row.cells) < 2 or row.bullet or re.search(r"\d", row.text):
        return False
    known = sum(re.sub(r"\s*/\s*", "/", fold(cell)).strip(" .:") in _HEADS for cell in row.cells)
    return known >= 2 and known * 3 >= len(row.cells) * 2


def _heading_alone(row: Row) -> Row:
    """Keeps only the heading of a row that also has the column titles of the table below."""
    tokens = row.text.split() if is_cjk(row.text) else list(row.cells)
    if (
        len(tokens) < 3
        or heading_key(tokens[0]) not in HEADINGS
        or not all(fold(token) in _HEADS for token in tokens[1:])
    ):
        return row
    return row if fold(tokens[0]) in _HEADS else replace(row, text=tokens[0], cells=(tokens[0],))


_YEAR_CELL = re.compile(r"(?:明治|大正|昭和|平成|令和|[HSR])?\s?(?:元|\d{1,4})年?")
_MONTH_CELL = re.compile(r"(?:1[0-2]|0?[1-9])月?")


def _with_whole_dates(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Joins the separate columns for year and month of Japanese forms."""
    if len(cells) > 2 and _YEAR_CELL.fullmatch(cells[0]) and _MONTH_CELL.fullmatch(cells[1]) and is_cjk(cells[2]):
        return (f"{cells[0]} {cells[1]}", *cells[2:])
    return cells


class _Gaps:
    """The width of spaces in this document, and the positions at which words begin after a wider gap."""

    def __init__(self, lines: list[Line]) -> None:
        widths: list[float] = []
        starts: Counter[tuple[int, int]] = Counter()
        for line in lines:
            for before, word, size in self._pairs(line):
                widths.append((word[0] - before[2]) / size)
                if word[0] - before[2] > _ALIGNED_GAP_SIZES * size:
                    starts[line.page, round(word[0])] += 1
        self.blank = median(widths) if widths else 0.28
        self._starts = starts

    @staticmethod
    def _pairs(line: Line) -> list[tuple[Box, Box, float]]:
        size = line.size or (line.box[3] - line.box[1] if line.box else 10.0)
        return [
            (before.box, word.box, max(size, 1.0))
            for before, word in pairwise(line.words)
            if before.box is not None and word.box is not None
        ]

    def is_border(self, page: int, before: Box, word: Box, size: float) -> bool:
        """A wide gap, or a smaller one after which words of at least three lines begin at the same position."""
        gap = word[0] - before[2]
        if gap > _CELL_GAP_SIZES * size:
            return True
        aligned = sum(self._starts[page, round(word[0]) + shift] for shift in (-1, 0, 1))
        return gap > _ALIGNED_GAP_SIZES * size and aligned >= 3

    def chips(self, line: Line) -> list[str]:
        if not line.words or any(word.box is None for word in line.words):
            return []
        pieces: list[list[str]] = [[line.words[0].text]]
        for (before, word, size), text in zip(self._pairs(line), line.words[1:], strict=True):
            if word[0] - before[2] > max(1.55 * self.blank, 0.45) * size:
                pieces.append([])
            pieces[-1].append(text.text)
        return [" ".join(piece) for piece in pieces]


def _cells(line: Line, gaps: _Gaps) -> list[str]:
    """The parts of a line that wide gaps separate or, without boxes, tabs or table borders."""
    if len(line.words) < 2 or any(word.box is None for word in line.words):
        return list(line.cells) or [line.text]
    size = line.size or (line.box[3] - line.box[1] if line.box else 10.0)
    pieces: list[list[str]] = [[line.words[0].text]]
    for before, word in pairwise(line.words):
        if before.box is not None and word.box is not None and gaps.is_border(line.page, before.box, word.box, size):
            pieces.append([])
        pieces[-1].append(word.text)
    return [" ".join(piece) for piece in pieces]


def _without_furniture(lines: list[Line], document: Document) -> list[Line]:
    """Drops page numbers, and running headers and footers unless they have contact details."""
    heights = {page.number: page.height for page in document.pages}
    last_on_page = {line.page: line.number for line in lines if not line.running}
    kept: list[Line] = []
    seen: set[str] = set()
    for line in lines:
        if line.running:
            if _CONTACT.search(line.text) and line.text not in seen:
                kept.append(line)
            seen.add(line.text)
            continue
        height = heights.get(line.page, 0.0)
        edge = line.box is not None and _at_edge(line, height)
        if (
            edge
            and line.box is not None
            and line.box[1] > 0.5 * height
            and len(line.text.split()) <= 9
            and _OWN_TITLE.search(line.text)
        ):
            continue
        number = _PAGE_NUMBER.fullmatch(line.text.strip(" -–—|")) is not None
        if number and (edge or (line.box is None and line.number == last_on_page[line.page])):
            continue
        if (
            edge
            and re.search(r"(?:^|\s)[\W]?\d{1,2}\s*/\s*\d{1,2}$", line.text)
            and len(line.text) < 40
            and line.box
            and line.box[1] > 0.9 * height
        ):
            continue
        kept.append(line)
    return kept


def _at_edge(line: Line, height: float) -> bool:
    return line.box is not None and height > 0 and (line.box[3] < 0.09 * height or line.box[1] > 0.91 * height)


def clean_cell(text: str) -> str:
    text = BULLET.sub("", " ".join(ICON.sub(" ", text).split()))
    return text.strip(" |\t")


def _with_gaps(rows: list[Row]) -> list[Row]:
    gaps: list[float] = []
    starts: list[bool] = []
    before: Row | None = None
    for row in rows:
        gap = 0.0
        same = before is not None and before.page == row.page
        if same and before is not None and row.left is not None and row.top >= before.top:
            gap = (row.top - before.bottom) / max(1.0, row.bottom - row.top)
        gaps.append(gap)
        starts.append(before is None or before.block != row.block or before.page != row.page)
        before = row
    # The lower third is the distance within paragraphs, regardless of the other gaps.
    positive = sorted(gap for gap in gaps if gap > 0)
    usual = positive[len(positive) // 3] if positive else 0.0
    edges = _column_edges(rows)
    return [
        replace(row, gap=gap, new_block=start, edge=edges.get(row.numbers[0]), usual_gap=usual)
        for row, gap, start in zip(rows, gaps, starts, strict=True)
    ]


def _column_edges(rows: list[Row]) -> dict[int, float]:
    """The right edge of each row's column: the furthest that lines with about the same start extend."""
    edges: dict[int, float] = {}
    pages: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
    for row in rows:
        if row.left is not None and row.right is not None:
            pages[row.page].append((row.left, row.right, row.numbers[0]))
    for placed in pages.values():
        for left, _, number in placed:
            edges[number] = max(right for other, right, _ in placed if -32.0 < other - left < 32.0)
    return edges
