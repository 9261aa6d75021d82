"""Finds gutters: vertical strips of a page region that no word crosses over some height; called by `reading_order`."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.extraction.document import Box
from app.extraction.placed_word import PlacedWord

MIN_GUTTER_EMS = 0.75  # narrower strips are word spaces; over several rows no word space stays this wide
WIDE_GUTTER_POINTS = 30.0  # beyond this, more width says nothing more
WORD_SPACE_EMS = 0.5  # of the print's own size: a name in large print has word spaces as wide as a small gutter
MAX_CELLS = 500_000  # edges times words looked at together, about 8 MB in each table
MAX_GUTTERS = 30  # candidates judged in one region; the tallest come first

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gutter:
    """A free strip left of `x`, between `top` and `bottom`, and the words on both sides of it."""

    x: float  # left edge of what stands right of it
    top: float
    bottom: float
    left: list[PlacedWord]
    right: list[PlacedWord]
    band: tuple[float, float]  # where both sides have words
    weight: float


def middle_of(word: PlacedWord) -> float:
    """The height of a word's small letters: inside its row, whatever the boxes around it."""
    return word.baseline - 0.3 * word.size


def find_gutters(words: list[PlacedWord], rules: Sequence[Box]) -> list[Gutter]:
    """Strips without words, tallest first. Each begins at the left edge of some word."""
    x0 = np.array([word.box[0] for word in words])
    x1 = np.array(_ends_with_word_spaces(words))
    # What a word bars is its letters, not the loose box around them: lines may be set tightly.
    sizes = np.array([word.size for word in words])
    low = np.array([word.baseline for word in words])
    high = low - 0.6 * sizes
    # By height, so that the words between two heights are a slice, and counting them needs no look at each.
    order = np.argsort((high + low) / 2, kind="stable")
    x0, x1, high, low = x0[order], x1[order], high[order], low[order]
    em = float(np.median(sizes))
    found: list[tuple[Gutter, NDArray[np.intp], NDArray[np.intp]]] = []
    for x, first, stop, left, (top, bottom) in _strips(x0, x1, high, low, rules, em):
        tops = [high[first:stop][left], high[first:stop][~left]]
        ends = [low[first:stop][left], low[first:stop][~left]]
        band = (float(max(tops[0].min(), tops[1].min())), float(min(ends[0].max(), ends[1].max())))
        if band[1] <= band[0]:
            continue
        rows = [
            len(set(np.round(end[((at + end) / 2 >= band[0]) & ((at + end) / 2 <= band[1])] / (0.5 * em)).tolist()))
            for at, end in zip(tops, ends, strict=True)
        ]
        if max(rows) < 2:
            continue
        width = x - float(x1[first:stop][left].max())
        weight = (band[1] - band[0]) * min(width, WIDE_GUTTER_POINTS) ** 0.25
        inside = order[first:stop]
        found.append((Gutter(x, top, bottom, [], [], band, weight), inside[left], inside[~left]))
    found.sort(key=lambda candidate: -candidate[0].weight)
    return [
        replace(gutter, left=_pick(words, left), right=_pick(words, right))
        for gutter, left, right in found[:MAX_GUTTERS]
    ]


