"""Finds section headings and their kinds, and splits the document at them, for `app.analysis.rules.parse_resume`."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache

from app.analysis.rules.phrases.degrees import degree_score
from app.analysis.rules.phrases.organisations import company_score, institution_score
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import heading_key, is_cjk, trim, word_set, words
from app.analysis.rules.structure.row import Row
from app.analysis.rules.structure.section_kinds import Kind
from app.analysis.rules.vocabulary.heading_words import HEADINGS, KEY_WORDS, MODIFIERS

_SQUASHED: dict[str, Kind] = {key.replace(" ", ""): kind for key, kind in HEADINGS.items() if " " in key}
_CONNECTORS = re.compile(r"\s*(?:&|\+|/|,|;|\||・|、|与|和|及)\s*|\s+(?:and|und|et|y|e|en|og|och|i|ve|и|та|és|si)\s+")
# Headings that are also items of lists. They count only if they look like a heading.
_ALSO_ITEMS = word_set("""
    leadership teaching training research software programming tools knowledge presentations mentoring
    writing speaking informatique informatica stage stages activities technology technologies career
    work projects project engagement service community travel goals methods military press media
    supervision strengths expertise hobby logiciels outils workshops patents license praktikum edv
    references languages language skills profile courses contact details web online portfolio personal
    about freelance internship volunteer volunteering certification certificate formation missions
    school schule studium academic academics capabilities abilities reviewing conferences performances projekt
    """)
_MAX_HEADING_WORDS = 7
# Boxes in Japanese forms whose titles describe what to write in them.
_FORM_BOXES = ("志望の動機", "志望動機", "本人希望", "通勤時間", "扶養家族", "特記事項", "健康状態")


@dataclass(slots=True)
class Section:
    """`kind` "head" is the part before the first heading, or a part that begins at the person's name."""

    kind: Kind
    title: Row | None
    rows: list[Row] = field(default_factory=list[Row])


@lru_cache(maxsize=4096)
def find_kind(text: str) -> Kind | None:
    """The section kind that the words of a heading name, regardless of decoration, case and letter spacing."""
    key = heading_key(text)
    if not key or len(key) > 70:
        return None
    kind = HEADINGS.get(key) or _SQUASHED.get(key)
    if kind is not None:
        return kind
    timed = re.sub(r"\s*(?:[-–—:(]\s*)\d.*$", "", key)
    if timed != key and timed:
        return HEADINGS.get(timed)  # "Work experience - 9 years 4 months"
    if " " in key and key.isascii() and (kind := HEADINGS.get(f"{key}s") or HEADINGS.get(key.removesuffix("s"))):
        return kind  # "Academic project"
    bare = re.sub(r"\s*[(\[（].*?[)\]）]\s*", " ", key).strip()
    if bare != key:
        return find_kind(bare) if bare else None
    if key.startswith(_FORM_BOXES):
        return "other"
    parts = [part for part in _CONNECTORS.split(key) if part]
    if 2 <= len(parts) <= 4:
        kinds: list[Kind | None] = [HEADINGS.get(part) for part in parts]
        if all(kinds):
            telling: list[Kind] = [kind for kind in kinds if kind and kind not in {"other", "references", "contact"}]
            return telling[0] if telling else kinds[0]
        if kinds[0] is not None and is_cjk(key) and any(kinds[1:]):
            return kinds[0]
    for part in parts:
        tokens = words(part)
        if not tokens or len(tokens) > _MAX_HEADING_WORDS:
            return None
        if not all(token in KEY_WORDS or token in MODIFIERS for token in words(key)):
            return None
        keys: list[Kind] = [KEY_WORDS[token] for token in tokens if token in KEY_WORDS]
        if keys:
            return keys[-1]
    return None


def body_size(rows: list[Row]) -> float:
    """The font size of most characters in the document; 0 if sizes are unknown."""
    weights: Counter[float] = Counter()
    for row in rows:
        weights[round(row.size * 2) / 2] += len(row.text)
    return weights.most_common(1)[0][0] if weights else 0.0


@dataclass(frozen=True, slots=True)
class _Look:
    size: float
    bold: bool
    upper: bool


def _look(row: Row) -> _Look:
    return _Look(round(row.size * 2) / 2, row.bold, row.upper)


