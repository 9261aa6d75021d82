"""Reads DOCX files straight from their XML: headers, body, tables, text boxes, footers; called by `extract`."""

from dataclasses import dataclass, field, replace
from typing import Any

from app.errors import CorruptDocument, DocumentTooComplex
from app.extraction.document import Document, HiddenReason
from app.extraction.docx_package import DocxPackage
from app.extraction.docx_styles import STRICT_W, RunLook, Styles, W, child, is_shaded, value
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.rows import mentions_date

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MAX_DEPTH = 60  # tables and boxes inside each other
MIN_SIZE_POINTS = 2.0
NEAR_WHITE = 0xF0  # all three channels at least this: not readable on white paper
SHORT_CELL_CHARACTERS = 40  # a first cell up to this length is a date or label of what stands beside it

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
# Deleted text, the old place of moved text, field codes, comments: not part of what is shown.
_SILENT = {
    f"{W}{name}"
    for name in (
        "del",
        "moveFrom",
        "delText",
        "instrText",
        "delInstrText",
        "rPr",
        "pPr",
        "annotationRef",
        "footnoteRef",
    )
} | {f"{_MC}Fallback"}
_SYMBOL_BULLETS = {"f0b7", "f0a7", "f076", "f0d8", "f0fc", "f06e", "f0a8"}


@dataclass(slots=True)
class _Piece:
    """One visible line before it is numbered."""

    text: str
    size: float = 0.0
    bold: bool = False
    breaks_before: bool = False


@dataclass(slots=True)
class _Line:
    parts: list[tuple[str, RunLook]] = field(default_factory=list["tuple[str, RunLook]"])


def read_docx(content: bytes, limits: ExtractionLimits) -> Document:
    """Raises EncryptedDocument, CorruptDocument, DocumentTooComplex, NoText or TextTooLong."""
    package = DocxPackage(content)
    main = package.main_part()
    root = _transitional(package.xml(main))
    if root is None:
        raise CorruptDocument("The DOCX has no document in it. Save it again from a word processor and send that.")
    related = {
        identity: (target, kind.rsplit("/", 1)[-1]) for identity, target, kind in package.relationship_rows(main)
    }
    by_kind = {kind: target for target, kind in related.values()}
    styles = Styles(
        _transitional(_part(package, by_kind, "styles")), _transitional(_part(package, by_kind, "numbering"))
    )
    builder = LineBuilder(MEDIA_TYPE, limits)
    builder.add_page()
    dark_page = child(root, "background") is not None
    reader = _Reader(styles, builder, shaded=dark_page)
    # With a title page, the default header stands on the following pages alone: it comes after the body.
    titled = next(root.iter(f"{W}titlePg"), None) is not None
    opening = _referenced(root, "headerReference", related, ("first",) if titled else ("default",))
    following = _referenced(root, "headerReference", related, ("default", "even") if titled else ("even",))
    for name in opening:
        reader.part(_transitional(package.xml(name)))
    reader.part(child(root, "body"))
    for kind in ("footnotes", "endnotes"):
        reader.part(_transitional(_part(package, by_kind, kind)))
    footers = _referenced(
        root, "footerReference", related, ("first", "default", "even") if titled else ("default", "even")
    )
    for name in dict.fromkeys((*following, *footers)):
        reader.part(_transitional(package.xml(name)))
    return builder.build(
        nothing_found="The DOCX holds no visible text, perhaps only pictures. Pictures of text need OCR, which this "
        "version does not have."
    )


def _part(package: DocxPackage, by_kind: dict[str, str], kind: str) -> Any | None:
    return package.xml(by_kind[kind]) if kind in by_kind else None


def _transitional(root: Any | None) -> Any | None:
    """Strict DOCX files use other namespace names for the same elements; bring them to the usual ones."""
    if root is not None and isinstance(root.tag, str) and root.tag.startswith(STRICT_W):
        for element in root.iter():
            if isinstance(element.tag, str) and element.tag.startswith(STRICT_W):
                element.tag = W + element.tag[len(STRICT_W) :]
            for name, text in list(element.attrib.items()):
                if name.startswith(STRICT_W):
                    element.attrib[W + name[len(STRICT_W) :]] = text
    return root


def _referenced(root: Any, tag: str, related: dict[str, tuple[str, str]], kinds: tuple[str, ...]) -> list[str]:
    """Header or footer parts of those kinds, in the order of the kinds and of the sections, each once."""
    references = list(root.iter(f"{W}{tag}"))
    names = [
        related[reference.get(f"{_R}id", "")][0]
        for kind in kinds
        for reference in references
        if reference.get(f"{W}type", "default") == kind and reference.get(f"{_R}id", "") in related
    ]
    return list(dict.fromkeys(names))


