"""Reads ODT files from their XML: page headers, body, tables, text boxes, notes, footers; called by `extract`."""

from dataclasses import replace
from typing import Any

from app.errors import CorruptDocument, DocumentTooComplex
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import ODT
from app.extraction.office.flowing_text import Paragraph, Piece, RunLook, add_pieces, table_rows
from app.extraction.office.odt_styles import DRAW, FO, OFFICE, SVG, TABLE, TEXT, OdtStyles, points_of
from app.extraction.office.zip_package import ZipPackage

MAX_DEPTH = 60  # tables, lists and boxes inside each other
MAX_SPACES = 200  # in one text:s; the number comes from the file
MARGIN_POINTS = 150.0  # a box that ends this far left of its anchor or above it is not on the page
PAGE_POINTS = 1_200.0

# Deleted text, comments, fields that show nothing, numbers that the program makes.
_SILENT = {
    f"{TEXT}tracked-changes",
    f"{OFFICE}annotation",
    f"{OFFICE}annotation-end",
    f"{OFFICE}forms",
    f"{TEXT}sequence-decls",
    f"{TEXT}variable-decls",
    f"{TEXT}user-field-decls",
    f"{TEXT}note-citation",
    f"{TEXT}page-number",
    f"{TEXT}page-count",
    f"{TEXT}bookmark",
    f"{TEXT}soft-page-break",
}
_HIDDEN_FIELDS = {f"{TEXT}hidden-text", f"{TEXT}hidden-paragraph"}


def read_odt(content: bytes, limits: ExtractionLimits) -> Document:
    """Raises EncryptedDocument, CorruptDocument, DocumentTooComplex, NoText or TextTooLong."""
    package = ZipPackage(content, "ODT")
    manifest = package.xml("META-INF/manifest.xml")
    if manifest is not None and any(str(element.tag).endswith("}encryption-data") for element in manifest.iter()):
        raise package.encrypted()
    root = package.xml("content.xml")
    text = root.find(f"{OFFICE}body/{OFFICE}text") if root is not None else None
    if text is None:
        raise CorruptDocument("The ODT has no text document in it. Save it again from a word processor and send that.")
    common = package.xml("styles.xml")
    builder = LineBuilder(ODT, limits)
    builder.add_page()
    styles = OdtStyles(common, root)
    reader = _Reader(styles, builder)
    seen: set[str] = set()
    # A title page has a header of its own, which comes first; the others stand on the following pages.
    titled = styles.master_parts(("header-first",))
    for part in titled or styles.master_parts(("header",)):
        add_pieces(reader.blocks(part, RunLook(), 0), builder, seen)
    add_pieces(reader.blocks(text, RunLook(shaded=styles.has_dark_page), 0), builder)
    add_pieces(reader.notes, builder)
    builder.begin_running()
    following = ("header", "header-left") if titled else ("header-left",)
    for part in styles.master_parts((*following, "footer-first", "footer", "footer-left")):
        add_pieces(reader.blocks(part, RunLook(), 0), builder, seen)
    return builder.build(
        nothing_found="The ODT holds no visible text, perhaps only pictures. Save it as PDF and send that: pictures of "
        "text are read there."
    )


