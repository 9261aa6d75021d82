"""The one shape every file format becomes: pages, words with boxes, lines in reading order.

Produced by `app.extraction`, read by `app.analysis`. Pure values, JSON both ways (`to_json`, `from_json`).

Boxes are `(x0, y0, x1, y1)` in points (1/72 inch), origin top left of the page, x1 > x0 and y1 > y0.
Formats without pages (TXT, MD, HTML, DOCX) have one page of size 0 x 0 and no boxes (`None`).
"""

import json
import zlib
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


# Words and lines are never changed, but frozen ones take three times as long to make, and a page has hundreds.
@dataclass(slots=True, unsafe_hash=True)
class Word:
    """One visible word, Unicode-normalised (NFKC, ligatures split, soft hyphens removed)."""

    text: str
    box: Box | None = None
    confidence: float | None = None  # 0 to 1 where OCR has read it; None for text that the file itself holds
    bold: bool = False  # known in PDFs alone


@dataclass(slots=True, unsafe_hash=True)
class Line:
    """One visible line, in reading order. `number` counts from 1 through the whole document: models cite it.

    `block` groups the lines of one column or paragraph block; `size` is the font size in points (0 when unknown);
    `bold` marks a heading-like weight. `text` is the words joined by single spaces. `running` marks page headers and
    footers that return on several pages: they stand behind all other lines. `cells` are the pieces of a line without
    places that a tab or a table's borders set apart, when there are several.
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
    """Text in the file that a reader does not see. It never reaches a model or the parser; it is reported."""

    page: int
    quote: str
    reason: HiddenReason
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Everything known about a file's content. `language` is BCP-47 primary (`en`, `de`, ...), `und` when unknown."""

    media_type: str
    pages: tuple[Page, ...]
    lines: tuple[Line, ...]
    hidden: tuple[HiddenText, ...] = ()
    language: str = "und"
    warnings: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        """Visible text, one line per line, in reading order."""
        return "\n".join(line.text for line in self.lines)

    def numbered_text(self) -> str:
        """What a model reads: `12| Senior Engineer, Example Ltd`; blocks are separated by an empty line.

        Of a running header or footer it reads one of each, numbers aside.
        """
        out: list[str] = []
        block: int | None = None
        shown: set[str] = set()
        for line in self.lines:
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
        """The line with that number; numbers are 1..len(lines) without gaps."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else None

    def to_json(self) -> dict[str, Any]:
        """Written out where there are many: `asdict` copies every value of hundreds of words, at ten times the time."""
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
                    running=line.get("running", False),  # documents stored before there was such a mark
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
        """Compressed, for storage: about 12 KB for a two-page resume."""
        return zlib.compress(json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode(), 6)

    @classmethod
    def from_bytes(cls, value: bytes) -> Self:
        return cls.from_json(json.loads(zlib.decompress(value)))


_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in (Word, Line, Page, HiddenText, Document)}


def _plain(value: Word | Line | Page | HiddenText | Document) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _NAMES[type(value)]}
