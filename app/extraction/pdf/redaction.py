"""Redraws a PDF without some of its words: pictures of the pages, and an invisible layer of the remaining words.

Hidden words are removed, not covered: the new file has pixels in which they were painted over, and a text layer that
never contained them. Pictures (photos, logos, signatures), annotations, links, attachments and properties are left out
too. Runs inside the sandbox; called by `sandbox_server`.
"""

import io
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from app.errors import CorruptDocument
from app.extraction.document import Box
from app.extraction.pdf.page_words import PageWords
from app.extraction.pdf.pdf_repair import repaired

_DOTS_PER_INCH = 150  # small print stays readable; about 150 KB per page
_MOST_PIXELS = 12_000_000  # of one page: A4 has 2.2 million
_POINTS_PER_INCH = 72
_JPEG_QUALITY = 80
_GREY = 214  # painted over removed words: clearly a gap, but less obtrusive than a black bar
_MARGIN = 1.0  # points around a word, for ink outside its box
_PICTURE_PAGE_SHARE = 0.4  # a picture larger than this share of the page is the page itself: a scan, a background
_NO_WIDTH_FONT_SIZE = 1.0

Pixels = npt.NDArray[np.uint8]


def redact_pdf(content: bytes, pages: Mapping[int, PageWords], *, nothing_else: bool = False) -> bytes:
    """Return a new PDF with the same page sizes. `pages` counts from 1; pages not in it show no words.

    On a page that is a picture, and everywhere with `nothing_else`, only the boxes of the remaining words are shown,
    because the rest of the picture may show anything. Raises CorruptDocument.
    """
    source = _open(content)
    target = pikepdf.new()
    font = _invisible_font(target)
    try:
        with_forms = source.get_formtype() == pdfium_c.FORMTYPE_ACRO_FORM
        if with_forms:
            source.init_forms()
        for index in range(len(source)):
            words = pages.get(index + 1, PageWords((), ()))
            page = source[index]
            if with_forms:  # field contents become part of the page, as during extraction
                pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_NORMALDISPLAY)
                page.close()
                page = source[index]
            try:
                size = page.get_size()
                scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, (_MOST_PIXELS / max(1.0, size[0] * size[1])) ** 0.5)
                pixels = draw_redacted(page, words, scale=scale, nothing_else=nothing_else)
            finally:
                page.close()
            _add_page(target, font, pixels, size, words.kept)
        with target.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata.clear()
        written = io.BytesIO()
        target.save(written, deterministic_id=True)
        return written.getvalue()
    finally:
        source.close()
        target.close()


def _open(content: bytes) -> pdfium.PdfDocument:
    """Open the document as for extraction, repaired if necessary."""
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError:
        restored = repaired(content)
    if restored is None:
        raise CorruptDocument("The PDF cannot be opened to redact it.")
    return pdfium.PdfDocument(restored)


def draw_redacted(page: pdfium.PdfPage, words: PageWords, *, scale: float, nothing_else: bool = False) -> Pixels:
    """The page in colour with its hidden words painted over; `scale` is in pixels per point."""
    width, height = page.get_size()
    pictures = list(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=15))
    is_picture = any(_area(picture) > _PICTURE_PAGE_SHARE * width * height for picture in pictures)
    if not is_picture:
        for picture in pictures:
            pdfium_c.FPDFPageObj_SetIsActive(picture.raw, False)
    bitmap = page.render(
        scale=scale,  # pyright: ignore[reportArgumentType] - pyright: ignore[reportArgumentType] - fractions are allowed
        may_draw_forms=False,
        draw_annots=False,
        rev_byteorder=True,
    )
    try:
        drawn: Pixels = np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8)
    finally:
        bitmap.close()
    if is_picture or nothing_else:
        return show_only(drawn, words, scale)
    _paint_over(drawn, words, scale)
    return drawn


