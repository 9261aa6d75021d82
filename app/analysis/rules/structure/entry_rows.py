"""Splits a section into entries by their periods, and each entry into header and body.

Used by `app.analysis.rules.sections.work`.
"""

import re
from dataclasses import dataclass, field, replace

from app.analysis.rules.phrases.organisations import company_score
from app.analysis.rules.phrases.periods import Period
from app.analysis.rules.phrases.places import place_score
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.structure.entry_bodies import continues
from app.analysis.rules.structure.header_pieces import is_header_like
from app.analysis.rules.structure.row import Row

_MAX_ROWS_ABOVE = 4
_MAX_ROWS_BELOW = 3
# Words in a row besides its date. A header is short; a longer row is a sentence that mentions a date.
_MAX_WORDS_BESIDE_YEAR = 12
_MAX_WORDS_AFTER_YEAR = 8  # if the row ends with a full stop
_MAX_WORDS_BESIDE_PERIOD = 14
_MAX_WORDS_BEFORE_STOP = 4  # a final full stop after so few words may belong to an abbreviation
_MAX_LOWER_WORDS = 5  # if the row begins with a small letter, as the rest of a sentence does
_MAX_WORDS_AFTER_PERIOD = 22  # a period at the start or in a separate cell marks a header even if it is long
_MAX_CAPITAL_WORDS = 26  # long names of employers and departments, recognized by their capitals
_CAPITAL_SHARE = 0.6  # of the words; sentences have fewer capitals
_MAX_SHORT_WORD = 3  # letters; articles and prepositions are written small even in names
# Scores (see `app.analysis.rules.phrases`) from which a phrase counts as a title, a company or a place.
_POSSIBLE_TITLE = 0.6  # a title word in its usual place, in a long phrase too
_TITLE = 0.7  # a title word anywhere in a short phrase
_SURE_TITLE = 0.9  # a title word in its usual place in a short phrase
_COMPANY = 0.5  # a company word anywhere
_POSSIBLE_PLACE = 0.6  # also an unknown town before the code of a state
_PLACE = 0.8  # a known city, region or country
_SHORT_ROW_WORDS = 9  # in a header row below the period
_TITLE_ROW_WORDS = 6  # a title on a row by itself
_WRAPPING_WORDS = 7  # a row of at least this many words may be text that wraps
_BODY_CHARACTERS = 70  # a longer row is text, not a header
_MAX_UNDATED_WORDS = 14  # in a header row of a section without periods
_MAX_UNDATED_ROWS = 3  # in the header of such an entry; a longer run is a list
_HEADER_FACTS = 2  # a header with a title and an employer is complete
_SAME_SIZE_POINTS = 0.5  # looks are rounded to half points
_SMALLER_POINTS = 0.6  # more than rounding explains
_DISTINCT_SHARE = 0.45  # of a section's characters: a look that more of them have is that of the body
_ENTRY_GAP = (1.7, 0.1)  # times the usual gap, plus line heights: the space above a new entry
_IN_SENTENCE = re.compile(
    r"\b(?:in|since|by|from|of|during|im|seit|en|depuis|desde|nel|dal|em|in de|around|until|"
    r"for|fall|fy|year)\s*$",
    re.IGNORECASE,
)

