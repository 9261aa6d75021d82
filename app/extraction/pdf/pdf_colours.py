"""Saves pdfium the computation of color profiles that change no color; `pdf_reader` uses it before opening a file.

pdfium computes a transform for every ICC profile in a file, which takes longer than the rest of a page. It recognizes
only one profile of sRGB, its native color space. The two below are equivalent and are in each file that Typst writes.
With these profiles blanked out, pdfium uses the colors as they are, and the pages look the same to the pixel.
"""

import re
import zlib
from hashlib import sha256

# sRGB-v4 and sGray-v4 of the Compact ICC Profiles (github.com/saucecontrol/Compact-ICC-Profiles).
_PLAIN = {
    "c56e1685d888f5edb92fe07f2750f387f8fe8e91b32ff8fb0b56bfbbb9458353",
    "00c0f94e09127520a17dc0e1d9264b5702081d96dbdb1549ee88e3631ce42a9d",
}
_MAX_BYTES = 1024  # size of such a profile, compressed or not
# A stream with a number of colors: an ICC profile (ISO 32000-1, table 66).
_PROFILE = re.compile(rb"/N ?[13]\b[^<>]{0,100}>>\s{0,4}stream\r?\n")


def without_plain_profiles(content: bytes) -> bytes:
    """Return the file with profiles that describe sRGB or its grays blanked out; all other bytes stay in place."""
    blanked: bytearray | None = None
    for found in _PROFILE.finditer(content):
        begin = found.end()
        packed = content[begin : begin + _MAX_BYTES]
        unpacking = zlib.decompressobj()
        try:
            profile = unpacking.decompress(packed, _MAX_BYTES)
        except zlib.error:
            continue
        if unpacking.eof and sha256(profile).hexdigest() in _PLAIN:
            blanked = blanked or bytearray(content)
            length = len(packed) - len(unpacking.unused_data)
            blanked[begin : begin + length] = bytes(length)
    return content if blanked is None else bytes(blanked)
