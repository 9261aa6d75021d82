"""Detects what a file really is from its bytes. Called before anything is queued, so it inspects and never parses."""

import codecs
import re

import filetype
from charset_normalizer import is_binary

from app.errors import CorruptDocument, EmptyFile, UnsupportedFileType
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

ACCEPTED = "PDF, DOCX, DOC, ODT, RTF, TXT, MD, HTML, PNG, JPG, TIFF, WebP and JSON Resume are accepted"

PDF_HEADER_WITHIN = 1024  # readers accept this many bytes of anything before `%PDF-`
SAMPLE_BYTES = 64 * 1024
MAX_CONTROL_SHARE = 0.02  # of the characters; text has tabs and line ends, binaries have the rest

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ODT_MARK = b"mimetypeapplication/vnd.oasis.opendocument.text"
_ZIP_END = b"PK\x05\x06"
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_TAG = re.compile(rb"<(?:p|div|span|h[1-6]|ul|ol|li|table|br|section|article|meta|title)\b[^<>]*>", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Members that identify a ZIP container; their names are stored uncompressed.
_CONTAINERS = (
    (b"mimetypeapplication/vnd.oasis.opendocument", "an OpenDocument file"),
    (b"mimetypeapplication/epub+zip", "an EPUB book"),
    (b"xl/workbook", "an Excel workbook (XLSX)"),
    (b"ppt/presentation", "a PowerPoint presentation (PPTX)"),
    (b"Index/Document.iwa", "an Apple Pages document"),
    (b"META-INF/MANIFEST.MF", "a Java archive"),
    (b"AndroidManifest.xml", "an Android app"),
)
_OLE_STREAMS = (
    ("Workbook", "an old Excel workbook (XLS)"),
    ("PowerPoint Document", "an old PowerPoint presentation (PPT)"),
    ("__substg1.0_", "an Outlook message (MSG)"),
)
_BEGINNINGS = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"%!PS", "a PostScript file"),
    (b"#!", "a script"),
    (b"\xff\x57\x50\x43", "a WordPerfect document"),
)


def detect_media_type(content: bytes, filename: str) -> str:
    """One of `app.extraction.media_types`. The bytes decide; the name only tells Markdown from text and what was
    intended.

        Raises EmptyFile, UnsupportedFileType (naming the actual type when known) or CorruptDocument.
    """
    sample = content[:SAMPLE_BYTES]
    if not content.strip(b"\x00\t\n\v\f\r \xef\xbb\xbf\xff\xfe"):
        raise EmptyFile("The file is empty. Check that it was saved and copied completely, and send it again.")
    if b"%PDF-" in sample[:PDF_HEADER_WITHIN]:
        return PDF
    if content.startswith(_ZIP):
        return _container(content, filename)
    if content.startswith(_OLE):
        return _compound(content)
    if content.startswith(b"{\\rtf"):
        return RTF
    for beginning, name in _BEGINNINGS:
        if content.startswith(beginning):
            raise _unsupported(name)
    kind = filetype.guess(sample)
    if kind is not None and kind.mime in IMAGES:
        return str(kind.mime)
    if kind is not None:
        raise _unsupported(_described(str(kind.mime), str(kind.extension)))
    text = _text(content)
    if text is None:
        if _extension(filename) in {"pdf", "docx"}:
            raise CorruptDocument(
                f"The file is called .{_extension(filename)} but does not begin like one: its start is missing or "
                "overwritten. Export it again from the program that made it."
            )
        raise _unsupported("an unknown binary format")
    return _textual(text, filename)


def _container(content: bytes, filename: str) -> str:
    if _ODT_MARK in content[:256]:
        _require_zip_end(content, "ODT")
        return ODT
    for member, name in _CONTAINERS[:2]:
        if member in content[:256]:
            raise _unsupported(name)
    is_word = b"word/document" in content or (b"word/" in content and b"[Content_Types].xml" in content)
    if is_word or (_extension(filename) == "docx" and b"[Content_Types].xml" in content):
        for member, name in _CONTAINERS[2:4]:
            if member in content and not is_word:
                raise _unsupported(name)
        _require_zip_end(content, "DOCX")
        return DOCX
    for member, name in _CONTAINERS:
        if member in content:
            raise _unsupported(name)
    if _extension(filename) in {"docx", "odt"}:
        _require_zip_end(content, _extension(filename).upper())
    raise _unsupported("a ZIP archive", "Unpack it and send the documents in it.")


