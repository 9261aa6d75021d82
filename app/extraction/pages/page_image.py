"""Draws one page of a PDF or of a picture as a WebP image for the browser; runs inside the sandbox.

The image is sharp on a screen with two pixels per CSS pixel, and has at most `MOST_BYTES`.
"""

import io
import warnings

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageOps, UnidentifiedImageError

from app.errors import CorruptDocument, DocumentTooComplex, EncryptedDocument, NotFound
from app.extraction.media_types import PDF, TIFF
from app.extraction.ocr.image_reader import FORMATS, MAX_PIXELS, page_width
from app.extraction.pdf.page_words import PageWords
from app.extraction.pdf.pdf_colours import without_plain_profiles
from app.extraction.pdf.pdf_repair import repaired
from app.extraction.pdf.redaction import Pixels, draw_redacted, show_only

WIDTH = 1600  # pixels; the document pane is at most about 800 CSS pixels wide
MOST_PAGE_PIXELS = 5_000_000  # A4 has 3.6 million at that width; a long roll is drawn smaller
MOST_BYTES = 200_000  # of one image
_LONGEST_SIDE = 8_000  # pixels; WebP ends at 16,383
_MANY_COLOURS = 6_000  # in a sample of the page: a photograph or scan, which lossless compression makes too large
_QUALITIES = (80, 65, 50, 35)
_FAR_TOO_LARGE = 3  # times the limit: a lower quality will not do
_SMALLEST_STEP, _LARGEST_STEP = 0.4, 0.8  # of the width, each time that no quality fits


def draw_page(
    content: bytes, media_type: str, number: int, words: PageWords | None = None, *, nothing_else: bool = False
) -> bytes:
    """The page as WebP; `number` counts from 1. With `words`, what is hidden is painted over as `redaction` does it.

    Raises NotFound when there is no such page, EncryptedDocument, CorruptDocument or DocumentTooComplex.
    """
    if media_type == PDF:
        return to_webp(_draw_pdf_page(content, number, words, nothing_else=nothing_else))
    return to_webp(_draw_frame(content, media_type, number, words))


def page_sizes(content: bytes, media_type: str, most: int) -> list[tuple[float, float]]:
    """Width and height of each page in points, of the first `most` pages; for a document that was not read."""
    if media_type == PDF:
        document = _open(content)
        try:
            return [document.get_page_size(index) for index in range(min(len(document), most))]
        finally:
            document.close()
    sizes: list[tuple[float, float]] = []
    try:
        while len(sizes) < most:
            frame, width = _frame(content, media_type, len(sizes) + 1)
            sizes.append((width, width * frame.height / frame.width))
    except NotFound:
        pass
    return sizes


def to_webp(pixels: Pixels) -> bytes:
    """Lossless where that fits, as it does for most pages of text; otherwise in the best quality that does."""
    image = Image.fromarray(pixels)
    sample = pixels[::5, ::5].astype(np.uint32)
    colours = np.unique((sample[..., 0] << 16) | (sample[..., 1] << 8) | sample[..., 2]).size
    if colours <= _MANY_COLOURS:
        encoded = _encoded(image, lossless=True, quality=20, method=1)
        if len(encoded) <= MOST_BYTES:
            return encoded
    while True:
        size_bytes = 0
        for quality in _QUALITIES:
            encoded = _encoded(image, quality=quality, method=2)
            size_bytes = len(encoded)
            if size_bytes <= MOST_BYTES:
                return encoded
            if size_bytes > _FAR_TOO_LARGE * MOST_BYTES:
                break
        factor = max(_SMALLEST_STEP, min(_LARGEST_STEP, (MOST_BYTES / size_bytes) ** 0.5))
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        image = image.resize(size, Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, *, quality: int, method: int, lossless: bool = False) -> bytes:
    written = io.BytesIO()
    image.save(written, "WEBP", quality=quality, method=method, lossless=lossless)
    return written.getvalue()


def _open(content: bytes) -> pdfium.PdfDocument:
    """As the document was opened when it was read: repaired where that is needed."""
    try:
        return pdfium.PdfDocument(without_plain_profiles(content))
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise EncryptedDocument("The PDF asks for a password, so its pages cannot be drawn.") from None
    fixed = repaired(content)
    if fixed is None:
        raise CorruptDocument("The PDF is damaged, so its pages cannot be drawn.")
    return pdfium.PdfDocument(fixed)


def _draw_pdf_page(content: bytes, number: int, words: PageWords | None, *, nothing_else: bool) -> Pixels:
    document = _open(content)
    try:
        if number > len(document):
            raise _no_such_page(len(document))
        with_forms = document.get_formtype() == pdfium_c.FORMTYPE_ACRO_FORM
        if with_forms:
            document.init_forms()
        try:
            page = document[number - 1]
            if with_forms:  # the values of its fields become part of the page, as when the document was read
                pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_NORMALDISPLAY)
                page.close()
                page = document[number - 1]
        except pdfium.PdfiumError:
            raise CorruptDocument(f"Page {number} of the PDF is damaged and cannot be drawn.") from None
        width, height = page.get_size()
        scale = _scale(width, height)
        if words is not None:
            return draw_redacted(page, words, scale=scale, nothing_else=nothing_else)
        bitmap = page.render(
            scale=scale,  # pyright: ignore[reportArgumentType] - fractions are meant to be given
            may_draw_forms=False,
            rev_byteorder=True,
        )
        try:
            pixels = bitmap.to_numpy()
            colours = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3]
            return np.array(colours, dtype=np.uint8)
        finally:
            bitmap.close()
    finally:
        document.close()


def _scale(width: float, height: float) -> float:
    """Pixels per point (or per pixel of a picture) at which a page of that size is drawn."""
    return min(
        WIDTH / max(width, 1.0),
        _LONGEST_SIDE / max(width, height, 1.0),
        (MOST_PAGE_PIXELS / max(1.0, width * height)) ** 0.5,
    )


def _draw_frame(content: bytes, media_type: str, number: int, words: PageWords | None) -> Pixels:
    frame, page_points = _frame(content, media_type, number)
    factor = min(1.0, _scale(frame.width, frame.height))  # enlarging shows nothing new
    size = (max(1, round(frame.width * factor)), max(1, round(frame.height * factor)))
    pixels: Pixels = np.asarray(_on_white(frame.resize(size, Image.Resampling.LANCZOS) if factor < 1 else frame))
    return pixels if words is None else show_only(pixels, words, pixels.shape[1] / page_points)


def _frame(content: bytes, media_type: str, number: int) -> tuple[Image.Image, float]:
    """One frame, upright, and the width of its page in points."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata
            with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as image:
                if number > 1:
                    if media_type != TIFF:
                        raise _no_such_page(1)
                    image.seek(number - 1)
                if image.width * image.height > MAX_PIXELS:
                    raise _too_large()
                width = page_width(image)
                if image.format == "JPEG":
                    image.draft("RGB", (2 * WIDTH, 2 * WIDTH))
                return ImageOps.exif_transpose(image), width
    except EOFError:
        raise NotFound("The document has fewer pages.") from None
    except Image.DecompressionBombError:
        raise _too_large() from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise CorruptDocument("The picture is cut off or damaged, so it cannot be shown.") from None


def _on_white(image: Image.Image) -> Image.Image:
    """In colour; what is transparent shows paper."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layers = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("RGB")


def _no_such_page(count: int) -> NotFound:
    return NotFound(f"The document has {count} page{'' if count == 1 else 's'}.")


def _too_large() -> DocumentTooComplex:
    return DocumentTooComplex(f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels and is not drawn.")
