"""Draws a PDF page in gray, or a part of it; used by `pdf_reader` and `hidden_text`."""

import math

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from app.extraction.document import Box

Picture = NDArray[np.uint8]  # rows of gray pixels
PAPER = 255

_FLAGS = pdfium_c.FPDF_GRAYSCALE | pdfium_c.FPDF_ANNOT


def clip(page: pdfium.PdfPage, scale: float, crop: Box) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom pixel of a part of the page; the last ones are exclusive."""
    width, height = page.get_size()
    return (
        *(math.ceil(crop[0] * scale), math.ceil(crop[1] * scale)),
        math.ceil(width * scale) - math.ceil((width - crop[2]) * scale),
        math.ceil(height * scale) - math.ceil((height - crop[3]) * scale),
    )


def draw(page: pdfium.PdfPage, scale: float, crop: Box | None = None) -> Picture:
    """`scale` is in pixels per point; `crop` is a box in displayed points."""
    width, height = page.get_size()
    across, down = math.ceil(width * scale), math.ceil(height * scale)
    left, top, right, bottom = (0, 0, across, down) if crop is None else clip(page, scale, crop)
    columns, rows = max(1, right - left), max(1, bottom - top)
    pixels = np.full((rows, (columns + 3) & ~3), PAPER, dtype=np.uint8)  # pdfium needs rows of whole words
    bitmap = pdfium_c.FPDFBitmap_CreateEx(
        columns, rows, pdfium_c.FPDFBitmap_Gray, pixels.ctypes.data, pixels.strides[0]
    )
    if not bitmap:
        raise MemoryError
    try:
        pdfium_c.FPDF_RenderPageBitmap(bitmap, page.raw, -left, -top, across, down, 0, _FLAGS)
    finally:
        pdfium_c.FPDFBitmap_Destroy(bitmap)
    return pixels[:, :columns]
