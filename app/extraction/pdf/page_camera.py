"""Draws a PDF page with and without its words and reports what differs in a word's box; used by `hidden_text`."""

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from app.extraction.document import Box
from app.extraction.layout.placed_word import union
from app.extraction.pdf.glyphs import PageSpace
from app.extraction.pdf.page_characters import Flags, Floats
from app.extraction.pdf.page_objects import switched_off
from app.extraction.pdf.page_picture import PAPER, Picture, clip, draw
from app.extraction.pdf.pdf_words import PageText

VISIBLE_GREY_LEVELS = 40  # of 255; measured: 40 of 40 hidden words found, no false alarm on 1,190 visible ones
CLOSE_SCALE = 4.0  # pixels per point, for a second look at suspects
CLOSE_AREA = 60_000.0  # of the part of the page on which they are drawn together, in square points: a million pixels
MAX_PIXELS = 12_000_000  # of one picture; posters are drawn at a smaller scale
REACH_POINTS = 7 / 6  # how far around a word is checked: neighbors are farther away
SHAPE_PIXELS = 2  # what a shape may paint outside its bounds: smooth edges, hairlines drawn a pixel wide
LETTER_INK_SHARE = (0.06, 0.45)  # print covers about a fifth of its box; photographs cover most of it
# Pixels of a word that are checked first, as shares of its height and width; ink covers a fifth of them.
SAMPLE_ROWS, SAMPLE_COLUMNS = np.linspace(0.35, 0.7, 3), np.linspace(0.1, 0.9, 10)


def reach(scale: float) -> float:
    """Return the distance in points beyond which a shape changes no checked pixel of a word's box."""
    return max(REACH_POINTS, 1 / scale) + SHAPE_PIXELS / scale


