"""Repairs PDF files that pdfium cannot open, by rebuilding their object table with qpdf; used by `pdf_reader`."""

import io

import pikepdf


def repaired(content: bytes) -> bytes | None:
    """Return the file with every object that could still be found, or None if no page is left."""
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if not len(document.pages):
                return None
            restored = io.BytesIO()
            document.save(restored)
            return restored.getvalue()
    except (pikepdf.PdfError, ValueError, RuntimeError):
        return None
