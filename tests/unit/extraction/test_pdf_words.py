"""Words of PDF pages: positions, sizes, weights and Unicode; and files that cannot be read."""

import io
import itertools
import zlib

import pikepdf
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from app.errors import CorruptDocument, EncryptedDocument, NoText, TextTooLong, TooManyPages
from app.extraction.document import Box, Document
from app.extraction.limits import ExtractionLimits
from tests.unit.extraction.made_pdfs import (
    BOLD,
    HEIGHT,
    LIMITS,
    PLAIN,
    WIDTH,
    Text,
    column,
    make_pdf,
    read,
    read_pdf,
    texts,
)


def covers(box: Box | None, x0: float, y0: float, x1: float, y1: float) -> bool:
    assert box is not None
    return box[0] <= x0 + 1 and box[1] <= y0 + 1 and box[2] >= x1 - 1 and box[3] >= y1 - 1


def test_a_words_box_covers_its_position_and_little_more() -> None:
    (line,) = read([Text(100, 200, "Harbour pilot", 12)]).lines
    first, second = line.words
    width = stringWidth("Harbour", PLAIN, 12)
    assert covers(first.box, 100, 200 - 0.7 * 12, 100 + width, 200)
    assert first.box is not None
    assert second.box is not None
    assert first.box[2] < second.box[0] < 100 + width + 6
    assert first.box[3] - first.box[1] < 16
    assert line.box == (first.box[0], min(first.box[1], second.box[1]), second.box[2], max(first.box[3], second.box[3]))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_boxes_follow_the_page_rotation(rotation: int) -> None:
    document = read([Text(100, 200, "Harbour")], rotation=rotation)
    (page,) = document.pages
    turned = rotation in (90, 270)
    assert (page.width, page.height) == pytest.approx((HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT), abs=0.1)
    box = document.lines[0].words[0].box
    assert box is not None
    centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    x, y = 100 + stringWidth("Harbour", PLAIN, 10) / 2, 197
    expected = {90: (HEIGHT - y, x), 180: (WIDTH - x, HEIGHT - y), 270: (y, WIDTH - x)}[rotation]
    assert centre == pytest.approx(expected, abs=4)


def test_a_landscape_page_stored_upright_and_rotated_reads_normally() -> None:
    def turned(canvas: Canvas) -> None:
        canvas.translate(WIDTH, 0)
        canvas.rotate(90)
        canvas.setFont(PLAIN, 10)
        canvas.drawString(60, WIDTH - 100, "Harbour pilot")
        canvas.drawString(60, WIDTH - 115, "Port of Esbjerg")

    document = read([turned], rotation=90)
    assert texts(document) == ["Harbour pilot", "Port of Esbjerg"]
    assert covers(document.lines[0].words[0].box, 60, 93, 60 + stringWidth("Harbour", PLAIN, 10), 100)


def test_boxes_are_relative_to_the_crop_box() -> None:
    with pikepdf.open(io.BytesIO(make_pdf([Text(100, 200, "Harbour"), Text(20, 20, "outside")]))) as pdf:
        pdf.pages[0].cropbox = pikepdf.Array([50, 50, int(WIDTH), int(HEIGHT) - 60])
        buffer = io.BytesIO()
        pdf.save(buffer)
    document = read_pdf(buffer.getvalue(), LIMITS)
    assert texts(document) == ["Harbour"]
    above = HEIGHT - (int(HEIGHT) - 60)
    assert covers(
        document.lines[0].words[0].box, 50, 200 - above - 7, 50 + stringWidth("Harbour", PLAIN, 10), 200 - above
    )
    assert [(item.quote, item.reason) for item in document.hidden] == [("outside", "off_page")]


def test_size_and_weight_are_those_of_most_of_the_line() -> None:
    document = read(
        [Text(60, 60, "Mira Halvorsen", 22, BOLD), Text(60, 100, "•", 6), Text(70, 100, "Repaired buoys", 10)]
    )
    assert [(line.size, line.bold) for line in document.lines] == [(22.0, True), (10.0, False)]


