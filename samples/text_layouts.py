"""Writes a resume as plain text, Markdown or HTML; used by `samples.render`."""

import textwrap
from collections.abc import Callable
from html import escape

from samples.resume import Resume, Section

LINE_WIDTH = 88  # characters, so that the plain text wraps within sentences like emailed resumes

STYLE = (
    "<style>body{font:16px/1.5 Georgia,serif;max-width:46rem;margin:2rem auto;color:#222}"
    "header{border-bottom:2px solid #2b6777}h2{color:#2b6777}.when{float:right;color:#666}</style>"
)


def _joined(*parts: str, separator: str = ", ") -> str:
    return separator.join(part for part in parts if part)


def text(resume: Resume) -> bytes:
    """Capital headings above a line of dashes, hanging bullets, hard line breaks."""
    out = [resume.name.upper(), resume.label, *resume.contact.lines]
    for section in resume.all_sections:
        out += ["", section.heading.upper(), "-" * len(section.heading)]
        for index, entry in enumerate(section.entries):
            out += [""] if index else []
            out.append(_joined(entry.title, entry.organization, separator=" - "))
            out.append(_joined(entry.location, entry.dates, separator=" | "))
            out += [line for line in (entry.text, *entry.notes, entry.url) if line]
            for bullet in entry.bullets:
                out += textwrap.wrap(bullet, LINE_WIDTH, initial_indent="* ", subsequent_indent="  ")
        out += textwrap.wrap(section.text, LINE_WIDTH)
        out += [_joined(group.label, ", ".join(group.words), separator=": ") for group in section.groups]
        out += [f"{language} ({fluency})" for language, fluency in section.pairs]
        out += [_joined(item.title, item.source, item.date) for item in section.credits]
        out += [", ".join(section.words)] if section.words else []
    return ("\n".join(out) + "\n").encode()


def markdown(resume: Resume) -> bytes:
    """Markdown as developers keep it in a repository."""
    contact = resume.contact
    links = [f"[{link}](https://{link})" for link in contact.links]
    out = [
        f"# {resume.name}",
        f"**{resume.label}**",
        " · ".join((f"<{contact.email}>", contact.phone, contact.place, *links)),
    ]
    for section in resume.all_sections:
        out.append(f"## {section.heading}")
        for entry in section.entries:
            out.append(f"### {_joined(entry.title, entry.organization)}")
            where = _joined(entry.dates, entry.location, separator=" | ")
            out += [f"*{where}*"] if where else []
            out += [line for line in (entry.text, *entry.notes) if line]
            out += [f"<https://{entry.url}>"] if entry.url else []
            out += ["\n".join(f"- {bullet}" for bullet in entry.bullets)] if entry.bullets else []
        out += [section.text] if section.text else []
        items = [f"- **{group.label}:** {', '.join(group.words)}" for group in section.groups]
        items += [f"- {language}: {fluency}" for language, fluency in section.pairs]
        items += [f"- {_joined(item.title, item.source, item.date)}" for item in section.credits]
        items += [f"- {word}" for word in section.words]
        out += ["\n".join(items)] if items else []
    return ("\n\n".join(out) + "\n").encode()


def html(resume: Resume) -> bytes:
    """A page of a personal website: style and a script in the head, sections with lists."""
    contact = resume.contact
    head = [
        f'<!doctype html>\n<html lang="{resume.language}">\n<head>\n<meta charset="utf-8">',
        f"<title>{escape(resume.name)} – {escape(resume.label)}</title>",
        STYLE,
        "<script>document.documentElement.classList.add('ready');</script>\n</head>\n<body>",
    ]
    links = "".join(f'<li><a href="https://{escape(link)}">{escape(link)}</a></li>' for link in contact.links)
    head.append(
        f"<header>\n<h1>{escape(resume.name)}</h1>\n<p>{escape(resume.label)}</p>\n<ul>"
        f'<li><a href="mailto:{escape(contact.email)}">{escape(contact.email)}</a></li>'
        f"<li>{escape(contact.phone)}</li><li>{escape(contact.place)}</li>{links}</ul>\n</header>"
    )
    sections = [_html_section(section) for section in resume.all_sections]
    return "\n".join([*head, *sections, "</body>\n</html>\n"]).encode()


def _html_section(section: Section) -> str:
    out = [f"<section>\n<h2>{escape(section.heading)}</h2>"]
    for entry in section.entries:
        out.append(f'<article>\n<h3>{escape(entry.title)} <span class="when">{escape(entry.dates)}</span></h3>')
        out.append(f"<p><em>{escape(_joined(entry.organization, entry.location))}</em></p>")
        out += [f"<p>{escape(line)}</p>" for line in (entry.text, *entry.notes, entry.url) if line]
        if entry.bullets:
            out.append("<ul>" + "".join(f"<li>{escape(bullet)}</li>" for bullet in entry.bullets) + "</ul>")
        out.append("</article>")
    out += [f"<p>{escape(section.text)}</p>"] if section.text else []
    out += [
        f"<p><strong>{escape(group.label)}:</strong> {escape(', '.join(group.words))}</p>"
        if group.label
        else f"<p>{escape(', '.join(group.words))}</p>"
        for group in section.groups
    ]
    items = [f"{language} – {fluency}" for language, fluency in section.pairs]
    items += [_joined(item.title, item.source, item.date) for item in section.credits]
    items += section.words
    if items:
        out.append("<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>")
    return "\n".join([*out, "</section>"])


TEXT_LAYOUTS: dict[str, Callable[[Resume], bytes]] = {"text": text, "markdown": markdown, "html": html}
