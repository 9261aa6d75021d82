"""File types are detected from the bytes."""

import codecs

import pytest

from app.errors import CorruptDocument, EmptyFile, UnsupportedFileType
from app.extraction.media_types import (
    DOC,
    DOCX,
    HTML,
    JPEG,
    JSON_RESUME,
    MARKDOWN,
    ODT,
    PDF,
    PLAIN_TEXT,
    PNG,
    RTF,
    TIFF,
    WEBP,
)
from app.intake.file_types import detect_media_type
from tests.unit.extraction.made_docx import make_docx, paragraph, zipped
from tests.unit.extraction.made_pdfs import column, make_pdf

A_PDF = make_pdf(column(60, 60, "Harbour pilot"))
A_DOCX = make_docx(paragraph("Harbour pilot"))
A_PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(100)
A_JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(100)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


@pytest.mark.parametrize(
    ("content", "filename", "expected"),
    [
        (A_PDF, "cv.pdf", PDF),
        (A_PDF, "cv.docx", PDF),
        (A_PDF, "cv", PDF),
        (b"\xef\xbb\xbf\r\n junk before " + A_PDF, "cv.pdf", PDF),
        (A_PDF[:200], "cv.pdf", PDF),
        (A_DOCX, "cv.docx", DOCX),
        (A_DOCX, "cv.pdf", DOCX),
        (A_DOCX, "CV.DOCX", DOCX),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "cv.docx", DOCX),
        (b"Mira Halvorsen\nHarbour pilot", "cv.txt", PLAIN_TEXT),
        (b"Mira Halvorsen\nHarbour pilot", "cv", PLAIN_TEXT),
        (b"# Mira Halvorsen", "cv.md", MARKDOWN),
        (b"# Mira Halvorsen", "cv.Markdown", MARKDOWN),
        (b"# Mira Halvorsen", "cv.txt", PLAIN_TEXT),
        (b"<!DOCTYPE html><html><body>x</body></html>", "cv.html", HTML),
        (b"\n <!-- saved page --> <HTML lang=en>", "cv.txt", HTML),
        (b"<html><body>Mira</body></html>", "cv.pdf", HTML),
        (
            b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x"><html xmlns="http://www.w3.org/1999/xhtml">',
            "cv.xhtml",
            HTML,
        ),
        (b"<div>Mira <b>Halvorsen</b></div>", "cv.html", HTML),
        (b"I write <html> by hand", "cv.txt", PLAIN_TEXT),
        ("Zoë Müller".encode("cp1252") + b", Harbour pilot in the port of Esbjerg", "cv.txt", PLAIN_TEXT),
        (codecs.BOM_UTF16_LE + "Zoë Müller".encode("utf-16-le"), "cv.txt", PLAIN_TEXT),
        (A_PNG, "cv.pdf", PNG),
        (A_JPEG, "scan.jpg", JPEG),
        (b"II*\x00" + bytes(100), "scan.tif", TIFF),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(100), "scan.webp", WEBP),
        (OLE + "WordDocument".encode("utf-16-le"), "cv.doc", DOC),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w/>', "cv.doc", DOC),
        (b"{\\rtf1\\ansi Mira}", "cv.rtf", RTF),
        (b"{\\rtf1\\ansi Mira}", "cv.doc", RTF),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}), "cv.odt", ODT),
        (b'{"basics": {"name": "Mira Halvorsen"}}', "cv.json", JSON_RESUME),
        (b"{ a list of harbours }", "notes.txt", PLAIN_TEXT),
        ("履歴書 山田太郎".encode(), "cv.txt", PLAIN_TEXT),
    ],
)
def test_the_content_determines_the_file_type(content: bytes, filename: str, expected: str) -> None:
    assert detect_media_type(content, filename) == expected


@pytest.mark.parametrize("content", [b"", b"  \n\t\r\n", b"\x00" * 50, codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_a_file_with_nothing_in_it_is_empty(content: bytes) -> None:
    with pytest.raises(EmptyFile):
        detect_media_type(content, "cv.pdf")


@pytest.mark.parametrize(
    ("content", "filename", "named"),
    [
        (b"GIF89a" + bytes(200), "cv.gif", "image (GIF)"),
        (b"MZ" + bytes(200), "cv.pdf", "Windows program"),
        (b"\x7fELF" + bytes(200), "cv.docx", "Linux program"),
        (OLE + "Workbook".encode("utf-16-le"), "cv.xls", "Excel"),
        (b'{"name": "left-pad", "version": "1.0.0"}', "package.json", "JSON Resume"),
        (zipped({"xl/workbook.xml": "<x/>", "[Content_Types].xml": "<x/>"}), "cv.docx", "Excel"),
        (zipped({"a.txt": "x"}), "cv.docx", "ZIP"),
        (b"%!PS-Adobe-3.0\n", "cv.ps", "PostScript"),
        (b'<?xml version="1.0"?><svg xmlns="x"/>', "cv.svg", "SVG"),
        (b"\x1f\x8b\x08" + bytes(100), "cv.gz", "GZ"),
        (bytes(range(256)) * 10, "cv.txt", "unknown binary"),
        (b"\x00\x01\x02\x03" * 100, "cv.txt", "unknown binary"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8\x41", "cv.txt", ""),
    ],
)
def test_other_files_are_rejected_with_the_accepted_types(content: bytes, filename: str, named: str) -> None:
    with pytest.raises(UnsupportedFileType) as caught:
        detect_media_type(content, filename)
    assert named in caught.value.detail
    assert (
        "PDF, DOCX, DOC, ODT, RTF, TXT, MD, HTML, PNG, JPG, TIFF, WebP and JSON Resume are accepted"
        in caught.value.detail
    )


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"These are letters, but no document.", "cv.pdf"),
        (b"These are letters, but no document.", "cv.docx"),
        (bytes(range(128, 256)) * 20, "cv.pdf"),
        (A_DOCX[:-100], "cv.docx"),
    ],
)
def test_a_visibly_damaged_file_is_corrupt(content: bytes, filename: str) -> None:
    with pytest.raises(CorruptDocument):
        detect_media_type(content, filename)
