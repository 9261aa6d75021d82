"""Turns pdfium's characters into a table of glyphs with positions, sizes and styles; used by `pdf_words`."""

import ctypes
import itertools
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from app.extraction.document import Box
from app.extraction.pdf.page_characters import Flags, Floats, PageCharacters, call
from app.extraction.unicode_text import SPACING_ACCENTS, accent_over, is_icon

ACCENT_REACH = 12  # glyphs between a letter and the accent drawn over it

# The name decides: pdfium guesses the weight from stem widths and reports plain fonts as bold.
_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi|cmbx|cmb\d|-b$|\bbd\b", re.IGNORECASE)
_FORCE_BOLD_FLAG = 1 << 18
_FILL_AND_STROKE = pdfium_c.FPDF_TEXTRENDERMODE_FILL_STROKE

_render_mode = call(pdfium_c.FPDFTextObj_GetTextRenderMode, ctypes.c_int, ctypes.c_size_t)
_font = call(pdfium_c.FPDFTextObj_GetFont, ctypes.c_size_t, ctypes.c_size_t)

_BEYOND_UNICODE = 0x110000
_BYTES = 256.0 ** np.arange(4)  # combine the four parts of a color into one number
_LETTER, _SPACE, _UNMAPPED, _ICON = range(4)

Colour = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How one text object is painted. `mode` is PDF's text render mode (3: invisible), `colour` its RGBA fill."""

    colour: Colour
    mode: int
    bold: bool
    typewriter: bool


