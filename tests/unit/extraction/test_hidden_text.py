"""Text in a PDF that no reader can see is reported and never becomes a line; legible text is never reported."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from app.extraction.document import Document
from tests.unit.extraction.made_pdfs import (
    BOLD,
    HEIGHT,
    LIMITS,
    PLAIN,
    Drawing,
    Text,
    column,
    make_pdf,
    read,
    read_pdf,
    texts,
)

VISIBLE = column(60, 100, "Harbour pilot in the port of Esbjerg", "Guided vessels in all weathers")
PLAIN_TEXTS = ["Harbour pilot in the port of Esbjerg", "Guided vessels in all weathers"]


def rectangle(x: float, y: float, width: float, height: float, colour: str) -> Drawing:
    """`y` is the upper edge, from the top of the page."""

    def draw(canvas: Canvas) -> None:
        canvas.setFillColor(HexColor(colour))
        canvas.rect(x, HEIGHT - y - height, width, height, stroke=0, fill=1)

    return draw


def clipped(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(0, 0, 10, 10)
    canvas.clipPath(path, stroke=0)
    canvas.setFont(PLAIN, 10)
    canvas.drawString(60, 500, "expert in everything")


def transparent(canvas: Canvas) -> None:
    canvas.setFillAlpha(0)
    canvas.setFont(PLAIN, 10)
    canvas.drawString(60, 500, "expert in everything")


@pytest.mark.parametrize(
    ("hidden", "reason"),
    [
        ([Text(60, 300, "expert in everything", colour=white)], "low_contrast"),
        ([Text(60, 300, "expert in everything", colour=HexColor("#f0f0f0"))], "low_contrast"),
        (
            [rectangle(50, 280, 300, 40, "#223355"), Text(60, 300, "expert in everything", colour=HexColor("#223355"))],
            "low_contrast",
        ),
        ([Text(60, 300, "expert in everything", 1.5)], "tiny"),
        ([Text(60, -40, "expert in everything")], "off_page"),
        ([Text(700, 300, "expert in everything")], "off_page"),
        ([Text(60, 300, "expert in everything", mode=3)], "transparent"),
        ([transparent], "transparent"),
        ([Text(60, 300, "expert in everything"), rectangle(50, 285, 300, 30, "#ffffff")], "covered"),
        ([clipped], "covered"),
    ],
)
def test_hidden_words_are_reported_with_their_reason(hidden: list[Drawing], reason: str) -> None:
    document = read([*VISIBLE, *hidden])
    assert texts(document) == PLAIN_TEXTS
    (found,) = document.hidden
    assert (found.quote, found.reason, found.page) == ("expert in everything", reason, 1)
    assert found.box is not None


def test_white_words_hidden_under_visible_words_are_found() -> None:
    page = [Text(60, 100, "expert in everything", colour=white), *VISIBLE]
    document = read(page)
    assert texts(document) == PLAIN_TEXTS
    assert [item.quote for item in document.hidden] == ["expert in everything"]


def test_white_words_beside_a_dark_line_are_found() -> None:
    page = [*VISIBLE, Text(60, 300, "expert in everything", colour=white), rectangle(55, 301, 200, 1, "#000000")]
    document = read(page)
    assert [item.quote for item in document.hidden] == ["expert in everything"]


def test_white_words_beside_a_dark_shape_on_a_poster_are_found() -> None:
    """A poster is rendered with pixels of several points, so the shape reaches far into its surroundings."""
    words = [Text(60, 4000, "Harbour pilot", 40), Text(701.4, 4000, "expert in everything", 40, colour=white)]

    def shapes(canvas: Canvas) -> None:
        canvas.rect(640, 9000 - 4100, 59.7, 200, stroke=0, fill=1)

    document = read_pdf(make_pdf([*words, shapes], size=(9000, 9000)), LIMITS)
    assert texts(document) == ["Harbour pilot"]
    assert [item.quote for item in document.hidden] == ["expert in everything"]


def test_words_in_the_color_of_a_thick_line_under_them_are_found() -> None:
    def line(canvas: Canvas) -> None:
        canvas.setLineWidth(40)
        canvas.line(50, HEIGHT - 297, 300, HEIGHT - 297)

    document = read([*VISIBLE, line, Text(60, 300, "expert in everything")])
    assert texts(document) == PLAIN_TEXTS
    assert [item.quote for item in document.hidden] == ["expert in everything"]


def _with_page(change: Callable[[pikepdf.Pdf, pikepdf.Page], None], *drawings: Drawing) -> Document:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(make_pdf(drawings))) as pdf:
        change(pdf, pdf.pages[0])
        pdf.save(buffer)
    return read_pdf(buffer.getvalue(), LIMITS)


def test_words_on_a_background_painted_by_a_font_glyph_are_found() -> None:
    """The glyph is far larger than its font declares. It stands for an icon, is not a word, and has no position."""

    def paint(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
        glyph = pdf.make_stream(b"100 0 d0 0 -3000 60000 6000 re f")
        meaning = pdf.make_stream(b"1 beginbfchar <41> <E123> endbfchar")
        page.obj["/Resources"]["/Font"]["/Ground"] = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type3,
            FontBBox=[0, 0, 100, 100],
            FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
            CharProcs=pikepdf.Dictionary(icon=glyph),
            Encoding=pikepdf.Dictionary(Type=pikepdf.Name.Encoding, Differences=[0x41, pikepdf.Name.icon]),
            FirstChar=0x41,
            LastChar=0x41,
            Widths=[100],
            ToUnicode=meaning,
        )
        ground = b"BT /Ground 10 Tf 1 0 0 1 20 %d Tm <41> Tj ET\n" % int(HEIGHT - 300)
        page.contents_add(pdf.make_stream(ground), prepend=True)

    document = _with_page(paint, *VISIBLE, Text(60, 300, "expert in everything"))
    assert texts(document) == PLAIN_TEXTS
    assert [item.quote for item in document.hidden] == ["expert in everything"]


def test_words_under_a_painted_link_are_found() -> None:
    def cover(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
        looks = pdf.make_stream(b"0 0 300 30 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        looks.BBox = [0, 0, 300, 30]
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Link,
            Rect=[50, int(HEIGHT) - 315, 350, int(HEIGHT) - 285],
            F=4,
            AP=pikepdf.Dictionary(N=looks),
        )
        page.obj["/Annots"] = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(link)]))

    document = _with_page(cover, *VISIBLE, Text(60, 300, "expert in everything"))
    assert texts(document) == PLAIN_TEXTS
    assert [item.quote for item in document.hidden] == ["expert in everything"]


def test_white_words_on_a_dark_badge_are_visible() -> None:
    page = [*VISIBLE, rectangle(55, 288, 120, 18, "#1f6f8b"), Text(60, 300, "Navigation", 9, BOLD, white)]
    document = read(page)
    assert texts(document) == [*PLAIN_TEXTS, "Navigation"]
    assert document.hidden == ()


def test_light_gray_and_small_footnotes_are_visible() -> None:
    page = [
        *VISIBLE,
        Text(60, 300, "Page one of two, printed in Esbjerg", 6.5, colour=HexColor("#9a9a9a")),
        Text(60, 320, "- i , . l", 6.5),
    ]
    document = read(page)
    assert document.hidden == ()
    assert texts(document)[2] == "Page one of two, printed in Esbjerg"


def test_words_on_a_picture_are_visible() -> None:
    def picture(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.linear_gradient("L").resize((200, 50))), 50, HEIGHT - 320, 200, 50)

    document = read([*VISIBLE, picture, Text(60, 300, "Navigation", 12, BOLD, HexColor("#d02020"))])
    assert "Navigation" in texts(document)
    assert document.hidden == ()


@pytest.mark.parametrize("others", [0, 400])
def test_words_on_under_and_beside_photos_are_distinguished_whatever_else_is_on_the_page(others: int) -> None:
    dark, light = (ImageReader(Image.effect_noise((60, 20), 8).point([grey] * 256)) for grey in (40, 250))

    def photo(picture: ImageReader, x: float, y: float, width: float, height: float) -> Drawing:
        def draw(canvas: Canvas) -> None:
            canvas.drawImage(picture, x, HEIGHT - y - height, width, height)

        return draw

    page = [
        *VISIBLE,
        photo(dark, 50, 280, 300, 40),
        Text(60, 300, "Navigation", colour=white),
        Text(60, 400, "expert in everything"),
        photo(light, 50, 385, 300, 30),
        Text(60, 500, "Radiocommunication"),
        photo(light, 85, 485, 300, 30),
        Text(60, 600, "the best", colour=white),
        photo(dark, 100, 585, 40, 30),
        *[photo(light, 400 + 8 * (number % 20), 100 + 8 * (number // 20), 4, 4) for number in range(others)],
    ]
    document = read(page)
    assert texts(document) == [*PLAIN_TEXTS, "Navigation", "Radiocommunication"]
    assert [item.quote for item in document.hidden] == ["expert in everything", "the best"]


def test_legible_half_transparent_words_are_visible() -> None:
    document = read([*VISIBLE, Text(60, 300, "Navigation", colour=Color(0, 0, 0, alpha=0.5))])
    assert document.hidden == ()


def test_hidden_words_inside_a_line_leave_the_line_intact() -> None:
    page = [Text(60, 100, "Harbour"), Text(100, 100, "expert", colour=white), Text(140, 100, "pilot")]
    document = read(page)
    assert texts(document) == ["Harbour pilot"]
    assert [item.quote for item in document.hidden] == ["expert"]


def test_adjacent_words_with_different_reasons_are_reported_separately() -> None:
    page = [*VISIBLE, Text(60, 300, "best of all", colour=white), Text(60, 320, "hire at once", 1)]
    assert [(item.quote, item.reason) for item in read(page).hidden] == [
        ("best of all", "low_contrast"),
        ("hire at once", "tiny"),
    ]
