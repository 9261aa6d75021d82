"""Finds gutters: vertical strips of a page region that no word crosses over some height; called by `reading_order`."""

import itertools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.extraction.document import Box
from app.extraction.layout.placed_word import PlacedWord
from app.extraction.layout.region_rows import Row, group_rows

MIN_GUTTER_EMS = 0.75  # narrower strips are word spaces; over several rows no word space stays this wide
WIDE_GUTTER_POINTS = 30.0  # beyond this, additional width means nothing
WORD_SPACE_EMS = 0.5  # of the print's own size: in large print, word spaces are as wide as a small gutter
MAX_CELLS = 500_000  # edges times words processed together, about 8 MB in each table
MAX_GUTTERS = 30  # candidates judged in one region; the tallest come first

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Gutter:
    """A free strip to the left of `x`, between `top` and `bottom`, and the words on both sides of it."""

    x: float  # left edge of the words to the right of it
    top: float
    bottom: float
    left: list[PlacedWord]
    right: list[PlacedWord]
    band: tuple[float, float]  # where both sides have words
    weight: float

    @cached_property
    def left_rows(self) -> list[Row]:
        return group_rows(self.left)

    @cached_property
    def right_rows(self) -> list[Row]:
        return group_rows(self.right)


def middle_of(word: PlacedWord) -> float:
    """Return the middle of a word's lower-case letters, which is inside its row whatever the boxes around it."""
    return word.baseline - 0.3 * word.size


def find_gutters(words: list[PlacedWord], rules: Sequence[Box]) -> list[Gutter]:
    """Find strips without words, tallest first. Each ends at the left edge of a word that begins a phrase."""
    x0 = np.array([word.box[0] for word in words])
    ends, begin_phrase = _phrases(words)
    x1, edges = np.array(ends), _edges(x0, x0[begin_phrase])
    # A word's letters block a strip, not the loose box around them: lines may be set tightly.
    sizes = np.array([word.size for word in words])
    low = np.array([word.baseline for word in words])
    high = low - 0.6 * sizes
    # Sorted by height: the words between two heights are then a slice, and counting them needs no look at each.
    order = np.argsort((high + low) / 2, kind="stable")
    x0, x1, high, low = x0[order], x1[order], high[order], low[order]
    em = statistics.median(sizes.tolist())
    middles, rows = (high + low) / 2, np.round(low / (0.5 * em))
    found: list[tuple[Gutter, NDArray[np.intp], NDArray[np.intp]]] = []
    for x, left, right, tops, bottoms in _strips(x0, x1, high, low, edges, rules, em):
        starts, stops = (_least(left, high), _least(right, high)), (_most(left, low), _most(right, low))
        band = np.maximum(*starts), np.minimum(*stops)
        beside = (middles >= band[0][:, None]) & (middles <= band[1][:, None])
        has_rows = [_least(side & beside, rows) < _most(side & beside, rows) for side in (left, right)]
        weights = (band[1] - band[0]) * np.minimum(x - _most(left, x1), WIDE_GUTTER_POINTS) ** 0.25
        for at in np.flatnonzero((band[1] > band[0]) & np.logical_or(*has_rows)).tolist():
            places = (x, tops, bottoms, band[0], band[1], weights)
            its_x, top, bottom, start, stop, weight = (float(column[at]) for column in places)
            gutter = Gutter(its_x, top, bottom, [], [], (start, stop), weight)
            found.append((gutter, order[left[at]], order[right[at]]))
    found.sort(key=lambda candidate: -candidate[0].weight)
    return [
        replace(gutter, left=_pick(words, left), right=_pick(words, right))
        for gutter, left, right in found[:MAX_GUTTERS]
    ]


def _least(chosen: NDArray[np.bool_], values: Floats) -> Floats:
    """Return the least value of the chosen words in each row; infinite where none is chosen."""
    return np.where(chosen, values, np.inf).min(axis=1)


def _most(chosen: NDArray[np.bool_], values: Floats) -> Floats:
    return np.where(chosen, values, -np.inf).max(axis=1)


