"""The common form of every file format: pages, words with boxes, and lines in reading order.

Produced by `app.extraction`, read by `app.analysis`. Plain values that convert to and from JSON (`to_json`,
`from_json`).

Boxes are `(x0, y0, x1, y1)` in points (1/72 inch), origin top left of the page, x1 > x0 and y1 > y0. Formats without
pages (TXT, MD, HTML, DOCX) have one page of size 0 x 0 and no boxes (`None`).
"""

import json
import zlib
from collections.abc import Container
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

Box = tuple[float, float, float, float]
HiddenReason = Literal[
    "low_contrast",
    "tiny",
    "off_page",
    "covered",
    "clipped",
    "transparent",
    "vanish",
    "zero_width",
    "css",
    "metadata",
    "annotation",
]


# Words and lines are never changed, but creating frozen ones takes three times as long, and a page has hundreds.
@dataclass(slots=True, unsafe_hash=True)
class Word:
    """One visible word, normalized to Unicode NFKC (ligatures split, soft hyphens removed)."""

    text: str
    box: Box | None = None
    confidence: float | None = None  # 0 to 1 for OCR; None for text stored in the file itself
    bold: bool = False  # only known in PDFs


@dataclass(slots=True, unsafe_hash=True)
class Line:
    """One visible line, in reading order. `number` counts from 1 through the whole document: models cite it.

    `block` groups the lines of one column or paragraph block; `size` is the font size in points (0 if unknown); `bold`
    marks a heading-like weight. `text` is the words joined by single spaces. `running` marks page headers and footers
    that repeat on several pages; they come after all other lines. `cells` are the parts of a line without positions
    that are separated by tabs or table borders, if there are several.
    """

    number: int
    page: int  # from 1
    text: str
    words: tuple[Word, ...] = ()
    box: Box | None = None
    block: int = 0
    size: float = 0.0
    bold: bool = False
    running: bool = False
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    number: int  # from 1
    width: float  # points; 0 for formats without pages
    height: float


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Text in the file that a reader cannot see. It never reaches a model or the parser; it is reported."""

    page: int
    quote: str
    reason: HiddenReason
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Everything known about a file's content. `language` is BCP-47 primary (`en`, `de`, ...), `und` if unknown."""

    media_type: str
    pages: tuple[Page, ...]
    lines: tuple[Line, ...]
    hidden: tuple[HiddenText, ...] = ()
    language: str = "und"
    warnings: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """Return the visible text in reading order, one line per line."""
        return "\n".join(line.text for line in self.lines)

    def numbered_text(self, numbers: Container[int] | None = None) -> str:
        """Return the text that a model reads: `12| Senior Engineer, Example Ltd`; empty lines separate blocks.

        A repeated header or footer is included once, ignoring its page numbers. With `numbers`, only these lines.
        """
        out: list[str] = []
        block: int | None = None
        shown: set[str] = set()
        for line in self.lines:
            if numbers is not None and line.number not in numbers:
                continue
            if line.running:
                words = "".join(character for character in line.text if not character.isdigit())
                if words in shown:
                    continue
                shown.add(words)
            if block is not None and line.block != block:
                out.append("")
            block = line.block
            out.append(f"{line.number}| {line.text}")
        return "\n".join(out)

    def line(self, number: int) -> Line | None:
        """Return the line with this number; numbers are 1..len(lines) without gaps."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else None

    def to_json(self) -> dict[str, Any]:
        """Written out by hand, because `asdict` copies every value of hundreds of words and takes ten times as long."""
        lines = [{**_plain(line), "words": [_plain(word) for word in line.words]} for line in self.lines]
        return {
            **_plain(self),
            "pages": [_plain(p) for p in self.pages],
            "lines": lines,
            "hidden": [_plain(h) for h in self.hidden],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        def box(raw: list[float] | None) -> Box | None:
            return None if raw is None else (raw[0], raw[1], raw[2], raw[3])

        return cls(
            media_type=value["media_type"],
            pages=tuple(Page(**page) for page in value["pages"]),
            lines=tuple(
                Line(
                    number=line["number"],
                    page=line["page"],
                    text=line["text"],
                    words=tuple(
                        Word(word["text"], box(word["box"]), word.get("confidence"), word.get("bold", False))
                        for word in line["words"]
                    ),
                    box=box(line["box"]),
                    block=line["block"],
                    size=line["size"],
                    bold=line["bold"],
                    running=line.get("running", False),  # missing in documents stored before this field existed
                    cells=tuple(line.get("cells", ())),
                )
                for line in value["lines"]
            ),
            hidden=tuple(
                HiddenText(item["page"], item["quote"], item["reason"], box(item["box"])) for item in value["hidden"]
            ),
            language=value["language"],
            warnings=tuple(value["warnings"]),
        )

    def to_bytes(self) -> bytes:
        """Return the document compressed for storage: about 12 KB for a two-page resume."""
        return zlib.compress(json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode(), 6)

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        return cls.from_json(json.loads(zlib.decompress(value)))


_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in (Word, Line, Page, HiddenText, Document)}


def _plain(value: Word | Line | Page | HiddenText | Document) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _NAMES[type(value)]}
