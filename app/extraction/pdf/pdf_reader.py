"""Reads PDF files: words with boxes in reading order, and hidden text separately. Called by `extract` in the sandbox.

pdfium is not thread-safe: one document at a time per process. A page without text of its own is read by OCR.
"""

from collections.abc import Sequence
from functools import partial

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from app.errors import CorruptDocument, DocumentTooComplex, EncryptedDocument, TooManyPages
from app.extraction.document import Box, Document, HiddenReason
from app.extraction.layout.page_lines import add_regions, rounded
from app.extraction.layout.placed_word import PlacedWord, union
from app.extraction.layout.reading_order import order_words
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import PDF
from app.extraction.ocr.deskew import Picture
from app.extraction.ocr.scan import ScanReader
from app.extraction.ocr.text_layer import Comparison, LayerCheck
from app.extraction.pdf.drawn_bullets import is_disc, with_bullets
from app.extraction.pdf.glyphs import PageSpace
from app.extraction.pdf.hidden_text import find_hidden, image_share, is_invisible
from app.extraction.pdf.page_objects import SHAPE, PageObjects
from app.extraction.pdf.page_picture import draw
from app.extraction.pdf.pdf_colours import without_plain_profiles
from app.extraction.pdf.pdf_extras import flatten_annotations, report_extras
from app.extraction.pdf.pdf_repair import repaired
from app.extraction.pdf.pdf_words import PageText, read_page
from app.extraction.sandbox.programs import Programs

MAX_RULE_HEIGHT = 3.0  # points; a shape flatter than this is a drawn line
MIN_RULE_WIDTH = 40.0  # points; shorter ones are underlines and ornaments
MAX_WORDS_PER_PAGE = 20_000  # a dense page has about 1,000; more are drawings made of letters
UNMAPPED_SHARE = 0.5  # with a larger share of glyphs without a meaning, the text is noise
FEW_LETTERS = 25  # a page with fewer may be a picture with a stamp or page number on it
FEW_LETTERS_ON_SCAN = 200  # where a picture covers half the page, a header of real text says little
SCAN_SHARE = 0.5
OUTLINES = 100  # this many drawn shapes and only a few letters: the letters are drawn as shapes
GARBAGE_SHARE = 0.6  # a scan's text layer with a smaller share of letters and digits is noise
OCR_SCALE = 200 / 72  # pixels per point: 200 dpi, at which tesseract reads print down to about 7 points
OCR_MAX_PIXELS = 12_000_000
INK_GREY_LEVELS = 40
REPAIRED = "The PDF is damaged. It was repaired as far as possible, but parts of it may be missing."


def read_pdf(content: bytes, limits: ExtractionLimits, programs: Programs) -> Document:
    """Raises EncryptedDocument, CorruptDocument, TooManyPages, DocumentTooComplex, NoText or TextTooLong."""
    builder = LineBuilder(PDF, limits)
    try:
        document = _open(content)
    except CorruptDocument as error:
        restored = repaired(content)
        if restored is None:
            raise error from None
        document = _open(restored)
        builder.add_warning(REPAIRED)
    try:
        count = len(document)
        if count == 0:
            raise CorruptDocument("The PDF has no pages. Export it again from the original program.")
        if count > limits.pages:
            raise TooManyPages(
                f"The PDF has {count} pages; the limit is {limits.pages} (limits.pages). Upload only the resume."
            )
        if document.get_formtype() == pdfium_c.FORMTYPE_ACRO_FORM:
            document.init_forms()
        scans, layers = ScanReader(programs, builder), LayerCheck(programs, builder)
        for number in range(count):
            _read_page(document, number, builder, scans, layers)
        report_extras(document, content, builder)
        if scans.is_out_of_time and builder.is_empty:
            raise DocumentTooComplex(
                f"Recognizing the text of the scan took longer than {limits.program_seconds:g} s "
                "(limits.program_seconds). Upload fewer pages, or a PDF with text."
            )
        scans.conclude()
        return builder.build(nothing_found=scans.why_nothing("The PDF"))
    finally:
        document.close()


