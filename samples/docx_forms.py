"""Draws Word files in the forms of several countries and trades with python-docx; used by `samples.render`."""

from collections.abc import Callable
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Cm, Pt

from samples.docx_layouts import joined, new_document, plain_lines, saved, write_details, write_lines
from samples.resume import Resume, Section


def functional_docx(resume: Resume) -> bytes:
    """Skills first under separate labels, then a plain list: "2018 - 2021   Position, Employer, Town"."""
    document = new_document(resume, "Garamond", 11.5)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(resume.name)
    run.bold, run.font.size = True, Pt(20)
    contact = document.add_paragraph(" * ".join(resume.contact.lines))
    contact.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(resume.label).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for section in resume.all_sections:
        document.add_paragraph().add_run(section.heading.upper()).bold = True
        for group in section.groups:
            document.add_paragraph().add_run(group.label).italic = True
            for word in group.words:
                document.add_paragraph(word, style="List Bullet")
        for entry in section.entries:
            document.add_paragraph(f"{entry.dates}\t{joined(entry.title, entry.organization, entry.location)}")
            write_details(document, entry)
        if section.kind == "text":
            document.add_paragraph(section.text)
    return saved(document)


def header_table_docx(resume: Resume) -> bytes:
    """The header is a table, name left and contact right; jobs are "Employer, Town<tab>dates" above the title."""
    document = new_document(resume, "Cambria", 11)
    head = document.add_table(rows=1, cols=2).rows[0].cells
    run = head[0].paragraphs[0].add_run(resume.name)
    run.bold, run.font.size = True, Pt(22)
    head[0].add_paragraph(resume.label)
    head[1].paragraphs[0].add_run(resume.contact.place)
    for line in (resume.contact.phone, resume.contact.email, *resume.contact.links):
        head[1].add_paragraph(line)
    for paragraph in head[1].paragraphs:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    width = document.sections[0].page_width - document.sections[0].left_margin - document.sections[0].right_margin
    for section in resume.all_sections:
        document.add_heading(section.heading, level=2)
        for entry in section.entries:
            first = document.add_paragraph()
            first.paragraph_format.tab_stops.add_tab_stop(width, alignment=2)  # 2 = right
            first.add_run(entry.organization).bold = True
            first.add_run(f", {entry.location}" if entry.location else "")
            first.add_run(f"\t{entry.dates}")
            document.add_paragraph().add_run(entry.title).italic = True
            write_details(document, entry)
        if section.kind != "entries":
            write_lines(document, section)
    return saved(document)


def labelled_docx(resume: Resume) -> bytes:
    """Every fact after its label, as in Latin American employment forms: "Empresa: ...", "Cargo: ..."."""
    document = new_document(resume, "Arial", 10.5)
    words, contact = resume.labels, resume.contact
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(words["title"].upper())
    run.bold, run.font.size = True, Pt(16)

    def labelled(label: str, value: str) -> None:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{label}: ").bold = True
        paragraph.add_run(value)

    for section in resume.all_sections:
        document.add_paragraph().add_run(section.heading.upper()).bold = True
        if section.kind == "personal":
            labelled(words["name"], resume.name)
            labelled(words["label"], resume.label)
            labelled(words["address"], contact.place)
            labelled(words["phone"], contact.phone)
            labelled(words["email"], contact.email)
        for entry in section.entries:
            of_work = section.key == "work"
            labelled(words["employer_label" if of_work else "institution_label"], entry.organization)
            labelled(words["position_label" if of_work else "degree_label"], entry.title)
            labelled(words["address"], entry.location)
            labelled(words["period_label"], entry.dates)
            if entry.bullets:
                document.add_paragraph().add_run(f"{words['tasks_label']}:").bold = True
            write_details(document, entry)
        if section.kind not in ("entries", "personal"):
            write_lines(document, section)
    return saved(document)


