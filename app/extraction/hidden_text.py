"""Tells which words of a PDF page a reader cannot see, by comparing pictures of the page; called by `pdf`.

The page is drawn twice, with its text and without. A word is visible when its letters change the picture enough
inside the word's box. That judges colour, transparency, covering shapes, clipping and images behind at once, and a
white heading on a dark badge is as visible as a black one on paper.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from app.extraction.document import Box, HiddenReason
from app.extraction.glyphs import PageText, TextStyle
from app.extraction.placed_word import PlacedWord

VISIBLE_GREY_LEVELS = 40  # of 255; measured: 40 of 40 hidden words found, no false alarm on 1,190 visible ones
MIN_SIZE_POINTS = 3.0  # smaller print is not legible on paper; footnotes go down to about 6
SCALE = 1.5  # pixels per point: most print reaches the threshold; what does not is a suspect only
CLOSE_SCALE = 4.0  # suspects are looked at once more as closely as this
MAX_PIXELS = 12_000_000  # of one picture; posters are drawn smaller
PADDING_POINTS = 0.5
OUTSIDE_SHARE = 0.5  # a word with more than this part of its width or height off the page is off the page
SCAN_SHARE = 0.5  # an image over this part of the page makes invisible text on it the scan's own text layer
LETTER_INK_SHARE = (0.06, 0.45)  # print covers about a fifth of its box; photographs cover most of it
MAX_OVERLAP_GROUPS = 4  # colours whose words are looked at alone because they lie on other words

Picture = NDArray[np.uint8]


def find_hidden(
    page: pdfium.PdfPage, text: PageText, width: float, height: float
) -> tuple[dict[int, HiddenReason], bool]:
    """Sequence number and reason of each hidden word; the flag tells that the page is a scan with a text layer.

    Such a layer is invisible by design, and the reader sees the same words in the picture: it counts as visible
    where the picture shows anything.
    """
    if not text.words:
        return {}, False
    camera = _Camera(page, text, width, height)
    scale = min(SCALE, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    full = camera.picture(scale)
    bare = camera.picture(scale, without=lambda _: True)
    difference = np.abs(full.astype(np.int16) - bare)
    is_scan = image_share(page, width * height) >= SCAN_SHARE
    has_layer = False
    hidden: dict[int, HiddenReason] = {}
    suspects: list[PlacedWord] = []
    for word in text.words:
        style = text.styles[word.style]
        if _is_outside(word.box, width, height):
            hidden[word.sequence] = "off_page"
        elif word.size < MIN_SIZE_POINTS and word.y1 - word.y0 < 1.6 * MIN_SIZE_POINTS:
            hidden[word.sequence] = "tiny"
        elif _contrast(difference, word.box, scale) >= VISIBLE_GREY_LEVELS:
            continue
        elif is_scan and _is_invisible(style) and _range(bare, word.box, scale) >= VISIBLE_GREY_LEVELS:
            has_layer = True
        elif _is_invisible(style) and _shows_letters(bare, word.box, scale):
            continue  # drawn as shapes with invisible letters over them, as browsers print fonts they cannot embed
        elif _paints_by_clipping(style) and _range(full, word.box, scale) >= VISIBLE_GREY_LEVELS:
            continue  # letters that cut a picture or gradient: switching them off changes nothing by itself
        else:
            suspects.append(word)
    for word in suspects:
        if not camera.visible_close_up(word):
            hidden[word.sequence] = _reason(text.styles[word.style], bare, word.box, scale)
    hidden |= _buried(camera, text, full, scale, hidden)
    return hidden, has_layer


class _Camera:
    """Draws the page in grey, with all or some of its text."""

    def __init__(self, page: pdfium.PdfPage, text: PageText, width: float, height: float) -> None:
        self._page, self._text = page, text
        self._width, self._height = width, height

    def picture(
        self, scale: float, *, without: Callable[[int], bool] | None = None, crop: Box | None = None
    ) -> Picture:
        """`without` says, by style, which text objects stay away; `crop` is a box in displayed points."""
        edges = (0.0, 0.0, 0.0, 0.0)
        if crop is not None:
            edges = (crop[0], self._height - crop[3], self._width - crop[2], crop[1])
        with self._switched_off(without):
            bitmap = self._page.render(
                scale=scale,  # pyright: ignore[reportArgumentType] - its type is guessed from the default
                grayscale=True,
                may_draw_forms=False,
                crop=edges,
            )
            try:
                drawn = bitmap.to_numpy()
                return drawn.reshape(drawn.shape[0], -1).copy()
            finally:
                bitmap.close()

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
        full = self.picture(CLOSE_SCALE, crop=crop)
        bare = self.picture(CLOSE_SCALE, without=lambda _: True, crop=crop)
        return int(np.abs(full.astype(np.int16) - bare).max(initial=0)) >= VISIBLE_GREY_LEVELS

    @contextmanager
    def _switched_off(self, without: Callable[[int], bool] | None) -> Generator[None]:
        objects = [obj for obj, style in self._text.objects if without is not None and without(style)]
        for text_object in objects:
            pdfium_c.FPDFPageObj_SetIsActive(text_object, False)
        try:
            yield
        finally:
            for text_object in objects:
                pdfium_c.FPDFPageObj_SetIsActive(text_object, True)


def _buried(
    camera: _Camera, text: PageText, full: Picture, scale: float, hidden: dict[int, HiddenReason]
) -> dict[int, HiddenReason]:
    """Words that lie on other words of another colour: what one of them changes is credited to it alone."""
    groups: dict[int, list[PlacedWord]] = {}
    seen = [word for word in text.words if word.sequence not in hidden]
    for word, other in _overlapping(seen):
        if text.styles[word.style].colour != text.styles[other.style].colour:
            groups.setdefault(word.style, []).append(word)
            groups.setdefault(other.style, []).append(other)
    found: dict[int, HiddenReason] = {}
    for style, words in sorted(groups.items(), key=lambda item: len(item[1]))[:MAX_OVERLAP_GROUPS]:
        others = camera.picture(scale, without=lambda candidate, style=style: candidate == style)
        difference = np.abs(full.astype(np.int16) - others)
        for word in words:
            if _contrast(difference, word.box, scale) < VISIBLE_GREY_LEVELS:
                found[word.sequence] = "low_contrast"
    return found


def _overlapping(words: Sequence[PlacedWord]) -> Iterator[tuple[PlacedWord, PlacedWord]]:
    """Pairs of which one covers more than half of the other's height and a fifth of its width."""
    ordered = sorted(words, key=lambda word: word.y0)
    for number, word in enumerate(ordered):
        for other in ordered[number + 1 :]:
            if other.y0 >= word.y1:
                break
            across = min(word.x1, other.x1) - max(word.x0, other.x0)
            down = min(word.y1, other.y1) - max(word.y0, other.y0)
            if across > 0.2 * min(word.x1 - word.x0, other.x1 - other.x0) and down > 0.5 * min(
                word.y1 - word.y0, other.y1 - other.y0
            ):
                yield word, other


