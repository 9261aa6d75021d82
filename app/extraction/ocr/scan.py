"""Reads pages that are pictures: OCR, then the same reading order as for text; used by `pdf` and `image`."""

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

CLEARLY_MORE = 1.3  # times as many letters as the page's own text has: the picture holds text of its own
RECOGNISED = "The text was recognised from a picture (OCR) and may hold recognition errors."


@dataclass(slots=True)
class ScanReader:
    """For one document: starts OCR when the first picture comes, and keeps account of what could not be read."""

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
        """Adds the lines of the picture, with boxes in points of the page.

        False when it could not be read, or says no more than the page's own `more_letters_than` letters by far.
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
        """Says in the Document's warnings what was left unread, and what would help."""
        if self._unavailable is not None:
            self.builder.add_warning(
                f"{_pages(self._skipped)} only a picture and was not read; to read scans, {self._unavailable}."
            )
        if self._out_of_time:
            self.builder.add_warning(
                f"{_pages(self._out_of_time)} only a picture and was not read: "
                "OCR ran out of time (limits.program_seconds)."
            )
        if self._ocr is not None and self._ocr.missing_language is not None:
            self.builder.add_warning(
                f"The picture's text seems to be in the language “{self._ocr.missing_language}”, for which "
                "tesseract has no file installed; names and words may be misread."
            )

    def why_nothing(self, what: str) -> str:
        """The sentence for a document in which nothing was found; `what` names it ("The PDF")."""
        if self._unavailable is not None:
            return f"{what} shows only pictures of text, and reading those needs OCR: {self._unavailable}."
        if self._ocr is not None:
            return f"{what} shows only pictures or drawings, and OCR found no text in them. Send a sharper copy."
        return f"{what} shows no text. Send a document with text in it."

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
            self.builder.add_warning(f"Page {number} is only a picture and was not read: {error}.")
        return None


def _pages(count: int) -> str:
    return "A page is" if count == 1 else f"Each of {count} pages is"


def _in_points(word: PlacedWord, pixels_per_point: float) -> PlacedWord:
    x0, y0, x1, y1 = (edge / pixels_per_point for edge in word.box)
    return replace(
        word, box=(x0, y0, x1, y1), baseline=word.baseline / pixels_per_point, size=word.size / pixels_per_point
    )


def _onto_page(page: RecognisedPage, picture: Picture, pixels_per_point: float) -> Callable[[Box], Box] | None:
    """Maps boxes of the upright, levelled picture back onto the displayed page; None where they are the same."""
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