class _Reader:
    def __init__(self, styles: Styles, builder: LineBuilder, *, shaded: bool) -> None:
        self._styles = styles
        self._builder = builder
        self._shaded = shaded
        self._seen_in_margins: set[str] = set()

    def part(self, root: Any | None) -> None:
        """Reads one part and ends its last block."""
        if root is None:
            return
        pieces = self._blocks(root, shaded=self._shaded, depth=0)
        # First-page, default and even headers usually say the same.
        in_margin = root.tag in {f"{W}hdr", f"{W}ftr"}
        for piece in pieces:
            if piece.breaks_before:
                self._builder.end_block()
            if in_margin:
                if piece.text in self._seen_in_margins:
                    continue
                self._seen_in_margins.add(piece.text)
            self._builder.add_text(piece.text, size=piece.size, bold=piece.bold)
        self._builder.end_block()

    def _blocks(self, parent: Any, *, shaded: bool, depth: int) -> list[_Piece]:
        """Paragraphs and tables of a container, in order."""
        if depth > MAX_DEPTH:
            raise DocumentTooComplex(
                f"The DOCX nests tables and boxes more than {MAX_DEPTH} deep. Save it as PDF and send that."
            )
        pieces: list[_Piece] = []
        pause = False
        for element in parent:
            tag = element.tag
            if tag == f"{W}p":
                lines = self._paragraph(element, shaded=shaded, depth=depth)
                if lines and pause:
                    lines[0].breaks_before = True
                pause = not lines
                pieces += lines
            elif tag == f"{W}tbl":
                pieces += self._table(element, shaded=shaded, depth=depth + 1)
                pause = True
            elif tag in {f"{W}footnote", f"{W}endnote"}:
                if element.get(f"{W}type") is None:  # the others are drawn separators
                    pieces += self._blocks(element, shaded=shaded, depth=depth + 1)
            elif isinstance(tag, str) and tag not in _SILENT:
                # Content controls, custom XML, insertions, alternatives: their content counts, not they.
                inner = self._blocks(element, shaded=shaded, depth=depth + 1)
                if inner and pause:
                    inner[0].breaks_before = True
                    pause = False
                pieces += inner
        return pieces

    def _table(self, table: Any, *, shaded: bool, depth: int) -> list[_Piece]:
        pieces: list[_Piece] = []
        for row in table.iter(f"{W}tr"):
            if _enclosing(row, f"{W}tbl") is not table:
                continue
            cells = [
                self._blocks(
                    cell,
                    shaded=shaded or is_shaded(child(cell, "tcPr")) or is_shaded(child(table, "tblPr")),
                    depth=depth,
                )
                for cell in row.iter(f"{W}tc")
                if _enclosing(cell, f"{W}tr") is row and not _continues_merge(cell)
            ]
            filled = [cell for cell in cells if cell]
            if not filled:
                continue
            lines = _joined_row(filled)
            lines[0].breaks_before = len(lines) > 1 or not pieces
            pieces += lines
        return pieces

    def _paragraph(self, paragraph: Any, *, shaded: bool, depth: int) -> list[_Piece]:
        properties = child(paragraph, "pPr")
        look = self._styles.paragraph_look(properties, shaded=shaded)
        lines = [_Line()]
        boxes: list[_Piece] = []
        hidden: list[tuple[str, HiddenReason]] = []
        self._runs(paragraph, look, lines, boxes, hidden, depth)
        self._report(hidden)
        pieces: list[_Piece] = []
        mark = self._styles.list_mark(properties) if any(_text(line).strip() for line in lines) else ""
        heading = self._styles.is_heading(properties)
        for line in lines:
            text = _text(line)
            if not text.strip():
                continue
            letters = sum(len(part.strip()) for part, _ in line.parts) or 1
            bold = sum(len(part.strip()) for part, run in line.parts if run.bold) > 0.6 * letters
            size = max((run.size for part, run in line.parts if part.strip()), default=0.0)
            pieces.append(_Piece(f"{mark} {text}" if mark else text, size, bold or heading, heading and not pieces))
            mark = ""
        if boxes:
            boxes[0].breaks_before = True
            if pieces:
                pieces[0].breaks_before = True
        return boxes + pieces

    def _report(self, hidden: list[tuple[str, HiddenReason]]) -> None:
        quote: list[str] = []
        for number, (text, reason) in enumerate(hidden):
            quote.append(text)
            if number + 1 == len(hidden) or hidden[number + 1][1] != reason:
                self._builder.add_hidden("".join(quote), reason)
                quote = []

    def _runs(
        self,
        parent: Any,
        look: RunLook,
        lines: list[_Line],
        boxes: list[_Piece],
        hidden: list[tuple[str, HiddenReason]],
        depth: int,
    ) -> None:
        """Text of a paragraph: through hyperlinks, insertions, fields and content controls, down to runs."""
        for element in parent:
            tag = element.tag
            if not isinstance(tag, str) or tag in _SILENT:
                continue
            if tag == f"{W}r":
                self._runs(element, self._styles.run_look(look, child(element, "rPr")), lines, boxes, hidden, depth)
            elif tag == f"{W}txbxContent":
                boxes += self._blocks(element, shaded=look.shaded or _box_is_filled(element), depth=depth + 1)
            elif (text := _character(element)) is not None:
                self._add(text, look, lines, hidden)
            else:
                self._runs(element, look, lines, boxes, hidden, depth)

    def _add(self, text: str, look: RunLook, lines: list[_Line], hidden: list[tuple[str, HiddenReason]]) -> None:
        reason = _hidden_reason(look)
        if reason is not None and text.strip():
            hidden.append((text, reason))
        elif reason is None or not look.vanish:
            first, *others = text.split("\n")
            lines[-1].parts.append((first, look))
            lines.extend(_Line([(part, look)]) for part in others)


