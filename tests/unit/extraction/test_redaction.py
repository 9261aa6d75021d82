"""A PDF redrawn without certain words: they are in neither its pixels nor its text."""

import io

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from app.errors import CorruptDocument
from app.extraction.document import Box, Document
from app.extraction.extract import ExtractionLimits, extract_document
from app.extraction.pdf.page_words import PageWords
from app.extraction.pdf.redaction import redact_pdf

PDF = "application/pdf"


def made_pdf(*, picture: tuple[float, float] | None = None) -> bytes:
    """Two lines of text; with `picture`, a red picture of that size in the lower left corner."""
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(400, 300))
    canvas.setTitle("Resume of Ilse Varga")
    if picture is not None:
        red = io.BytesIO()
        Image.new("RGB", (50, 50), (220, 20, 20)).save(red, "PNG")
        canvas.drawImage(ImageReader(red), 0, 0, *picture)
    canvas.setFont("Helvetica", 14)
    canvas.drawString(40, 250, "Ilse Varga")
    canvas.drawString(40, 220, "Process Engineer")
    canvas.linkURL("https://varga.example", (40, 240, 140, 260))
    canvas.save()
    return written.getvalue()


def words_of(document: Document, hide: set[str]) -> dict[int, PageWords]:
    kept: list[tuple[str, Box]] = []
    hidden: list[Box] = []
    for line in document.lines:
        for word in line.words:
            assert word.box is not None
            if word.text in hide:
                hidden.append(word.box)
            else:
                kept.append((word.text, word.box))
    return {1: PageWords(kept, hidden)}


def redacted(content: bytes, hide: set[str], *, nothing_else: bool = False) -> bytes:
    document = extract_document(content, PDF, ExtractionLimits())
    return redact_pdf(content, words_of(document, hide), nothing_else=nothing_else)


def pixels(content: bytes) -> np.ndarray:
    document = pdfium.PdfDocument(content)
    try:
        return np.array(document[0].render(scale=1, rev_byteorder=True).to_numpy()[:, :, :3])
    finally:
        document.close()


def text_of(content: bytes) -> str:
    document = pdfium.PdfDocument(content)
    try:
        return " ".join(document[0].get_textpage().get_text_bounded().split())
    finally:
        document.close()


def test_hidden_words_are_removed_from_text_and_pixels_and_the_others_stay_searchable() -> None:
    content = redacted(made_pdf(), {"Ilse", "Varga"})
    assert text_of(content) == "Process Engineer"
    drawn = pixels(content)
    name, job = drawn[38:52, 40:100], drawn[70:82, 40:140]
    assert int(name.min()) > 190  # gray, without a trace of letters
    assert int(job.min()) < 80


def test_no_property_link_or_other_part_of_the_old_file_is_carried_over() -> None:
    content = redacted(made_pdf(), {"Ilse", "Varga"})
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert "/Info" not in opened.trailer or not dict(opened.docinfo)
        assert "/Annots" not in opened.pages[0]
        streams = [
            obj.read_bytes() for obj in opened.objects if isinstance(obj, pikepdf.Stream) and "/Filter" not in obj
        ]
    assert not any(secret in stream for stream in (content, *streams) for secret in (b"Varga", b"varga"))


def test_photos_are_left_out() -> None:
    with_photo = made_pdf(picture=(80, 80))
    corner = pixels(with_photo)[230:290, 10:70].astype(int)
    assert (corner[..., 0] - corner[..., 1]).mean() > 100  # it was there before
    gone = pixels(redacted(with_photo, {"Ilse"}))[230:290, 10:70]
    assert int(gone.min()) > 245


def test_on_a_page_that_is_a_picture_only_the_remaining_words_are_shown() -> None:
    drawn = pixels(redacted(made_pdf(picture=(400, 300)), {"Ilse", "Varga"})).astype(int)
    red = (drawn[..., 0] - drawn[..., 1]) > 100
    assert red[68:84, 40:150].any()  # the background of the remaining words
    assert not red[100:, :].any()
    assert not red[:60, :].any()


def test_if_the_name_is_unknown_only_extracted_words_are_shown() -> None:
    content = made_pdf()
    shown = pixels(redact_pdf(content, {1: PageWords([("Process", (40.0, 66.0, 95.0, 84.0))], [])}, nothing_else=True))
    assert int(shown[38:52, 40:100].min()) > 245
    assert int(shown[70:82, 40:95].min()) < 80


def test_text_in_every_script_is_searchable() -> None:
    content = redact_pdf(
        made_pdf(), {1: PageWords([("峰岸", (40.0, 40.0, 70.0, 55.0)), ("Straße", (80.0, 40.0, 120.0, 55.0))], [])}
    )
    assert text_of(content) == "峰岸 Straße"


def test_a_file_that_cannot_be_opened_raises_a_clear_error() -> None:
    with pytest.raises(CorruptDocument, match="cannot be opened"):
        redact_pdf(b"%PDF-1.7 torn", {})
