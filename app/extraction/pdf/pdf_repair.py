"""Mends PDF files that pdfium cannot open, by rebuilding their table of objects with qpdf; used by `pdf`."""

import io

import pikepdf


def repaired(content: bytes) -> bytes | None:
    """The file with all objects that could still be found, None when no page is left."""
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if not len(document.pages):
                return None
            mended = io.BytesIO()
            document.save(mended)
            return mended.getvalue()
    except (pikepdf.PdfError, ValueError, RuntimeError):
        return None
