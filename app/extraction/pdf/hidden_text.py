"""Detects words of a PDF page that a reader cannot see, by comparing pictures of the page; called by `pdf_reader`.

A word is visible if its letters change the picture enough inside the word's box: compared with the page drawn without
its text, or with white paper where only text can paint. This covers color, transparency, covering shapes, clipping and
images behind the text at once, and a white heading on a dark badge is as visible as a black one on paper.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from app.extraction.document import Box, HiddenReason
from app.extraction.layout.placed_word import PlacedWord, union
from app.extraction.pdf.glyphs import Colour, PageSpace, TextStyle
from app.extraction.pdf.page_camera import MAX_PIXELS, VISIBLE_GREY_LEVELS, Camera, reach
from app.extraction.pdf.page_characters import Flags, Floats
from app.extraction.pdf.page_objects import PICTURE, TEXT, PageObjects
from app.extraction.pdf.pdf_words import PageText

MIN_SIZE_POINTS = 3.0  # smaller print is not legible on paper; footnotes go down to about 6
QUICK_SCALE = 1.0  # pixels per point: fewer only blur the drawing and make nothing visible; nearly all print shows
SCALE = 1.5  # anything that does not show is drawn again at this scale
OUTSIDE_SHARE = 0.5  # a word with more than this share of its width or height off the page is off the page
SCAN_SHARE = 0.5  # an image over this share of the page makes invisible text on it the scan's text layer
MAX_OVERLAP_GROUPS = 4  # colors whose words are checked separately because they overlap other words
MAX_SHAPES = 300  # with more of them, drawing is faster than locating each one
NOTHING = np.array([0.0, 0.0, -9.0, -9.0])  # a box in which no pixel is checked
PAIRED_WORDS = 64  # compared with all others at once


def find_hidden(
    page: pdfium.PdfPage, space: PageSpace, objects: PageObjects, text: PageText
) -> tuple[dict[int, HiddenReason], bool]:
    """Return the sequence number and reason of each hidden word, and whether the page is a scan with a text layer.

    Such a layer is invisible by design, and the reader sees the same words in the picture. It counts as visible where
    the picture shows anything.
    """
    if not text.words:
        return {}, False
    boxes = np.array([word.box for word in text.words])
    most = (MAX_PIXELS / max(space.width * space.height, 1.0)) ** 0.5
    camera, scale = partial(Camera, page, text, space), min(SCALE, most)
    # Pictures are rescaled for each drawing, which takes longer than all words together. Words that no picture reaches
    # are therefore checked on the page without pictures; only those that do not show there are drawn with the pictures.
    pictures, edges = _pictures(space, objects)
    quick = camera(min(QUICK_SCALE, most), left_out=pictures)
    clear, near = _clear_of(edges, boxes, reach(quick.scale))
    is_near: Flags = np.logical_or.reduce(near, axis=0)
    touching = np.logical_or.reduce(near, axis=1)
    apart = [picture for at, picture in enumerate(pictures) if not touching[at]]
    shows = np.zeros(len(boxes), dtype=np.bool_)
    if (clear != NOTHING).any():
        on_paper = _on_paper(boxes, space, objects, text, reach(quick.scale))
        if on_paper is not None:
            shows = quick.shows(on_paper, on_paper=True)
        if len(rest := np.flatnonzero(~shows)):
            shows[rest] = quick.shows(clear[rest])
    looks: dict[bool, Camera] = {}
    for beside, left_out in ((False, pictures), (True, apart)):
        if len(rest := np.flatnonzero(~shows & (is_near == beside))):
            looks[beside] = camera(scale, left_out=left_out, part=_around(boxes[rest]))
            shows[rest] = looks[beside].shows(boxes[rest])
    is_scan = not shows.all() and image_share(objects, space.width * space.height) >= SCAN_SHARE
    hidden, has_layer = _judged(shows, boxes, space, text, lambda at: looks[bool(is_near[at])], is_scan=is_scan)
    return hidden | _buried(partial(camera, scale, left_out=apart), boxes, text, hidden), has_layer


def _judged(
    shows: Flags, boxes: Floats, space: PageSpace, text: PageText, look_at: Callable[[int], Camera], *, is_scan: bool
) -> tuple[dict[int, HiddenReason], bool]:
    """Return the reason for each word that is hidden; `shows` marks those that changed the picture."""
    is_outside, is_tiny = _are_outside(boxes, space), _are_tiny(boxes, text)
    has_layer = False
    hidden: dict[int, HiddenReason] = {}
    suspects: dict[Camera, list[PlacedWord]] = {}
    for at in np.flatnonzero(is_outside | is_tiny | ~shows).tolist():
        word = text.words[at]
        style = text.styles[word.style]
        if is_outside[at] or is_tiny[at]:
            hidden[word.sequence] = "off_page" if is_outside[at] else "tiny"
            continue
        camera = look_at(at)
        if is_scan and is_invisible(style) and camera.contrast(word.box, bare=True) >= VISIBLE_GREY_LEVELS:
            has_layer = True
        elif is_invisible(style) and camera.shows_letters(word.box):
            continue  # drawn as shapes with invisible letters over them, as browsers print fonts they cannot embed
        elif _paints_by_clipping(style) and camera.contrast(word.box) >= VISIBLE_GREY_LEVELS:
            continue  # letters that cut a picture or gradient: hiding them alone changes nothing
        else:
            suspects.setdefault(camera, []).append(word)
    for camera, words in suspects.items():
        for word, visible in zip(words, camera.shows_close_up([word.box for word in words]), strict=True):
            if not visible:
                hidden[word.sequence] = _reason(text.styles[word.style], camera.ground(word.box))
    return hidden, has_layer


def _pictures(space: PageSpace, objects: PageObjects) -> tuple[list[int], Floats]:
    """Return the addresses and edges of the page's pictures; when in doubt, no address and one picture everywhere."""
    pictures = [address for address, kind in objects.kinds.items() if kind == PICTURE]
    if not pictures:
        return [], np.empty((4, 0))
    bounds = [objects.bounds(address) for address in pictures[: MAX_SHAPES + 1]]
    if len(pictures) > MAX_SHAPES or None in bounds:
        return [], np.array([[-np.inf], [-np.inf], [np.inf], [np.inf]])
    return pictures, np.array(space.boxes(*np.array(bounds).T))