def show_only(drawn: Pixels, words: PageWords, scale: float) -> Pixels:
    """Paper with the places of the words that stay, and grey where the others were."""
    shown = np.full_like(drawn, 255)
    for _, box in words.kept:
        rows, columns = _window(box, scale, drawn)
        shown[rows, columns] = drawn[rows, columns]
    _paint_over(shown, words, scale)
    return shown


def _paint_over(pixels: Pixels, words: PageWords, scale: float) -> None:
    for box in words.hidden:
        rows, columns = _window(box, scale, pixels)
        pixels[rows, columns] = _GREY


def _area(picture: pdfium.PdfObject) -> float:
    left, bottom, right, top = picture.get_bounds()
    return (right - left) * (top - bottom)


def _window(box: Box, scale: float, pixels: Pixels) -> tuple[slice, slice]:
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = (edge * scale for edge in box)
    margin = _MARGIN * scale
    return (
        slice(max(0, int(y0 - margin)), min(height, int(y1 + margin) + 1)),
        slice(max(0, int(x0 - margin)), min(width, int(x1 + margin) + 1)),
    )


def _add_page(
    target: pikepdf.Pdf,
    font: pikepdf.Object,
    pixels: Pixels,
    size: tuple[float, float],
    words: Iterable[tuple[str, Box]],
) -> None:
    width, height = size
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=_JPEG_QUALITY)
    image = pikepdf.Stream(
        target,
        encoded.getvalue(),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=pixels.shape[1],
        Height=pixels.shape[0],
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    drawing = f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /Page Do Q\n"
    content = drawing + "BT 3 Tr\n" + "".join(_text(word, box, height) for word, box in words) + "ET\n"
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=pikepdf.Array([0, 0, round(width, 2), round(height, 2)]),
        Resources=pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(Page=target.make_indirect(image)), Font=pikepdf.Dictionary(F=font)
        ),
        Contents=pikepdf.Stream(target, content.encode("ascii")),
    )
    target.pages.append(pikepdf.Page(target.make_indirect(page)))


def _text(word: str, box: Box, page_height: float) -> str:
    """Return text operators that place the word invisibly; a character is half as wide as it is high."""
    code = (word + " ").encode("utf-16-be").hex()
    x0, y0, x1, y1 = box
    font_size = max(_NO_WIDTH_FONT_SIZE, y1 - y0)
    units = len(code) // 4 - 1
    stretch = max(1.0, 100 * (x1 - x0) / (units * font_size / 2))
    baseline = page_height - y1 + 0.2 * font_size
    return f"/F {font_size:.2f} Tf {stretch:.1f} Tz 1 0 0 1 {x0:.2f} {baseline:.2f} Tm <{code}> Tj\n"


def _invisible_font(target: pikepdf.Pdf) -> pikepdf.Object:
    """Return a font without shapes in which each UTF-16 unit is its own code: enough to search and copy text."""
    ranges = [f"<{high:02x}00> <{high:02x}ff> <{high:02x}00>" for high in range(256)]
    blocks = "".join(
        f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange\n"
        for block in (ranges[start : start + 100] for start in range(0, len(ranges), 100))
    )
    to_unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CMapName /Units def /CMapType 2 def\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        f"{blocks}endcmap CMapName currentdict /CMap defineresource pop end end\n"
    )
    system = pikepdf.Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0)
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor,
        FontName=pikepdf.Name.Invisible,
        Flags=4,
        FontBBox=pikepdf.Array([0, -200, 500, 800]),
        ItalicAngle=0,
        Ascent=800,
        Descent=-200,
        CapHeight=800,
        StemV=80,
    )
    descendant = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.CIDFontType2,
        BaseFont=pikepdf.Name.Invisible,
        CIDSystemInfo=system,
        FontDescriptor=target.make_indirect(descriptor),
        DW=500,
    )
    return target.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type0,
            BaseFont=pikepdf.Name.Invisible,
            Encoding=pikepdf.Name("/Identity-H"),
            DescendantFonts=pikepdf.Array([target.make_indirect(descendant)]),
            ToUnicode=target.make_indirect(pikepdf.Stream(target, to_unicode.encode("ascii"))),
        )
    )