def test_scaled_text_has_its_displayed_size() -> None:
    def scaled(canvas: Canvas) -> None:
        canvas.scale(0.5, 0.5)
        canvas.setFont(PLAIN, 24)
        canvas.drawString(120, 1400, "Harbour pilot")

    (line,) = read([scaled]).lines
    assert line.size == pytest.approx(12)


def test_letters_separated_by_spaces_are_joined_into_words() -> None:
    assert texts(
        read([Text(60, 60, "M I R A   H A L V O R S E N", 18, BOLD), *column(60, 90, "Engineer in Bristol")])
    ) == [
        "MIRA HALVORSEN",
        "Engineer in Bristol",
    ]


@pytest.mark.parametrize("tracking", [1.5, 3.0, 5.0])
def test_tracked_letters_are_joined_into_words(tracking: float) -> None:
    assert texts(read([Text(60, 60, "WORK EXPERIENCE", 12, BOLD, tracking=tracking)])) == ["WORK EXPERIENCE"]


def test_initials_and_single_letters_stay_separate() -> None:
    assert texts(read([Text(60, 60, "Tools: R, C, D and J. R. Holm")])) == ["Tools: R, C, D and J. R. Holm"]


def test_words_positioned_without_space_characters_are_kept_apart() -> None:
    page = [Text(60, 60, "Harbour"), Text(60 + stringWidth("Harbour", PLAIN, 10) + 2.4, 60, "pilot")]
    assert texts(read(page)) == ["Harbour pilot"]


def test_an_italic_letter_that_leans_over_a_space_does_not_close_it() -> None:
    behind = 60 + stringWidth("Master of", "Times-Italic", 10) + 2.2
    page = [Text(60, 60, "Master of", font="Times-Italic"), Text(behind, 60, "Business", font="Times-Italic")]
    assert texts(read(page)) == ["Master of Business"]


def test_letters_positioned_one_by_one_form_words() -> None:
    page: list[Text] = []
    x = 60.0
    for letter in "Harbour":
        page.append(Text(x, 60, letter))
        x += stringWidth(letter, PLAIN, 10)
    assert texts(read(page)) == ["Harbour"]


def test_an_accent_drawn_over_a_letter_becomes_one_character() -> None:
    before = 60 + stringWidth("Bog", PLAIN, 10)
    page = [Text(60, 60, "Bog"), Text(before + 1.2, 60, "´"), Text(before, 60, "azi")]
    assert texts(read(page)) == ["Bogázi"]


def test_hyphens_at_line_ends_are_kept() -> None:
    assert texts(read(column(60, 60, "Measured the salin-", "ity of the Baltic"))) == [
        "Measured the salin-",
        "ity of the Baltic",
    ]


def test_a_word_printed_twice_for_fake_bold_is_read_once() -> None:
    assert texts(read([Text(60, 60, "Harbour pilot"), Text(60.3, 60, "Harbour pilot")])) == ["Harbour pilot"]


def test_every_kind_of_bullet_becomes_the_same_character() -> None:
    page = [Text(60, 60, "• Sea"), Text(60, 75, "· Land"), Text(60, 90, "– Air"), Text(60, 105, "* Ice")]
    assert texts(read(page)) == ["• Sea", "• Land", "- Air", "- Ice"]


def test_the_language_is_detected() -> None:
    german = column(
        60,
        60,
        "Verantwortlich für die Wartung der Messgeräte an Bord",
        "und für die Ausbildung der jungen Kollegen im Hafen.",
    )
    assert read(german).language == "de"


def test_a_filled_form_field_is_visible_text() -> None:
    def form(canvas: Canvas) -> None:
        canvas.acroForm.textfield(
            name="city", value="Svendborg", x=60, y=int(HEIGHT) - 140, width=200, height=20, fontSize=10, borderWidth=0
        )

    assert texts(read([*column(60, 60, "Harbour pilot"), form])) == ["Harbour pilot", "Svendborg"]


def encrypted(user: str) -> bytes:
    with pikepdf.open(io.BytesIO(make_pdf(column(60, 60, "Harbour pilot")))) as pdf:
        buffer = io.BytesIO()
        pdf.save(buffer, encryption=pikepdf.Encryption(owner="owner", user=user))
    return buffer.getvalue()


def test_a_password_protected_pdf_is_refused() -> None:
    with pytest.raises(EncryptedDocument, match="password"):
        read_pdf(encrypted("secret"), LIMITS)