def find_headings(rows: list[Row], name_rows: frozenset[int] = frozenset()) -> dict[int, Kind]:
    """Row index -> kind. Rows in `name_rows` (the person's name) are never headings."""
    body = body_size(rows)
    named: dict[int, Kind] = {}
    for index, row in enumerate(rows):
        if index in name_rows or row.periods or row.word_count > _MAX_HEADING_WORDS + 2:
            continue
        kind = find_kind(row.text)
        # "■職務経歴": squares before headings are common in Japan and China.
        squared = is_cjk(row.text) and row.new_block
        if kind is None or (row.bullet and not (row.size > body * 1.1 or row.upper or row.bold or squared)):
            continue
        if row.starts_lower and not (row.bold or row.size > body * 1.1 or row.new_block):
            continue
        named[index] = kind
    named = _without_repeated(rows, named)
    accepted: dict[int, Kind] = {}
    for index, kind in named.items():
        column: dict[int, Kind] = {
            other: each for other, each in named.items() if _same_column(rows[index], rows[other])
        }
        main = _main_look(rows, column if len(column) >= 2 else named)
        if _looks_like_heading(rows, index, kind, main, body):
            accepted[index] = kind
    return accepted | _unnamed_headings(rows, accepted, name_rows, body)


def _same_column(one: Row, other: Row) -> bool:
    if one.left is None or other.left is None:
        return True
    return abs(one.left - other.left) < 40.0


def _without_repeated(rows: list[Row], named: dict[int, Kind]) -> dict[int, Kind]:
    """Drops words that occur three times or more: they label parts of entries ("Highlights", "Technologies")."""
    counts = Counter(heading_key(rows[index].text) for index in named)
    return {
        index: kind
        for index, kind in named.items()
        if counts[heading_key(rows[index].text)] < 3 or kind in {"work", "education"}
    }


def _main_look(rows: list[Row], named: dict[int, Kind]) -> _Look | None:
    looks = Counter(_look(rows[index]) for index, kind in named.items() if kind in {"work", "education", "skills"})
    if not looks:
        looks = Counter(_look(rows[index]) for index in named)
    if not looks:
        return None
    best = max(looks.items(), key=lambda item: (item[1], item[0].size, item[0].upper, item[0].bold))
    # The heading for work is larger than labels that happen to use the same words.
    biggest = max(looks, key=lambda look: look.size)
    return biggest if biggest.size > best[0].size * 1.15 and best[1] < 3 else best[0]


def _looks_like_heading(rows: list[Row], index: int, kind: Kind, main: _Look | None, body: float) -> bool:
    row = rows[index]
    look = _look(row)
    ambiguous = heading_key(row.text) in _ALSO_ITEMS
    decorated = trim(row.text) != row.text.strip() or row.text.rstrip().endswith((":", "："))
    stands_out = row.upper or row.bold or (body > 0 and row.size > body * 1.08)
    apart = row.new_block or row.gap > 0.7 or index == 0
    if main is not None and look != main:
        smaller = look.size and main.size and look.size < main.size * 0.93 and not (row.upper and not main.upper)
        # Small capitals are small letters, so the size of a line of them depends on its words.
        least = 0.68 if row.bold and main.bold and row.new_block else 0.8
        if smaller and (ambiguous or not apart or look.size < main.size * least or row.bold != main.bold):
            return False
        if main.upper and not row.upper and not is_cjk(row.text) and not (row.bold and not main.bold):
            # Other headings are in capitals, so a word in mixed case is a label, unless it is even larger.
            return look.size > main.size * 1.05 or (apart and not ambiguous and (stands_out or decorated))
        if main.bold and not row.bold and look.size <= main.size and not row.upper:
            return apart and not ambiguous
    if stands_out:
        return True
    if ambiguous:
        return decorated or (apart and (main is None or look == main)) or _follows_blank_pattern(rows, index, kind)
    return True


def _follows_blank_pattern(rows: list[Row], index: int, kind: Kind) -> bool:
    """Without styles or blank lines, a word is a heading if entries or sentences follow rather than other words."""
    if kind in {"work", "education", "projects"} and index + 1 < len(rows):
        return any(row.periods or row.bullet for row in rows[index + 1 : index + 4])
    before = rows[index - 1] if index else None
    after = rows[index + 1] if index + 1 < len(rows) else None
    if before is None or after is None:
        return True
    return before.word_count > 5 or after.word_count > 5 or before.bullet or bool(before.periods)


