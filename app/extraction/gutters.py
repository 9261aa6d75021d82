"""Finds gutters: vertical strips of a page region that no word crosses over some height; called by `reading_order`."""

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.extraction.document import Box
from app.extraction.placed_word import PlacedWord

MIN_GUTTER_EMS = 0.75  # narrower strips are word spaces; over several rows no word space stays this wide
WIDE_GUTTER_POINTS = 30.0  # beyond this, more width says nothing more
WORD_SPACE_EMS = 0.5  # of the print's own size: a name in large print has word spaces as wide as a small gutter
MAX_GUTTERS = 30  # candidates judged in one region; the tallest come first


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
    x0 = np.array([word.x0 for word in words])
    x1 = np.array(_ends_with_word_spaces(words))
    # What a word bars is its letters, not the loose box around them: lines may be set tightly.
    high = np.array([word.baseline - 0.6 * word.size for word in words])
    low = np.array([word.baseline for word in words])
    # By height, so that the words between two heights are a slice, and counting them needs no look at each.
    order = np.argsort((high + low) / 2, kind="stable")
    x0, x1, high, low = x0[order], x1[order], high[order], low[order]
    heights: list[float] = ((high + low) / 2).tolist()
    em = float(np.median([word.size for word in words]))
    minimum = MIN_GUTTER_EMS * em
    found: list[Gutter] = []
    seen: set[tuple[int, int, bytes]] = set()
    for edge in np.unique(np.round(x0[x0 > x0.min() + minimum])):
        x = float(x0[np.round(x0) == edge].min())
        strip = x - minimum
        crossing = (x0 < x - 0.1) & (x1 > strip)
        is_left = x0 < x - 0.1
        left_before: list[int] = [0, *np.cumsum(is_left).tolist()]
        barriers = list(zip(high[crossing].tolist(), low[crossing].tolist(), strict=True))
        barriers += [(y0, y1) for left, y0, right, y1 in rules if left < strip and right > x + 2 * em]
        for top, bottom in _free_ranges(barriers, float(high.min()) - 1, float(low.max()) + 1, em):
            first, stop = bisect_left(heights, top), bisect_left(heights, bottom)
            if not 0 < left_before[stop] - left_before[first] < stop - first:
                continue  # one side is empty
            left = is_left[first:stop]
            if (key := (first, stop, left.tobytes())) in seen:
                continue
            seen.add(key)
            inside = [order[first:stop][left], order[first:stop][~left]]
            tops, ends = (
                [high[first:stop][left], high[first:stop][~left]],
                [low[first:stop][left], low[first:stop][~left]],
            )
            band = (max(tops[0].min(), tops[1].min()), min(ends[0].max(), ends[1].max()))
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
            found.append(Gutter(x, top, bottom, _pick(words, inside[0]), _pick(words, inside[1]), band, weight))
    found.sort(key=lambda gutter: -gutter.weight)
    return found[:MAX_GUTTERS]


def _ends_with_word_spaces(words: list[PlacedWord]) -> list[float]:
    """Where each word ends, the word space behind it included: no gutter runs between two words of one phrase."""
    ends = [word.x1 for word in words]
    order = sorted(range(len(words)), key=lambda number: (round(words[number].baseline, 1), words[number].x0))
    for here, after in itertools.pairwise(order):
        word, following = words[here], words[after]
        same_print = abs(word.baseline - following.baseline) <= 0.1 * word.size and word.size == following.size
        if same_print and 0 < following.x0 - word.x1 < WORD_SPACE_EMS * word.size:
            ends[here] = following.x0
    return ends


def _pick(words: list[PlacedWord], chosen: NDArray[np.intp]) -> list[PlacedWord]:
    return [words[number] for number in sorted(chosen.tolist())]


def _free_ranges(barriers: list[tuple[float, ...]], top: float, end: float, em: float) -> list[tuple[float, float]]:
    """The stretches of the vertical axis between barriers that have room for two rows."""
    ranges: list[tuple[float, float]] = []
    for start, stop in (*sorted(barriers), (end, end)):
        if start - top > 1.2 * em:
            ranges.append((top, start))
        top = max(top, stop)
    return ranges