def _open(content: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(without_plain_profiles(content))
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise EncryptedDocument(
                "The PDF is protected by a password. Save a copy without one and upload that."
            ) from None
        raise CorruptDocument(
            "The PDF cannot be opened because it is truncated or damaged. Export it again from the original program."
        ) from None


def _load(document: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    try:
        return document[number]
    except pdfium.PdfiumError:
        raise CorruptDocument(f"Page {number + 1} of the PDF is damaged and cannot be read.") from None


def _read_page(
    document: pdfium.PdfDocument, number: int, builder: LineBuilder, scans: ScanReader, layers: LayerCheck
) -> None:
    page = _load(document, number)
    try:
        space = PageSpace(page)
        builder.add_page(space.width, space.height)
        if flatten_annotations(page, builder):
            page.close()
            page = _load(document, number)
        text = read_page(page, space)
        if len(text.words) > MAX_WORDS_PER_PAGE:
            raise DocumentTooComplex(
                f"A page of the PDF has more than {MAX_WORDS_PER_PAGE:,} words, far more than a readable page. "
                "Export the document again from the original program."
            )
        objects = PageObjects(page, [address for address, _ in text.objects])
        hidden, has_layer = find_hidden(page, space, objects, text)
        unseen = {number for number, style in enumerate(text.styles) if is_invisible(style)}
        layer = [word for word in text.words if word.style in unseen and word.sequence not in hidden] if unseen else []
        compared = layers.compare(number + 1, layer, partial(_drawn, page, space)) if layer else Comparison()
        hidden |= dict.fromkeys(compared.unseen, "transparent")
        _report(text.words, hidden, builder)
        left_out = {*hidden, *compared.unusable}
        visible = [word for word in text.words if word.sequence not in left_out]
        has_layer = has_layer and not compared.unusable
        if _is_picture(page, space, objects, text, visible, has_layer=has_layer):
            letters = 0 if _is_unmapped(text) else _letters(visible)
            if scans.add_page(number + 1, *_drawn(page, space), more_letters_than=letters):
                return
        if _is_unmapped(text):
            builder.add_warning(
                f"Page {number + 1} was left out because its fonts do not define which letters they draw."
            )
            return
        if has_layer:
            builder.add_warning("The text comes from the text layer of a scan and may contain recognition errors.")
        rules, discs = _shapes(objects, space)
        add_regions(order_words(with_bullets(visible, discs), rules), builder)
    finally:
        page.close()


def _is_picture(
    page: pdfium.PdfPage,
    space: PageSpace,
    objects: PageObjects,
    text: PageText,
    visible: Sequence[PlacedWord],
    *,
    has_layer: bool,
) -> bool:
    """Return whether the page shows more than its text: a scan, letters drawn as shapes, or fonts without a meaning."""
    letters = _letters(visible)
    if _is_unmapped(text) or (has_layer and letters < GARBAGE_SHARE * sum(len(word.text) for word in visible)):
        return True
    if letters >= FEW_LETTERS_ON_SCAN or (has_layer and letters >= FEW_LETTERS):
        return False
    if image_share(objects, space.width * space.height) >= SCAN_SHARE:
        return True
    if letters == 0:
        return _has_ink(page)
    return letters < FEW_LETTERS and len(list(objects.all_bounds(SHAPE, depth=15))) >= OUTLINES


def _is_unmapped(text: PageText) -> bool:
    return text.unmapped_count > UNMAPPED_SHARE * (text.glyph_count + text.unmapped_count)


def _letters(words: Sequence[PlacedWord]) -> int:
    return sum(map(str.isalnum, "".join([word.text for word in words])))


def _has_ink(page: pdfium.PdfPage) -> bool:
    drawn = draw(page, 0.5)
    return int(drawn.max()) - int(drawn.min()) >= INK_GREY_LEVELS


def _drawn(page: pdfium.PdfPage, space: PageSpace) -> tuple[Picture, float]:
    """Return the page in gray, suited to OCR, and its pixels per point."""
    scale = min(OCR_SCALE, (OCR_MAX_PIXELS / max(space.width * space.height, 1.0)) ** 0.5)
    picture = draw(page, scale)
    return picture, picture.shape[1] / max(space.width, 1.0)


def _report(words: Sequence[PlacedWord], hidden: dict[int, HiddenReason], builder: LineBuilder) -> None:
    """Report each run of hidden words with the same reason as one finding."""
    run: list[PlacedWord] = []
    for word in (*words, None):
        reason = hidden.get(word.sequence) if word is not None else None
        if run and (reason != hidden[run[0].sequence] or (word and word.sequence != run[-1].sequence + 1)):
            quote = " ".join(item.text for item in run)
            builder.add_hidden(quote, hidden[run[0].sequence], rounded(union(item.box for item in run)))
            run = []
        if word is not None and reason is not None:
            run.append(word)


def _shapes(objects: PageObjects, space: PageSpace) -> tuple[list[Box], list[Box]]:
    """Return the horizontal lines and small discs drawn on the page."""
    rules: list[Box] = []
    discs: list[Box] = []
    if space.rotation not in (0, 180):
        return rules, discs
    for left, bottom, right, top in objects.all_bounds(SHAPE, depth=1):
        if top - bottom <= MAX_RULE_HEIGHT and right - left >= MIN_RULE_WIDTH:
            rules.append(space.box(left, bottom, right, top))
        elif is_disc((left, bottom, right, top)):
            discs.append(space.box(left, bottom, right, top))
    return rules, discs
