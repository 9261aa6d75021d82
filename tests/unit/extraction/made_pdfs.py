"""Draws small PDFs with known words at known positions for the extraction tests."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import pikepdf
from reportlab.lib.colors import Color, black
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import PDF

WIDTH, HEIGHT = A4
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
LIMITS = ExtractionLimits()


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is the baseline, measured from the top of the page."""

    x: float
    y: float
    text: str
    size: float = 10.0
    font: str = PLAIN
    colour: Color = black
    mode: Literal[0, 1, 2, 3, 4, 5, 6, 7] = 0
    tracking: float = 0.0


Drawing = Text | Callable[[Canvas], None]


def make_pdf(*pages: Sequence[Drawing], size: tuple[float, float] = A4, rotation: int = 0) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=True)
    for page in pages:
        for drawing in page:
            if isinstance(drawing, Text):
                _draw(canvas, drawing, size[1])
            else:
                canvas.saveState()
                drawing(canvas)
                canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return _turned(buffer, rotation) if rotation else buffer.getvalue()


def _turned(buffer: io.BytesIO, rotation: int) -> bytes:
    with pikepdf.open(buffer) as pdf:
        for page in pdf.pages:
            page.obj["/Rotate"] = rotation
        turned = io.BytesIO()
        pdf.save(turned)
    return turned.getvalue()


def _draw(canvas: Canvas, text: Text, height: float) -> None:
    drawn = canvas.beginText(text.x, height - text.y)
    drawn.setFont(text.font, text.size)
    drawn.setFillColor(text.colour)
    drawn.setTextRenderMode(text.mode)
    drawn.setCharSpace(text.tracking)
    drawn.textOut(text.text)
    canvas.drawText(drawn)


def column(x: float, y: float, *lines: str, leading: float = 13.0, size: float = 10.0, font: str = PLAIN) -> list[Text]:
    """Lines below each other; a line in asterisks is bold, an empty one leaves a gap."""
    out: list[Text] = []
    for number, line in enumerate(lines):
        heading = line.startswith("*") and line.endswith("*") and len(line) > 2
        if line:
            out.append(
                Text(x, y + number * leading, line.strip("*") if heading else line, size, BOLD if heading else font)
            )
    return out


def right_aligned(x: float, text: Text) -> Text:
    return Text(x - stringWidth(text.text, text.font, text.size), text.y, text.text, text.size, text.font)


def read_pdf(content: bytes, limits: ExtractionLimits) -> Document:
    return extract_document(content, PDF, limits)


def read(*pages: Sequence[Drawing], size: tuple[float, float] = A4, rotation: int = 0) -> Document:
    return read_pdf(make_pdf(*pages, size=size, rotation=rotation), LIMITS)


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]
