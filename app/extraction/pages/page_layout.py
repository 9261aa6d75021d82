"""Where the words of a document are on its pages: for the text over the page images, and for what the blind view hides.

A PDF or a picture has the places of its words in its `Document`. A word processor's file has none: its words are looked
up in the PDF that LibreOffice made of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.extraction.document import Box, Document, Line
from app.extraction.pdf.page_words import PageWords

MOST_CANDIDATES = 40  # places of a line's rarest token that are tried
MOST_BETWEEN = 3  # tokens of the page between two neighbours of a line: a number, a word torn in two
FOUND_SHARE = 0.6  # of the tokens of a line that must be there, in order; otherwise it is not this line
# A character of a script without blanks between words, or a run of letters and digits.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class LaidWord:
    """A word as the page shows it. `line` and `index` name the same word in the document, where it is known."""

    text: str
    box: Box
    line: int | None
    index: int | None
    hidden: bool = False  # from a blind reader: `text` says what kind of word it is


@dataclass(frozen=True, slots=True)
class LaidPage:
    number: int
    width: float  # points
    height: float
    words: tuple[LaidWord, ...]

    def redaction(self) -> PageWords:
        """Which of its words are shown and which are painted over."""
        return PageWords(
            kept=[(word.text, word.box) for word in self.words if not word.hidden],
            hidden=[word.box for word in self.words if word.hidden],
        )


def lay_out(document: Document) -> list[LaidPage]:
    """The pages of a document that knows the places of its words; none for a text without pages."""
    return _pages(document, {})


def lay_out_converted(document: Document | None, shown: Document) -> list[LaidPage]:
    """The pages of `shown`, a PDF made of the file, with each word tied to its line in `document`."""
    return _pages(shown, {} if document is None else _match(document, shown), own=False)


def _pages(document: Document, found: dict[tuple[int, int], tuple[int, int]], *, own: bool = True) -> list[LaidPage]:
    words: dict[int, list[LaidWord]] = defaultdict(list)
    for line in document.lines:
        for index, word in enumerate(line.words):
            if word.box is None:
                continue
            at = (line.number, index) if own else found.get((line.number, index))
            words[line.page].append(LaidWord(word.text, word.box, *(at or (None, None))))
    return [
        LaidPage(page.number, page.width, page.height, tuple(words[page.number]))
        for page in document.pages
        if page.width > 0
    ]


def _match(document: Document, shown: Document) -> dict[tuple[int, int], tuple[int, int]]:
    """(line, word) of the pages -> (line, word) of the document.

    The two are read in their own orders (columns, text boxes, page headers), so each line is looked for by itself,
    starting from its rarest token; long lines first, because they can be mistaken least. Page headers and footers are
    one line of the document and stand on every page.
    """
    pages = _Tokens(shown.lines)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    by_length = sorted(document.lines, key=lambda line: -len(line.text))
    for line in (*by_length, *(line for line in by_length if line.running for _ in shown.pages[1:])):
        tokens = _Tokens([line])
        best = max(pages.runs(tokens.texts), key=len, default={})
        if len(best) < max(1, FOUND_SHARE * len(tokens.texts)):
            continue
        for index, at in best.items():
            pages.taken[at] = True
            found.setdefault(pages.words[at], tokens.words[index])
    return found


class _Tokens:
    """The words of some lines in small pieces: readers differ in what they take for one word."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.texts: list[str] = []
        self.words: list[tuple[int, int]] = []  # line number and index of the word that the token is a part of
        for line in lines:
            for index, word in enumerate(line.words):
                tokens = _TOKEN.findall(word.text.casefold())
                self.texts += tokens
                self.words += [(line.number, index)] * len(tokens)
        self.taken = [False] * len(self.texts)
        self._places: dict[str, list[int]] = defaultdict(list)
        for at, text in enumerate(self.texts):
            self._places[text].append(at)

    def runs(self, wanted: Sequence[str]) -> Iterator[dict[int, int]]:
        """Ways to place these tokens: index of a token -> its position here."""
        known = [index for index, token in enumerate(wanted) if self._places.get(token)]
        if not known:
            return
        anchor = min(known, key=lambda index: len(self._places[wanted[index]]))
        for start in self._free(wanted[anchor]):
            run = {anchor: start}
            for step, indices in ((1, range(anchor + 1, len(wanted))), (-1, range(anchor - 1, -1, -1))):
                at = start
                for index in indices:
                    for near in range(at + step, at + step * (MOST_BETWEEN + 2), step):
                        if self._is_free(near, wanted[index]):
                            run[index] = at = near
                            break
            yield run
            if len(run) == len(wanted):
                return

    def _free(self, token: str) -> list[int]:
        """Some places of the token that no line has taken."""
        places = self._places[token]
        found: list[int] = []
        for looked_at, at in enumerate(places, 1):
            if not self.taken[at]:
                found.append(at)
                if len(found) == MOST_CANDIDATES:
                    # What was passed over is not looked at again: lines are many, and often the same.
                    self._places[token] = [*found, *places[looked_at:]] if looked_at > 2 * len(found) else places
                    return found
        self._places[token] = found
        return found

    def _is_free(self, at: int, token: str) -> bool:
        return 0 <= at < len(self.texts) and not self.taken[at] and self.texts[at] == token
