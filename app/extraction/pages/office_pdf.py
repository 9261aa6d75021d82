"""Writes a word processor's file as a PDF through LibreOffice, so that its pages can be drawn; runs inside the sandbox.

The PDF only shows what the file looks like: the profile and its evidence come from the file itself.
"""

from app.errors import ConverterMissing
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import DOC, DOCX, ODT, RTF
from app.extraction.office.libreoffice import convert, find_libreoffice
from app.extraction.office.old_word import word_filter
from app.extraction.sandbox.programs import Programs

_FORMATS = {
    DOC: ("doc", ""),
    DOCX: ("docx", "MS Word 2007 XML"),
    ODT: ("odt", "writer8"),
    RTF: ("rtf", "Rich Text Format"),
}
OFFICE_FILES = tuple(_FORMATS)


def can_convert() -> bool:
    """Whether LibreOffice is installed on this machine."""
    return find_libreoffice() is not None


def convert_to_pdf(content: bytes, media_type: str, limits: ExtractionLimits, programs: Programs) -> bytes:
    """Raises ConverterMissing, CorruptDocument or DocumentTooComplex."""
    program = find_libreoffice()
    if program is None:
        raise ConverterMissing(
            "The pages of word processors' files are drawn with LibreOffice, which is not installed on this machine: "
            "apt-get install libreoffice-writer."
        )
    ending, filter_name = _FORMATS[media_type]
    return convert(
        content,
        program=program,
        what="document",
        filter_name=filter_name or word_filter(content),
        ending=ending,
        target="pdf",
        limits=limits,
        programs=programs,
    )
