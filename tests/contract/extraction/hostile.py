"""Forty files that attack their reader, created byte by byte; `may_be_read` means there is harmless text too."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pikepdf
from PIL import Image

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
from tests.end_to_end.hostile_files import docx_bomb, encrypted_pdf, flate_bomb, pdf_of_pages, truncated_pdf
from tests.unit.extraction.made_docx import W, make_docx, paragraph, zipped


@dataclass(frozen=True, slots=True)
class Hostile:
    media_type: str
    make: Callable[[], bytes]
    may_be_read: bool = False


def pdf_with(
    change: Callable[[pikepdf.Pdf], None], stream: bytes = b"BT /F1 12 Tf 60 700 Td (Mira Halvorsen) Tj ET"
) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.obj["/Resources"] = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
        page.obj["/Contents"] = pdf.make_stream(stream)
        change(pdf)
        pdf.save(out)
    return out.getvalue()


def _action(**entries: Any) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root["/OpenAction"] = pikepdf.Dictionary(Type=pikepdf.Name.Action, **entries)

    return change


def _attached(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["payload.exe"] = b"MZ" + bytes(1000)


def _form_in_itself(pdf: pikepdf.Pdf) -> None:
    form = pdf.make_stream(b"q /X Do /X Do Q")
    form["/Type"], form["/Subtype"], form["/BBox"] = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 500, 500]
    form["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    pdf.pages[0].obj["/Resources"]["/XObject"] = pikepdf.Dictionary(X=form)


def _forms_of_forms(pdf: pikepdf.Pdf) -> None:
    """Thirty forms, each drawing the next one ten times: 10 to the power of 30 drawings in total."""
    inner = pdf.make_stream(b"0 0 1 1 re f")
    for _ in range(30):
        inner["/Type"], inner["/Subtype"], inner["/BBox"] = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 500, 500]
        outer = pdf.make_stream(b"/X Do " * 10)
        outer["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
        inner = outer
    inner["/Type"], inner["/Subtype"], inner["/BBox"] = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 500, 500]
    pdf.pages[0].obj["/Resources"]["/XObject"] = pikepdf.Dictionary(X=inner)


def _image(content: bytes, image_filter: pikepdf.Name) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        image = pikepdf.Stream(pdf, b"")
        image.write(content, filter=image_filter)
        image["/Type"], image["/Subtype"] = pikepdf.Name.XObject, pikepdf.Name.Image
        image["/Width"], image["/Height"], image["/BitsPerComponent"] = 60_000, 60_000, 1
        image["/ColorSpace"] = pikepdf.Name.DeviceGray
        pdf.pages[0].obj["/Resources"]["/XObject"] = pikepdf.Dictionary(X=pdf.make_indirect(image))

    return change


_DRAW = b"q 500 0 0 500 0 0 cm /X Do Q BT /F1 12 Tf 60 700 Td (Mira Halvorsen) Tj ET"


def _page_tree_in_a_circle(pdf: pikepdf.Pdf) -> None:
    pages = pdf.Root["/Pages"]
    pages["/Kids"] = pikepdf.Array([pages, pages])
    pages["/Count"] = 40


def _huge_page(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj["/MediaBox"] = [0, 0, 14_000_000, 14_000_000]


def entity_bomb(inside: str) -> bytes:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 12)
    )
    return f'<?xml version="1.0"?><!DOCTYPE w [{entities}]>{inside}'.encode()


_DOCX_TEXT = f'<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>%s</w:t></w:r></w:p></w:body></w:document>'
_ODT_TEXT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>%s</office:text>'
    "</office:body></office:document-content>"
)


def docx_of(document: bytes) -> bytes:
    return zipped({"[Content_Types].xml": "<x/>", "word/document.xml": document})


def odt_of(content: bytes) -> bytes:
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def _outside_entity(address: str) -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "{address}">]>'.encode()


def zip_in_zip() -> bytes:
    inner = bytes(1024 * 1024)
    for _ in range(6):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", inner)
        inner = out.getvalue()
    return zipped({"[Content_Types].xml": "<x/>", "word/document.xml": _DOCX_TEXT % "Mira", "word/media/a.zip": inner})


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(5_000_000), 9))
        + chunk(b"IEND", b"")
    )


def tiff_of_frames(count: int) -> bytes:
    """Each directory is complete and shows the same eight rows."""
    size = 2 + 12 * len(_TIFF_ENTRIES) + 4
    out = b"II*\x00" + struct.pack("<I", 16) + bytes(8)
    for number in range(count):
        following = 16 + size * (number + 1) if number + 1 < count else 0
        out += _tiff_directory(following, rows_at=8)
    return out


def tiff_in_a_circle() -> bytes:
    """The only directory names itself as the next one."""
    return b"II*\x00" + struct.pack("<I", 16) + bytes(8) + _tiff_directory(16, rows_at=8)


# Width and height 8, one bit, uncompressed, black is zero, one strip of 8 rows.
_TIFF_ENTRIES = ((256, 4, 8), (257, 4, 8), (258, 3, 1), (259, 3, 1), (262, 3, 1), (273, 4, 0), (278, 4, 8), (279, 4, 8))


def _tiff_directory(following: int, *, rows_at: int) -> bytes:
    entries = ((tag, kind, rows_at if tag == 273 else number) for tag, kind, number in _TIFF_ENTRIES)
    packed = b"".join(struct.pack("<HHII", tag, kind, 1, number) for tag, kind, number in entries)
    return struct.pack("<H", len(_TIFF_ENTRIES)) + packed + struct.pack("<I", following)


def cut(kind: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((400, 400), 60).save(out, kind)
    return out.getvalue()[:2000]


def _bomb(operator: bytes, times: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj["/Contents"] = pdf.make_stream(zlib.compress(operator * times, 9))
        page.obj["/Contents"]["/Filter"] = pikepdf.Name.FlateDecode
        pdf.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

HOSTILE: dict[str, Hostile] = {
    "PDF: page that unpacks to 1 GB": Hostile(PDF, flate_bomb),
    "PDF: 40 million empty operators": Hostile(PDF, lambda: _bomb(b"q Q ", 40_000_000)),
    "PDF: 10,000 pages": Hostile(PDF, lambda: pdf_of_pages(10_000)),
    "PDF: behind a password": Hostile(PDF, encrypted_pdf),
    "PDF: cut off": Hostile(PDF, truncated_pdf),
    "PDF: head and noise": Hostile(PDF, lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400),
    "PDF: form that draws itself": Hostile(PDF, lambda: pdf_with(_form_in_itself, b"/X Do"), may_be_read=True),
    "PDF: forms that multiply": Hostile(PDF, lambda: pdf_with(_forms_of_forms, b"/X Do")),
    "PDF: page tree in a circle": Hostile(PDF, lambda: pdf_with(_page_tree_in_a_circle)),
    "PDF: page of five kilometres": Hostile(PDF, lambda: pdf_with(_huge_page), may_be_read=True),
    "PDF: JBIG2 picture of 3.6 gigapixels": Hostile(
        PDF, lambda: pdf_with(_image(bytes(200), pikepdf.Name.JBIG2Decode), _DRAW), may_be_read=True
    ),
    "PDF: JPX picture of 3.6 gigapixels": Hostile(
        PDF,
        lambda: pdf_with(_image(b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(500), pikepdf.Name.JPXDecode), _DRAW),
        may_be_read=True,
    ),
    "PDF: flate picture of 3.6 gigapixels": Hostile(
        PDF,
        lambda: pdf_with(_image(zlib.compress(bytes(50_000_000), 9), pikepdf.Name.FlateDecode), _DRAW),
        may_be_read=True,
    ),
    "PDF: script": Hostile(
        PDF, lambda: pdf_with(_action(S=pikepdf.Name.JavaScript, JS=pikepdf.String("while(1){}"))), may_be_read=True
    ),
    "PDF: starts a program": Hostile(
        PDF, lambda: pdf_with(_action(S=pikepdf.Name.Launch, F=pikepdf.String("/bin/true"))), may_be_read=True
    ),
    "PDF: goes to another file": Hostile(
        PDF,
        lambda: pdf_with(_action(S=pikepdf.Name.GoToR, F=pikepdf.String("//192.0.2.1/share/a.pdf"))),
        may_be_read=True,
    ),
    "PDF: program attached": Hostile(PDF, lambda: pdf_with(_attached), may_be_read=True),
    "DOCX: unpacks to 1 GB": Hostile(DOCX, docx_bomb),
    "DOCX: entities that multiply": Hostile(DOCX, lambda: docx_of(entity_bomb(_DOCX_TEXT % "&a11;")), may_be_read=True),
    "DOCX: entity from a file": Hostile(
        DOCX,
        lambda: docx_of(_outside_entity("file:///etc/passwd") + (_DOCX_TEXT % "Mira &x;").encode()),
        may_be_read=True,
    ),
    "DOCX: entity from the network": Hostile(
        DOCX,
        lambda: docx_of(_outside_entity("http://192.0.2.1/x") + (_DOCX_TEXT % "Mira &x;").encode()),
        may_be_read=True,
    ),
    "DOCX: archives in archives": Hostile(DOCX, zip_in_zip, may_be_read=True),
    "DOCX: tables 5,000 deep": Hostile(
        DOCX, lambda: make_docx("<w:tbl><w:tr><w:tc>" * 5000 + paragraph("Mira") + "</w:tc></w:tr></w:tbl>" * 5000)
    ),
    "DOCX: 10,000 parts": Hostile(DOCX, lambda: zipped({f"word/{number}.xml": "<x/>" for number in range(10_000)})),
    "DOCX: noise": Hostile(DOCX, lambda: b"PK\x03\x04" + bytes(range(256)) * 40),
    "DOC: noise behind the right beginning": Hostile(
        DOC, lambda: _OLE + "WordDocument".encode("utf-16-le") + bytes(range(256)) * 40
    ),
    "ODT: entities that multiply": Hostile(ODT, lambda: odt_of(entity_bomb(_ODT_TEXT % "<text:p>&a11;</text:p>"))),
    "ODT: lists 5,000 deep": Hostile(
        ODT,
        lambda: odt_of(
            (_ODT_TEXT % ("<text:list><text:list-item>" * 5000 + "</text:list-item></text:list>" * 5000)).encode()
        ),
    ),
    "ODT: spaces by the billion": Hostile(
        ODT,
        lambda: odt_of((_ODT_TEXT % '<text:p>Mira<text:s text:c="2000000000"/>H</text:p>').encode()),
        may_be_read=True,
    ),
    "RTF: 200,000 open groups": Hostile(RTF, lambda: b"{\\rtf1 " + b"{" * 200_000),
    "RTF: skips beyond its end": Hostile(RTF, lambda: b"{\\rtf1 Mira \\bin2000000000 x}"),
    "RTF: 5 million control words": Hostile(RTF, lambda: b"{\\rtf1 " + b"\\b" * 4_500_000 + b"}"),
    "HTML: elements 200,000 deep": Hostile(HTML, lambda: b"<html>" + b"<div>" * 200_000 + b"Mira"),
    "HTML: fetches from the network": Hostile(
        HTML,
        lambda: (
            b'<html><link rel=stylesheet href="http://192.0.2.1/a.css"><img src="http://192.0.2.1/a.png">'
            b'<iframe src="file:///etc/passwd"></iframe><p>Mira Halvorsen</p></html>'
        ),
        may_be_read=True,
    ),
    "HTML: a million rules": Hostile(
        HTML,
        lambda: b"<html><style>" + b".a .b{color:red}" * 100_000 + b"</style>" + b"<p class=b>Mira</p>" * 5000,
        may_be_read=True,
    ),
    "Markdown: brackets 100,000 deep": Hostile(MARKDOWN, lambda: b"Mira " + b"[" * 100_000, may_be_read=True),
    "JSON: lists 200,000 deep": Hostile(JSON_RESUME, lambda: b'{"basics":' + b"[" * 200_000),
    "text: longer than a book": Hostile(PLAIN_TEXT, lambda: b"Mira sailed on and on. " * 400_000),
    "PNG: claims 2.5 gigapixels": Hostile(PNG, lambda: png_claiming(50_000, 50_000)),
    "JPEG: cut off": Hostile(JPEG, lambda: cut("JPEG")),
    "WebP: cut off": Hostile(WEBP, lambda: cut("WEBP")),
    "TIFF: 5,000 frames": Hostile(TIFF, lambda: tiff_of_frames(5_000)),
    "TIFF: frames in a circle": Hostile(TIFF, tiff_in_a_circle),
}