class Camera:
    """Checks the words of a page, with some of its pictures left out, or of only a part of the page."""

    def __init__(
        self,
        page: pdfium.PdfPage,
        text: PageText,
        space: PageSpace,
        scale: float,
        *,
        left_out: Sequence[int] = (),
        part: Box | None = None,
    ) -> None:
        """`left_out` has addresses of pictures; words outside `part` must not be checked."""
        self._page, self._text, self._space = page, text, space
        self.scale = scale
        self._left_out = left_out
        self._part = None if part is None else self._inside(part, REACH_POINTS + 2 / scale)
        left, top = (0.0, 0.0) if self._part is None else self._part[:2]
        self._corner = np.array([math.ceil(left * scale), math.ceil(top * scale)] * 2)

    @cached_property
    def _full(self) -> Picture:
        return self._draw(())

    @cached_property
    def _bare(self) -> Picture:
        """The page without words."""
        return self._draw(self._words)

    @cached_property
    def _words(self) -> list[int]:
        return [address for address, _ in self._text.objects]

    def _draw(self, without: Sequence[int]) -> Picture:
        with switched_off([*self._left_out, *without]):
            return draw(self._page, self.scale, self._part)

    def shows(self, boxes: Floats, *, on_paper: bool = False) -> Flags:
        """Return whether the words change the picture in these boxes; with `on_paper`, it is white without them."""
        return _differs(self._full, None if on_paper else self._bare, self._windows(boxes))

    def shows_style(self, boxes: Floats, style: int) -> Flags:
        """Return the same for the words of only one style."""
        without = self._draw([address for address, number in self._text.objects if number == style])
        return _differs(self._full, without, self._windows(boxes))

    def contrast(self, box: Box, *, bare: bool = False) -> int:
        """Return the gray levels between the lightest and darkest pixel of the box, as it is or without words."""
        window = self._window(box, bare=bare)
        return int(window.max()) - int(window.min()) if window.size else 0

    def shows_letters(self, box: Box) -> bool:
        """Return whether the page without words has print-like strokes across the box, on an even background."""
        window = self._window(box, bare=True)
        if window.size == 0:
            return False
        ink = np.abs(window.astype(np.int16) - np.median(window)) >= VISIBLE_GREY_LEVELS
        low, high = LETTER_INK_SHARE
        return bool(low <= ink.mean() <= high and ink.any(axis=0).mean() >= 0.6 and ink.any(axis=1).mean() >= 0.3)

    def ground(self, box: Box) -> float:
        """Return the usual gray of the box without words."""
        window = self._window(box, bare=True)
        return float(np.median(window)) if window.size else float(PAPER)

    def shows_close_up(self, boxes: Sequence[Box]) -> list[bool]:
        """Return whether the words change the picture in these boxes when it is drawn larger."""
        shows = [False] * len(boxes)
        parts = [self._inside(box, 1.0) for box in boxes]
        clips = [clip(self._page, CLOSE_SCALE, part) for part in parts]
        seen = [at for at, (left, top, right, bottom) in enumerate(clips) if right > left and bottom > top]
        together = [seen] if seen and _area(union(parts[at] for at in seen)) <= CLOSE_AREA else [[at] for at in seen]
        for some in together:
            part = union(parts[at] for at in some)
            with switched_off(self._left_out):
                full = draw(self._page, CLOSE_SCALE, part)
                with switched_off(self._words):
                    bare = draw(self._page, CLOSE_SCALE, part)
            x, y, _, _ = clip(self._page, CLOSE_SCALE, part)
            for at in some:
                left, top, right, bottom = clips[at]
                window = slice(top - y, bottom - y), slice(left - x, right - x)
                shows[at] = _contrast(full[window], bare[window]) >= VISIBLE_GREY_LEVELS
        return shows

    def _inside(self, box: Box, margin: float) -> Box:
        """Return the box with a margin, as far as it is on the page."""
        x0, y0, x1, y1 = box
        return (
            max(0.0, x0 - margin),
            max(0.0, y0 - margin),
            min(self._space.width, x1 + margin),
            min(self._space.height, y1 + margin),
        )

    def _window(self, box: Box, *, bare: bool) -> Picture:
        ((left, top, right, bottom),) = self._windows(np.array([box])).tolist()
        return (self._bare if bare else self._full)[top:bottom, left:right]

    def _windows(self, boxes: Floats) -> NDArray[np.int64]:
        """Return left, top, right and bottom pixel of each box with a small margin; the last ones are exclusive."""
        padding = max(0.0, REACH_POINTS * self.scale - 1)  # each edge reaches at most one pixel farther
        edges = np.clip(boxes * self.scale + padding * np.array([-1, -1, 1, 1]), -1.0, MAX_PIXELS)
        windows = np.trunc(edges).astype(np.int64) + np.array([0, 0, 1, 1])
        return np.maximum(windows - self._corner, 0)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _differs(full: Picture, ground: Picture | None, windows: NDArray[np.int64]) -> Flags:
    """Return whether the picture differs enough from the ground (paper, if None) somewhere in each window."""
    differs = _samples_differ(full, ground, windows)
    left, top, right, bottom = windows.T
    for at in np.flatnonzero(~differs & (right > left) & (bottom > top)).tolist():
        left, top, right, bottom = windows[at].tolist()
        window = slice(top, bottom), slice(left, right)
        differs[at] = _contrast(full[window], None if ground is None else ground[window]) >= VISIBLE_GREY_LEVELS
    return differs


def _samples_differ(full: Picture, ground: Picture | None, windows: NDArray[np.int64]) -> Flags:
    """Return the same for some pixels of each window in one step; nearly every visible word shows in one of them."""
    height, width = full.shape
    left, top, right, bottom = (windows[:, edge, None] for edge in range(4))
    rows = top + (bottom - top) * SAMPLE_ROWS
    columns = left + (right - left) * SAMPLE_COLUMNS
    inside = (right <= width) & (bottom <= height) & (right > left) & (bottom > top)
    places = (
        np.where(inside, rows, 0).astype(np.int64)[:, :, None],
        np.where(inside, columns, 0).astype(np.int64)[:, None],
    )
    sampled = full[places].astype(np.int16)
    contrast = np.abs(sampled - (PAPER if ground is None else ground[places]))
    return (contrast.max(axis=(1, 2)) >= VISIBLE_GREY_LEVELS) & inside[:, 0]


def _contrast(full: Picture, ground: Picture | None) -> int:
    return int(np.abs(full.astype(np.int16) - (PAPER if ground is None else ground)).max(initial=0))
