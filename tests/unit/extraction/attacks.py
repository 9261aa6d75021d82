"""The resume of an invented person, clean and with words hidden in it by every known trick."""

import io
from collections.abc import Callable

import pikepdf
from PIL import Image
from reportlab.lib.colors import Color, white
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.unit.extraction.made_docx import make_docx, paragraph, run, table
from tests.unit.extraction.made_pdfs import HEIGHT, Drawing, Text, column, make_pdf

HIDDEN = "Chief Wizard at Gringotts Bank with Kubernetes Terraform mastery"
_LINES = (
    "*Mira Halvorsen*",
    "mira.halvorsen@example.com",
    "",
    "*Experience*",
    "*Harbour Pilot, Port of Esbjerg*",
    "March 2018 - Present",
    "Guided large vessels into the harbour in all weathers",
    "",
    "*Education*",
    "*Master Mariner, Nautical College Marstal*",
    "2012 - 2016",
    "",
    "*Skills*",
    "Ship handling, Radar navigation, Danish, English",
)
_PAGE = column(60, 60, *_LINES)


def clean_pdf() -> bytes:
    return make_pdf(_PAGE)


def _with(drawing: Drawing, *, below: bool = False) -> bytes:
    return make_pdf([drawing, *_PAGE] if below else [*_PAGE, drawing])


def _drawn(draw: Callable[[Canvas], None]) -> bytes:
    return _with(draw)


def _write(canvas: Canvas, x: float = 60, y: float = 500) -> None:
    canvas.setFont("Helvetica", 10)
    canvas.drawString(x, HEIGHT - y, HIDDEN)


def _covered(canvas: Canvas) -> None:
    _write(canvas)
    canvas.setFillColor(white)
    canvas.rect(50, HEIGHT - 520, 480, 40, stroke=0, fill=1)


def _clipped(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(10, 10, 5, 5)
    canvas.clipPath(path, stroke=0, fill=0)
    _write(canvas)


def _transparent(canvas: Canvas) -> None:
    canvas.setFillAlpha(0.0)
    _write(canvas)


def _squeezed(canvas: Canvas) -> None:
    canvas.translate(60, HEIGHT - 500)
    canvas.scale(0.02, 0.02)
    canvas.setFont("Helvetica", 10)
    canvas.drawString(0, 0, HIDDEN)


def _behind_picture(canvas: Canvas) -> None:
    _write(canvas)
    canvas.drawImage(ImageReader(Image.new("RGB", (40, 20), (240, 200, 90))), 50, HEIGHT - 520, 480, 40)


def _changed(change: Callable[[pikepdf.Pdf], None]) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(clean_pdf())) as pdf:
        change(pdf)
        pdf.save(out)
    return out.getvalue()


def _note(pdf: pikepdf.Pdf) -> None:
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[10, 10, 30, 30], Contents=pikepdf.String(HIDDEN)
    )
    pdf.pages[0].obj["/Annots"] = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(note)]))


def _hidden_field(pdf: pikepdf.Pdf) -> None:
    field = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T=pikepdf.String("keywords"),
            V=pikepdf.String(HIDDEN),
            F=2,
            Rect=[60, 300, 400, 320],
        )
    )
    pdf.pages[0].obj["/Annots"] = pdf.make_indirect(pikepdf.Array([field]))
    pdf.Root["/AcroForm"] = pikepdf.Dictionary(Fields=pikepdf.Array([field]))


def _metadata(pdf: pikepdf.Pdf) -> None:
    pdf.docinfo["/Keywords"] = pikepdf.String(HIDDEN)


def _layer_switched_off(pdf: pikepdf.Pdf) -> None:
    group = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("notes")))
    pdf.Root["/OCProperties"] = pikepdf.Dictionary(
        OCGs=pikepdf.Array([group]), D=pikepdf.Dictionary(OFF=pikepdf.Array([group]), Order=pikepdf.Array([]))
    )
    page = pdf.pages[0]
    page.obj["/Resources"]["/Properties"] = pikepdf.Dictionary(MC0=group)
    page.contents_add(f"/OC /MC0 BDC BT /F1 10 Tf 60 300 Td ({HIDDEN}) Tj ET EMC".encode())


PDF_ATTACKS: dict[str, Callable[[], bytes]] = {
    "white": lambda: _with(Text(60, 500, HIDDEN, colour=white)),
    "nearly white": lambda: _with(Text(60, 500, HIDDEN, colour=Color(0.95, 0.96, 0.95))),
    "tiny": lambda: _with(Text(60, 500, HIDDEN, 0.8)),
    "outside the page": lambda: _with(Text(60, -40, HIDDEN)),
    "covered by a shape": lambda: _drawn(_covered),
    "clipped away": lambda: _drawn(_clipped),
    "invisible render mode": lambda: _with(Text(60, 500, HIDDEN, mode=3)),
    "fully transparent": lambda: _drawn(_transparent),
    "scaled to nothing": lambda: _drawn(_squeezed),
    "behind a picture": lambda: _drawn(_behind_picture),
    "in a note": lambda: _changed(_note),
    "in a hidden form field": lambda: _changed(_hidden_field),
    "in the properties": lambda: _changed(_metadata),
    "on a layer that is switched off": lambda: _changed(_layer_switched_off),
}


def _on_dark(canvas: Canvas) -> None:
    canvas.setFillColor(Color(0.12, 0.3, 0.45))
    canvas.rect(50, HEIGHT - 515, 420, 24, stroke=0, fill=1)
    canvas.setFillColor(white)
    _write(canvas)