def _strips(
    x0: Floats, x1: Floats, high: Floats, low: Floats, rules: Sequence[Box], em: float
) -> Iterator[tuple[float, int, int, NDArray[np.bool_], tuple[float, float]]]:
    """Free strips with words on both sides: x, the slice of words at its height, which of them are left, height.

    A page has some hundred edges, each with a free strip between any two rows: they are weeded out all at once.
    """
    minimum = MIN_GUTTER_EMS * em
    heights = (high + low) / 2
    barriers = _Barriers(x0, x1, high, low, rules, em)
    edges = _edges(x0, minimum)
    portion = max(1, MAX_CELLS // len(barriers))
    seen: set[tuple[int, int, int]] = set()
    for begin in range(0, len(edges), portion):
        some = edges[begin : begin + portion]
        is_left = x0 < some[:, None] - 0.1
        left_before = np.zeros((len(some), len(x0) + 1), dtype=np.int64)
        np.cumsum(is_left, axis=1, out=left_before[:, 1:])
        at, tops, bottoms = barriers.free_ranges(some, minimum)
        firsts, stops = np.searchsorted(heights, tops), np.searchsorted(heights, bottoms)
        lefts = left_before[at, stops] - left_before[at, firsts]
        both = np.flatnonzero((lefts > 0) & (lefts < stops - firsts))
        keys = zip(firsts[both].tolist(), stops[both].tolist(), lefts[both].tolist(), strict=True)
        for number, key in zip(both.tolist(), keys, strict=True):
            # The words left of an edge are among those left of one farther right: as many are the same ones.
            if key in seen:
                continue
            seen.add(key)
            (first, stop, _), edge = key, int(at[number])
            yield (
                *(float(some[edge]), first, stop, is_left[edge, first:stop]),
                (float(tops[number]), float(bottoms[number])),
            )


def _edges(x0: Floats, minimum: float) -> Floats:
    """Left edges of words, one for each point across, that have room for a strip before them."""
    ordered = np.sort(x0)
    points = np.round(ordered)
    return ordered[np.searchsorted(points, np.unique(points[ordered > ordered[0] + minimum]))]


class _Barriers:
    """What ends a free strip: the letters of words that reach into it, and drawn lines."""

    def __init__(self, x0: Floats, x1: Floats, high: Floats, low: Floats, rules: Sequence[Box], em: float) -> None:
        lines = np.array(rules, dtype=np.float64).reshape(-1, 4).T
        starts, stops = np.concatenate((high, lines[1])), np.concatenate((low, lines[3]))
        order = np.lexsort((stops, starts))
        end = float(low.max()) + 1
        self._starts, self._stops = np.append(starts[order], end), np.append(stops[order], end)
        self._x0, self._x1 = np.concatenate((x0, lines[0]))[order], np.concatenate((x1, lines[2]))[order]
        self._is_line = np.concatenate((np.zeros(len(x0), dtype=np.bool_), np.ones(lines.shape[1], dtype=np.bool_)))[
            order
        ]
        self._top, self._em = float(high.min()) - 1, em

    def __len__(self) -> int:
        return len(self._starts)

    def free_ranges(self, edges: Floats, minimum: float) -> tuple[NDArray[np.intp], Floats, Floats]:
        """The stretches between barriers with room for two rows: which edge, top and bottom of each, from the top."""
        x = edges[:, None]
        inside = self._x0 < np.where(self._is_line, x - minimum, x - 0.1)
        inside &= self._x1 > np.where(self._is_line, x + 2 * self._em, x - minimum)
        bars = np.ones((len(edges), len(self)), dtype=np.bool_)
        bars[:, :-1] = inside
        ends = np.full((len(edges), len(self) + 1), self._top)
        ends[:, 1:] = np.where(bars, self._stops, self._top)
        np.maximum.accumulate(ends, axis=1, out=ends)
        at, bar = np.nonzero(bars & (self._starts - ends[:, :-1] > 1.2 * self._em))
        return at, ends[at, bar], self._starts[bar]


def _ends_with_word_spaces(words: list[PlacedWord]) -> list[float]:
    """Where each word ends, the word space behind it included: no gutter runs between two words of one phrase."""
    ends = [word.box[2] for word in words]
    order = sorted([(round(word.baseline, 1), word.box[0], number) for number, word in enumerate(words)])
    for (_, _, here), (_, x0, after) in itertools.pairwise(order):
        word, following = words[here], words[after]
        if (
            0 < x0 - ends[here] < WORD_SPACE_EMS * word.size
            and word.size == following.size
            and abs(word.baseline - following.baseline) <= 0.1 * word.size
        ):
            ends[here] = x0
    return ends


def _pick(words: list[PlacedWord], chosen: NDArray[np.intp]) -> list[PlacedWord]:
    return [words[number] for number in sorted(chosen.tolist())]
