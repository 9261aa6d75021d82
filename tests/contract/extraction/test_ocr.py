"""Scans and photographs read by the real tesseract in the real sandbox, and the messages if it is not installed."""

import io
import shutil
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from app.errors import ConverterMissing, DocumentTooComplex, NoText
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import DOC, JPEG, PDF, PNG
from app.extraction.sandbox.sandbox import extract_in_sandbox
from tests.unit.extraction.made_pdfs import HEIGHT, WIDTH, Drawing, Text, column, make_pdf

LIMITS = ExtractionLimits(seconds=120, program_seconds=300)
LINES = (
    "Mira Halvorsen",
    "Harbour pilot in the port of Esbjerg",
    "Guided large vessels into the harbour in all weathers",
    "Trained four younger pilots in the use of the radar",
    "Master mariner of the nautical college in Marstal",
)
needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="tesseract is not installed (apt-get install tesseract-ocr)"
)


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """The upper half of a page at 200 dots per inch."""
    document = pdfium.PdfDocument(make_pdf(column(60, 60, *LINES, leading=24.0, size=14.0)))
    try:
        page = document[0]
        bitmap = page.render(scale=200 / 72)  # pyright: ignore[reportArgumentType]
        drawn: Image.Image = bitmap.to_pil().convert("L")
        page.close()
    finally:
        document.close()
    return drawn.crop((0, 0, drawn.width, drawn.height // 3))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


@needs_tesseract
def test_a_photograph_yields_words_with_boxes_and_confidence(picture: Image.Image) -> None:
    document = extract_in_sandbox(encoded(picture, dpi=(200, 200)), PNG, LIMITS)
    assert texts(document) == list(LINES)
    first = document.lines[0].words[0]
    assert first.confidence is not None
    assert first.confidence > 0.7
    assert first.box is not None
    assert 55 < first.box[0] < 65
    assert 45 < first.box[1] < first.box[3] < 65
    assert "OCR" in document.warnings[0]


@needs_tesseract
@pytest.mark.parametrize("degrees", [90, 180, 3])
def test_rotated_and_tilted_pages_are_corrected(picture: Image.Image, degrees: int) -> None:
    turned = picture.rotate(degrees, expand=True, fillcolor=255)
    document = extract_in_sandbox(encoded(turned, dpi=(200, 200)), PNG, LIMITS)
    assert texts(document) == list(LINES)
    for line in document.lines:
        assert line.box is not None
        left, top, right, bottom = line.box
        assert left >= -1
        assert top >= -1
        assert right <= document.pages[0].width + 1
        assert bottom <= document.pages[0].height + 1


@needs_tesseract
def test_the_camera_orientation_is_respected(picture: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways: turn clockwise to see it upright
    content = encoded(picture.rotate(90, expand=True), "JPEG", quality=90, exif=exif)
    document = extract_in_sandbox(content, JPEG, LIMITS)
    assert texts(document) == list(LINES)
    assert document.pages[0].width > document.pages[0].height


def scan(image: Image.Image) -> Drawing:
    height = WIDTH * image.height / image.width

    def draw(canvas: Canvas) -> None:
        canvas.setFillGray(0.97)
        canvas.rect(0, 0, WIDTH, HEIGHT, stroke=0, fill=1)
        canvas.drawImage(ImageReader(image), 0, HEIGHT - height, WIDTH, height)

    return draw


@needs_tesseract
def test_only_the_scanned_page_of_a_mixed_document_is_recognized(picture: Image.Image) -> None:
    document = extract_in_sandbox(
        make_pdf(column(60, 60, "Letter of application", "Esbjerg"), [scan(picture)]), PDF, LIMITS
    )
    assert texts(document) == ["Letter of application", "Esbjerg", *LINES]
    assert [line.words[0].confidence is None for line in document.lines] == [True, True, *[False] * len(LINES)]


def searchable(picture: Image.Image, *others: Text, layer: tuple[str, ...] = LINES) -> bytes:
    """A scan with its text layer, and further invisible words on top of it."""
    page = Image.new("L", (picture.width, round(picture.width * HEIGHT / WIDTH)), 255)
    page.paste(picture, (0, 0))
    words = [Text(60, 60 + 24 * number, line, 14.0, mode=3) for number, line in enumerate(layer)]
    return make_pdf([scan(page), *words, *others])


def test_a_searchable_scan_keeps_its_text_layer_and_is_not_reported(picture: Image.Image) -> None:
    document = extract_in_sandbox(searchable(picture), PDF, LIMITS)
    assert texts(document) == list(LINES)
    assert document.hidden == ()
    assert all(word.confidence is None for line in document.lines for word in line.words)
    assert "text layer of a scan" in document.warnings[-1]


@needs_tesseract
def test_recognition_errors_of_the_scanner_are_not_reported(picture: Image.Image) -> None:
    misread = tuple(
        line.translate(str.maketrans({"l": "1", "o": "0"})) if number % 2 else line.replace("r", "n")
        for number, line in enumerate(LINES)
    )
    document = extract_in_sandbox(searchable(picture, layer=misread), PDF, LIMITS)
    assert texts(document) == list(misread)
    assert document.hidden == ()


@needs_tesseract
def test_invisible_words_over_other_words_of_a_scan_are_hidden_text(picture: Image.Image) -> None:
    words = "Chief Wizard at Gringotts Bank with Kubernetes Terraform mastery"
    document = extract_in_sandbox(searchable(picture, Text(60, 84, words, 14.0, mode=3)), PDF, LIMITS)
    assert [item.quote for item in document.hidden] == [words]
    assert "Gringotts" not in document.text
    assert all(line in document.text for line in LINES)


def test_without_tesseract_an_unchecked_text_layer_is_reported(
    picture: Image.Image, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    document = extract_document(searchable(picture), PDF, LIMITS)
    assert texts(document) == list(LINES)
    assert document.hidden == ()
    assert "could not be compared" in document.warnings[0]


@needs_tesseract
def test_a_scan_that_takes_too_long_is_stopped_and_reported(picture: Image.Image) -> None:
    with pytest.raises(DocumentTooComplex, match="program_seconds"):
        extract_in_sandbox(encoded(picture), PNG, ExtractionLimits(program_seconds=0.01))
    pages = make_pdf(column(60, 60, *LINES), [scan(picture)])
    document = extract_in_sandbox(pages, PDF, ExtractionLimits(program_seconds=0.01))
    assert texts(document) == list(LINES)
    assert "could not be read" in document.warnings[0]


def test_without_tesseract_a_scan_names_the_missing_package(
    picture: Image.Image, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoText, match="tesseract-ocr"):
        extract_document(encoded(picture), PNG, LIMITS)
    document = extract_document(make_pdf(column(60, 60, *LINES), [scan(picture)]), PDF, LIMITS)
    assert "tesseract-ocr" in document.warnings[0]


def test_without_libreoffice_an_old_word_file_names_the_missing_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConverterMissing, match="libreoffice-writer"):
        extract_document(b"\xd0\xcf\x11\xe0", DOC, LIMITS)