def test_a_pdf_that_only_forbids_editing_is_read() -> None:
    assert texts(read_pdf(encrypted(""), LIMITS)) == ["Harbour pilot"]


def test_a_pdf_without_its_end_is_repaired() -> None:
    content = make_pdf(column(60, 60, "Harbour pilot"))
    assert texts(read_pdf(content[: content.rindex(b"xref")], LIMITS)) == ["Harbour pilot"]


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.7\n" + bytes(range(256)) * 20])
def test_a_pdf_that_cannot_be_repaired_is_corrupt(content: bytes) -> None:
    with pytest.raises(CorruptDocument, match="Export it again"):
        read_pdf(content, LIMITS)


def test_a_truncated_pdf_is_repaired_or_refused_but_never_crashes() -> None:
    content = make_pdf(column(60, 60, "Harbour pilot", "Second mate"))
    outcomes: set[str] = set()
    for length in range(10, len(content), 97):
        try:
            read_pdf(content[:length], LIMITS)
            outcomes.add("read")
        except (CorruptDocument, NoText) as error:
            outcomes.add(error.code)
    assert "document_corrupt" in outcomes


def test_too_many_pages_are_refused_before_any_is_read() -> None:
    content = make_pdf(*itertools.repeat(column(60, 60, "Harbour pilot"), 4))
    with pytest.raises(TooManyPages, match="4 pages; the limit is 3"):
        read_pdf(content, ExtractionLimits(pages=3))


def test_ten_thousand_pages_are_refused() -> None:
    with pikepdf.new() as pdf:
        for _ in range(10_000):
            pdf.add_blank_page()
        buffer = io.BytesIO()
        pdf.save(buffer)
    with pytest.raises(TooManyPages, match="10000 pages"):
        read_pdf(buffer.getvalue(), LIMITS)


def test_too_much_text_is_refused() -> None:
    with pytest.raises(TextTooLong, match="100 visible characters"):
        read_pdf(
            make_pdf(column(60, 60, *["Guided vessels in all weathers"] * 5)), ExtractionLimits(text_characters=100)
        )


def test_a_scan_without_text_reports_that_it_needs_ocr() -> None:
    def scan(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("RGB", (300, 400), (200, 190, 180))), 0, 0, WIDTH, HEIGHT)

    with pytest.raises(NoText, match="OCR"):
        read_pdf(make_pdf([scan]), LIMITS)


def test_nested_forms_are_read_once() -> None:
    def nested(canvas: Canvas) -> None:
        canvas.beginForm("inner")
        canvas.setFont(PLAIN, 10)
        canvas.drawString(60, 700, "Harbour pilot")
        canvas.endForm()
        canvas.beginForm("outer")
        canvas.doForm("inner")
        canvas.endForm()
        canvas.doForm("outer")

    assert texts(read([nested])) == ["Harbour pilot"]


def test_a_form_that_contains_itself_does_not_hang() -> None:
    stream = zlib.compress(b"/F Do BT /T 10 Tf 60 700 Td (Harbour) Tj ET")
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        form = pdf.make_stream(zlib.decompress(stream))
        form["/Type"], form["/Subtype"], form["/BBox"] = (
            pikepdf.Name.XObject,
            pikepdf.Name.Form,
            pikepdf.Array([0, 0, 600, 800]),
        )
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        form["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form), Font=pikepdf.Dictionary(T=font))
        page.obj["/Resources"] = form["/Resources"]
        page.obj["/Contents"] = pdf.make_stream(b"/F Do")
        buffer = io.BytesIO()
        pdf.save(buffer)
    assert texts(read_pdf(buffer.getvalue(), LIMITS)) == ["Harbour"]


def test_each_word_has_its_weight_and_keeps_it_in_storage() -> None:
    title, house = Text(60, 60, "Site Manager", 10, BOLD), Text(125, 60, "Pontenuovo", 10)
    document = read([title, house])
    assert [(word.text, word.bold) for word in document.lines[0].words] == [
        ("Site", True),
        ("Manager", True),
        ("Pontenuovo", False),
    ]
    assert Document.from_bytes(document.to_bytes()) == document
