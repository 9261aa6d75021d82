"""A PDF that the sandbox server reads before the first real document, as a warm-up; called by `sandbox_server`.

pdfium, numpy and the interpreter do much work on first use. Each document is read by a new process, a fork of the
server, so loading and computing this once in the server saves each of them a third of the time of a PDF.
"""

import contextlib
import io

import pikepdf

from app.errors import DocumentError
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import PDF

_LINES = [b"Practice %d, 2019 - 2023: read before the first document" % number for number in range(40)]


def practise() -> None:
    with contextlib.suppress(DocumentError):
        extract_document(_two_columns(), PDF, ExtractionLimits(program_seconds=0))


def _two_columns() -> bytes:
    shown = b"".join(
        b"1 0 0 1 %d %d Tm (%s) Tj\n" % (x, 760 - 14 * row, line) for x in (40, 330) for row, line in enumerate(_LINES)
    )
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj["/Resources"] = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        page.obj["/Contents"] = pdf.make_stream(b"BT /F 8 Tf\n" + shown + b"ET\n40 100 200 1 re f\n")
        written = io.BytesIO()
        pdf.save(written)
    return written.getvalue()