# A line of tools between the first line of an entry and its title.
_TOOLS = re.compile(
    r"^(?:technologies|technology|tech(?:nology)? stack|tools|environment|stack|technologien|technologies utilisées|"
    r"tecnologías|tecnologie|technologieën|技术栈|使用技術)\s*[:：]",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Entry:
    """Header rows above the period, the row with the period (None if undated), header rows below it, and the body."""

    above: list[Row] = field(default_factory=list[Row])
    anchor: Row | None = None
    below: list[Row] = field(default_factory=list[Row])
    body: list[Row] = field(default_factory=list[Row])
    period: Period | None = None

    @property
    def header(self) -> list[Row]:
        return [*self.above, *([self.anchor] if self.anchor is not None else []), *self.below]

    @property
    def numbers(self) -> list[int]:
        return sorted({number for row in (*self.header, *self.body) for number in row.numbers})


def anchor_period(row: Row, *, allow_bullet: bool = False, allow_single: bool = True) -> Period | None:
    """The period of a row that starts an entry; None for sentences that mention a year."""
    if not row.periods or (row.bullet and not allow_bullet):
        return None
    ranges = [period for period in row.periods if period.is_range]
    period = ranges[0] if ranges else row.periods[-1] if allow_single else None
    if period is None:
        return None
    before, after = row.text[: period.span[0]].strip(), row.text[period.span[1] :].strip()
    count = len(row.undated.split())
    if row.is_date_only:
        return period
    if not ranges:
        ends = not after or after in {")", "."} or len(row.cells) > 1
        starts = not before or before == "("
        if not (ends or starts) or count > _MAX_WORDS_BESIDE_YEAR:
            return None
        sentence = row.text.rstrip().endswith(".") and count > _MAX_WORDS_BEFORE_STOP
        if (ends and _IN_SENTENCE.search(before)) or sentence:
            return None
        if starts and not ends and count > _MAX_WORDS_AFTER_YEAR and re.search(r"[.]$", after):
            return None
        return period if is_header_like(row) else None
    if not before.strip("(") or len(row.cells) > 1:
        return period if count <= _MAX_WORDS_AFTER_PERIOD else None
    if count <= _MAX_WORDS_BESIDE_PERIOD and not (row.starts_lower and count > _MAX_LOWER_WORDS):
        return period
    capitals = capital_share(row.undated) >= _CAPITAL_SHARE
    if count <= _MAX_CAPITAL_WORDS and not row.text.rstrip().endswith(".") and capitals:
        return period
    # A header followed by the first sentence of the body: "... (Mar 2021 - Present) Leads the guild."
    short = len(before.split()) <= _MAX_WORDS_BESIDE_PERIOD
    bracketed = row.text[: period.span[0]].rstrip().endswith("(") and short
    separated = re.search(r"[|,–—-]$", before) is not None and short
    return period if bracketed or separated else None


def capital_share(text: str) -> float:
    tokens = [token for token in text.split() if token[0].isalpha() and len(token) > _MAX_SHORT_WORD]
    return sum(1 for token in tokens if token[0] != token[0].lower()) / len(tokens) if tokens else 0.0


def find_entries(rows: list[Row]) -> list[Entry]:
    anchors = _anchors(rows)
    if not anchors:
        return []
    body_rows = _continuations(rows, {index for index, _ in anchors})
    first = anchors[0][0]
    above_first = _rows_above(rows, first, -1, body_rows, _MAX_ROWS_ABOVE, None)
    looks = [_look(rows[index]) for index in reversed(above_first)]
    entries: list[Entry] = []
    spans: list[tuple[int, int, int]] = []  # first header row, anchor, last header row
    end_before = -1
    for position, (index, _) in enumerate(anchors):
        if position == 0:
            above = above_first
        else:
            above = _rows_above(rows, index, end_before, body_rows, len(above_first), looks)
        begin = above[0] if above else index
        limit = anchors[position + 1][0] if position + 1 < len(anchors) else len(rows)
        titled = any(role_score(rows[at].undated) >= _POSSIBLE_TITLE for at in (*above, index))
        if above and rows[begin].new_block and rows[begin].left is None:
            # Blank lines separate the entries. The one after the period ends this header.
            ends = (at for at in range(index + 1, limit) if rows[at].new_block)
            limit_below = next(ends, limit)
        else:
            limit_below = limit
        below_end = _last_below(rows, index, limit, body_rows, looks[1:], has_above=bool(above), titled=titled)
        below_end = max(index, min(below_end, limit_below - 1))
        below_end = max(below_end, _last_as_before(rows, spans, index, limit, body_rows, above=bool(above)))
        spans.append((begin, index, below_end))
        end_before = below_end
    for position, (begin, index, below_end) in enumerate(spans):
        stop = spans[position + 1][0] if position + 1 < len(spans) else len(rows)
        entries.append(
            Entry(
                above=rows[begin:index],
                anchor=rows[index],
                below=rows[index + 1 : below_end + 1],
                body=rows[below_end + 1 : stop],
                period=anchors[position][1],
            )
        )
    return entries


def _last_as_before(
    rows: list[Row], spans: list[tuple[int, int, int]], anchor: int, limit: int, body_rows: set[int], *, above: bool
) -> int:
    """Headers in a section are alike. If all earlier ones had rows below their period, similar short rows belong to
    this header too.
    """
    count = spans[0][2] - spans[0][1] if spans else 0
    if above or any((begin, last - at) != (at, count) for begin, at, last in spans) or rows[anchor].is_date_only:
        return anchor
    for offset in range(1, count + 1):
        at, like = anchor + offset, rows[spans[0][1] + offset]
        if at >= limit or at in body_rows or _look(rows[at]) != _look(like):
            return anchor
        row = rows[at]
        short = row.word_count <= _SHORT_ROW_WORDS
        if not is_header_like(row) or not short or row.periods or row.text.endswith((".", ";", ":")):
            return anchor
    return anchor + count


def _anchors(rows: list[Row]) -> list[tuple[int, Period]]:
    found = [(index, period) for index, row in enumerate(rows) if (period := anchor_period(row)) is not None]
    if not found:
        found = [
            (index, period)
            for index, row in enumerate(rows)
            if (period := anchor_period(row, allow_bullet=True)) is not None
        ]
    ranges = [index for index, period in found if period.is_range]
    if len(ranges) >= 2:
        # If entries have periods, a single year starts an entry only in a row that is clearly a header.
        found = [
            (index, period)
            for index, period in found
            if period.is_range
            or rows[index].is_date_only
            or len(rows[index].cells) > 1
            or role_score(rows[index].undated) >= _POSSIBLE_TITLE
            or company_score(rows[index].undated) >= _COMPANY
            or rows[index].bold
        ]
    kept: list[tuple[int, Period]] = []
    for index, period in found:
        if (
            kept
            and kept[-1][0] == index - 1
            and rows[index].is_date_only
            and rows[index - 1].periods
            and not rows[index - 1].is_date_only
        ):
            continue
        kept.append((index, period))
    return kept


def _continuations(rows: list[Row], anchors: set[int]) -> set[int]:
    """Rows that continue a list item or sentence above them."""
    found: set[int] = set()
    for index in range(1, len(rows)):
        before, row = rows[index - 1], rows[index]
        if index in anchors or row.bullet:
            continue
        under_item = before.bullet or (index - 1) in found
        long = len(before.text.split()) >= _WRAPPING_WORDS and not is_header_like(before)
        if (under_item or long or row.starts_lower) and continues(_item_row(rows, index - 1, found), row):
            found.add(index)
    return found


def _item_row(rows: list[Row], index: int, continued: set[int]) -> Row:
    """The previous row, with the indentation of the list item to which it belongs."""
    start = index
    while start in continued and start > 0:
        start -= 1
    head = rows[start]
    if start == index or not head.bullet:
        return rows[index]
    return replace(rows[index], bullet=True, left=head.left, text_left=head.text_left)


def _rows_above(
    rows: list[Row],
    anchor: int,
    stop: int,
    body_rows: set[int],
    most: int,
    looks: list[tuple[float, bool, bool]] | None,
) -> list[int]:
    found: list[int] = []
    index = anchor - 1
    body = _body_size(rows)
    while index > stop and len(found) < most:
        row = rows[index]
        if index in body_rows or not is_header_like(row):
            break
        # For a second position with the same employer, only the inner rows of the header are repeated.
        telling = looks is not None and _is_distinct(looks[len(found)], rows)
        alike = any(_alike(_look(row), look, body) for look in (looks or [])[len(found) :])
        smaller = looks is not None and row.size < looks[len(found)][0] - _SMALLER_POINTS
        if telling and not alike and (smaller or not (_set_apart(row) or _has_place_cell(row))):
            break
        found.append(index)
        index -= 1
    return list(reversed(found))


def _look(row: Row) -> tuple[float, bool, bool]:
    return (round(row.size * 2) / 2, row.bold, row.upper)


def _set_apart(row: Row) -> bool:
    """Whether there is more space above than usual, as before a new entry."""
    factor, margin = _ENTRY_GAP
    return row.usual_gap > 0 and row.gap > factor * row.usual_gap + margin


def _has_place_cell(row: Row) -> bool:
    return len(row.cells) > 1 and place_score(row.cells[-1]) >= _PLACE


def _body_size(rows: list[Row]) -> float:
    weights: dict[float, int] = {}
    for row in rows:
        size = round(row.size * 2) / 2
        weights[size] = weights.get(size, 0) + len(row.text)
    return max(weights, key=lambda size: weights[size], default=0.0)


def _alike(one: tuple[float, bool, bool], other: tuple[float, bool, bool], body: float) -> bool:
    """The same size and, in body size, the same weight and case. In other sizes rows may mix bold and regular words."""
    if abs(one[0] - other[0]) > _SAME_SIZE_POINTS:
        return False
    return abs(other[0] - body) > _SAME_SIZE_POINTS or one[1:] == other[1:]


def _is_distinct(look: tuple[float, bool, bool], rows: list[Row]) -> bool:
    """Whether the look distinguishes header rows from body rows in this section."""
    same = sum(len(row.text) for row in rows if _look(row) == look)
    return same < _DISTINCT_SHARE * sum(len(row.text) for row in rows)


def _last_below(
    rows: list[Row],
    anchor: int,
    limit: int,
    body_rows: set[int],
    outer: list[tuple[float, bool, bool]],
    *,
    has_above: bool,
    titled: bool,
) -> int:
    """The index of the last header row below the row with the period.

    `outer` are the looks of the rows that start the first entry. A row that looks like them starts the next entry.
    """
    last, body = anchor, _body_size(rows)
    content = (0 if rows[anchor].is_date_only else 1) + (1 if has_above else 0)
    for index in range(anchor + 1, min(limit, anchor + 1 + _MAX_ROWS_BELOW)):
        row = rows[index]
        if index == anchor + 1 and _TOOLS.match(row.text) and index + 1 < limit and _is_title(rows[index + 1]):
            last = index
            continue
        if index in body_rows or not is_header_like(row):
            break
        place = place_score(row.text) >= _POSSIBLE_PLACE
        address = re.match(r"^(?:https?:|www\.)", row.text) is not None
        if place or address:
            last = index
            continue
        if row.periods and not row.is_date_only:
            break
        roles, company = role_score(row.text), company_score(row.text)
        short = row.word_count <= _SHORT_ROW_WORDS
        untitled = has_above and index == anchor + 1 and roles >= _SURE_TITLE and short and not titled
        prominent = row.size > rows[anchor].size + _SAME_SIZE_POINTS or (row.bold and not rows[anchor].bold)
        if has_above and prominent and not untitled and any(_alike(_look(row), look, body) for look in outer):
            break
        telling = roles >= _TITLE or company >= _COMPANY
        beside_title = telling and short and row.word_count <= _TITLE_ROW_WORDS and index == anchor + 1
        complete = content >= _HEADER_FACTS and not (beside_title and content == _HEADER_FACTS and not has_above)
        if complete and not untitled:
            break
        wanted = index == anchor + 1 and _lacks_half(rows[anchor], row) and not has_above
        beside = telling or content == 0 or wanted or _stands_out(row, rows) or _body_follows(rows, index, limit)
        if not short or not beside:
            break
        content += 1
        last = index
    # Do not take the next entry's header: if periods have rows above them, the rows before one belong to it.
    if has_above and limit < len(rows) and last >= limit - 1 and last > anchor:
        last = max(anchor, limit - 2)
    return last


def _is_title(row: Row) -> bool:
    title = role_score(row.text) >= _TITLE
    return is_header_like(row) and row.word_count <= _TITLE_ROW_WORDS and title


def _lacks_half(anchor: Row, row: Row) -> bool:
    """Whether only a title is next to the period, and below it is a name in capitals: the employer."""
    text = anchor.undated
    title_or_company = role_score(text) >= _SURE_TITLE or company_score(text) >= _COMPANY
    alone = not re.search(r"[,|@·]|\s[-–—]\s|\sat\s", text) and title_or_company
    return alone and capital_share(row.text) >= _CAPITAL_SHARE


def _stands_out(row: Row, rows: list[Row]) -> bool:
    return _is_distinct(_look(row), rows) and (row.bold or row.upper or row.size > min(each.size for each in rows))


def _body_follows(rows: list[Row], index: int, limit: int) -> bool:
    return index + 1 < limit and (rows[index + 1].bullet or len(rows[index + 1].text) > _BODY_CHARACTERS)


def find_undated_entries(rows: list[Row]) -> list[Entry]:
    """Runs of header rows followed by a body, in a section without any period."""
    body_rows = _continuations(rows, set())
    entries: list[Entry] = []
    run: list[Row] = []
    for index, row in enumerate(rows):
        if index not in body_rows and is_header_like(row) and row.word_count <= _MAX_UNDATED_WORDS:
            if entries and not run and not _opens_entry(row):
                entries[-1].body.append(row)
                continue
            run.append(row)
            continue
        if run:
            _close(run, entries)
            run = []
        if entries:
            entries[-1].body.append(row)
    if run:
        _close(run, entries)
    return entries


def _opens_entry(row: Row) -> bool:
    return role_score(row.text) >= _TITLE or company_score(row.text) >= _COMPANY


def _close(run: list[Row], entries: list[Entry]) -> None:
    if len(run) > _MAX_UNDATED_ROWS and not any(row.bold for row in run):
        entries.extend(Entry(above=[row]) for row in run if _opens_entry(row))
        return
    if any(_opens_entry(row) for row in run):
        entries.append(Entry(above=list(run[:_MAX_UNDATED_ROWS]), body=list(run[_MAX_UNDATED_ROWS:])))
    elif entries:
        entries[-1].body.extend(run)
