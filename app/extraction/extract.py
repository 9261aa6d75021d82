"""Converts bytes to a Document: picks the reader for a media type and limits its work. Runs inside the sandbox.

All other code calls `app.extraction.sandbox.sandbox.extract_in_sandbox`, which runs this in a separate process.
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

# Increment when the same bytes yield a different Document; documents stored by an older version are extracted again.
EXTRACTOR_VERSION = "5"

CONVERTED = (DOC,)  # converted by LibreOffice, which needs local sockets

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
    """Read a file of a known type. Raises a DocumentError that explains what is wrong with it.

    The sandbox around this limits time and memory; pages, characters and unpacked sizes are limited here. `programs`
    starts OCR and LibreOffice; without it they use a temporary folder.
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
        raise UnsupportedFileType(
            f"Files of the type {media_type} are not supported. Supported types: {', '.join(known)}."
        )
    return reader(content, limits)
