"""Arranges the words of a page in the order a person reads them: columns first, then lines; called by `pdf_reader`.

The page is cut recursively. A gutter is a vertical strip that no word crosses over some height (`gutters`). Each one is
judged (`column_gutters`): two independent texts are read one after the other; two halves of the same rows stay
together, and `region_rows` pairs them. Reasons: docs/decisions/0002-reading-order.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.extraction.document import Box
from app.extraction.layout.column_gutters import beyond_dates, judge, rail_headings, spanning_headings, trimmed
from app.extraction.layout.gutters import find_gutters, middle_of
from app.extraction.layout.placed_word import PlacedWord
from app.extraction.layout.region_rows import Rail, lines_of_region
from app.extraction.unicode_text import is_right_to_left

MAX_DEPTH = 12  # nested cuts; pages made by people need about five


@dataclass(frozen=True, slots=True)
class Region:
    """One column or stretch of a page, with its rows in reading order. `lines` never mixes two columns."""

    lines: tuple[tuple[PlacedWord, ...], ...]


def order_words(words: Sequence[PlacedWord], rules: Sequence[Box] = ()) -> list[Region]:
    """Return the regions of a page in reading order. No column crosses one of the `rules` (drawn horizontal lines).

    Words written sideways come last, each run of them as a separate line.
    """
    upright = [word for word in words if word.upright]
    regions = _cut(upright, rules, 0) if upright else []
    turned = [word for word in words if not word.upright]
    if turned:
        regions.append(Region(tuple(_turned_lines(turned))))
    return [region for region in regions if region.lines]


def _cut(words: list[PlacedWord], rules: Sequence[Box], depth: int) -> list[Region]:
    rails: list[Rail] = []
    if depth < MAX_DEPTH and len(words) > 2:
        gutters = find_gutters(words, rules)
        for first in gutters:
            judgement = judge(first)
            if judgement is not None:
                rails.append(judgement)
                continue
            candidate = beyond_dates(first, gutters)
            spanning = spanning_headings(candidate) or rail_headings(first)
            if spanning:
                return _cut(words, (*rules, *spanning), depth + 1)
            gutter = trimmed(candidate, max(word.baseline for word in words))
            inside = {word.sequence for word in (*gutter.left, *gutter.right)}
            above = [w for w in words if w.sequence not in inside and middle_of(w) < gutter.top]
            below = [w for w in words if w.sequence not in inside and middle_of(w) >= gutter.top]
            halves = [gutter.left, gutter.right]
            if is_right_to_left(" ".join(word.text for word in words)):
                halves.reverse()
            parts = [above, *halves, below]
            return [region for part in parts if part for region in _cut(part, rules, depth + 1)]
    return [Region(tuple(lines_of_region(words, rails)))]


def _turned_lines(words: list[PlacedWord]) -> list[tuple[PlacedWord, ...]]:
    """Return sideways words in the order of the file; a jump begins a new line."""
    lines: list[list[PlacedWord]] = []
    for word in words:
        last = lines[-1][-1] if lines else None
        if last is not None and _near(last.box, word.box, 1.5 * word.size):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [tuple(line) for line in lines]


def _near(a: Box, b: Box, distance: float) -> bool:
    return a[0] - distance <= b[2] and b[0] - distance <= a[2] and a[1] - distance <= b[3] and b[1] - distance <= a[3]