def _require_zip_end(content: bytes, kind: str) -> None:
    """The table of contents is at the end; a file without it was cut off."""
    if _ZIP_END not in content[-66_000:]:
        raise CorruptDocument(f"The {kind} is incomplete: its end is missing. Copy or export it again.")


def _compound(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return DOCX  # a password-protected DOCX; extraction reports it
    if "WordDocument".encode("utf-16-le") in content:
        return DOC
    for stream, name in _OLE_STREAMS:
        if stream.encode("utf-16-le") in content:
            raise _unsupported(name)
    raise _unsupported("an old Microsoft Office file")


def _textual(text: str, filename: str) -> str:
    start = text[:4096].lstrip("\ufeff \t\r\n").encode("utf-8", "replace")
    extension = _extension(filename)
    if b"schemas.microsoft.com/office/word/2003/wordml" in start or b'progid="Word.Document"' in start:
        return DOC
    if extension == "json" or start[:1] == b"{":
        return _json(text, extension)
    if start.startswith(b"<?xml") and not _HTML_START.search(start):
        raise _unsupported("an SVG picture" if b"<svg" in start else "an XML file")
    if start[:4].lower() == b"<svg":
        raise _unsupported("an SVG picture")
    if start[:13].lower() == b"mime-version:" and b"multipart/" in start:
        raise _unsupported("a web archive (MHTML)")
    if _HTML_START.match(_without_comments(start)):
        return HTML
    if extension in {"html", "htm", "xhtml"} and (_HTML_TAG.search(start) or _HTML_START.search(start)):
        return HTML
    if extension in {"pdf", "docx"}:
        # Plain text has no signature, so here the name is the better evidence: the real file is gone.
        raise CorruptDocument(
            f"The file is called .{extension} but holds plain text. Export it again from the program that made it; "
            "if it is meant to be text, rename it to .txt."
        )
    return MARKDOWN if extension in {"md", "markdown", "mdown", "mkd"} else PLAIN_TEXT


def _json(text: str, extension: str) -> str:
    """JSON Resume is recognised by its sections; other JSON is not a document, and text in braces is text."""
    if re.search(r'"(?:basics|work|education|skills|volunteer)"\s*:', text):
        return JSON_RESUME
    if extension == "json":
        raise _unsupported("a JSON file without the sections of JSON Resume (`basics`, `work` ...)")
    return PLAIN_TEXT


def _without_comments(start: bytes) -> bytes:
    return re.sub(rb"\A(?:\s*(?:<!--.*?-->|<\?xml.*?\?>))*\s*", b"", start, flags=re.DOTALL)


def _text(content: bytes) -> str | None:
    """The beginning as text; None when the bytes are not text in any encoding."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                text = content[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                return None
            return text if _is_legible(text) else None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        sample = content[:SAMPLE_BYTES]
        if b"\x00" in sample or is_binary(sample):
            return None
        text = sample.decode("latin-1")
    return text if _is_legible(text) else None


def _is_legible(text: str) -> bool:
    sample = text[:SAMPLE_BYTES]
    return len(_CONTROL.findall(sample)) <= MAX_CONTROL_SHARE * len(sample) and "\x00" not in sample


def _described(mime: str, extension: str) -> str:
    family = mime.split("/", maxsplit=1)[0]
    names = {"image": "an image", "video": "a video", "audio": "a sound file", "font": "a font"}
    if family in names:
        hint = ", which is not read: save it as PNG, JPG, TIFF or WebP" if family == "image" else ""
        return f"{names[family]} ({extension.upper()}){hint}"
    return f"a file of type {mime} ({extension.upper()})"


def _unsupported(name: str, hint: str = "Save it as PDF or DOCX and send that.") -> UnsupportedFileType:
    return UnsupportedFileType(f"The file is {name}. {ACCEPTED}. {hint}")


def _extension(filename: str) -> str:
    return filename.rsplit(".", 1)[-1].strip().lower() if "." in filename else ""