class _Reader:
    def __init__(self, styles: OdtStyles, builder: LineBuilder) -> None:
        self._styles = styles
        self._builder = builder
        self.notes: list[Piece] = []

    def blocks(self, parent: Any, around: RunLook, depth: int, mark: str = "") -> list[Piece]:
        """Paragraphs, lists, tables and sections of a container, in order; `mark` stands before the first line."""
        if depth > MAX_DEPTH:
            raise DocumentTooComplex(
                f"The ODT nests tables and boxes more than {MAX_DEPTH} deep. Save it as PDF and send that."
            )
        pieces: list[Piece] = []
        pause = False
        for element in parent:
            tag = element.tag
            if not isinstance(tag, str) or tag in _SILENT:
                continue
            if tag in {f"{TEXT}p", f"{TEXT}h"}:
                lines = self._paragraph(element, around, depth, mark)
                if lines:
                    mark = ""
                    lines[0].breaks_before |= pause
                pause = not lines
                pieces += lines
            elif tag == f"{TABLE}table":
                pieces += self._table(element, around, depth + 1)
                pause = True
            elif tag == f"{TEXT}list":
                pieces += self._list(element, around, depth + 1)
            else:
                inner = self.blocks(element, self._around(element, around), depth + 1, mark)
                if inner:
                    inner[0].breaks_before |= pause
                    mark, pause = "", False
                pieces += inner
        return pieces

    def _around(self, element: Any, around: RunLook) -> RunLook:
        """What a section, a box or an index hands down to its content."""
        if element.get(f"{TEXT}display") == "none" or element.get(f"{TEXT}is-hidden") == "true":
            around = replace(around, vanish=True)
        style = self._styles.graphic_look(element.get(f"{DRAW}style-name") or element.get(f"{TEXT}style-name"), around)
        if element.tag == f"{DRAW}frame":
            return replace(style, off_page=around.off_page or _is_off_page(element))
        return style

    def _list(self, element: Any, around: RunLook, depth: int) -> list[Piece]:
        numbered = self._styles.is_numbered(element.get(f"{TEXT}style-name"))
        pieces: list[Piece] = []
        number = 0
        for item in element:
            if item.tag == f"{TEXT}list-item":
                number += 1
                pieces += self.blocks(item, around, depth + 1, f"{number}." if numbered else "•")
            elif item.tag == f"{TEXT}list-header":
                pieces += self.blocks(item, around, depth + 1)
        return pieces

    def _table(self, table: Any, around: RunLook, depth: int) -> list[Piece]:
        rows: list[list[list[Piece]]] = []
        for row in table.iter(f"{TABLE}table-row"):
            if next(row.iterancestors(f"{TABLE}table"), None) is not table:
                continue
            cells = [cell for cell in row if cell.tag == f"{TABLE}table-cell"]
            rows.append(
                [
                    self.blocks(cell, self._styles.cell_look(cell.get(f"{TABLE}style-name"), around), depth)
                    for cell in cells
                ]
            )
        return table_rows(rows)

    def _paragraph(self, element: Any, around: RunLook, depth: int, mark: str) -> list[Piece]:
        look = self._styles.text_look("paragraph", element.get(f"{TEXT}style-name"), around)
        text = Paragraph()
        boxes: list[Piece] = []
        self._runs(element, look, text, boxes, depth)
        text.report_hidden(self._builder)
        heading = element.tag == f"{TEXT}h" or self._styles.is_title(element.get(f"{TEXT}style-name"))
        pieces = text.pieces(mark=mark if text.has_text else "", heading=heading)
        if boxes:
            boxes[0].breaks_before = True
            if pieces:
                pieces[0].breaks_before = True
        return boxes + pieces

    def _runs(self, parent: Any, look: RunLook, text: Paragraph, boxes: list[Piece], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise DocumentTooComplex(
                f"The ODT nests its text more than {MAX_DEPTH} deep. Save it as PDF and send that."
            )
        text.add(_spaced(parent.text), look)
        for element in parent:
            self._run(element, look, text, boxes, depth)
            text.add(_spaced(element.tail), look)

    def _run(self, element: Any, look: RunLook, text: Paragraph, boxes: list[Piece], depth: int) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _SILENT:
            return
        if tag == f"{TEXT}s":
            count = element.get(f"{TEXT}c", "1")
            text.add(" " * min(int(count) if count.isdecimal() else 1, MAX_SPACES), look)
        elif tag == f"{TEXT}tab":
            text.add("\t", look)
        elif tag == f"{TEXT}line-break":
            text.add("\n", look)
        elif tag == f"{TEXT}note":
            self.notes += self.blocks(element, RunLook(), depth + 1)
        elif tag in {f"{DRAW}frame", f"{DRAW}custom-shape", f"{DRAW}g", f"{DRAW}text-box", f"{DRAW}a"}:
            boxes += self.blocks(element, self._around(element, look), depth + 1)
        elif tag in _HIDDEN_FIELDS:
            hides = element.get(f"{TEXT}is-hidden") != "false"
            shown = element.get(f"{TEXT}string-value") or "".join(element.itertext())
            text.add(shown, replace(look, vanish=look.vanish or hides))
        else:
            style = element.get(f"{TEXT}style-name")
            inner = self._styles.text_look("text", style, look) if tag == f"{TEXT}span" else look
            self._runs(element, inner, text, boxes, depth + 1)


def _spaced(text: str | None) -> str:
    """White space in the XML is one space: real ones are elements."""
    if not text:
        return ""
    words = " ".join(text.split())
    return (" " if text[0].isspace() else "") + words + (" " if words and text[-1].isspace() else "")


def _is_off_page(frame: Any) -> bool:
    for place, side in (("x", "width"), ("y", "height")):
        length = points_of(frame.get(f"{SVG}{side}") or frame.get(f"{FO}min-{side}") or "")
        offset = points_of(frame.get(f"{SVG}{place}") or "")
        if offset + length < -MARGIN_POINTS or offset > PAGE_POINTS:
            return True
    return False
