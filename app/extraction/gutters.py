"""Finds gutters: vertical strips of a page region that no word crosses over some height; called by `reading_order`."""

import itertools
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
    middle = (high + low) / 2
    em = float(np.median([word.size for word in words]))
    minimum = MIN_GUTTER_EMS * em
    found: list[Gutter] = []
    seen: set[bytes] = set()
    for edge in np.unique(np.round(x0[x0 > x0.min() + minimum])):
        x = float(x0[np.round(x0) == edge].min())
        strip = x - minimum
        crossing = (x0 < x - 0.1) & (x1 > strip)
        barriers = list(zip(high[crossing].tolist(), low[crossing].tolist(), strict=True))
        barriers += [(y0, y1) for left, y0, right, y1 in rules if left < strip and right > x + 2 * em]
        for top, bottom in _free_ranges(barriers, float(high.min()) - 1, float(low.max()) + 1, em):
            inside = (middle >= top) & (middle < bottom)
            left, right = inside & (x0 < x - 0.1), inside & (x0 >= x - 0.1)
            if not left.any() or not right.any() or (key := left.tobytes() + right.tobytes()) in seen:
                continue
            seen.add(key)
            band = (max(high[left].min(), high[right].min()), min(low[left].max(), low[right].max()))
            shared = (middle >= band[0]) & (middle <= band[1])
            rows = [len(set(np.round(low[side & shared] / (0.5 * em)))) for side in (left, right)]
            if band[1] <= band[0] or max(rows) < 2:
                continue
            width = x - float(x1[left].max())
            weight = (band[1] - band[0]) * min(width, WIDE_GUTTER_POINTS) ** 0.25
            found.append(Gutter(x, top, bottom, _pick(words, left), _pick(words, right), band, weight))
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


def _pick(words: list[PlacedWord], chosen: NDArray[np.bool_]) -> list[PlacedWord]:
    return [words[number] for number in np.flatnonzero(chosen)]


def _free_ranges(barriers: list[tuple[float, ...]], top: float, end: float, em: float) -> list[tuple[float, float]]:
    """The stretches of the vertical axis between barriers that have room for two rows."""
    ranges: list[tuple[float, float]] = []
    for start, stop in (*sorted(barriers), (end, end)):
        if start - top > 1.2 * em:
            ranges.append((top, start))
        top = max(top, stop)
    return ranges
