"""Tells which words of a PDF page a reader cannot see, by comparing pictures of the page; called by `pdf`.

A word is visible when its letters change the picture enough inside the word's box: against the page drawn without its
text, or against white paper where nothing but text can paint. That judges colour, transparency, covering shapes,
clipping and images behind at once, and a white heading on a dark badge is as visible as a black one on paper.
"""

import ctypes
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from app.extraction.document import Box, HiddenReason
from app.extraction.glyphs import Colour, PageSpace, TextStyle
from app.extraction.page_characters import Flags, Floats
from app.extraction.page_objects import PICTURE, TEXT, PageObjects
from app.extraction.page_picture import PAPER, Picture, draw
from app.extraction.pdf_words import PageText
from app.extraction.placed_word import PlacedWord

VISIBLE_GREY_LEVELS = 40  # of 255; measured: 40 of 40 hidden words found, no false alarm on 1,190 visible ones
MIN_SIZE_POINTS = 3.0  # smaller print is not legible on paper; footnotes go down to about 6
QUICK_SCALE = 1.0  # pixels per point: fewer blur what is drawn and make nothing visible; nearly all print shows
SCALE = 1.5  # what does not is drawn again like this
CLOSE_SCALE = 4.0  # and suspects once more as closely as this
MAX_PIXELS = 12_000_000  # of one picture; posters are drawn smaller
REACH_POINTS = 7 / 6  # how far around a word is looked: neighbours are farther away
OUTSIDE_SHARE = 0.5  # a word with more than this part of its width or height off the page is off the page
SCAN_SHARE = 0.5  # an image over this part of the page makes invisible text on it the scan's own text layer
LETTER_INK_SHARE = (0.06, 0.45)  # print covers about a fifth of its box; photographs cover most of it
MAX_OVERLAP_GROUPS = 4  # colours whose words are looked at alone because they lie on other words
SHAPE_PIXELS = 2  # what a shape may paint outside of its bounds: smooth edges, hairlines drawn a pixel wide
MAX_SHAPES = 300  # with more of them, drawing is quicker than asking where each one is
# Pixels of a word that are looked at first, as parts of its height and width; ink covers a fifth of them.
SAMPLE_ROWS, SAMPLE_COLUMNS = np.linspace(0.35, 0.7, 3), np.linspace(0.1, 0.9, 10)
PAIRED_WORDS = 64  # compared with all others at once


def find_hidden(
    page: pdfium.PdfPage, space: PageSpace, objects: PageObjects, text: PageText
) -> tuple[dict[int, HiddenReason], bool]:
    """Sequence number and reason of each hidden word; the flag tells that the page is a scan with a text layer.

    Such a layer is invisible by design, and the reader sees the same words in the picture: it counts as visible
    where the picture shows anything.
    """
    if not text.words:
        return {}, False
    width, height = space.width, space.height
    boxes = np.array([word.box for word in text.words])
    most = (MAX_PIXELS / max(width * height, 1.0)) ** 0.5
    quick, camera = (_Camera(page, text, width, height, min(scale, most)) for scale in (QUICK_SCALE, SCALE))
    scale = camera.scale
    shows = quick.shows(_on_paper(boxes, space, objects, text, quick.reach), on_paper=True)
    is_scan = has_layer = False
    for each in (quick, camera):
        if len(rest := np.flatnonzero(~shows)):
            shows[rest] = each.shows(boxes[rest])
    if not shows.all():
        is_scan = image_share(objects, width * height) >= SCAN_SHARE
    hidden: dict[int, HiddenReason] = {}
    suspects: list[PlacedWord] = []
    for word, visible in zip(text.words, shows.tolist(), strict=True):
        style = text.styles[word.style]
        if _is_outside(word.box, width, height):
            hidden[word.sequence] = "off_page"
        elif word.size < MIN_SIZE_POINTS and word.y1 - word.y0 < 1.6 * MIN_SIZE_POINTS:
            hidden[word.sequence] = "tiny"
        elif visible:
            continue
        elif is_scan and is_invisible(style) and _range(camera.bare, word.box, scale) >= VISIBLE_GREY_LEVELS:
            has_layer = True
        elif is_invisible(style) and _shows_letters(camera.bare, word.box, scale):
            continue  # drawn as shapes with invisible letters over them, as browsers print fonts they cannot embed
        elif _paints_by_clipping(style) and _range(camera.full, word.box, scale) >= VISIBLE_GREY_LEVELS:
            continue  # letters that cut a picture or gradient: switching them off changes nothing by itself
        else:
            suspects.append(word)
    for word in suspects:
        if not camera.visible_close_up(word):
            hidden[word.sequence] = _reason(text.styles[word.style], camera.bare, word.box, scale)
    hidden |= _buried(camera, text, hidden)
    return hidden, has_layer