def _unnamed_headings(
    rows: list[Row], accepted: dict[int, Kind], name_rows: frozenset[int], body: float
) -> dict[int, Kind]:
    """Rows with unknown words that look like the known headings (larger than the text, in the same style)."""
    looks = Counter(_look(rows[index]) for index in accepted)
    if not looks or body <= 0:
        return {}
    look, count = looks.most_common(1)[0]
    if count < 2:
        return {}
    bigger = look.size > body * 1.04
    body_bold = sum(len(row.text) for row in rows if row.bold) > 0.5 * sum(len(row.text) for row in rows)
    if not bigger and not (look.bold and not body_bold):
        return {}
    first = min(accepted)
    others: dict[int, Kind] = {}
    for index, row in enumerate(rows):
        if index in accepted or index in name_rows or index < first or row.periods or row.bullet:
            continue
        if rows[index - 1].bullet and _look(rows[index - 1]) == look and not row.new_block and row.gap < 0.6:
            continue  # the rest of a list item
        if (
            _look(row) == look
            and row.word_count <= 6
            and len(row.cells) == 1
            and not re.search(r"[\d@]|https?:", row.text)
        ):
            telling = (
                role_score(row.text) >= 0.7 or company_score(row.text) >= 0.5 or institution_score(row.text) >= 0.9
            )
            if (bigger and not telling) or ((row.new_block or row.gap > 0.6) and not telling):
                others[index] = "other"
    # Titles of entries may share the style. Then headings come directly above them, and the style proves nothing.
    if bigger and not any(index + 1 < len(rows) and _look(rows[index + 1]) == look for index in accepted):
        return {index: kind for index, kind in others.items() if index + 1 < len(rows)}
    dated = sum(1 for index in others if any(row.periods for row in rows[index + 1 : index + 3]))
    if len(others) > 1.5 * count or (dated >= 2 and dated * 2 > len(others)):
        return {}
    return {index: kind for index, kind in others.items() if index + 1 < len(rows)}


_INLINE = re.compile(r"^(?P<label>[^:：]{3,40}?)\s*[:：]\s*(?P<rest>\S.*)$")


def split_sections(rows: list[Row], name_rows: frozenset[int]) -> list[Section]:
    """The sections of the document in reading order. The first is the head, which may be empty."""
    rail = _rail_headings(rows)
    headings = find_headings(rows, name_rows)
    sections = [Section("head", None)]
    current = sections[0]
    standalone = set(headings.values())
    for index, row in enumerate(rows):
        if index in rail:
            kind, rest = rail[index]
            if kind is not None:
                current = Section(kind, row)
                sections.append(current)
            if rest is not None:
                current.rows.append(rest)
            continue
        if row.margin and current.kind != "head":
            sections[0].rows.append(row)
            continue
        if index in headings:
            current = Section(headings[index], row)
            sections.append(current)
            continue
        if index in name_rows and current.kind != "head":
            current = Section("head", None)
            sections.append(current)
        opened_inline = (
            current.title is not None and bool(current.rows) and current.title.numbers == current.rows[0].numbers
        )
        inline = _inline_heading(row, standalone, "other" if opened_inline else current.kind)
        if inline is not None:
            current = Section(inline[0], row, [inline[1]])
            sections.append(current)
            continue
        if row.new_block:
            current = _section_of_column(sections, current, row)
        current.rows.append(row)
    return sections


def _section_of_column(sections: list[Section], current: Section, row: Row) -> Section:
    """The section for text that continues in another column: that of the nearest heading above it there."""
    title = current.title
    if (
        title is None
        or title.left is None
        or row.left is None
        or abs(title.left - row.left) < 60.0
        or title.page != row.page
    ):
        return current
    above = [
        section
        for section in sections
        if section.title is not None
        and section.title.left is not None
        and section.title.page == row.page
        and abs(section.title.left - row.left) < 30.0
        and section.title.top < row.top
    ]
    if not above:
        return current
    nearest = max(above, key=lambda section: section.title.top if section.title is not None else 0.0)
    if nearest.title is not None and title.top < row.top and title.top > nearest.title.top and title.left < row.left:
        # The heading on the left is nearer above, so the row may be its indented content.
        return current
    return nearest


