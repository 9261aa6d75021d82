"""Reads photographs and scans (PNG, JPEG, TIFF, WebP) by OCR; called by `extract`, inside the sandbox.

Sizes are checked in the file header before any pixel is decoded.
"""

import io
import warnings
from collections.abc import Iterator

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from app.errors import CorruptDocument, DocumentTooComplex, TooManyPages
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import JPEG, PNG, TIFF, WEBP
from app.extraction.ocr.deskew import Picture
from app.extraction.ocr.scan import ScanReader
from app.extraction.sandbox.programs import Programs

MAX_PIXELS = 64_000_000  # of one frame; phones take 12 to 50 million, a page at 600 dpi has 35 million
OCR_SIDE = (1600, 3500)  # pixels of the longer side: smaller pictures are enlarged, larger ones reduced before OCR
LONGER_SIDE_POINTS = (300.0, 1700.0)  # a page is between A6 and A2; otherwise the stated dpi is wrong
A4_HEIGHT = 842.0  # points
_QUARTER_TURNS = (5, 6, 7, 8)  # values of the orientation in Exif
FORMATS = {PNG: "PNG", JPEG: "JPEG", TIFF: "TIFF", WEBP: "WEBP"}


def read_image(content: bytes, media_type: str, limits: ExtractionLimits, programs: Programs) -> Document:
    """Read one page for each frame of a TIFF; of animated pictures, only the first frame.

    Raises CorruptDocument, DocumentTooComplex, TooManyPages or NoText.
    """
    builder = LineBuilder(media_type, limits)
    scans = ScanReader(programs, builder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; real errors raise
            for number, (picture, width) in enumerate(_frames(content, media_type, limits), 1):
                pixels_per_point = picture.shape[1] / width
                builder.add_page(width, picture.shape[0] / pixels_per_point)
                scans.add_page(number, picture, pixels_per_point)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise CorruptDocument("The picture is truncated or damaged. Take or export it again.") from None
    except Image.DecompressionBombError:
        raise _too_large() from None
    if scans.is_out_of_time and builder.is_empty:
        raise DocumentTooComplex(
            f"Reading the picture took longer than {limits.program_seconds:g} s (limits.program_seconds). "
            "Upload a smaller picture, or a PDF with text."
        )
    scans.conclude()
    return builder.build(nothing_found=scans.why_nothing("The picture"))


def _frames(content: bytes, media_type: str, limits: ExtractionLimits) -> Iterator[tuple[Picture, float]]:
    """Yield each frame upright, in gray and in a size suited to OCR, with the width of its page in points."""
    with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as image:
        if media_type == TIFF and _has_frame(image, limits.pages):
            raise TooManyPages(
                f"The TIFF has more than {limits.pages} pages, the limit (limits.pages). Upload only the resume."
            )
        number = 0
        while True:
            yield _picture(image)
            number += 1
            if media_type != TIFF or not _has_frame(image, number):
                return


def _has_frame(image: Image.Image, number: int) -> bool:
    """Seek to the frame if it exists; otherwise the image stays where it was."""
    before = image.tell()
    try:
        image.seek(number)
    except EOFError:
        image.seek(before)
        return False
    return True


def _picture(image: Image.Image) -> tuple[Picture, float]:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large()
    longer_side = _points(max(image.size), image.info.get("dpi"))
    if image.format == "JPEG":
        image.draft("L", (OCR_SIDE[1], OCR_SIDE[1]))  # decodes a large photograph directly at half or quarter size
    frame = _on_white(ImageOps.exif_transpose(image))
    longest = max(frame.size)
    factor = min(3.0, OCR_SIDE[0] / longest) if longest < OCR_SIDE[0] else min(1.0, OCR_SIDE[1] / longest)
    if factor != 1.0:
        size = (max(1, round(frame.width * factor)), max(1, round(frame.height * factor)))
        frame = frame.resize(size, Image.Resampling.LANCZOS)
    return np.asarray(frame), longer_side * frame.width / max(frame.size)


def page_width(image: Image.Image) -> float:
    """Points across the page that the picture shows, once it is upright as its camera says."""
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) in _QUARTER_TURNS
    width = image.height if turned else image.width
    return _points(max(image.size), image.info.get("dpi")) * width / max(image.size)


def _points(pixels: int, dots_per_inch: object) -> float:
    """Return the longer side of the page; the resolution stated by cameras and screens is meaningless."""
    smallest, largest = LONGER_SIDE_POINTS
    match dots_per_inch:
        case (across, _):
            stated = 72.0 * pixels / float(across) if float(across) > 0 else 0.0
            return stated if smallest <= stated <= largest else A4_HEIGHT
        case _:
            return A4_HEIGHT


def _on_white(image: Image.Image) -> Image.Image:
    """Convert to gray; transparent areas become white."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layers = image.convert("RGBA")
        paper = Image.new("RGBA", layers.size, "white")
        return Image.alpha_composite(paper, layers).convert("L")
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("L")


def _too_large() -> DocumentTooComplex:
    return DocumentTooComplex(
        f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels. Upload a smaller one; "
        "300 dots per inch are enough."
    )
