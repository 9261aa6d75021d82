"""Fetches pdfium's data about the characters of a page, for all of them at once; used by `glyphs`.

A page has more than a thousand characters, and pdfium describes one per call. Converting arguments to C costs several
times as much as the call itself, so `map` makes the calls with arguments that are created once and reused.
"""

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_UNITS = ctypes.POINTER(ctypes.c_ushort)
_BROKEN = 0xFFFE  # in the text of the page: a hyphen at the end of a line, which is U+0002 as a character
_PORTION = 2048  # characters per batch; memory for as many results is reserved


def call(function: Any, answer: Any, *arguments: Any) -> Callable[..., Any]:
    """Return the C function for use with `map`, but faster: the calls are too short to let other threads run meanwhile.

    Without declared argument types it takes integers as C int, and everything else must come from `byref`: addresses
    passed as integers would be cut in half.
    """
    return ctypes.PYFUNCTYPE(answer, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


def reference(handle: Any) -> Any:
    """Return the address that a pdfium handle holds, as an argument for `call`."""
    return ctypes.byref(handle.contents)


_unicode = call(pdfium_c.FPDFText_GetUnicode, ctypes.c_uint)
_object = call(pdfium_c.FPDFText_GetTextObject, ctypes.c_size_t)
_is_generated = call(pdfium_c.FPDFText_IsGenerated, ctypes.c_int)
_is_unmapped = call(pdfium_c.FPDFText_HasUnicodeMapError, ctypes.c_int)
_box = call(pdfium_c.FPDFText_GetCharBox, None)
_loose_box = call(pdfium_c.FPDFText_GetLooseCharBox, None)
_origin = call(pdfium_c.FPDFText_GetCharOrigin, None)
_fill_colour = call(pdfium_c.FPDFText_GetFillColor, ctypes.c_int)
_font_size = call(pdfium_c.FPDFText_GetFontSize, ctypes.c_double)
_matrix = call(pdfium_c.FPDFText_GetMatrix, ctypes.c_int)


class _Answers:
    """Memory for the numbers that pdfium returns for each character of a batch, and references to it."""

    def __init__(self, kind: Any, per_character: int, references: int) -> None:
        self._room = (kind * (per_character * _PORTION))()
        self._numbers = np.frombuffer(self._room, dtype=kind).reshape(_PORTION, per_character)
        size, each = ctypes.sizeof(kind), per_character // references
        self._places = [
            [ctypes.byref(self._room, size * (at * per_character + place * each)) for at in range(_PORTION)]
            for place in range(references)
        ]

    def ask(self, question: Callable[..., Any], page: Any, indexes: Sequence[int]) -> Floats:
        """Return one row for each of the characters."""
        parts: list[Floats] = []
        for start in range(0, len(indexes), _PORTION):
            portion = indexes[start : start + _PORTION]
            deque(map(question, repeat(page), portion, *self._places), maxlen=0)
            parts.append(self._numbers[: len(portion)].astype(np.float64))
        return np.concatenate(parts) if parts else np.empty((0, self._numbers.shape[1]))


_boxes = _Answers(ctypes.c_double, 4, 4)
_loose_boxes = _Answers(ctypes.c_float, 4, 1)
_origins = _Answers(ctypes.c_double, 2, 2)
_colours = _Answers(ctypes.c_uint, 4, 4)
_matrices = _Answers(ctypes.c_float, 6, 1)


class PageCharacters:
    """The characters of a text page by their index. Valid no longer than the page."""

    def __init__(self, text_page: Any) -> None:
        self._handle, self._page = text_page, reference(text_page)
        self.count = max(0, pdfium_c.FPDFText_CountChars(text_page))

    def codes(self) -> NDArray[np.int64]:
        """Return the results of `FPDFText_GetUnicode`: code points, or halves of surrogate pairs."""
        room = np.empty(2 * self.count + 2, dtype=np.uint16)
        length = pdfium_c.FPDFText_GetText(self._handle, 0, self.count, room.ctypes.data_as(_UNITS)) - 1
        codes = room[:length].astype(np.int64)
        # In the page's text some characters have no unit, or two; without pairs, equal counts mean one unit for each.
        if length == self.count and not ((codes >= 0xD800) & (codes < 0xE000)).any():
            for at in np.flatnonzero(codes == _BROKEN).tolist():
                codes[at] = _unicode(self._page, at)
            return codes
        return np.array(list(map(_unicode, repeat(self._page), range(self.count))), dtype=np.int64)

    def objects(self) -> NDArray[np.uint64]:
        """Return the addresses of the text objects that draw them; 0 for spaces inserted by pdfium."""
        return np.array(list(map(_object, repeat(self._page), range(self.count))), dtype=np.uint64)

    def are_generated(self, indexes: Iterable[int]) -> Flags:
        """Return which characters pdfium inserted because of a distance."""
        return np.array(list(map(_is_generated, repeat(self._page), indexes)), dtype=np.bool_)

    def are_unmapped(self, indexes: Iterable[int]) -> Flags:
        """Return which characters have a font that does not define their letter."""
        return np.array(list(map(_is_unmapped, repeat(self._page), indexes))) == 1

    def boxes(self, indexes: Sequence[int]) -> Floats:
        """Return the boxes of the ink: left, right, bottom, top in user space."""
        return _boxes.ask(_box, self._page, indexes)

    def loose_boxes(self, indexes: Sequence[int]) -> Floats:
        """Return the boxes that the font reserves for each character: left, top, right, bottom."""
        return _loose_boxes.ask(_loose_box, self._page, indexes)

    def origins(self, indexes: Sequence[int]) -> Floats:
        """Return the position of each character on its baseline: x, y."""
        return _origins.ask(_origin, self._page, indexes)

    def colours(self, indexes: Sequence[int]) -> Floats:
        """Return the fill of each character: red, green, blue, opacity."""
        return _colours.ask(_fill_colour, self._page, indexes)

    def sizes(self, indexes: Iterable[int]) -> list[float]:
        """Return the font sizes before the matrix is applied."""
        return list(map(_font_size, repeat(self._page), indexes))

    def matrices(self, indexes: Sequence[int]) -> Floats:
        """Return the factors a to f that map each character from its text object's space to the page's."""
        return _matrices.ask(_matrix, self._page, indexes)
