"""Compares invisible text over a picture with what the picture shows, by OCR; called by `pdf_reader`.

The text layer of a scan is trusted because the reader sees the same words in the picture, but the author of the file
can write different ones there. Scattered differences are recognition errors of two programs. A run of words that the
picture does not show, not even close up, is hidden text.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np
from PIL import Image

from app.extraction.layout.placed_word import PlacedWord, union
from app.extraction.line_builder import LineBuilder
from app.extraction.ocr.deskew import Picture
from app.extraction.ocr.tesseract import Ocr, OcrUnavailable, RecognisedPage
from app.extraction.sandbox.programs import ProgramFailed, Programs

RUN = 3  # consecutive words with no similar word in the picture
LEAST_LETTERS = 4  # shorter words are misread, or found by chance, too often
LIKENESS = 0.7  # similarity of a word and its OCR result: a quarter of its letters may be wrong
CLEAR_PAGE = 0.7  # mean confidence below which OCR cannot contradict anything
CONFIRMED_SHARE = 0.34  # share of a run: if this much is read close up, the rest is believed
BROKEN_SHARE = 0.3  # with a smaller share of a layer's words in the picture, it is scanner noise or false
BROKEN_WORDS = 40  # minimum; a few missing words are not a layer
MOST_WORDS = 3000  # a dense page has about 1,000; comparing more would take minutes
MOST_RUNS = 6  # checked close up, two readings each
CLOSER = 2  # magnification
MARGIN_POINTS = 6.0
IDEOGRAPHIC = "\u2e80"  # from here on, words have no spaces between them
BROKEN = "The text layer of page {number} does not match its picture, so the picture was read instead."
UNCHECKED = (
    "Invisible text lies over a picture and could not be compared with it ({reason}). It may differ from what "
    "the picture shows."
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Sequence numbers: `unseen` words were added for programs to read; `unusable` are all words of a broken layer."""

    unseen: frozenset[int] = frozenset()
    unusable: frozenset[int] = frozenset()


@dataclass(slots=True)
class LayerCheck:
    """Checks the text layers of one document. `programs` and `builder` are those of its extraction."""

    programs: Programs
    builder: LineBuilder
    _ocr: Ocr | None = field(default=None)

    def compare(
        self, number: int, words: Sequence[PlacedWord], draw: Callable[[], tuple[Picture, float]]
    ) -> Comparison:
        """Compare a page's invisible `words` with the page drawn for OCR (and its pixels per point).

        Adds a warning if they cannot be compared.
        """
        if len(words) < RUN:
            return Comparison()
        if len(words) > MOST_WORDS:
            self.builder.add_warning(UNCHECKED.format(reason="it has more words than a readable page"))
            return Comparison()
        try:
            if self._ocr is None:
                self._ocr = Ocr(self.programs)
            picture, pixels_per_point = draw()
            page = self._ocr.recognise(picture)
            if page.confidence < CLEAR_PAGE and page.words:
                self.builder.add_warning(UNCHECKED.format(reason="OCR cannot read the picture well enough"))
                return Comparison()
            shown, telling = _Shown(page), [word for word in words if _is_telling(word)]
            if len(telling) >= BROKEN_WORDS and sum(map(shown.has, telling)) < BROKEN_SHARE * len(telling):
                self.builder.add_warning(BROKEN.format(number=number))
                return Comparison(unusable=frozenset(word.sequence for word in words))
            unlike = list(_runs(words, shown))
            runs = [run for run in unlike[:MOST_RUNS] if not self._seen_close_up(run, picture, pixels_per_point)]
            if len(runs) == MOST_RUNS:  # no need to check the rest
                runs = unlike
        except OcrUnavailable as error:
            self.builder.add_warning(UNCHECKED.format(reason=str(error)))
            return Comparison()
        except ProgramFailed:
            self.builder.add_warning(UNCHECKED.format(reason="OCR failed or ran out of time"))
            return Comparison()
        return Comparison(unseen=frozenset(word.sequence for run in runs for word in run))

    def _seen_close_up(self, run: Sequence[PlacedWord], picture: Picture, pixels_per_point: float) -> bool:
        """Return whether OCR recognizes the words in a close-up of their position, dark on light or light on dark."""
        x0, y0, x1, y1 = union(word.box for word in run)
        left, top = (max(0, int((edge - MARGIN_POINTS) * pixels_per_point)) for edge in (x0, y0))
        right, bottom = (int((edge + MARGIN_POINTS) * pixels_per_point) for edge in (x1, y1))
        cut = picture[top:bottom, left:right]
        if self._ocr is None or min(cut.shape) < 2:
            return False
        image = Image.fromarray(cut)
        large = np.asarray(image.resize((image.width * CLOSER, image.height * CLOSER), Image.Resampling.BICUBIC))
        return any(_confirmed(run, self._ocr.recognise(each)) for each in (large, 255 - large))


class _Shown:
    """The words that OCR has read, to check whether a word resembles one of them."""

    def __init__(self, page: RecognisedPage) -> None:
        texts = [_letters(word.text) for word in page.words]
        self._words = {text for text in texts if text}
        self._all = "".join(texts)

    def has(self, word: PlacedWord) -> bool:
        letters = _letters(word.text)
        if letters in self._all:
            return True
        if letters[0] >= IDEOGRAPHIC:
            pairs = [letters[at : at + 2] for at in range(len(letters) - 1)]
            return sum(pair in self._all for pair in pairs) >= LIKENESS * len(pairs)
        return bool(get_close_matches(letters, self._words, n=1, cutoff=LIKENESS))


def _runs(words: Sequence[PlacedWord], shown: _Shown) -> Iterator[list[PlacedWord]]:
    """Yield runs of words, in the order of the file, none of which is shown; short words among them are included."""
    run: list[PlacedWord] = []
    for word in sorted(words, key=lambda each: each.sequence):
        if not _is_telling(word) or not shown.has(word):
            run.append(word)
            continue
        if sum(map(_is_telling, run)) >= RUN:
            yield run
        run = []
    if sum(map(_is_telling, run)) >= RUN:
        yield run


def _is_telling(word: PlacedWord) -> bool:
    return len(_letters(word.text)) >= LEAST_LETTERS


def _confirmed(run: Sequence[PlacedWord], page: RecognisedPage) -> bool:
    shown, telling = _Shown(page), [word for word in run if _is_telling(word)]
    return sum(map(shown.has, telling)) >= CONFIRMED_SHARE * len(telling)


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())
