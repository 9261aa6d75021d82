"""Reads pages that are pictures: OCR, then the usual reading order; used by `pdf_reader` and `image_reader`."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.extraction.document import Box
from app.extraction.layout.page_lines import add_regions
from app.extraction.layout.placed_word import PlacedWord
from app.extraction.layout.reading_order import order_words
from app.extraction.line_builder import LineBuilder
from app.extraction.ocr.deskew import Picture
from app.extraction.ocr.tesseract import Ocr, OcrUnavailable, RecognisedPage
from app.extraction.sandbox.programs import ProgramFailed, Programs, ProgramTimeout

CLEARLY_MORE = 1.3  # times as many letters as the page's own text has: then the picture contains text
RECOGNISED = "The text was recognized from a picture (OCR) and may contain errors."


@dataclass(slots=True)
class ScanReader:
    """Reads the pictures of one document: starts OCR with the first one and tracks what could not be read."""

    programs: Programs
    builder: LineBuilder
    _ocr: Ocr | None = None
    _unavailable: str | None = None  # what to install
    _skipped: int = 0
    _out_of_time: int = 0

    @property
    def is_out_of_time(self) -> bool:
        return self._out_of_time > 0

    def add_page(self, number: int, picture: Picture, pixels_per_point: float, *, more_letters_than: int = -1) -> bool:
        """Add the lines of the picture, with boxes in points of the page.

        Returns False if it could not be read, or has not clearly more than `more_letters_than` letters of the page's
        own text.
        """
        page = self._recognise(number, picture)
        if page is None:
            return False
        if more_letters_than > 0 and page.letters < CLEARLY_MORE * more_letters_than:
            return False
        words = [_in_points(word, pixels_per_point) for word in page.words]
        if words:
            onto_page = _onto_page(page, picture, pixels_per_point)
            add_regions(order_words(words), self.builder, onto_page)
            self.builder.add_warning(RECOGNISED)
        return True

    def conclude(self) -> None:
        """Add warnings about the pages that were not read, and what would help."""
        if self._unavailable is not None:
            self.builder.add_warning(
                f"{_pages(self._skipped)} and could not be read. To read scans, {self._unavailable}."
            )
        if self._out_of_time:
            self.builder.add_warning(
                f"{_pages(self._out_of_time)} and could not be read because "
                "OCR ran out of time (limits.program_seconds)."
            )
        if self._ocr is not None and self._ocr.missing_language is not None:
            self.builder.add_warning(
                f"The text of the picture seems to be in the language “{self._ocr.missing_language}”, for which "
                "tesseract has no language file; names and words may be misread."
            )

    def why_nothing(self, what: str) -> str:
        """Return the message for a document without any text; `what` names it ("The PDF")."""
        if self._unavailable is not None:
            return f"{what} contains only pictures of text, and reading them needs OCR: {self._unavailable}."
        if self._ocr is not None:
            return f"{what} contains only pictures or drawings, and OCR found no text in them. Upload a sharper copy."
        return f"{what} contains no text. Upload a document with text."

    def _recognise(self, number: int, picture: Picture) -> RecognisedPage | None:
        if self._unavailable is not None:
            self._skipped += 1
            return None
        try:
            if self._ocr is None:
                self._ocr = Ocr(self.programs)
            return self._ocr.recognise(picture)
        except OcrUnavailable as error:
            self._unavailable = str(error)
            self._skipped += 1
        except ProgramTimeout:
            self._out_of_time += 1
        except ProgramFailed as error:
            self.builder.add_warning(f"Page {number} is only a picture and could not be read: {error}.")
        return None


def _pages(count: int) -> str:
    return "A page is only a picture" if count == 1 else f"{count} pages are only pictures"


def _in_points(word: PlacedWord, pixels_per_point: float) -> PlacedWord:
    x0, y0, x1, y1 = (edge / pixels_per_point for edge in word.box)
    return replace(
        word, box=(x0, y0, x1, y1), baseline=word.baseline / pixels_per_point, size=word.size / pixels_per_point
    )


def _onto_page(page: RecognisedPage, picture: Picture, pixels_per_point: float) -> Callable[[Box], Box] | None:
    """Return a function that maps boxes of the leveled picture back to the page; None if they are the same."""
    height, width = (side / pixels_per_point for side in picture.shape)
    turns = page.quarter_turns
    turned_width, turned_height = (height, width) if turns % 2 else (width, height)
    cosine, sine = math.cos(math.radians(page.skew_degrees)), math.sin(math.radians(page.skew_degrees))

    def point(x: float, y: float) -> tuple[float, float]:
        across, down = x - turned_width / 2, y - turned_height / 2
        x, y = across * cosine - down * sine + turned_width / 2, across * sine + down * cosine + turned_height / 2
        match turns:
            case 1:
                return y, height - x
            case 2:
                return width - x, height - y
            case 3:
                return width - y, x
            case _:
                return x, y

    def box(placed: Box) -> Box:
        x0, y0, x1, y1 = placed
        xs, ys = zip(*(point(x, y) for x in (x0, x1) for y in (y0, y1)), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    return box if turns or page.skew_degrees else None
