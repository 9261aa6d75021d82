"""The word as a PDF page has it: text and place, before lines exist; made by `glyphs`, ordered by `reading_order`."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.extraction.document import Box


@dataclass(slots=True)  # never changed, but frozen ones take three times as long to make, and a page has hundreds
class PlacedWord:
    """One word on one page. Coordinates are points from the top left corner of the page as it is displayed.

    `baseline` is the y on which the letters stand: words of one line share it whatever their size.
    `style` is an index into the page's text styles (colour, render mode), used to tell hidden words from visible ones.
    """

    text: str
    box: Box
    baseline: float
    size: float
    bold: bool = False
    upright: bool = True
    style: int = 0
    sequence: int = 0  # order in the file
    confidence: float | None = None  # of OCR; None for text that the file itself holds

    @property
    def x0(self) -> float:
        return self.box[0]

    @property
    def y0(self) -> float:
        return self.box[1]

    @property
    def x1(self) -> float:
        return self.box[2]

    @property
    def y1(self) -> float:
        return self.box[3]


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all; there must be one at least."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))