def _strips(
    x0: Floats, x1: Floats, high: Floats, low: Floats, edges: Floats, rules: Sequence[Box], em: float
) -> Iterator[tuple[Floats, NDArray[np.bool_], NDArray[np.bool_], Floats, Floats]]:
    """Yield free strips with words on both sides, a few at a time: x, which words are left and right, top and bottom.

    A page has dozens of edges, each with a free strip between any two rows, so they are filtered all at once.
    """
    minimum = MIN_GUTTER_EMS * em
    edges = edges[edges > x0.min() + minimum]
    if not edges.size:
        return
    heights, numbers = (high + low) / 2, np.arange(len(x0))
    barriers = _Barriers(x0, x1, high, low, rules, em)
    portion = max(1, MAX_CELLS // len(barriers))
    seen: set[tuple[int, int, int]] = set()
    for begin in range(0, len(edges), portion):
        some = edges[begin : begin + portion]
        is_left = x0 < some[:, None] - 0.1
        left_before = np.zeros((len(some), len(x0) + 1), dtype=np.int32)
        np.add.accumulate(is_left, axis=1, dtype=np.int32, out=left_before[:, 1:])
        at, tops, bottoms = barriers.free_ranges(some, minimum)
        firsts, stops = np.searchsorted(heights, tops), np.searchsorted(heights, bottoms)
        lefts = left_before[at, stops] - left_before[at, firsts]
        both = np.flatnonzero((lefts > 0) & (lefts < stops - firsts))
        keys = zip(firsts[both].tolist(), stops[both].tolist(), lefts[both].tolist(), strict=True)
        new: list[int] = []
        for number, key in zip(both.tolist(), keys, strict=True):
            # The words left of an edge are among those left of an edge farther right, so equal numbers mean equal
            # words.
            if key not in seen:
                seen.add(key)
                new.append(number)
        for start in range(0, len(new), portion):
            these = new[start : start + portion]
            inside = (numbers >= firsts[these, None]) & (numbers < stops[these, None])
            left = is_left[at[these]]
            yield some[at[these]], left & inside, ~left & inside, tops[these], bottoms[these]


def _edges(x0: Floats, beginnings: Floats) -> Floats:
    """Return the least left edge at which a phrase begins, for each point of width."""
    ordered = np.sort(x0)
    return ordered[np.searchsorted(np.round(ordered), np.unique(np.round(beginnings)))]


class _Barriers:
    """The limits of free strips: letters of words that reach into them, and drawn lines.

    Words at one height block together if any of them does.
    """

    def __init__(self, x0: Floats, x1: Floats, high: Floats, low: Floats, rules: Sequence[Box], em: float) -> None:
        lines = np.array(rules, dtype=np.float64).reshape(-1, 4).T
        starts, stops = np.concatenate((high, lines[1])), np.concatenate((low, lines[3]))
        order = np.lexsort((stops, starts))
        starts, stops = starts[order], stops[order]
        self._x0, self._x1 = np.concatenate((x0, lines[0]))[order], np.concatenate((x1, lines[2]))[order]
        self._lines = np.flatnonzero(order >= len(x0))
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = (starts[1:] != starts[:-1]) | (stops[1:] != stops[:-1])
        self._groups = np.flatnonzero(new)
        end = float(low.max()) + 1
        self._starts, self._stops = np.append(starts[new], end), np.append(stops[new], end)
        self._top, self._em = float(high.min()) - 1, em

    def __len__(self) -> int:
        return len(self._x0)

    def free_ranges(self, edges: Floats, minimum: float) -> tuple[NDArray[np.intp], Floats, Floats]:
        """Return the stretches between barriers with room for two rows: edge, top and bottom of each, from the top."""
        x = edges[:, None]
        inside = (self._x0 < x - 0.1) & (self._x1 > x - minimum)
        if len(self._lines):
            inside[:, self._lines] = (self._x0[self._lines] < x - minimum) & (self._x1[self._lines] > x + 2 * self._em)
        bars = np.ones((len(edges), len(self._starts)), dtype=np.bool_)
        np.logical_or.reduceat(inside, self._groups, axis=1, out=bars[:, :-1])
        ends = np.full((len(edges), len(self._starts) + 1), self._top)
        ends[:, 1:] = np.where(bars, self._stops, self._top)
        np.maximum.accumulate(ends, axis=1, out=ends)
        at, bar = np.nonzero(bars & (self._starts - ends[:, :-1] > 1.2 * self._em))
        return at, ends[at, bar], self._starts[bar]


def _phrases(words: list[PlacedWord]) -> tuple[list[float], list[bool]]:
    """Return where each word ends, including the word space after it, and whether it follows such a space.

    No gutter runs between two words of one phrase.
    """
    ends = [word.box[2] for word in words]
    begins = [True] * len(words)
    heights = {baseline: round(baseline, 1) for baseline in {word.baseline for word in words}}
    order = sorted([(heights[word.baseline], word.box[0], number) for number, word in enumerate(words)])
    for (_, _, here), (_, x0, after) in itertools.pairwise(order):
        word, following = words[here], words[after]
        if (
            0 < x0 - ends[here] < WORD_SPACE_EMS * word.size
            and word.size == following.size
            and abs(word.baseline - following.baseline) <= 0.1 * word.size
        ):
            ends[here] = x0
            begins[after] = False
    return ends, begins


def _pick(words: list[PlacedWord], chosen: NDArray[np.intp]) -> list[PlacedWord]:
    return [words[number] for number in sorted(chosen.tolist())]