def career_docx(resume: Resume) -> bytes:
    """The Japanese career history: centered title, ■ headings, a ruled table for each employer."""
    document = new_document(resume, "MS Gothic", 10.5)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.add_run(resume.labels["title"]).font.size = Pt(16)
    for line in (f"氏名：{resume.name}", f"{resume.contact.place}　電話：{resume.contact.phone}", resume.contact.email):
        document.add_paragraph(line).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for section in resume.all_sections:
        document.add_paragraph().add_run(f"■{section.heading}").bold = True
        for entry in section.entries:
            if section.key != "work":
                document.add_paragraph(f"{entry.dates}　{entry.organization}　{entry.title}")
                continue
            document.add_paragraph(f"{entry.dates}　{entry.organization}")
            cells = document.add_table(rows=1, cols=2, style="Table Grid").rows[0].cells
            cells[0].width, cells[1].width = Cm(4), Cm(12.6)
            cells[0].paragraphs[0].add_run(entry.title)
            cells[1].paragraphs[0].add_run("【担当業務】")
            for bullet in entry.bullets:
                cells[1].add_paragraph(f"・{bullet}")
        for item in section.credits:
            document.add_paragraph(f"{item.title}（{item.date}取得）")
        if section.kind in ("text", "groups", "words"):
            text = section.text or "、".join(section.words or section.groups[0].words)
            document.add_paragraph(text)
    return saved(document)


def chinese_docx(resume: Resume) -> bytes:
    """A Chinese CV: facts in a table of four columns, headings in 【】, dates, employer and position on one line."""
    document = new_document(resume, "SimSun", 10.5)
    words, contact = resume.labels, resume.contact
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.add_run(words["title"]).font.size = Pt(18)
    facts = [
        (words["name"], resume.name, words["label"], resume.label),
        (words["phone"], contact.phone, words["email"], contact.email),
        (words["address"], contact.place, "政治面貌", "群众"),
    ]
    table = document.add_table(rows=0, cols=4, style="Table Grid")
    for row in facts:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.paragraphs[0].add_run(text)
    for section in resume.all_sections:
        document.add_paragraph().add_run(f"【{section.heading}】").bold = True
        for entry in section.entries:
            document.add_paragraph("    ".join(filter(None, (entry.dates, entry.organization, entry.title))))
            for bullet in entry.bullets:
                document.add_paragraph(f"• {bullet}")
        for item in section.credits:
            document.add_paragraph(joined(item.date, item.title, item.source, separator="  "))
        if section.kind in ("text", "groups"):
            document.add_paragraph(section.text or "、".join(section.groups[0].words))
    return saved(document)


def right_to_left_docx(resume: Resume) -> bytes:
    """Arabic and Hebrew: right-to-left paragraphs, "position - employer, town" above the dates."""
    document = new_document(resume, "Arial", 11.5)

    def paragraph(text: str, *, bold: bool = False, size: float | None = None, style: str | None = None) -> None:
        added: Any = document.add_paragraph(style=style)
        added.paragraph_format.element.get_or_add_pPr().insert(0, OxmlElement("w:bidi"))
        run = added.add_run(text)
        run.bold = bold
        if size is not None:
            run.font.size = Pt(size)

    paragraph(resume.name, bold=True, size=22)
    paragraph(resume.label, size=13)
    paragraph(" | ".join(resume.contact.lines))
    for section in resume.all_sections:
        paragraph(section.heading, bold=True, size=14)
        for entry in section.entries:
            first = joined(entry.organization, entry.location, separator="، " if resume.language == "ar" else ", ")
            paragraph(joined(entry.title, first, separator=" - "), bold=True)
            paragraph(entry.dates)
            for bullet in entry.bullets:
                paragraph(bullet, style="List Bullet")
        for label, text in _lines(section, resume.language):
            paragraph(label + text)
    return saved(document)


def _lines(section: Section, language: str) -> list[tuple[str, str]]:
    if section.kind == "entries":
        return []
    comma = "، " if language == "ar" else ", "
    return [(label, text.replace(", ", comma)) for label, text in plain_lines(section)]


DOCX_FORMS: dict[str, Callable[[Resume], bytes]] = {
    "functional_docx": functional_docx,
    "header_table_docx": header_table_docx,
    "labelled_docx": labelled_docx,
    "career_docx": career_docx,
    "chinese_docx": chinese_docx,
    "right_to_left_docx": right_to_left_docx,
}