def _window(picture: NDArray[np.int16] | Picture, box: Box, scale: float) -> NDArray[np.int16] | Picture:
    x0, y0, x1, y1 = (edge * scale for edge in box)
    padding = PADDING_POINTS * scale
    return picture[
        max(0, int(y0 - padding)) : max(0, int(y1 + padding) + 1),
        max(0, int(x0 - padding)) : max(0, int(x1 + padding) + 1),
    ]


def _contrast(difference: NDArray[np.int16], box: Box, scale: float) -> int:
    return int(_window(difference, box, scale).max(initial=0))


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


def _is_invisible(style: TextStyle) -> bool:
    return style.mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE or style.colour[3] == 0


def _paints_by_clipping(style: TextStyle) -> bool:
    return style.mode >= pdfium_c.FPDF_TEXTRENDERMODE_FILL_CLIP


def _reason(style: TextStyle, bare: Picture, box: Box, scale: float) -> HiddenReason:
    """Why it cannot be seen: not painted at all, painted like its ground, or painted and then lost."""
    if _is_invisible(style):
        return "transparent"
    window = _window(bare, box, scale)
    red, green, blue, alpha = style.colour
    ink = 0.299 * red + 0.587 * green + 0.114 * blue
    ground = float(np.median(window)) if window.size else 255.0
    if abs(ink - ground) * alpha / 255 < VISIBLE_GREY_LEVELS:
        return "low_contrast"
    return "covered"


def image_share(page: pdfium.PdfPage, area: float) -> float:
    """The part of the page that its largest image takes."""
    largest = 0.0
    for image in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        largest = max(largest, (right - left) * (top - bottom))
    return largest / max(area, 1.0)
