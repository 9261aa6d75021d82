"""Draws a resume as a Word file with python-docx; used by `samples.render`.

Word files are zip archives with dates inside and outside. Both are fixed, so that the output is always the same.
"""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from samples.resume import Entry, Resume, Section

CREATED = datetime(2025, 1, 1, tzinfo=UTC)
ZIP_DATE = (2025, 1, 1, 0, 0, 0)


def new_document(resume: Resume, font: str, size: float) -> Any:
    document = docx.Document()
    properties = document.core_properties
    properties.author = properties.title = resume.name
    properties.created = properties.modified = CREATED
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = font, Pt(size)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), font)
    normal.paragraph_format.space_after = Pt(3)
    for section in document.sections:
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(2)
    return document


def saved(document: Any) -> bytes:
    """The file's bytes, repacked with one date for all parts."""
    draft, final = io.BytesIO(), io.BytesIO()
    document.save(draft)
    with zipfile.ZipFile(draft) as parts, zipfile.ZipFile(final, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in parts.namelist():
            entry = zipfile.ZipInfo(part, date_time=ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, parts.read(part))
    return final.getvalue()


def joined(*parts: str, separator: str = ", ") -> str:
    return separator.join(part for part in parts if part)


def plain_lines(section: Section) -> list[tuple[str, str]]:
    """(bold label, text) for each line of a section without entries."""
    match section.kind:
        case "text":
            return [("", section.text)]
        case "groups":
            return [(f"{group.label}: " if group.label else "", ", ".join(group.words)) for group in section.groups]
        case "pairs":
            return [("", f"{language} - {fluency}") for language, fluency in section.pairs]
        case "credits":
            return [("", joined(item.title, item.source, item.date)) for item in section.credits]
        case _:
            return [("", ", ".join(section.words))]


def write_lines(container: Any, section: Section) -> None:
    for label, text in plain_lines(section):
        paragraph = container.add_paragraph()
        if label:
            paragraph.add_run(label).bold = True
        paragraph.add_run(text)


def write_details(container: Any, entry: Entry) -> None:
    for text in (entry.text, *entry.notes, entry.url):
        if text:
            container.add_paragraph(text)
    for bullet in entry.bullets:
        container.add_paragraph(bullet, style="List Bullet")


def plain_docx(resume: Resume) -> bytes:
    """Word's own title and heading styles, bullets, dates after a tab."""
    document = new_document(resume, "Calibri", 11)
    document.add_heading(resume.name, level=0)
    document.add_paragraph(resume.label)
    document.add_paragraph(" | ".join(resume.contact.lines))
    width = document.sections[0].page_width - document.sections[0].left_margin - document.sections[0].right_margin
    for section in resume.all_sections:
        document.add_heading(section.heading, level=1)
        for entry in section.entries:
            first = document.add_paragraph()
            first.paragraph_format.tab_stops.add_tab_stop(width, alignment=2)  # 2 = right
            first.paragraph_format.space_before = Pt(6)
            first.add_run(entry.title).bold = True
            first.add_run(f"\t{entry.dates}")
            document.add_paragraph(joined(entry.organization, entry.location))
            write_details(document, entry)
        if section.kind != "entries":
            write_lines(document, section)
    return saved(document)


def table_docx(resume: Resume) -> bytes:
    """Name and contact in the page header, the body in a borderless table: dates left, the rest right."""
    document = new_document(resume, "Arial", 10)
    header = document.sections[0].header
    name = header.paragraphs[0]
    run = name.add_run(resume.name)
    run.bold, run.font.size, run.font.color.rgb = True, Pt(20), RGBColor(0x1F, 0x3A, 0x5F)
    header.add_paragraph(resume.label)
    header.add_paragraph("  |  ".join(resume.contact.lines))
    table = document.add_table(rows=0, cols=2)
    table.autofit = False

    def row(left: str) -> Any:
        cells = table.add_row().cells
        cells[0].width, cells[1].width = Cm(4), Cm(12.6)
        cells[0].paragraphs[0].add_run(left)
        return cells[1]

    for section in resume.all_sections:
        heading = table.add_row().cells
        title = heading[0].merge(heading[1]).paragraphs[0]
        title.paragraph_format.space_before = Pt(10)
        run = title.add_run(section.heading.upper())
        run.bold, run.font.color.rgb = True, RGBColor(0x1F, 0x3A, 0x5F)
        for entry in section.entries:
            cell = row(entry.dates)
            cell.paragraphs[0].add_run(entry.title).bold = True
            cell.add_paragraph(joined(entry.organization, entry.location))
            write_details(cell, entry)
        for group in section.groups:
            row(group.label).paragraphs[0].add_run(", ".join(group.words))
        for language, fluency in section.pairs:
            row(language).paragraphs[0].add_run(fluency)
        for item in section.credits:
            row(item.date).paragraphs[0].add_run(joined(item.title, item.source))
        if section.kind in ("text", "words"):
            cells = table.add_row().cells
            cells[0].merge(cells[1]).paragraphs[0].add_run(plain_lines(section)[0][1])
    return saved(document)


def rirekisho_docx(resume: Resume) -> bytes:
    """A Japanese form: a ruled grid with labels on the left, period and facts below each heading."""
    document = new_document(resume, "MS Mincho", 10.5)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.add_run(resume.labels["title"]).font.size = Pt(18)
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    table.autofit = False

    def row(left: str, *right: str) -> None:
        cells = table.add_row().cells
        cells[0].width, cells[1].width = Cm(5.4), Cm(11.2)
        cells[0].paragraphs[0].add_run(left)
        cells[1].paragraphs[0].add_run(right[0])
        for line in right[1:]:
            cells[1].add_paragraph(line)

    words, contact = resume.labels, resume.contact
    row(words["name"], resume.name)
    row(words["address"], contact.place)
    row(words["phone"], contact.phone)
    row(words["email"], contact.email)
    for section in resume.sections:
        cells = table.add_row().cells
        heading = cells[0].merge(cells[1]).paragraphs[0]
        heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
        heading.add_run(section.heading).bold = True
        for entry in section.entries:
            row(entry.dates, entry.organization, entry.title, *(f"・{bullet}" for bullet in entry.bullets))
        for item in section.credits:
            row(item.date, item.title)
        for language, fluency in section.pairs:
            row(language, fluency)
        lines = [section.text, "、".join(section.words), *("、".join(group.words) for group in section.groups)]
        for line in filter(None, lines):
            cells = table.add_row().cells
            cells[0].merge(cells[1]).paragraphs[0].add_run(line)
    return saved(document)


DOCX_LAYOUTS: dict[str, Callable[[Resume], bytes]] = {
    "plain_docx": plain_docx,
    "table_docx": table_docx,
    "rirekisho_docx": rirekisho_docx,
}