def _clear_of(edges: Floats, boxes: Floats, reach: float) -> tuple[Floats, Flags]:
    """Return the largest part of each box that no shape reaches, and which boxes (columns) each shape (row) touches.

    A line under a word leaves most of its height, an icon next to it most of its width. If nothing is left, the part is
    empty and off the page.
    """
    if not edges.size:
        return boxes, np.zeros((0, len(boxes)), dtype=np.bool_)
    x0, y0, x1, y1 = boxes.T
    outer = edges + reach * np.array([[-1], [-1], [1], [1]])
    left, top, right, bottom = (edge[:, None] for edge in outer)
    touched = (x1 > left) & (y1 > top) & (x0 < right) & (y0 < bottom)
    clear = boxes.copy()
    for shape in np.flatnonzero(touched.any(axis=1)).tolist():
        at = np.flatnonzero(touched[shape])
        begins, ends = clear[at, :2], clear[at, 2:]
        size = np.maximum(ends - begins, 1e-9)
        before, behind = outer[:2, shape], outer[2:, shape]
        # The free parts to the left, above, to the right and below, as shares of the width and height.
        sides = np.argmax(np.concatenate(((before - begins) / size, (ends - behind) / size), axis=1), axis=1)
        moved, limits = (sides + 2) % 4, outer[sides, shape]  # the part to the left ends where the shape begins
        edge = clear[at, moved]
        clear[at, moved] = np.where(sides < 2, np.minimum(edge, limits), np.maximum(edge, limits))
    clear[(clear[:, 2] <= clear[:, 0]) | (clear[:, 3] <= clear[:, 1])] = NOTHING
    return clear, touched


def _around(boxes: Floats) -> Box | None:
    if not len(boxes):
        return None
    x0, y0, x1, y1 = (float(edge) for edge in (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)))
    return x0, y0, x1, y1


def _on_paper(boxes: Floats, space: PageSpace, objects: PageObjects, text: PageText, reach: float) -> Floats | None:
    """Return the part of each word's box where only words can paint, so that the paper is white without them.

    `reach` is how far around it shapes matter, in points. Returns None when in doubt. pdfium itself skips anything
    outside an object's bounds, except text: a font may declare false extents for its letters, so text that contains no
    word puts the whole page in doubt.
    """
    words = {address for address, _ in text.objects}
    others = [(address, kind) for address, kind in objects.kinds.items() if address not in words]
    bounds = [objects.bounds(address) for address, _ in others[:MAX_SHAPES]]
    if (
        len(others) > MAX_SHAPES
        or None in bounds
        or any(kind == TEXT for _, kind in others)
        or objects.annotations_paint()
    ):
        return None
    edges = np.array(space.boxes(*np.array(bounds or np.empty((0, 4))).T))
    return _clear_of(edges, boxes, reach)[0]


