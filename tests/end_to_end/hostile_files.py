"""Files that real users and attackers send, created byte by byte, each with the code that Vitae must return."""

import io
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf


@dataclass(frozen=True, slots=True)
class HostileFile:
    """`at_upload`: recognized as bad before it is queued (4xx); otherwise it is accepted and fails with the code."""

    filename: str
    content: Callable[[], bytes]
    code: str
    at_upload: bool


def encrypted_pdf() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return out.getvalue()


def pdf_of_pages(count: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(count):
            pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


def flate_bomb() -> bytes:
    """A page whose content stream of about one megabyte unpacks to 1 GiB of text operators."""
    operators = b"BT /F1 9 Tf 72 700 Td (bomb) Tj ET\n" * 3000
    packer = zlib.compressobj(9)
    packed = b"".join([packer.compress(operators) for _ in range(10_000)]) + packer.flush()
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        pdf.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
        stream = pikepdf.Stream(pdf, b"")
        stream.write(packed, filter=pikepdf.Name.FlateDecode)
        pdf.pages[0].Contents = pdf.make_indirect(stream)
        pdf.save(out, recompress_flate=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


def docx_bomb() -> bytes:
    """A Word file of one megabyte whose document part unpacks to one gigabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        with archive.open("word/document.xml", "w", force_zip64=True) as part:
            part.write(_DOCUMENT_START)
            for _ in range(1024):
                part.write(b"<w:p><w:r><w:t>" + b"a" * (1024 * 1024) + b"</w:t></w:r></w:p>")
            part.write(b"</w:body></w:document>")
    return out.getvalue()


def truncated_pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Ty"


def over_long_text() -> bytes:
    line = "Ada Sampleton worked as an engineer and wrote about it at length, again and again.\n"
    return (line * (400_000 // len(line))).encode()


def recipe() -> bytes:
    return (
        b"Lentil soup for four\n\nIngredients\n- 250 g red lentils\n- 2 onions, chopped\n"
        b"- 1 tsp cumin\n- 1 l vegetable stock\n\n"
        b"Method\n1. Fry the onions in oil for 5 minutes.\n2. Add lentils, cumin and stock, simmer for 20 minutes.\n"
        b"3. Blend, season with salt and lemon juice, and serve with bread.\n"
    )


HOSTILE_FILES = [
    HostileFile("empty.pdf", lambda: b"", "empty_file", at_upload=True),
    HostileFile("program.pdf", lambda: b"MZ" + os.urandom(4000), "unsupported_file_type", at_upload=True),
    HostileFile("picture.docx", lambda: b"\x89PNG\r\n\x1a\n" + os.urandom(2000), "document_corrupt", at_upload=False),
    HostileFile(
        "old.doc", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "unsupported_file_type", at_upload=True
    ),
    HostileFile("huge.txt", lambda: b"a" * (10 * 1024 * 1024 + 1), "file_too_large", at_upload=True),
    HostileFile("locked.pdf", encrypted_pdf, "document_encrypted", at_upload=False),
    HostileFile("torn.pdf", truncated_pdf, "document_corrupt", at_upload=False),
    HostileFile("10000-pages.pdf", lambda: pdf_of_pages(10_000), "too_many_pages", at_upload=False),
    HostileFile("flate-bomb.pdf", flate_bomb, "document_too_complex", at_upload=False),
    HostileFile("bomb.docx", docx_bomb, "document_too_complex", at_upload=False),
    HostileFile("deep.rtf", lambda: b"{\\rtf1 " + b"{" * 200_000, "document_too_complex", at_upload=False),
    HostileFile("endless.txt", over_long_text, "text_too_long", at_upload=False),
    HostileFile("blank.pdf", lambda: pdf_of_pages(1), "no_text", at_upload=False),
    HostileFile("soup.txt", recipe, "not_a_resume", at_upload=False),
]

_CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_DOCUMENT_START = (
    b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
)
