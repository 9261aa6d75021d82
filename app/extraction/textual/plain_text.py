"""Reads plain text files, and decodes the bytes of every textual format; called by `extract` and `markup`."""

import codecs
import re

from charset_normalizer import from_bytes

from app.errors import CorruptDocument
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import PLAIN_TEXT

GUESS_SAMPLE_BYTES = 64 * 1024  # enough to distinguish encodings, and limits the time for large files

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# `====` under a title, `-----`, `*****`: drawn lines, not text.
_DRAWN_LINE = re.compile(r"^[\s\-_=*~#+.·–—─━═|]{3,}$")


def read_plain_text(content: bytes, limits: ExtractionLimits) -> Document:
    """Read a file line by line; empty and drawn lines separate blocks."""
    builder = LineBuilder(PLAIN_TEXT, limits)
    builder.add_page()
    for line in re.split(r"\r\n|[\n\r\f\v\u2028\u2029\x85]", decode_text(content)):
        if not line.strip() or _DRAWN_LINE.match(line):
            builder.end_block()
        else:
            builder.add_text(line)
    return builder.build()


def decode_text(content: bytes) -> str:
    """Decode UTF-8 and UTF-16/32 with a byte order mark, else strict UTF-8, else the likeliest old encoding."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    guess = from_bytes(content[:GUESS_SAMPLE_BYTES]).best()
    if guess is None:
        raise CorruptDocument("The encoding of the text is unknown. Save it as UTF-8 and upload it again.")
    return content.decode(guess.encoding, "replace")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise CorruptDocument(
            f"The text begins as {encoding.upper()} but is not valid in it. Save it as UTF-8 and upload it again."
        ) from None