class PageSpace:
    """Maps PDF user space (origin bottom left, unrotated) to displayed points (origin top left)."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        left, bottom, right, top = page.get_bbox()
        self._left, self._bottom, self._right, self._top = left, bottom, right, top
        self.rotation = page.get_rotation() % 360
        turned = self.rotation in (90, 270)
        across, down = right - left, top - bottom
        self.width, self.height = (down, across) if turned else (across, down)

    def points(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        match self.rotation:
            case 90:
                return y - self._bottom, x - self._left
            case 180:
                return self._right - x, y - self._bottom
            case 270:
                return self._top - y, self._right - x
            case _:
                return x - self._left, self._top - y

    def boxes(self, left: Floats, bottom: Floats, right: Floats, top: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        (xa, ya), (xb, yb) = self.points(left, bottom), self.points(right, top)
        return np.minimum(xa, xb), np.minimum(ya, yb), np.maximum(xa, xb), np.maximum(ya, yb)

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        x0, y0, x1, y1 = (float(edge[0]) for edge in self.boxes(*np.array([[left], [bottom], [right], [top]])))
        return x0, y0, x1, y1


@dataclass(slots=True)
class Glyphs:
    """One entry in each column for each glyph, in the order of the file; displayed coordinates."""

    texts: list[str]  # more than one character for a ligature
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    x: Floats  # origin on the baseline
    y: Floats
    advance: Floats  # along the direction of writing
    size: Floats
    angle: Floats  # degrees, 0 for upright text
    style: NDArray[np.int64]
    space_before: Flags  # the file has a space character here
    space_seen: Flags  # pdfium infers a space from the distance

    def __len__(self) -> int:
        return len(self.texts)

    def only(self, chosen: list[int]) -> "Glyphs":
        columns = (
            *(self.x0, self.y0, self.x1, self.y1, self.x, self.y, self.advance, self.size, self.angle),
            *(self.style, self.space_before, self.space_seen),
        )
        return Glyphs([self.texts[at] for at in chosen], *(column[chosen] for column in columns))  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class PageGlyphs:
    glyphs: Glyphs
    styles: tuple[TextStyle, ...]
    objects: tuple[tuple[int, int], ...]  # addresses of pdfium's text objects, each with its style index
    unmapped_count: int  # glyphs without a Unicode meaning: the font does not define which letters they are


def read_glyphs(text_page: Any, space: PageSpace) -> PageGlyphs:
    """Return all glyphs of a page that have a text meaning, visible or not; accents are placed on their letters."""
    characters = PageCharacters(text_page)
    codes, at = _joined_surrogates(characters.codes())
    objects = characters.objects()[at]
    kinds = _KINDS[np.minimum(codes, _BEYOND_UNICODE)]
    kinds[objects == 0] = _SPACE
    said = np.flatnonzero((kinds == _LETTER) | (kinds == _ICON))
    kinds[said[characters.are_unmapped(at[said].tolist())]] = _UNMAPPED
    spaces = np.flatnonzero(kinds == _SPACE)
    generated = np.zeros(len(codes), dtype=np.bool_)
    generated[spaces] = (objects[spaces] == 0) | characters.are_generated(at[spaces].tolist())

    letters = np.flatnonzero(kinds == _LETTER)
    indexes: list[int] = at[letters].tolist()
    left, right, bottom, top = characters.boxes(indexes).T
    x0, y0, x1, y1 = space.boxes(left, bottom, right, top)
    left, top, right, bottom = characters.loose_boxes(indexes).T
    loose = space.boxes(left, bottom, right, top)
    x, y = space.points(*characters.origins(indexes).T)
    inks = _TextObjects(text_page, characters, space.rotation)
    style, size, angle = inks.of(objects[letters], indexes)

    # The letters of a ligature share one position: one glyph, several characters.
    breaks = np.cumsum((kinds != _LETTER) & ~generated)[letters]
    new = np.ones(len(letters), dtype=np.bool_)
    same = [column[1:] == column[:-1] for column in (x0, y0, x1, y1, x, y, breaks)]
    new[1:] = ~np.logical_and.reduce(same)
    texts = _texts(codes[letters], new)
    glyphs = Glyphs(
        texts,
        x0[new],
        y0[new],
        x1[new],
        y1[new],
        x[new],
        y[new],
        _advances(loose, x, angle)[new],
        size[new],
        angle[new],
        style[new],
        np.diff(breaks[new], prepend=0) > 0,
        np.diff(np.cumsum(generated)[letters][new], prepend=0) > 0,
    )
    return PageGlyphs(
        _with_accents(glyphs), tuple(inks.styles), tuple(inks.objects), int(np.count_nonzero(kinds == _UNMAPPED))
    )


def _kinds_of_codes() -> NDArray[np.uint8]:
    kinds = np.full(_BEYOND_UNICODE + 1, _LETTER, dtype=np.uint8)
    kinds[[9, 10, 13, 0x20, 0xA0, *range(0x2000, 0x200B), 0x3000]] = _SPACE
    kinds[[code for code in range(0xE000, 0xF900) if is_icon(chr(code))]] = _ICON
    kinds[0xF0000:] = _ICON
    kinds[[0, 0xFFFD, 0xFFFE, 0xFFFF, _BEYOND_UNICODE]] = _UNMAPPED
    return kinds


_KINDS = _kinds_of_codes()


def _joined_surrogates(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the code points, and for each the index of its character (the second of two halves)."""
    at = np.arange(len(codes))
    if not ((codes >= 0xD800) & (codes < 0xDC00)).any():
        return codes, at
    joined: list[tuple[int, int]] = []
    index = 0
    while index < len(codes):
        code = int(codes[index])
        if 0xD800 <= code < 0xDC00 and index + 1 < len(codes):
            index += 1
            code = 0x10000 + ((code - 0xD800) << 10) + (int(codes[index]) - 0xDC00)
        joined.append((code, index))
        index += 1
    pairs = np.array(joined)
    return pairs[:, 0], pairs[:, 1]


def _texts(codes: NDArray[np.int64], new: Flags) -> list[str]:
    # pdfium reports a hyphen at a line end as U+0002.
    plain = np.where(codes == 2, ord("-"), codes).astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    if new.all():
        return list(plain)
    starts = [*np.flatnonzero(new).tolist(), len(plain)]
    return [plain[start:stop] for start, stop in itertools.pairwise(starts)]


