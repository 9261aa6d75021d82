"""Bytes to Document: picks the reader for a media type and bounds what it may do; runs inside the sandbox.

Everything else calls `app.extraction.sandbox.extract_in_sandbox`, which runs this in a process of its own.
"""

from app.errors import UnsupportedFileType
from app.extraction.document import Document
from app.extraction.docx import MEDIA_TYPE as DOCX
from app.extraction.docx import read_docx
from app.extraction.limits import ExtractionLimits
from app.extraction.markup import HTML, MARKDOWN, read_html, read_markdown
from app.extraction.pdf import MEDIA_TYPE as PDF
from app.extraction.pdf import read_pdf
from app.extraction.plain_text import MEDIA_TYPE as PLAIN_TEXT
from app.extraction.plain_text import read_plain_text

__all__ = ["EXTRACTOR_VERSION", "ExtractionLimits", "extract_document"]

# Raise it when the same bytes give another Document: stored ones of an older version are read again.
EXTRACTOR_VERSION = "1"

_READERS = {
    PDF: read_pdf,
    DOCX: read_docx,
    PLAIN_TEXT: read_plain_text,
    MARKDOWN: read_markdown,
    HTML: read_html,
}


def extract_document(content: bytes, media_type: str, limits: ExtractionLimits) -> Document:
    """Reads a file of a known type. Raises a DocumentError that says what is wrong with it.

    Time and memory are bounded by the sandbox around this; pages, characters and unpacked sizes are bounded here.
    """
    reader = _READERS.get(media_type)
    if reader is None:
        raise UnsupportedFileType(f"No reader for {media_type}; these are read: {', '.join(sorted(_READERS))}.")
    return reader(content, limits)
