"""What a PDF contains besides its pages: notes, form fields, metadata, scripts, attachments; used by `pdf_reader`.

Anything a reader can see becomes part of the page; anything invisible is reported and never read as content.
"""

import ctypes
import html
import re
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from app.extraction.line_builder import LineBuilder
from app.extraction.unicode_text import normalise

UNSEEN_FLAGS = 1 << 1 | 1 << 5  # PDF 32000-1, table 165: Hidden, NoView
MAX_TEXT_BYTES = 64 * 1024  # of one note or field
MAX_ANNOTATIONS = 2_000  # on one page; a page of links has about 50
# Most honest files have a title, an author and a few keywords; longer text there is written for programs.
METADATA_WORDS = 8
_XMP = re.compile(rb"<x:xmpmeta\b.*?</x:xmpmeta>", re.DOTALL)
_PROGRAM_NAMES = {"Creator", "Producer"}  # browsers write a whole sentence about themselves there
_PROGRAM_ELEMENTS = re.compile(r"<(\w+:(?:CreatorTool|Producer))\b[^>]*>[^<]*</\1>")
_MAX_XMP_BYTES = 256 * 1024
_SILENT = (pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP)


def flatten_annotations(page: pdfium.PdfPage, builder: LineBuilder) -> bool:
    """Draw form fields and typed notes into the page, as viewers show them, and report what they do not show.

    Returns True if the page changed and must be loaded again.
    """
    visible = False
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page.raw), MAX_ANNOTATIONS)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
            if kind in _SILENT:
                continue
            unseen = bool(pdfium_c.FPDFAnnot_GetFlags(annotation) & UNSEEN_FLAGS)
            shows_itself = kind in (pdfium_c.FPDF_ANNOT_WIDGET, pdfium_c.FPDF_ANNOT_FREETEXT)
            visible |= not unseen
            if unseen or not shows_itself:
                builder.add_hidden(_text(annotation, b"Contents"), "annotation")
                if kind == pdfium_c.FPDF_ANNOT_WIDGET:
                    builder.add_hidden(_text(annotation, b"V"), "annotation")
        finally:
            pdfium_c.FPDFPage_CloseAnnot(annotation)
    if not visible:
        return False
    return pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_NORMALDISPLAY) == pdfium_c.FLATTEN_SUCCESS


def report_extras(document: pdfium.PdfDocument, content: bytes, builder: LineBuilder) -> None:
    """Report longer metadata that appears on no page, and scripts and attachments, which are never opened."""
    properties = document.get_metadata_dict(skip_empty=True)
    texts = [text for name, text in properties.items() if name not in _PROGRAM_NAMES]
    long = [text for text in dict.fromkeys([*texts, *_xmp_texts(content)]) if len(_words(text)) >= METADATA_WORDS]
    seen = set(_words(builder.text)) if long else set()
    for text in long:
        if sum(word not in seen for word in _words(text)) >= METADATA_WORDS:
            builder.add_hidden(text, "metadata")
    if document.count_attachments():
        builder.add_warning("The PDF has attached files. They were not opened.")
    if pdfium_c.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0:
        builder.add_warning("The PDF contains scripts. They were not run.")


def _text(annotation: Any, key: bytes) -> str:
    length = pdfium_c.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if length <= 2 or length > MAX_TEXT_BYTES:
        return ""
    buffer = (ctypes.c_ushort * (length // 2 + 1))()
    pdfium_c.FPDFAnnot_GetStringValue(annotation, key, buffer, length)
    return bytes(buffer)[: length - 2].decode("utf-16-le", "replace")


def _xmp_texts(content: bytes) -> list[str]:
    """Return the values of the XMP packet, which is stored uncompressed so that other programs can find it."""
    found = _XMP.search(content)
    if found is None or found.end() - found.start() > _MAX_XMP_BYTES:
        return []
    packet = _PROGRAM_ELEMENTS.sub("", found.group().decode("utf-8", "replace"))
    parts = re.split(r"<[^>]*>", packet)
    return [html.unescape(part).strip() for part in parts if part.strip()]


def _words(text: str) -> list[str]:
    return re.findall(r"\w{2,}", normalise(text).casefold())
