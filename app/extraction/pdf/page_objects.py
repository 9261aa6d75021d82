"""What is drawn on a PDF page, found in one pass over its objects; used by `pdf_reader` and `hidden_text`."""

import ctypes
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from app.extraction.pdf.page_characters import call, reference

Bounds = tuple[float, float, float, float]  # left, bottom, right, top in user space

TEXT, SHAPE, PICTURE = pdfium_c.FPDF_PAGEOBJ_TEXT, pdfium_c.FPDF_PAGEOBJ_PATH, pdfium_c.FPDF_PAGEOBJ_IMAGE
_FORM = pdfium_c.FPDF_PAGEOBJ_FORM
_MAX_ANNOTATIONS = 500

_object = call(pdfium_c.FPDFPage_GetObject, ctypes.c_size_t)
_count_inside = call(pdfium_c.FPDFFormObj_CountObjects, ctypes.c_int, ctypes.c_size_t)
_object_inside = call(pdfium_c.FPDFFormObj_GetObject, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_ulong)
_kind = call(pdfium_c.FPDFPageObj_GetType, ctypes.c_int, ctypes.c_size_t)
_set_active = call(pdfium_c.FPDFPageObj_SetIsActive, ctypes.c_int, ctypes.c_size_t, ctypes.c_int)
_bounds = call(pdfium_c.FPDFPageObj_GetBounds, ctypes.c_int, ctypes.c_size_t, *[ctypes.c_void_p] * 4)


class PageObjects:
    """The objects of a page by their addresses. Valid no longer than the page."""

    def __init__(self, page: pdfium.PdfPage, texts: Iterable[int] = ()) -> None:
        """`texts` has addresses that are known to be text."""
        self._page = page
        count = max(0, pdfium_c.FPDFPage_CountObjects(page.raw))
        found = map(_object, repeat(reference(page.raw)), range(count))
        known = dict.fromkeys(texts, TEXT)
        self.kinds: dict[int, int] = {at: known.get(at) or _kind(at) for at in found if at}
        self._room = (ctypes.c_float * 4)()
        begin = ctypes.addressof(self._room)
        self._edges = [begin + 4 * number for number in range(4)]

    def bounds(self, address: int) -> Bounds | None:
        """Return the part of the page outside of which the object paints nothing."""
        if not _bounds(address, *self._edges):
            return None
        left, bottom, right, top = self._room
        return left, bottom, right, top

    def all_bounds(self, kind: int, depth: int) -> Iterator[Bounds]:
        """Yield the bounds of all objects of one kind, nested in forms up to `depth`, in their form's space."""
        for address, its_kind in _walk(self.kinds, depth):
            if its_kind == kind and (bounds := self.bounds(address)) is not None:
                yield bounds

    def annotations_paint(self) -> bool:
        """Return False only if none of the page's notes, fields and links can change how it looks."""
        count = pdfium_c.FPDFPage_GetAnnotCount(self._page.raw)
        return count > _MAX_ANNOTATIONS or any(_paints(self._page.raw, index) for index in range(count))


def _walk(kinds: dict[int, int], depth: int) -> Iterator[tuple[int, int]]:
    """Yield address and kind of objects, each form followed by its contents."""
    for address, kind in kinds.items():
        yield address, kind
        if kind == _FORM and depth > 1:
            inside = map(_object_inside, repeat(address), range(max(0, _count_inside(address))))
            yield from _walk({at: _kind(at) for at in inside if at}, depth - 1)


@contextmanager
def switched_off(addresses: Sequence[int]) -> Generator[None]:
    """Exclude these objects from drawing inside the block."""
    deque(map(_set_active, addresses, repeat(0)), maxlen=0)
    try:
        yield
    finally:
        deque(map(_set_active, addresses, repeat(1)), maxlen=0)


def _paints(page: Any, index: int) -> bool:
    """Return whether an annotation paints. Links do only if the file defines an appearance; pdfium draws others."""
    annotation = pdfium_c.FPDFPage_GetAnnot(page, index)
    if not annotation:
        return True
    try:
        if pdfium_c.FPDFAnnot_GetSubtype(annotation) != pdfium_c.FPDF_ANNOT_LINK:
            return True
        looks = pdfium_c.FPDFAnnot_GetAP(annotation, pdfium_c.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0)
        return looks > len("\0".encode("utf-16-le"))
    finally:
        pdfium_c.FPDFPage_CloseAnnot(annotation)
