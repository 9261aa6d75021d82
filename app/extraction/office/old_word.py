"""Reads old Word files (DOC of 1997 to 2003, Word XML of 2003) through LibreOffice; called by `extract`.

LibreOffice writes a DOCX, which is read like any other, including hidden text, headers, tables and text boxes.
"""

from app.errors import ConverterMissing
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import DOC
from app.extraction.office.docx_reader import read_docx
from app.extraction.office.libreoffice import convert, find_libreoffice
from app.extraction.sandbox.programs import Programs

OLE_BEGINNING = b"\xd0\xcf\x11\xe0"


def read_doc(content: bytes, limits: ExtractionLimits, programs: Programs) -> Document:
    """Raises ConverterMissing, CorruptDocument, DocumentTooComplex, NoText or TextTooLong."""
    program = find_libreoffice()
    if program is None:
        raise ConverterMissing(
            "Reading old Word files (.doc) needs LibreOffice, which is not installed on this machine: "
            "apt-get install libreoffice-writer. Or save the file as PDF or DOCX and upload that."
        )
    converted = convert(
        content,
        program=program,
        what="old Word file",
        filter_name=word_filter(content),
        ending="doc",
        target="docx",
        limits=limits,
        programs=programs,
    )
    return read_docx(converted, limits, DOC)


def word_filter(content: bytes) -> str:
    """Return LibreOffice's name of the format, because it treats unknown content as plain text."""
    return "MS Word 97" if content.startswith(OLE_BEGINNING) else "MS Word 2003 XML"