class _TextObjects:
    """Style, size and angle of each text object, requested once, at its first glyph."""

    def __init__(self, text_page: Any, characters: PageCharacters, rotation: int) -> None:
        self._page, self._characters = text_page, characters
        self._rotation = rotation
        self._fonts: dict[int, tuple[bool, bool]] = {}  # bold, typewriter
        self.styles: dict[TextStyle, int] = {}
        self.objects: list[tuple[int, int]] = []

    def of(self, objects: NDArray[np.uint64], indexes: list[int]) -> tuple[NDArray[np.int64], Floats, Floats]:
        starts = np.flatnonzero(np.diff(objects, prepend=np.uint64(0)))
        found, first, number = np.unique(objects[starts], return_index=True, return_inverse=True)
        order = np.argsort(first)  # in the order of the file
        addresses: list[int] = found[order].tolist()
        styles, sizes, angles = self._ask(addresses, [indexes[start] for start in starts[first[order]].tolist()])
        self.objects = list(zip(addresses, styles, strict=True))
        at = np.argsort(order)[number].repeat(np.diff(starts, append=len(objects)))
        return np.array(styles, dtype=np.int64)[at], sizes[at], angles[at]

    def _ask(self, addresses: list[int], at: list[int]) -> tuple[list[int], Floats, Floats]:
        """Return style, size and angle of the objects; `at` has the first character of each."""
        colours = self._characters.colours(at)
        packed: list[float] = (colours @ _BYTES).tolist()
        looks = list(zip(packed, map(_render_mode, addresses), map(_font, addresses), strict=True))
        styles: dict[tuple[float, int, int], int] = {}
        for look in dict.fromkeys(looks):
            number = looks.index(look)
            red, green, blue, alpha = colours[number].astype(int).tolist()
            styles[look] = self._style((red, green, blue, alpha), *look[1:], at[number])
        a, b, c, d, _, _ = self._characters.matrices(at).T
        scales = np.hypot(c, d)
        sizes = np.array(self._characters.sizes(at)) * np.where(scales == 0, 1.0, scales)
        angles = (np.degrees(np.arctan2(b, a)) - self._rotation) % 360
        return [styles[look] for look in looks], sizes, np.where((angles > 2) & (angles < 358), angles, 0.0)

    def _style(self, colour: Colour, mode: int, font: int, index: int) -> int:
        if font not in self._fonts:
            self._fonts[font] = self._ask_font(index)
        bold, typewriter = self._fonts[font]
        style = TextStyle(colour, mode, bold or mode == _FILL_AND_STROKE, typewriter)
        return self.styles.setdefault(style, len(self.styles))

    def _ask_font(self, index: int) -> tuple[bool, bool]:
        name = ctypes.create_string_buffer(256)
        flags = ctypes.c_int()
        pdfium_c.FPDFText_GetFontInfo(self._page, index, name, 256, flags)
        font = name.value.decode("utf-8", "replace")
        return bool(_BOLD_NAME.search(font)) or bool(flags.value & _FORCE_BOLD_FLAG), "courier" in font.lower()


def _advances(loose: tuple[Floats, Floats, Floats, Floats], x: Floats, angle: Floats) -> Floats:
    x0, y0, x1, y1 = loose
    advances = np.maximum(0.0, x1 - x)
    for at in np.flatnonzero(angle).tolist():
        turn = math.radians(angle[at])
        advances[at] = abs(math.cos(turn)) * (x1[at] - x0[at]) + abs(math.sin(turn)) * (y1[at] - y0[at])
    return advances


def _with_accents(glyphs: Glyphs) -> Glyphs:
    """Move accents that are drawn over a letter as separate glyphs (old TeX fonts) onto that letter."""
    if SPACING_ACCENTS.keys().isdisjoint(glyphs.texts):
        return glyphs
    placed: set[int] = set()
    middles: list[float] = ((glyphs.x0 + glyphs.x1) / 2).tolist()
    texts = glyphs.texts
    for number, accent in enumerate(texts):
        if accent not in SPACING_ACCENTS:
            continue
        middle = middles[number]
        # The letter is next to its accent in the file, but pdfium may have moved the accent within its line.
        nearby = range(max(0, number - ACCENT_REACH), min(len(texts), number + ACCENT_REACH + 1))
        letters = [
            at
            for at in nearby
            if texts[at].isalpha()
            and glyphs.x0[at] - 0.5 <= middle <= glyphs.x1[at] + 0.5
            and abs(glyphs.y[number] - glyphs.y[at]) < glyphs.size[at]
        ]
        if letters:
            letter = min(letters, key=lambda at: abs(middle - middles[at]))
            texts[letter] = accent_over(texts[letter], accent)
            placed.add(number)
            if letter == number + 1:
                glyphs.space_before[letter] |= glyphs.space_before[number]
    return glyphs.only([number for number in range(len(texts)) if number not in placed])
