"""Page headers, footers and page numbers: lines repeated at the same position on several pages. Used by `line_builder`.

They interrupt text that continues from one page to the next, so they are placed after all other lines and marked as
`running`. Those at the top of the first page stay in place, because there the same words are the head of the resume.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from app.extraction.document import Line, Page

EDGE_SHARE = 0.13  # of the page's height; margins of an inch are 0.09 of it and sometimes hold two rows
SAME_PLACE_SHARE = 0.012  # of the page's height; pages from one program agree to the point, scans do not
PAUSE = 0.6  # of its own height; a header is farther than this from the text below it, a footer from the text above
MOST_CHARACTERS = 160  # a header is not a paragraph
MOST_ON_PAGE = 3  # lines with the same wording at one edge
_NUMBER = re.compile(r"\d+")
# In formats without pages, which have no positions: "Page 2 of 3" typed between the lines.
_TYPED = re.compile(
    r"(?:.{0,60}\W)?(?:page|seite|página|pagina|pág\.?|strona|sida|side|стр\.?)\s*#(?:\s*(?:/|of|von|sur|de|di|van|z|av|из)"
    r"\s*#)?\W{0,3}",
    re.IGNORECASE,
)


def set_apart(lines: Sequence[Line], pages: Sequence[Page]) -> list[Line]:
    """Return the lines renumbered with running ones at the end; unchanged if there are none."""
    heights = {page.number: page.height for page in pages if page.height > 0}
    found = _at_edges(lines, heights) if len(heights) > 1 else _typed(lines)
    running = {line.number for line in found}
    running |= {line.number for line in lines if line.running}
    if not running or len(running) == len(lines):
        return list(lines)
    first = next(iter(heights), 1)
    opening = {
        line.number
        for line in lines
        if line.number in running
        and line.page == first
        and line.box is not None
        and line.box[1] < 0.5 * heights.get(first, 0.0)
    }
    running -= opening
    body = [line for line in lines if line.number not in running]
    block = max((line.block for line in body), default=0) + 1
    moved = [replace(line, running=True, block=block) for line in lines if line.number in running]
    return [replace(line, number=number) for number, line in enumerate((*body, *moved), start=1)]


def _at_edges(lines: Sequence[Line], heights: dict[int, float]) -> Iterator[Line]:
    candidates = [line for line in lines if _edge(line, heights) is not None and len(line.text) <= MOST_CHARACTERS]
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in candidates:
        groups[_edge(line, heights) or "", _pattern(line.text)].append(line)
    # Anything more frequent in a margin is a drawing made of letters, and comparing it would take hours.
    few = (group for group in groups.values() if len(group) <= MOST_ON_PAGE * len(heights))
    repeated = [each for group in few for each in _returning(group, heights)]
    numbers = {line.number for line in repeated}
    by_page: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        by_page[line.page].append(line)
    # A job title at the top of two pages repeats too, but is close to the text below it.
    yield from (
        line
        for line in repeated
        if _counts_pages([line, *(o for o in repeated if _pattern(o.text) == _pattern(line.text))])
        or _stands_apart(line, [other for other in by_page[line.page] if other.number not in numbers])
    )


def _edge(line: Line, heights: dict[int, float]) -> str | None:
    height = heights.get(line.page, 0.0)
    if line.box is None or height <= 0:
        return None
    if line.box[3] < EDGE_SHARE * height:
        return "top"
    return "bottom" if line.box[1] > (1 - EDGE_SHARE) * height else None


def _pattern(text: str) -> str:
    return _NUMBER.sub("#", " ".join(text.casefold().split()))


def _returning(group: list[Line], heights: dict[int, float]) -> list[Line]:
    """Return the lines that repeat at one position on at least two pages, ignoring page numbers."""
    found: set[int] = set()
    for one in group:
        for other in group:
            if one.page < other.page and _same_place(one, other, heights) and _same_words(one, other):
                found |= {one.number, other.number}
    return [line for line in group if line.number in found]


def _same_place(one: Line, other: Line, heights: dict[int, float]) -> bool:
    if one.box is None or other.box is None:
        return False
    return abs(one.box[3] - other.box[3]) <= SAME_PLACE_SHARE * heights[one.page]


def _same_words(one: Line, other: Line) -> bool:
    """Return whether the texts are the same, or differ only by numbers that grow with the pages."""
    pairs = zip(_NUMBER.findall(one.text), _NUMBER.findall(other.text), strict=True)
    return all(first == second or int(second) - int(first) == other.page - one.page for first, second in pairs)


def _counts_pages(group: Iterable[Line]) -> bool:
    """Return whether a number in the text grows from page to page."""
    return len({tuple(_NUMBER.findall(line.text)) for line in group}) > 1


def _stands_apart(line: Line, others: Iterable[Line]) -> bool:
    if line.box is None:
        return False
    top, bottom = line.box[1], line.box[3]
    nearest = min(
        (max(other.box[1] - bottom, top - other.box[3]) for other in others if other.box is not None), default=1e9
    )
    return nearest > PAUSE * (bottom - top)


def _typed(lines: Sequence[Line]) -> list[Line]:
    short = (line for line in lines if line.box is None and len(line.text) <= MOST_CHARACTERS)
    found = [line for line in short if _TYPED.fullmatch(_pattern(line.text))]
    if len({_pattern(line.text) for line in found}) != 1:
        return []
    first = [int(_NUMBER.findall(line.text)[0]) for line in found]
    return found if len(found) > 1 and all(b - a == 1 for a, b in pairwise(first)) else []