def _on_paper(boxes: Floats, space: PageSpace, objects: PageObjects, text: PageText, reach: float) -> Floats:
    """What of each word's box lies where only words can paint: switched off, they would leave white paper there.

    `reach` is how far around it shapes matter, in points. In doubt it is an empty box. pdfium itself leaves out what
    lies outside of an object's bounds, except text: a font may lie about the extent of its letters, so text that holds
    no word makes the whole page doubtful.
    """
    nothing = np.array([0.0, 0.0, -9.0, -9.0])
    words = {address for address, _ in text.objects}
    others = [(address, kind) for address, kind in objects.kinds.items() if address not in words]
    bounds = [objects.bounds(address) for address, _ in others[:MAX_SHAPES]]
    if (
        len(others) > MAX_SHAPES
        or None in bounds
        or any(kind == TEXT for _, kind in others)
        or objects.annotations_paint()
    ):
        return np.tile(nothing, (len(boxes), 1))
    free = boxes.copy()
    x0, y0, x1, y1 = free.T
    for left, top, right, bottom in np.array(space.boxes(*np.array(bounds or np.empty((0, 4))).T)).T.tolist():
        # A line over or under words leaves most of their height: the larger part counts.
        above, below = top - reach, bottom + reach
        touched = (x1 > left - reach) & (y1 > above) & (x0 < right + reach) & (y0 < below)
        if touched.any():
            over = above - y0 > y1 - below
            y1[touched & over] = above
            y0[touched & ~over] = below
    free[y1 <= y0] = nothing
    return free


class _Camera:
    """Draws the page in grey, with all or some of its text."""

    def __init__(self, page: pdfium.PdfPage, text: PageText, width: float, height: float, scale: float) -> None:
        self._page, self._text = page, text
        self._width, self._height = width, height
        self.scale = scale

    @property
    def reach(self) -> float:
        """Shapes farther than this from a word's box change no pixel that is looked at, in points."""
        return max(REACH_POINTS, 1 / self.scale) + SHAPE_PIXELS / self.scale

    @cached_property
    def full(self) -> Picture:
        return draw(self._page, self.scale)

    @cached_property
    def bare(self) -> Picture:
        """The page without its words."""
        return self.without(lambda _: True)

    def without(self, style: Callable[[int], bool], scale: float | None = None, crop: Box | None = None) -> Picture:
        """`style` says of the number of a style whether its text objects stay away."""
        with self._switched_off(style):
            return draw(self._page, scale or self.scale, crop)

    def shows(self, boxes: Floats, *, on_paper: bool = False) -> Flags:
        """Whether the words change the picture in these boxes; `on_paper` says that it would be white without them."""
        return _differs(self.full, None if on_paper else self.bare, _windows(boxes, self.scale))

    def visible_close_up(self, word: PlacedWord) -> bool:
        x0, y0, x1, y1 = word.box
        crop = (
            max(0.0, x0 - 1),
            max(0.0, y0 - 1),
            min(self._width, x1 + 1),
            min(self._height, y1 + 1),
        )
        if (crop[2] - crop[0]) * CLOSE_SCALE < 1 or (crop[3] - crop[1]) * CLOSE_SCALE < 1:
            return False
        full = draw(self._page, CLOSE_SCALE, crop)
        bare = self.without(lambda _: True, CLOSE_SCALE, crop)
        return _contrast(full, bare) >= VISIBLE_GREY_LEVELS

    @contextmanager
    def _switched_off(self, without: Callable[[int], bool]) -> Generator[None]:
        objects = [
            ctypes.cast(address, pdfium_c.FPDF_PAGEOBJECT) for address, style in self._text.objects if without(style)
        ]
        for text_object in objects:
            pdfium_c.FPDFPageObj_SetIsActive(text_object, False)
        try:
            yield
        finally:
            for text_object in objects:
                pdfium_c.FPDFPageObj_SetIsActive(text_object, True)


def _buried(camera: _Camera, text: PageText, hidden: dict[int, HiddenReason]) -> dict[int, HiddenReason]:
    """Words that lie on other words of another colour: what one of them changes is credited to it alone."""
    groups: dict[int, list[PlacedWord]] = {}
    for word, other in _overlapping([word for word in text.words if word.sequence not in hidden], text.styles):
        groups.setdefault(word.style, []).append(word)
        groups.setdefault(other.style, []).append(other)
    found: dict[int, HiddenReason] = {}
    for style, words in sorted(groups.items(), key=lambda item: len(item[1]))[:MAX_OVERLAP_GROUPS]:
        others = camera.without(lambda candidate, style=style: candidate == style)
        shows = _differs(camera.full, others, _windows(np.array([word.box for word in words]), camera.scale))
        found |= {word.sequence: "low_contrast" for word, visible in zip(words, shows, strict=True) if not visible}
    return found


