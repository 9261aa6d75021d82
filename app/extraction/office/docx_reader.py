"""Reads DOCX files directly from their XML: headers, body, tables, text boxes, footers; called by `extract`."""

from dataclasses import replace
from typing import Any

from app.errors import CorruptDocument, DocumentTooComplex
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import DOCX
from app.extraction.office.docx_boxes import is_filled, is_off_page
from app.extraction.office.docx_package import DocxPackage
from app.extraction.office.docx_styles import STRICT_W, Styles, W, child, is_shaded, value
from app.extraction.office.flowing_text import Paragraph, Piece, RunLook, add_pieces, table_rows

MAX_DEPTH = 60  # nested tables and boxes

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
# Deleted text, the old position of moved text, field codes and comments are not displayed.
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


def read_docx(content: bytes, limits: ExtractionLimits, media_type: str = DOCX) -> Document:
    """Raises EncryptedDocument, CorruptDocument, DocumentTooComplex, NoText or TextTooLong."""
    package = DocxPackage(content)
    main = package.main_part()
    root = _transitional(package.xml(main))
    if root is None:
        raise CorruptDocument("The DOCX contains no document. Save it again in a word processor and upload that.")
    related = {
        identity: (target, kind.rsplit("/", 1)[-1]) for identity, target, kind in package.relationship_rows(main)
    }
    by_kind = {kind: target for target, kind in related.values()}
    styles = Styles(
        _transitional(_part(package, by_kind, "styles")), _transitional(_part(package, by_kind, "numbering"))
    )
    builder = LineBuilder(media_type, limits)
    builder.add_page()
    dark_page = child(root, "background") is not None
    reader = _Reader(styles, builder, shaded=dark_page)
    # With a title page, the default header appears only on the following pages, so it comes after the body.
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
    builder.begin_running()
    for name in dict.fromkeys((*following, *footers)):
        reader.part(_transitional(package.xml(name)))
    return builder.build(
        nothing_found="The document contains no visible text, perhaps only pictures. "
        "Save it as PDF and upload that, so that OCR can read the pictures."
    )


def _part(package: DocxPackage, by_kind: dict[str, str], kind: str) -> Any | None:
    return package.xml(by_kind[kind]) if kind in by_kind else None


def _transitional(root: Any | None) -> Any | None:
    """Convert strict DOCX files, which use other namespace names for the same elements, to the usual names."""
    if root is not None and isinstance(root.tag, str) and root.tag.startswith(STRICT_W):
        for element in root.iter():
            if isinstance(element.tag, str) and element.tag.startswith(STRICT_W):
                element.tag = W + element.tag[len(STRICT_W) :]
            for name, text in list(element.attrib.items()):
                if name.startswith(STRICT_W):
                    element.attrib[W + name[len(STRICT_W) :]] = text
    return root


def _referenced(root: Any, tag: str, related: dict[str, tuple[str, str]], kinds: tuple[str, ...]) -> list[str]:
    """Return header or footer parts of these kinds, ordered by kind and then by section, each once."""
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
        self._look = RunLook(shaded=shaded)
        self._seen_in_margins: set[str] = set()

    def part(self, root: Any | None) -> None:
        """Read one part and end its last block."""
        if root is None:
            return
        # First-page, default and even headers usually have the same text.
        in_margin = root.tag in {f"{W}hdr", f"{W}ftr"}
        pieces = self._blocks(root, self._look, depth=0)
        add_pieces(pieces, self._builder, self._seen_in_margins if in_margin else None)

    def _blocks(self, parent: Any, around: RunLook, depth: int) -> list[Piece]:
        """Return a container's paragraphs and tables, in order. `around` holds its background and position."""
        if depth > MAX_DEPTH:
            raise DocumentTooComplex(
                f"The DOCX nests tables and boxes more than {MAX_DEPTH} deep. Save it as PDF and upload that."
            )
        pieces: list[Piece] = []
        pause = False
        for element in parent:
            tag = element.tag
            if tag == f"{W}p":
                lines = self._paragraph(element, around, depth)
                if lines and pause:
                    lines[0].breaks_before = True
                pause = not lines
                pieces += lines
            elif tag == f"{W}tbl":
                pieces += self._table(element, around, depth + 1)
                pause = True
            elif tag in {f"{W}footnote", f"{W}endnote"}:
                if element.get(f"{W}type") is None:  # the others are drawn separators
                    pieces += self._blocks(element, around, depth + 1)
            elif isinstance(tag, str) and tag not in _SILENT:
                # Content controls, custom XML, insertions and alternatives are transparent: only their content counts.
                inner = self._blocks(element, around, depth + 1)
                if inner and pause:
                    inner[0].breaks_before = True
                    pause = False
                pieces += inner
        return pieces

    def _table(self, table: Any, around: RunLook, depth: int) -> list[Piece]:
        shaded = around.shaded or is_shaded(child(table, "tblPr"))
        return table_rows(
            [
                [
                    self._blocks(cell, replace(around, shaded=shaded or is_shaded(child(cell, "tcPr"))), depth)
                    for cell in row.iter(f"{W}tc")
                    if _enclosing(cell, f"{W}tr") is row and not _continues_merge(cell)
                ]
                for row in table.iter(f"{W}tr")
                if _enclosing(row, f"{W}tbl") is table
            ]
        )

    def _paragraph(self, paragraph: Any, around: RunLook, depth: int) -> list[Piece]:
        properties = child(paragraph, "pPr")
        look = self._styles.paragraph_look(properties, shaded=around.shaded)
        look = replace(look, off_page=around.off_page)
        text = Paragraph()
        boxes: list[Piece] = []
        self._runs(paragraph, look, text, boxes, depth)
        text.report_hidden(self._builder)
        mark = self._styles.list_mark(properties) if text.has_text else ""
        pieces = text.pieces(mark=mark, heading=self._styles.is_heading(properties))
        if boxes:
            boxes[0].breaks_before = True
            if pieces:
                pieces[0].breaks_before = True
        return boxes + pieces

    def _runs(self, parent: Any, look: RunLook, text: Paragraph, boxes: list[Piece], depth: int) -> None:
        """Read the text of a paragraph through hyperlinks, insertions, fields and content controls, down to runs."""
        for element in parent:
            tag = element.tag
            if not isinstance(tag, str) or tag in _SILENT:
                continue
            if tag == f"{W}r":
                self._runs(element, self._styles.run_look(look, child(element, "rPr")), text, boxes, depth)
            elif tag == f"{W}txbxContent":
                inside = RunLook(
                    shaded=look.shaded or is_filled(element), off_page=look.off_page or is_off_page(element)
                )
                boxes += self._blocks(element, inside, depth + 1)
            elif (character := _character(element)) is not None:
                text.add(character, look)
            else:
                self._runs(element, look, text, boxes, depth)


def _character(element: Any) -> str | None:
    """Return the text of a leaf of a run; None for elements that contain others."""
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


def _enclosing(element: Any, tag: str) -> Any | None:
    """Return the nearest ancestor with this tag."""
    return next(element.iterancestors(tag), None)


def _continues_merge(cell: Any) -> bool:
    """Return whether the cell is a lower part of a vertical merge, which is not displayed."""
    merge = child(child(cell, "tcPr"), "vMerge")
    return merge is not None and (value(child(cell, "tcPr"), "vMerge") or "continue") == "continue"