def _character(element: Any) -> str | None:
    """The text of a leaf of a run; None for elements that hold further ones."""
    match element.tag.removeprefix(W):
        case "t":
            return element.text or ""
        case "tab" | "ptab":
            return "\t"
        case "br" | "cr":
            return "\n"
        case "noBreakHyphen":
            return "-"
        case "softHyphen":
            return ""
        case "sym":
            return "•" if (element.get(f"{W}char") or "").lower() in _SYMBOL_BULLETS else " "
        case _:
            return None


def _hidden_reason(look: RunLook) -> HiddenReason | None:
    if look.vanish:
        return "vanish"
    if look.size <= MIN_SIZE_POINTS:
        return "tiny"
    if not look.shaded and len(look.colour) == 6:
        try:
            channels = bytes.fromhex(look.colour)
        except ValueError:
            return None
        if min(channels) >= NEAR_WHITE:
            return "low_contrast"
    return None


def _joined_row(cells: list[list[_Piece]]) -> list[_Piece]:
    """A table's row as lines: one line when every cell has one, else cell after cell.

    A short first cell (a date, a label) goes in front of the first line of the cell beside it.
    """
    if all(len(cell) == 1 for cell in cells):
        text = "\t".join(cell[0].text for cell in cells)
        letters = sum(len(cell[0].text) for cell in cells)
        bold = sum(len(cell[0].text) for cell in cells if cell[0].bold) > 0.6 * letters
        return [_Piece(text, max(cell[0].size for cell in cells), bold)]
    first, *others = cells
    label = " ".join(piece.text for piece in first)
    is_label = len(label) <= SHORT_CELL_CHARACTERS and len(first) <= 2
    if others and is_label and (mentions_date(label) or len(first) == 1) and not first[0].breaks_before:
        lead = others[0][0]
        others[0][0] = replace(lead, text=f"{label}\t{lead.text}")
        cells = others
    elif len(others) == 1 and mentions_date(" ".join(p.text for p in others[0])) and len(others[0]) == 1:
        # The date stands right of the entry: it ends the entry's first line.
        first[0] = replace(first[0], text=f"{first[0].text}\t{others[0][0].text}")
        cells = [first]
    for cell in cells[1:]:
        cell[0].breaks_before = True
    return [piece for cell in cells for piece in cell]


def _text(line: _Line) -> str:
    return "".join(part for part, _ in line.parts)


def _enclosing(element: Any, tag: str) -> Any | None:
    """The nearest ancestor with that tag."""
    return next(element.iterancestors(tag), None)


def _continues_merge(cell: Any) -> bool:
    """True for the lower cells of a vertical merge: they are not shown."""
    merge = child(child(cell, "tcPr"), "vMerge")
    return merge is not None and (value(child(cell, "tcPr"), "vMerge") or "continue") == "continue"


def _box_is_filled(content: Any) -> bool:
    """True when the text box has a ground of its own, in which white text may be meant to be read."""
    shape = next(content.iterancestors(f"{_WPS}wsp"), None)
    if shape is None:
        return any("fillcolor" in ancestor.attrib for ancestor in content.iterancestors())
    properties = shape.find(f"{_WPS}spPr")
    if properties is None:
        return shape.find(f"{_WPS}style") is not None
    fills = [properties.find(f"{_A}{name}") for name in ("solidFill", "gradFill", "blipFill", "pattFill")]
    if properties.find(f"{_A}noFill") is not None:
        return False
    return any(fill is not None for fill in fills) or shape.find(f"{_WPS}style") is not None