def _buried(
    camera: Callable[..., Camera], boxes: Floats, text: PageText, hidden: dict[int, HiddenReason]
) -> dict[int, HiddenReason]:
    """Find words that lie on words of another color; a change made by one of them counts for that one only."""
    groups: dict[int, list[PlacedWord]] = {}
    for word, other in _overlapping(text.words, boxes, text.styles):
        if word.sequence in hidden or other.sequence in hidden:
            continue
        groups.setdefault(word.style, []).append(word)
        groups.setdefault(other.style, []).append(other)
    if not groups:
        return {}
    view = camera(part=union(word.box for words in groups.values() for word in words))
    found: dict[int, HiddenReason] = {}
    for style, words in sorted(groups.items(), key=lambda item: len(item[1]))[:MAX_OVERLAP_GROUPS]:
        shows = view.shows_style(np.array([word.box for word in words]), style)
        found |= {word.sequence: "low_contrast" for word, visible in zip(words, shows, strict=True) if not visible}
    return found


def _overlapping(
    words: Sequence[PlacedWord], boxes: Floats, styles: Sequence[TextStyle]
) -> Iterator[tuple[PlacedWord, PlacedWord]]:
    """Return pairs of different colors where one covers over half of the other's height and a fifth of its width."""
    numbers: dict[Colour, int] = {}
    colour_of_style = [numbers.setdefault(style.colour, len(numbers)) for style in styles]
    if len(numbers) < 2:
        return
    colours = np.array([colour_of_style[word.style] for word in words], dtype=np.int64)
    counts = np.bincount(colours)
    if np.count_nonzero(counts) < 2:
        return
    x0, y0, x1, y1 = boxes.T
    width, height = x1 - x0, y1 - y0
    usual = colours == counts.argmax()
    rare = np.flatnonzero(~usual)  # one of each pair is among these
    for start in range(0, len(rare), PAIRED_WORDS):
        some = rare[start : start + PAIRED_WORDS]
        here = some[:, None]
        touching = (x0[here] < x1) & (x0 < x1[here]) & (y0[here] < y1) & (y0 < y1[here])
        touching &= (colours[here] != colours) & (usual | (np.arange(len(words)) > here))
        rows, other = np.nonzero(touching)
        one = some[rows]
        across = np.minimum(x1[one], x1[other]) - np.maximum(x0[one], x0[other])
        down = np.minimum(y1[one], y1[other]) - np.maximum(y0[one], y0[other])
        overlap = across > 0.2 * np.minimum(width[one], width[other])
        overlap &= down > 0.5 * np.minimum(height[one], height[other])
        for at in np.flatnonzero(overlap).tolist():
            yield words[one[at]], words[other[at]]


def _are_outside(boxes: Floats, space: PageSpace) -> Flags:
    x0, y0, x1, y1 = boxes.T
    across = np.minimum(x1, space.width) - np.maximum(x0, 0.0)
    down = np.minimum(y1, space.height) - np.maximum(y0, 0.0)
    return (across < OUTSIDE_SHARE * (x1 - x0)) | (down < OUTSIDE_SHARE * (y1 - y0))


def _are_tiny(boxes: Floats, text: PageText) -> Flags:
    sizes = np.array([word.size for word in text.words])
    return (sizes < MIN_SIZE_POINTS) & (boxes[:, 3] - boxes[:, 1] < 1.6 * MIN_SIZE_POINTS)


def is_invisible(style: TextStyle) -> bool:
    return style.mode == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE or style.colour[3] == 0


def _paints_by_clipping(style: TextStyle) -> bool:
    return style.mode >= pdfium_c.FPDF_TEXTRENDERMODE_FILL_CLIP


def _reason(style: TextStyle, ground: float) -> HiddenReason:
    """Return why a word cannot be seen: not painted at all, painted like its background, or painted and then lost."""
    if is_invisible(style):
        return "transparent"
    red, green, blue, alpha = style.colour
    ink = 0.299 * red + 0.587 * green + 0.114 * blue
    if abs(ink - ground) * alpha / 255 < VISIBLE_GREY_LEVELS:
        return "low_contrast"
    return "covered"


def image_share(objects: PageObjects, area: float) -> float:
    """Return the share of the page that its largest image covers."""
    images = objects.all_bounds(PICTURE, depth=3)
    largest = max(((right - left) * (top - bottom) for left, bottom, right, top in images), default=0.0)
    return max(largest, 0.0) / max(area, 1.0)