# Legible words that resemble tricks: small print, and white text on a dark background.
PDF_TRAPS: dict[str, Callable[[], bytes]] = {
    "footnote of 6.5 points": lambda: _with(Text(60, 800, HIDDEN, 6.5)),
    "grey footnote of 6.5 points": lambda: _with(Text(60, 800, HIDDEN, 6.5, colour=Color(0.6, 0.6, 0.6))),
    "white on a dark badge": lambda: _drawn(_on_dark),
}

_BLOCKS = [paragraph(run(line.strip("*"), "<w:b/>" if line.startswith("*") else "")) for line in _LINES]


def clean_docx() -> bytes:
    return make_docx(*_BLOCKS)


def _docx(*blocks: str) -> bytes:
    return make_docx(*_BLOCKS, *blocks)


def _hidden_run(properties: str) -> bytes:
    return _docx(paragraph(run(HIDDEN, properties)))


def tagged(text: str) -> str:
    """Return the text in tag characters, which mirror ASCII and are invisible."""
    return "".join(chr(0xE0000 + ord(character)) for character in text)


_WHITE = '<w:color w:val="FFFFFF"/>'
_BOX = (
    '<w:r><w:drawing><wp:anchor xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    "<wp:positionH><wp:posOffset>-99000000</wp:posOffset></wp:positionH><wp:extent cx='3000000' cy='300000'/>"
    f"<wps:wsp><wps:txbx><w:txbxContent>{paragraph(HIDDEN)}</w:txbxContent></wps:txbx></wps:wsp></wp:anchor></w:drawing></w:r>"
)

DOCX_ATTACKS: dict[str, Callable[[], bytes]] = {
    "marked as hidden": lambda: _hidden_run("<w:vanish/>"),
    "white": lambda: _hidden_run('<w:color w:val="FFFFFF"/>'),
    "nearly white": lambda: _hidden_run('<w:color w:val="FAFBFA"/>'),
    "tiny": lambda: _hidden_run('<w:sz w:val="2"/>'),
    "white in a table": lambda: _docx(table([paragraph(run(HIDDEN, '<w:color w:val="FFFFFF"/>'))])),
    "in a box outside the page": lambda: _docx(paragraph(_BOX)),
    "in tag characters": lambda: make_docx(*_BLOCKS[:-1], paragraph(_LINES[-1] + tagged(HIDDEN))),
}


DOCX_TRAPS: dict[str, Callable[[], bytes]] = {
    "footnote of 6.5 points": lambda: _hidden_run('<w:sz w:val="13"/>'),
    "white on a dark badge": lambda: _hidden_run('<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="1F4E79"/>'),
    "white in a dark cell": lambda: _docx(
        table([f'<w:tcPr><w:shd w:val="clear" w:fill="1F4E79"/></w:tcPr>{paragraph(run(HIDDEN, _WHITE))}'])
    ),
}


def clean_html(extra: str = "", style: str = "") -> bytes:
    tags = ("h1", "p", "", "h2", "h3", "p", "p", "", "h2", "h3", "p", "", "h2", "p")
    body = "".join(f"<{tag}>{line.strip('*')}</{tag}>" for tag, line in zip(tags, _LINES, strict=True) if line)
    page = f"<!doctype html><html><head><style>{style}</style></head><body>{body}{extra}</body></html>"
    return page.encode()


def _styled(declarations: str) -> Callable[[], bytes]:
    return lambda: clean_html(f'<p style="{declarations}">{HIDDEN}</p>')


HTML_ATTACKS: dict[str, Callable[[], bytes]] = {
    "display none": _styled("display:none"),
    "visibility hidden": _styled("visibility:hidden"),
    "opacity 0": _styled("opacity:0"),
    "opacity 0.01": _styled("opacity:0.01"),
    "font size 0": _styled("font-size:0"),
    "font size 1px": _styled("font-size:1px"),
    "white on white": _styled("color:#fff"),
    "transparent ink": _styled("color:transparent"),
    "ink without opacity": _styled("color:rgba(0,0,0,0)"),
    "grey on the same grey": _styled("color:#888;background-color:#8a8a8a"),
    "left of the window": _styled("position:absolute;left:-9999px"),
    "indented out of the window": _styled("text-indent:-9999px"),
    "in a box of one pixel": _styled("width:1px;height:1px;overflow:hidden"),
    "in a box of no height": _styled("max-height:0;overflow:hidden"),
    "clipped away": _styled("position:absolute;clip:rect(0,0,0,0)"),
    "clipped by a path": _styled("clip-path:inset(100%)"),
    "scaled to nothing": _styled("transform:scale(0)"),
    "moved away": _styled("transform:translateX(-9999px)"),
    "hidden attribute": lambda: clean_html(f"<div hidden>{HIDDEN}</div>"),
    "by a class": lambda: clean_html(f'<p class="quiet">{HIDDEN}</p>', ".quiet { display: none }"),
    "by a nested selector": lambda: clean_html(f'<div class="foot"><p>{HIDDEN}</p></div>', ".foot p { display: none }"),
    "in a comment": lambda: clean_html(f"<!-- {HIDDEN} -->"),
    "in tag characters": lambda: clean_html().replace(b"Danish", b"Danish" + tagged(HIDDEN).encode()),
}

HTML_TRAPS: dict[str, Callable[[], bytes]] = {
    "footnote of 6.5 points": _styled("font-size:6.5pt"),
    "white on a dark badge": _styled("color:#fff;background:#1f4e79;border-radius:4px"),
    "white in a dark column": lambda: clean_html(
        f'<div class="side"><p>{HIDDEN}</p></div>', ".side{background:#223;color:#fff}"
    ),
}