def _rail_headings(rows: list[Row]) -> dict[int, tuple[Kind | None, Row | None]]:
    """Headings in a left column, with content beside them: index -> (kind, the row without its heading)."""
    found: dict[int, tuple[Kind | None, Row | None]] = {}
    candidates: list[tuple[int, Kind]] = [
        (index, kind)
        for index, row in enumerate(rows)
        if len(row.cells) > 1
        and row.left is not None
        and not row.bullet
        and (kind := _rail_kind(rows, index)) is not None
    ]
    lefts = Counter(round((rows[index].left or 0.0) / 4) for index, _ in candidates)
    two_lined = any(_two_line_heading(rows, index) is not None for index, _ in candidates)
    if not lefts or (lefts.most_common(1)[0][1] < 2 and not two_lined):
        return {}
    rail = lefts.most_common(1)[0][0]
    # Labels in a skills section look the same, but work and education are never labels.
    if not two_lined and not any(kind in {"work", "education"} for _, kind in candidates):
        return {}
    # The column has only headings; content begins further right.
    beside = [row for row in rows if row.left is not None and round(row.left / 4) == rail]
    if len(beside) > 2.5 * lefts[rail]:
        return {}
    for index, kind in candidates:
        row = rows[index]
        if index in found or round((row.left or 0.0) / 4) != rail:
            continue
        rest = row.cells[1:]
        found[index] = (kind, replace(row, text=" ".join(rest), cells=rest, bullet=False))
        following = rows[index + 1] if index + 1 < len(rows) else None
        if _two_line_heading(rows, index) is not None and following is not None:
            # The second line of a heading: "Academic" above "projects".
            rest = following.cells[1:]
            found[index + 1] = (None, replace(following, text=" ".join(rest), cells=rest) if rest else None)
    return found


def _rail_kind(rows: list[Row], index: int) -> Kind | None:
    row = rows[index]
    both = _two_line_heading(rows, index)
    return find_kind(both) if both is not None else find_kind(row.cells[0])


def _two_line_heading(rows: list[Row], index: int) -> str | None:
    """A heading on two lines in the column of headings: "Academic" above "projects"."""
    row, following = rows[index], rows[index + 1] if index + 1 < len(rows) else None
    if following is None or following.left is None or row.left is None or abs(following.left - row.left) > 3.0:
        return None
    both = f"{row.cells[0]} {following.cells[0]}"
    return both if len(both.split()) <= 4 and following.gap < 0.7 and find_kind(both) is not None else None


def _inline_heading(row: Row, standalone: set[Kind], current: str) -> tuple[Kind, Row] | None:
    """A heading with its content on the same row: "SKILLS: Python, Go", or in two cells."""
    if row.bullet:
        return None
    cell = row.cells[0] if len(row.cells) > 1 and len(row.cells[0]) >= 4 else ""
    kind = find_kind(cell) if cell and degree_score(cell) == 0 else None  # "B.Tech" is not a heading for technologies
    if kind is not None and kind not in {*standalone, "contact", "personal", "other"} and _may_open(kind, current):
        rest = row.cells[1:]
        return kind, _rest_row(row, " ".join(rest), tuple(rest))
    found = _INLINE.match(row.text)
    if found is None or (kind := find_kind(found["label"])) is None:
        return None
    if kind in standalone or kind in {"contact", "personal", "other", "references"} or not _may_open(kind, current):
        return None
    return kind, _rest_row(row, found["rest"], (found["rest"],))


def _may_open(kind: Kind, current: str) -> bool:
    """Whether a new section may open. Within entries, a label with content belongs to the entry ("Skills: Go")."""
    if current in {"work", "projects", "volunteer"}:
        return kind in {"education", "languages", "interests"}
    if current == "education":
        return kind in {"work", "skills", "languages", "interests"}
    if current in {"skills", "languages"}:
        # The skills parser itself passes labeled lines on to languages, interests and certificates.
        return kind in {"work", "education", "summary"}
    return True


def _rest_row(row: Row, text: str, cells: tuple[str, ...]) -> Row:
    return replace(row, text=text, cells=cells)
