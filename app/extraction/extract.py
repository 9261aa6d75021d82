"""Bytes to Document: picks the reader for a media type and bounds what it may do; runs inside the sandbox.

Everything else calls `app.extraction.sandbox.sandbox.extract_in_sandbox`, which runs this in a process of its own.
"""

from app.errors import UnsupportedFileType
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import (
    DOC,
    DOCX,
    HTML,
    IMAGES,
    JSON_RESUME,
    MARKDOWN,
    ODT,
    PDF,
    PLAIN_TEXT,
    RTF,
)
from app.extraction.ocr.image_reader import read_image
from app.extraction.office.docx_reader import read_docx
from app.extraction.office.odt_reader import read_odt
from app.extraction.office.old_word import read_doc
from app.extraction.office.rtf_reader import read_rtf
from app.extraction.pdf.pdf_reader import read_pdf
from app.extraction.sandbox.programs import Programs, name_folder
from app.extraction.textual.json_resume_reader import read_json_resume
from app.extraction.textual.markup import read_html, read_markdown
from app.extraction.textual.plain_text import read_plain_text

__all__ = ["CONVERTED", "EXTRACTOR_VERSION", "ExtractionLimits", "extract_document"]

# Raise it when the same bytes give another Document: stored ones of an older version are read again.
EXTRACTOR_VERSION = "5"

CONVERTED = (DOC,)  # read through LibreOffice, which needs local sockets

_READERS = {
    DOCX: read_docx,
    ODT: read_odt,
    RTF: read_rtf,
    PLAIN_TEXT: read_plain_text,
    MARKDOWN: read_markdown,
    HTML: read_html,
    JSON_RESUME: read_json_resume,
}


def extract_document(
    content: bytes, media_type: str, limits: ExtractionLimits, programs: Programs | None = None
) -> Document:
    """Reads a file of a known type. Raises a DocumentError that says what is wrong with it.

    Time and memory are bounded by the sandbox around this; pages, characters and unpacked sizes are bounded here.
    `programs` starts OCR and LibreOffice; without it they work in a temporary folder.
    """
    if programs is None:
        programs = Programs(limits, name_folder())
        try:
            return extract_document(content, media_type, limits, programs)
        finally:
            programs.remove_folder()
    if media_type == PDF:
        return read_pdf(content, limits, programs)
    if media_type in IMAGES:
        return read_image(content, media_type, limits, programs)
    if media_type in CONVERTED:
        return read_doc(content, limits, programs)
    reader = _READERS.get(media_type)
    if reader is None:
        known = sorted((*_READERS, *IMAGES, *CONVERTED, PDF))
        raise UnsupportedFileType(f"No reader for {media_type}; these are read: {', '.join(known)}.")
    return reader(content, limits)
