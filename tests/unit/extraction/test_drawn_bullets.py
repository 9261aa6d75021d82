"""List markers that browsers draw as small discs are read as bullets."""

from reportlab.pdfgen.canvas import Canvas

from tests.unit.extraction.made_pdfs import HEIGHT, Drawing, Text, read, texts

LINES = ("Guided large vessels", "Trained four pilots")


def disc(x: float, y: float, radius: float = 1.7) -> Drawing:
    """`y` is the baseline of the marked line, from the top of the page."""

    def draw(canvas: Canvas) -> None:
        canvas.circle(x, HEIGHT - y + 3.2, radius, stroke=0, fill=1)

    return draw


def listed(*discs: Drawing) -> list[Drawing]:
    return [*(Text(72, 100 + 14 * number, line, 11) for number, line in enumerate(LINES)), *discs]


def test_a_disc_before_a_line_is_its_bullet() -> None:
    assert texts(read(listed(disc(62, 100), disc(62, 114)))) == [f"• {line}" for line in LINES]


def test_large_distant_and_mid_line_discs_are_not_bullets() -> None:
    assert texts(read(listed(disc(62, 100, 5), disc(30, 114)))) == list(LINES)
    row: list[Drawing] = [Text(72, 100, "Esbjerg", 11), disc(118, 100), Text(124, 100, "Denmark", 11)]
    assert texts(read(row)) == ["Esbjerg Denmark"]
