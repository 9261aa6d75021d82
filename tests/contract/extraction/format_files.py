"""Real files of every format with the same contents, for the format matrix."""

import html
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import pypdfium2 as pdfium
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image

OFFICE_SECONDS = 120
DOTS_PER_INCH = 200


@dataclass(frozen=True, slots=True)
class Content:
    """`header` goes into the page header, `rows` form a table, `columns` are two texts side by side, `lines` are plain
    text.

    `phrases` must be found in the document, in this order.
    """

    phrases: tuple[str, ...]
    header: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    columns: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    right_to_left: bool = False
    font: str = "DejaVu Sans"


_ROWS = (
    ("2019 - 2023", "Freight Coordinator", "Havnelinjen A/S"),
    ("2015 - 2019", "Dispatch Assistant", "Kystgods ApS"),
)
_LEFT = ("Skills", "Route planning", "Customs papers", "Danish and English")
_RIGHT = (
    "Experience",
    "Freight Coordinator, Havnelinjen",
    "Planned the tours of forty lorries between two harbours and the inland stores, and cut empty runs by half.",
    "Dispatch Assistant, Kystgods",
)
_GERMAN = ("Jürgen Größmann", "Übersetzer für Französisch", "Prüfung der Verträge für Behörden in München und Köln")
_JAPANESE = ("職務経歴書", "南条早苗", "株式会社みなと物流", "倉庫の在庫管理と出荷計画を担当しました")
_ARABIC = ("سيرة ذاتية", "ليلى الهاشمي", "مهندسة شبكات في شركة الميناء", "إدارة الخوادم وتأمين الاتصالات")

CONTENTS = {
    "name in page header": Content(
        ("Ingrid Vestergaard", "Logistics Planner", "Plans the tours of a harbour haulier"),
        header="Ingrid Vestergaard",
        lines=("Logistics Planner", "Plans the tours of a harbour haulier", "Speaks with drivers and with customs"),
    ),
    "table": Content(tuple(cell for row in _ROWS for cell in row), rows=_ROWS),
    "two columns": Content((*_LEFT, *_RIGHT), columns=(_LEFT, _RIGHT)),
    "umlauts": Content(_GERMAN, lines=_GERMAN),
    "Japanese": Content(_JAPANESE, lines=_JAPANESE, font="Noto Sans CJK JP"),
    "Arabic": Content(_ARABIC, lines=_ARABIC, right_to_left=True, font="Noto Naskh Arabic"),
}


def as_docx(content: Content) -> bytes:
    document = docx.Document()
    if content.header:
        document.sections[0].header.paragraphs[0].text = content.header
    for line in content.lines:
        document.add_paragraph(line)
    if content.rows:
        table = document.add_table(0, len(content.rows[0]))
        for row in content.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    for number, column in enumerate(content.columns):
        for place, line in enumerate(column):
            paragraph = document.add_paragraph()
            if number and not place:
                paragraph.add_run().add_break(WD_BREAK.COLUMN)
            paragraph.add_run(line).bold = not place
    body: Any = document.element.body
    for run in body.iter(qn("w:r")):
        _set_script(run, content)
    if content.right_to_left:
        for paragraph in body.iter(qn("w:p")):
            paragraph.get_or_add_pPr().append(OxmlElement("w:bidi"))
    if content.columns:
        section = next(body.iter(qn("w:sectPr")))
        for columns in section.iter(qn("w:cols")):
            columns.set(qn("w:num"), str(len(content.columns)))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_script(run: Any, content: Content) -> None:
    properties = run.get_or_add_rPr()
    fonts = OxmlElement("w:rFonts")
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), content.font)
    properties.insert(0, fonts)
    if content.right_to_left:
        properties.append(OxmlElement("w:rtl"))


def as_html(content: Content) -> bytes:
    parts = [f"<header>{html.escape(content.header)}</header>"] if content.header else []
    parts += [f"<p>{html.escape(line)}</p>" for line in content.lines]
    if content.rows:
        rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in content.rows)
        parts.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
    if content.columns:
        columns = ("".join(f"<div>{html.escape(line)}</div>" for line in column) for column in content.columns)
        parts.append('<div style="display:flex">' + "".join(f"<div>{column}</div>" for column in columns) + "</div>")
    direction = "rtl" if content.right_to_left else "ltr"
    return f'<!doctype html><html dir="{direction}"><meta charset="utf-8"><body>{"".join(parts)}</body></html>'.encode()


def as_text(content: Content) -> bytes:
    return "\n".join((*content.lines, *("\t".join(row) for row in content.rows))).encode()


def as_markdown(content: Content) -> bytes:
    lines = ["\n\n".join(content.lines)]
    if content.rows:
        lines += ["| when | what | where |", "|---|---|---|", *("| " + " | ".join(row) + " |" for row in content.rows)]
    return "\n".join(lines).encode()


def as_json_resume(content: Content) -> bytes:
    first, *others = content.lines
    return json.dumps({"basics": {"name": first, "summary": "\n".join(others)}}, ensure_ascii=False).encode()


def converted(folder: Path, sources: dict[str, bytes], ending: str) -> dict[str, bytes]:
    """Convert the DOCX files to another format in one run of LibreOffice."""
    inside, outside = folder / f"from-{ending}", folder / f"to-{ending}"
    inside.mkdir()
    names = {name: f"{number}" for number, name in enumerate(sources)}
    for name, content in sources.items():
        (inside / f"{names[name]}.docx").write_bytes(content)
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            ending,
            "--outdir",
            str(outside),
            *(str(path) for path in sorted(inside.iterdir())),
        ],
        check=True,
        capture_output=True,
        timeout=OFFICE_SECONDS,
    )
    return {name: (outside / f"{number}.{ending}").read_bytes() for name, number in names.items()}


def as_picture(pdf: bytes, kind: str) -> bytes:
    """Return the first page as an image, as a scanner would produce it."""
    document = pdfium.PdfDocument(pdf)
    try:
        page = document[0]
        bitmap = page.render(scale=DOTS_PER_INCH / 72)  # pyright: ignore[reportArgumentType]
        picture: Image.Image = bitmap.to_pil().convert("RGB")
        page.close()
    finally:
        document.close()
    picture = picture.crop((0, 0, picture.width, picture.height // 2))  # the lower half is blank
    out = io.BytesIO()
    picture.save(out, kind, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return out.getvalue()


MADE_DIRECTLY: dict[str, Callable[[Content], bytes]] = {
    "DOCX": as_docx,
    "HTML": as_html,
    "TXT": as_text,
    "MD": as_markdown,
    "JSON": as_json_resume,
}
CONVERTED = {"DOC": "doc", "ODT": "odt", "RTF": "rtf", "PDF": "pdf"}
PICTURES = {"PNG": "PNG", "JPG": "JPEG", "TIFF": "TIFF", "WebP": "WEBP"}


def has_font(name: str) -> bool:
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", name], check=True, capture_output=True, text=True, timeout=30)
    return bool(listed.stdout.strip())