def _overlapping(words: Sequence[PlacedWord], styles: Sequence[TextStyle]) -> Iterator[tuple[PlacedWord, PlacedWord]]:
    """Pairs of unlike colour of which one covers more than half of the other's height and a fifth of its width."""
    numbers: dict[Colour, int] = {}
    colour_of_style = [numbers.setdefault(style.colour, len(numbers)) for style in styles]
    colours = np.array([colour_of_style[word.style] for word in words], dtype=np.int64)
    counts = np.bincount(colours)
    if np.count_nonzero(counts) < 2:
        return
    x0, y0, x1, y1 = np.array([word.box for word in words]).T
    width, height = x1 - x0, y1 - y0
    usual = colours == counts.argmax()
    rare = np.flatnonzero(~usual)  # one of each pair is among these
    for start in range(0, len(rare), PAIRED_WORDS):
        some = rare[start : start + PAIRED_WORDS]
        here = some[:, None]
        across = np.minimum(x1[here], x1) - np.maximum(x0[here], x0)
        down = np.minimum(y1[here], y1) - np.maximum(y0[here], y0)
        pairs = (across > 0.2 * np.minimum(width[here], width)) & (down > 0.5 * np.minimum(height[here], height))
        pairs &= (colours[here] != colours) & (usual | (np.arange(len(words)) > here))
        for one, other in np.argwhere(pairs).tolist():
            yield words[some[one]], words[other]


def _windows(boxes: Floats, scale: float) -> NDArray[np.int64]:
    """Left, top, right and bottom pixel of each box, a little room around it included; the last ones stay out."""
    padding = max(0.0, REACH_POINTS * scale - 1)  # each edge reaches a pixel farther, at most
    edges = np.clip(boxes * scale + padding * np.array([-1, -1, 1, 1]), -1.0, MAX_PIXELS)
    windows = np.trunc(edges).astype(np.int64) + np.array([0, 0, 1, 1])
    return np.maximum(windows, 0)


def _differs(full: Picture, ground: Picture | None, windows: NDArray[np.int64]) -> Flags:
    """Whether the picture differs enough from the ground (paper, without one) somewhere in each window."""
    differs = _samples_differ(full, ground, windows)
    left, top, right, bottom = windows.T
    for at in np.flatnonzero(~differs & (right > left) & (bottom > top)).tolist():
        left, top, right, bottom = windows[at].tolist()
        window = slice(top, bottom), slice(left, right)
        differs[at] = _contrast(full[window], None if ground is None else ground[window]) >= VISIBLE_GREY_LEVELS
    return differs


def _samples_differ(full: Picture, ground: Picture | None, windows: NDArray[np.int64]) -> Flags:
    """The same for some pixels of each window, all in one step: nearly every visible word shows in one of them."""
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


def _window(picture: Picture, box: Box, scale: float) -> Picture:
    ((left, top, right, bottom),) = _windows(np.array([box]), scale).tolist()
    return picture[top:bottom, left:right]


def _range(picture: Picture, box: Box, scale: float) -> int:
    window = _window(picture, box, scale)
    return int(window.max()) - int(window.min()) if window.size else 0


def _shows_letters(picture: Picture, box: Box, scale: float) -> bool:
    """True when the picture has strokes in the box as print has: across its width, on an even ground."""
    window = _window(picture, box, scale)
    if window.size == 0:
        return False
    ink = np.abs(window.astype(np.int16) - np.median(window)) >= VISIBLE_GREY_LEVELS
    low, high = LETTER_INK_SHARE
    return bool(low <= ink.mean() <= high and ink.any(axis=0).mean() >= 0.6 and ink.any(axis=1).mean() >= 0.3)


def _is_outside(box: Box, width: float, height: float) -> bool:
    across = min(box[2], width) - max(box[0], 0.0)
    down = min(box[3], height) - max(box[1], 0.0)
    return across < OUTSIDE_SHARE * (box[2] - box[0]) or down < OUTSIDE_SHARE * (box[3] - box[1])


def is_invisible(style: TextStyle) -> bool:
    return style.mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE or style.colour[3] == 0


def _paints_by_clipping(style: TextStyle) -> bool:
    return style.mode >= pdfium_c.FPDF_TEXTRENDERMODE_FILL_CLIP


def _reason(style: TextStyle, bare: Picture, box: Box, scale: float) -> HiddenReason:
    """Why it cannot be seen: not painted at all, painted like its ground, or painted and then lost."""
    if is_invisible(style):
        return "transparent"
    window = _window(bare, box, scale)
    red, green, blue, alpha = style.colour
    ink = 0.299 * red + 0.587 * green + 0.114 * blue
    ground = float(np.median(window)) if window.size else 255.0
    if abs(ink - ground) * alpha / 255 < VISIBLE_GREY_LEVELS:
        return "low_contrast"
    return "covered"


def image_share(objects: PageObjects, area: float) -> float:
    """The part of the page that its largest image takes."""
    images = objects.all_bounds(PICTURE, depth=3)
    largest = max(((right - left) * (top - bottom) for left, bottom, right, top in images), default=0.0)
    return max(largest, 0.0) / max(area, 1.0)
