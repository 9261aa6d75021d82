"""A word on a PDF page with text and position, before lines exist; made by `glyphs`, ordered by `reading_order`."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.extraction.document import Box


@dataclass(slots=True)  # never changed, but frozen ones take three times as long to make, and a page has hundreds
class PlacedWord:
    """One word on one page. Coordinates are points from the top left corner of the page as displayed.

    `baseline` is the y on which the letters stand; words of one line share it whatever their size. `style` is an index
    into the page's text styles (color, render mode), which tells hidden words from visible ones.
    """

    text: str
    box: Box
    baseline: float
    size: float
    bold: bool = False
    upright: bool = True
    style: int = 0
    sequence: int = 0  # order in the file
    confidence: float | None = None  # of OCR; None for text stored in the file itself

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
    """Return the smallest box around all; there must be at least one."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))
