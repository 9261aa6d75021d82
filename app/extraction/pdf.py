"""Reads PDF files: words with boxes in reading order, hidden text apart; called by `extract`, inside the sandbox.

pdfium is not thread-safe: one document at a time in one process.
"""

import statistics
from collections.abc import Sequence

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from app.errors import CorruptDocument, DocumentTooComplex, EncryptedDocument, NoText, TooManyPages
from app.extraction.document import Box, Document, HiddenReason, Word
from app.extraction.glyphs import PageSpace, PageText, read_page
from app.extraction.hidden_text import find_hidden
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.placed_word import PlacedWord, union
from app.extraction.reading_order import Region, order_words

MEDIA_TYPE = "application/pdf"
BLOCK_PAUSE = 1.45  # a distance of baselines this many times the usual one begins a new block
MAX_RULE_HEIGHT = 3.0  # points; a flatter shape than this is a drawn line
MIN_RULE_WIDTH = 40.0  # points; shorter ones are underlines and ornaments
MAX_WORDS_PER_PAGE = 20_000  # a dense page has about 1,000; more are drawings made of letters
UNMAPPED_SHARE = 0.5  # with more glyphs than this without a meaning, the text is noise


def read_pdf(content: bytes, limits: ExtractionLimits) -> Document:
    """Raises EncryptedDocument, CorruptDocument, TooManyPages, NoText or TextTooLong."""
    document = _open(content)
    try:
        count = len(document)
        if count == 0:
            raise CorruptDocument("The PDF has no pages. Export it again from the program that made it.")
        if count > limits.pages:
            raise TooManyPages(
                f"The PDF has {count} pages; at most {limits.pages} are read (limits.pages). Send the resume alone."
            )
        builder = LineBuilder(MEDIA_TYPE, limits)
        with_forms = document.get_formtype() == pdfium_c.FORMTYPE_ACRO_FORM
        if with_forms:
            document.init_forms()
        glyphs = unmapped = 0
        for number in range(count):
            page = _load(document, number)
            try:
                if with_forms:
                    pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_NORMALDISPLAY)
                    page.close()
                    page = _load(document, number)
                text = _read_page(page, builder)
            finally:
                page.close()
            glyphs += text.glyph_count
            unmapped += text.unmapped_count
        if unmapped > UNMAPPED_SHARE * (glyphs + unmapped):
            raise NoText(
                "The PDF's fonts do not say which letters their shapes are, so its text cannot be read without OCR, "
                "which this version does not have. Export it again as a PDF with text."
            )
        return builder.build(
            nothing_found="The PDF shows no text, only pictures or drawings; it is probably a scan. Scans need OCR, "
            "which this version does not have. Send a PDF made by a word processor."
        )
    finally:
        document.close()


def _open(content: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise EncryptedDocument("The PDF asks for a password. Save a copy without one and send that.") from None
        raise CorruptDocument(
            "The PDF cannot be opened: it is cut off or damaged. Export it again from the program that made it."
        ) from None


def _load(document: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    try:
        return document[number]
    except pdfium.PdfiumError:
        raise CorruptDocument(f"Page {number + 1} of the PDF is damaged and cannot be read.") from None


def _read_page(page: pdfium.PdfPage, builder: LineBuilder) -> PageText:
    space = PageSpace(page)
    builder.add_page(space.width, space.height)
    text = read_page(page, space)
    if len(text.words) > MAX_WORDS_PER_PAGE:
        raise DocumentTooComplex(
            f"A page of the PDF holds more than {MAX_WORDS_PER_PAGE:,} words, so it is no page that people read. "
            "Export the document again from the program that made it."
        )
    hidden, has_layer = find_hidden(page, text, space.width, space.height)
    if has_layer:
        builder.add_warning("The text is the recognised text layer of a scan and may hold recognition errors.")
    _report(text.words, hidden, builder)
    visible = [word for word in text.words if word.sequence not in hidden]
    for region in order_words(visible, _rules(page, space)):
        _add_region(region, builder)
    return text


def _report(words: Sequence[PlacedWord], hidden: dict[int, HiddenReason], builder: LineBuilder) -> None:
    """One finding for each run of hidden words with one reason."""
    run: list[PlacedWord] = []
    for word in (*words, None):
        reason = hidden.get(word.sequence) if word is not None else None
        if run and (reason != hidden[run[0].sequence] or (word and word.sequence != run[-1].sequence + 1)):
            quote = " ".join(item.text for item in run)
            builder.add_hidden(quote, hidden[run[0].sequence], _rounded(union(item.box for item in run)))
            run = []
        if word is not None and reason is not None:
            run.append(word)


def _add_region(region: Region, builder: LineBuilder) -> None:
    builder.end_block()
    distances = [abs(_baseline(b) - _baseline(a)) for a, b in zip(region.lines, region.lines[1:], strict=False)]
    usual = statistics.median(distances) if distances else 0.0
    before: float | None = None
    for line, distance in zip(region.lines, [0.0, *distances], strict=True):
        size = _size(line)
        if before is not None and distance > BLOCK_PAUSE * min(usual, 1.5 * max(size, before)):
            builder.end_block()
        before = size
        builder.add_line(
            [Word(word.text, _rounded(word.box)) for word in line],
            box=_rounded(union(word.box for word in line)),
            size=size,
            bold=_is_bold(line),
        )


def _baseline(line: Sequence[PlacedWord]) -> float:
    return statistics.median(word.baseline for word in line)


def _size(line: Sequence[PlacedWord]) -> float:
    """The size in which most of the line is set."""
    weights: dict[float, int] = {}
    for word in line:
        weights[round(word.size, 2)] = weights.get(round(word.size, 2), 0) + len(word.text)
    return max(weights, key=lambda size: weights[size])


def _is_bold(line: Sequence[PlacedWord]) -> bool:
    bold = sum(len(word.text) for word in line if word.bold)
    return bold > 0.6 * sum(len(word.text) for word in line)


def _rounded(box: Box) -> Box:
    x0, y0, x1, y1 = (round(edge, 2) for edge in box)
    return x0, y0, max(x1, x0 + 0.01), max(y1, y0 + 0.01)


def _rules(page: pdfium.PdfPage, space: PageSpace) -> list[Box]:
    """Horizontal lines that are drawn on the page."""
    found: list[Box] = []
    if space.rotation not in (0, 180):
        return found
    for shape in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=1):
        left, bottom, right, top = shape.get_bounds()
        if top - bottom <= MAX_RULE_HEIGHT and right - left >= MIN_RULE_WIDTH:
            found.append(space.box(left, bottom, right, top))
    return found
