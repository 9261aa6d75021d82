"""More text and web forms of resumes, in addition to `text_layouts`; used by `samples.render`."""

import textwrap
from collections.abc import Callable
from html import escape

from samples.resume import Resume, Section

NARROW = 64  # characters, the line width of old mail programs
_INDENT = 4


def mail_text(resume: Resume) -> bytes:
    """Centered header, wrapped labels, "Technologies:" between heading and duties, dates in parentheses."""
    contact = resume.contact
    out = [line.center(NARROW).rstrip() for line in (resume.name, resume.label, contact.place)]
    out.append(f"Tel: {contact.phone}".center(NARROW).rstrip())
    out.append(f"Mail: {contact.email}".center(NARROW).rstrip())
    for section in resume.all_sections:
        out += ["", f"== {section.heading} =="]
        for entry in section.entries:
            out.append("")
            out.append(f"{entry.organization}, {entry.location} ({entry.dates})")
            if entry.stack:
                out.append(f"{' ' * _INDENT}Technologies: {entry.stack}")
            out.append(f"{' ' * _INDENT}{entry.title}")
            for bullet in entry.bullets:
                out += textwrap.wrap(bullet, NARROW, initial_indent="    - ", subsequent_indent="      ")
        for group in section.groups:
            line = f"{group.label}: {', '.join(group.words)}"
            out += textwrap.wrap(line, NARROW - 20, subsequent_indent=" " * _INDENT, break_on_hyphens=False)
        out += textwrap.wrap(section.text, NARROW)
        out += [f"{language}: {fluency}" for language, fluency in section.pairs]
        out += [f"{item.title}, {item.source}, {item.date}" for item in section.credits]
    return ("\n".join(out) + "\n").encode()


def notes_markdown(resume: Resume) -> bytes:
    """Markdown with one list item per job: "**dates**: position, *employer*, town"."""
    contact = resume.contact
    out = [f"# CV – {resume.name}", resume.label, f"- {contact.place}\n- {contact.phone}\n- {contact.email}"]
    for section in resume.all_sections:
        out.append(f"## {section.heading}")
        items: list[str] = []
        for entry in section.entries:
            place = f", {entry.location}" if entry.location else ""
            items.append(f"- **{entry.dates}**: {entry.title}, *{entry.organization}*{place}")
            items += [f"    - {bullet}" for bullet in entry.bullets]
        items += [f"- {', '.join(group.words)}" for group in section.groups]
        items += [f"- {language} ({fluency})" for language, fluency in section.pairs]
        items += [f"- {word}" for word in section.words]
        out += [section.text] if section.text else []
        out += ["\n".join(items)] if items else []
    return ("\n\n".join(out) + "\n").encode()


def job_board_html(resume: Resume) -> bytes:
    """An export of an eastern European job board: one table per section, period left, employer above position right."""
    contact = resume.contact
    rows = "".join(_board_section(section) for section in resume.all_sections)
    page = (
        f'<!doctype html>\n<html lang="{resume.language}"><head><meta charset="utf-8">'
        f"<title>{escape(resume.name)}</title>"
        "<style>table{border-spacing:8px 14px}td{vertical-align:top}h2{color:#777;font-size:15px}</style></head>\n"
        f"<body><h1>{escape(resume.name)}</h1>\n<div>{escape(contact.phone)}</div>\n"
        f'<div><a href="mailto:{escape(contact.email)}">{escape(contact.email)}</a></div>\n'
        f"<div>{escape(contact.place)}</div>\n<h3>{escape(resume.label)}</h3>\n{rows}</body></html>\n"
    )
    return page.encode()


def _board_section(section: Section) -> str:
    rows: list[str] = []
    for entry in section.entries:
        bullets = "".join(f"<li>{escape(bullet)}</li>" for bullet in entry.bullets)
        place = f"<div>{escape(entry.location)}</div>" if entry.location else ""
        details = f"<ul>{bullets}</ul>" if bullets else ""
        rows.append(
            f"<tr><td>{escape(entry.dates)}</td><td><strong>{escape(entry.organization)}</strong>{place}"
            f"<div>{escape(entry.title)}</div>{details}</td></tr>"
        )
    for group in section.groups:
        words = "".join(f"<span>{escape(word)}</span> &nbsp; " for word in group.words)
        rows.append(f"<tr><td></td><td>{words}</td></tr>")
    rows += [f"<tr><td>{escape(name)}</td><td>{escape(level)}</td></tr>" for name, level in section.pairs]
    if section.text:
        rows.append(f"<tr><td></td><td>{escape(section.text)}</td></tr>")
    return f"<h2>{escape(section.heading)}</h2>\n<table>{''.join(rows)}</table>\n"


TEXT_FORMS: dict[str, Callable[[Resume], bytes]] = {
    "mail_text": mail_text,
    "notes_markdown": notes_markdown,
    "job_board_html": job_board_html,
}
