"""Collects visible lines and hidden text and builds the Document from them; every reader ends here."""

import re
from collections.abc import Sequence

from app.errors import NoText, TextTooLong
from app.extraction.document import Box, Document, HiddenReason, HiddenText, Line, Page, Word
from app.extraction.language import detect_language
from app.extraction.layout.running_lines import set_apart
from app.extraction.limits import ExtractionLimits
from app.extraction.unicode_text import (
    BULLET_GLYPHS,
    has_invisible,
    has_visible_letter,
    normalise,
    normalise_bullet,
    split_invisible,
)

MAX_QUOTE_CHARACTERS = 2000  # longer hidden text is cut: the report must show it, not repeat it in full
MAX_FINDINGS = 500
_APART = re.compile(r"\t+|[ \u00a0]{3,}")  # separates the cells of a line without positions
OVERLONG = 4  # a single line with this many times the allowed characters is more than white space


class LineBuilder:
    """Numbers lines and blocks. Not thread-safe; one per document."""

    def __init__(self, media_type: str, limits: ExtractionLimits) -> None:
        self._media_type = media_type
        self._limits = limits
        self._lines: list[Line] = []
        self._hidden: list[HiddenText] = []
        self._pages: list[Page] = []
        self._warnings: list[str] = []
        self._block = 0
        self._block_used = False
        self._running = False
        self._characters = 0

    def add_page(self, width: float = 0.0, height: float = 0.0) -> None:
        self._pages.append(Page(len(self._pages) + 1, round(width, 2), round(height, 2)))
        self.end_block()

    def end_block(self) -> None:
        """Start a new block with the next line; empty blocks do not count."""
        if self._block_used:
            self._block += 1
            self._block_used = False

    def begin_running(self) -> None:
        """Mark everything that follows as page header or footer, until the document ends."""
        self._running = True
        self.end_block()

    def add_line(
        self,
        words: Sequence[Word],
        *,
        box: Box | None = None,
        size: float = 0.0,
        bold: bool = False,
        cells: tuple[str, ...] = (),
    ) -> None:
        """Add one visible line; invisible characters are removed and reported. Empty lines are ignored."""
        if has_invisible("".join([word.text for word in words])):
            words = self._without_invisible(words)
        cleaned = [word for word in words if word.text]
        if cleaned and cleaned[0].text[0] in BULLET_GLYPHS:
            cleaned = _with_bullet(cleaned)
        text = " ".join([word.text for word in cleaned])
        if not text:
            return
        self._characters += len(text) + 1
        if self._characters > self._limits.text_characters:
            raise self._too_long()
        self._lines.append(
            Line(
                number=len(self._lines) + 1,
                page=max(1, len(self._pages)),
                text=text,
                words=tuple(cleaned),
                box=box,
                block=self._block,
                size=round(size, 2),
                bold=bold,
                running=self._running,
                cells=cells,
            )
        )
        self._block_used = True

    def add_text(self, text: str, *, size: float = 0.0, bold: bool = False) -> None:
        """Add one line of a format without positions."""
        if len(text) > OVERLONG * self._limits.text_characters:
            raise self._too_long()  # before spending hours on normalizing it
        visible = split_invisible(text)
        if visible.hidden:
            self.add_hidden(visible.hidden, "zero_width")
        cells = [" ".join(normalise(part).split()) for part in _APART.split(visible.visible)]
        cells = [cell for cell in cells if cell]
        words = [Word(part) for cell in cells for part in cell.split()]
        self.add_line(words, size=size, bold=bold, cells=tuple(cells) if len(cells) > 1 else ())

    def add_hidden(self, quote: str, reason: HiddenReason, box: Box | None = None) -> None:
        quote = " ".join(quote.split())
        if not quote or len(self._hidden) >= MAX_FINDINGS:
            return
        if len(quote) > MAX_QUOTE_CHARACTERS:
            quote = quote[: MAX_QUOTE_CHARACTERS - 1] + "…"
        self._hidden.append(HiddenText(max(1, len(self._pages)), quote, reason, box))

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self._lines)

    @property
    def is_empty(self) -> bool:
        """True while no visible letter or digit has been added."""
        return not any(has_visible_letter(line.text) for line in self._lines)

    def add_warning(self, sentence: str) -> None:
        if sentence not in self._warnings:
            self._warnings.append(sentence)

    def build(self, *, nothing_found: str = "The document contains no visible text.") -> Document:
        """Return the finished Document; raises NoText with `nothing_found` if no letter or digit is visible."""
        if self.is_empty:
            raise NoText(nothing_found)
        pages = tuple(self._pages) or (Page(1, 0.0, 0.0),)
        return Document(
            media_type=self._media_type,
            pages=pages,
            lines=tuple(set_apart(self._lines, pages)),
            hidden=tuple(self._hidden),
            language=detect_language("\n".join(line.text for line in self._lines)),
            warnings=tuple(self._warnings),
        )

    def _too_long(self) -> TextTooLong:
        return TextTooLong(
            f"The document contains more than {self._limits.text_characters:,} visible characters, which is the "
            "limit (limits.text_characters). Upload only the resume, without attachments."
        )

    def _without_invisible(self, words: Sequence[Word]) -> list[Word]:
        cleaned: list[Word] = []
        findings: list[str] = []
        for word in words:
            found = split_invisible(word.text)
            if found.hidden:
                findings.append(found.hidden)
            cleaned.append(Word(found.visible, word.box, word.confidence, word.bold))
        if findings:
            self.add_hidden("; ".join(findings), "zero_width")
        return cleaned


def _with_bullet(words: list[Word]) -> list[Word]:
    """Normalize a bullet at the start of a line; both parts of a split word keep its box."""
    texts = [word.text for word in words]
    bulleted = normalise_bullet(texts)
    if bulleted == texts:
        return words
    extra = len(bulleted) - len(texts)
    sources = [words[0]] * extra + list(words)
    return [Word(text, word.box, word.confidence, word.bold) for text, word in zip(bulleted, sources, strict=True)]
