"""Splits a resume for clients that get a request per section; called by `app.analysis.analyse`.

The sections are the built-in parser's. Those that no request asks about (projects, certificates, interests, ...) are
left to the parser, whose entries `app.analysis.readings` adds to the model's.
"""

from collections.abc import Container, Mapping, Sequence

from app.analysis.rules.structure.headings import Section
from app.analysis.rules.structure.section_kinds import Kind
from app.extraction.document import Document
from app.routing.question import SectionName, SectionPart

_KINDS: Mapping[SectionName, frozenset[Kind]] = {
    "person": frozenset({"head", "contact", "personal"}),
    "work": frozenset({"work", "history"}),
    "education": frozenset({"education", "history"}),
    "skills": frozenset({"skills"}),
    "languages": frozenset({"languages"}),
}


def section_parts(
    sections: Sequence[Section], document: Document, hidden: Document | None, sent: Container[int] | None
) -> tuple[SectionPart, ...]:
    """The parts with their headings. `hidden` is the document with pseudonyms. `sent`: the only lines that may be in a
    part; None for all.
    """
    parts: list[SectionPart] = []
    for name, kinds in _KINDS.items():
        rows = [
            row
            for section in sections
            if section.kind in kinds and section.rows
            for row in ([section.title] if section.title else []) + section.rows
        ]
        numbers = {number for row in rows for number in row.numbers if sent is None or number in sent}
        if numbers:
            parts.append(
                SectionPart(
                    name=name,
                    text=document.numbered_text(numbers),
                    first_line=min(numbers),
                    last_line=max(numbers),
                    disguised=None if hidden is None else hidden.numbered_text(numbers),
                )
            )
    return tuple(parts)
