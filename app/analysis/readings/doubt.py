"""Finds the lines that the built-in parser may have misread, judged by its own reading; the strategy calls it.

A section is certain if its kind is known, nearly every row of it is a value or running text of an entry, and its
entries are complete. A resume in which much is doubtful has a form that the parser does not know: then all of it is.
`python -m benchmarks.strategies` measures what this saves and costs.
"""

from collections import defaultdict
from collections.abc import Iterable

from app.analysis.grounding.grounded_entries import Sections
from app.analysis.readings.confidence import form_of
from app.analysis.readings.entry_sections import ReadEntry, leaves_of, read_entries
from app.analysis.rules import ParsedResume
from app.analysis.rules.structure.headings import Section
from app.extraction.document import Document

_DATED = frozenset({"work", "volunteer", "education", "history", "projects"})
_CREDENTIALS = frozenset({"certificates", "awards", "publications"})
_LISTS = frozenset({"skills", "languages", "interests"})
# Rows without a value that a section may have: a subtitle, a note, a line of contacts that no field takes.
_MOST_UNREAD = 0.15
_MOST_UNREAD_IN_LISTS = 0.34
_MOST_UNREAD_IN_HEAD = 2
_LEAST_ROWS_OF_UNKNOWN_SECTION = 3
# From this share of the document on, the rest is as likely to be misread.
_MUCH_OF_DOCUMENT = 0.3


def doubtful_lines(parsed: ParsedResume, rules: Sections, document: Document) -> frozenset[int]:
    """Line numbers; empty if the parser's reading can be taken as it is. `rules` is that reading, grounded."""
    everything = frozenset(line.number for line in document.lines)
    if not (rules.work or rules.volunteer) or not rules.education or rules.basics.text("name") is None:
        return everything
    entries = read_entries(rules)
    explained = _explained_lines(rules, entries)
    by_line: dict[int, list[ReadEntry]] = defaultdict(list)
    for read in entries:
        for number in read.facts:
            by_line[number].append(read)
    doubtful: set[int] = set()
    for section in parsed.sections:
        if section.rows and _is_doubtful(section, explained, by_line):
            rows = [*([section.title] if section.title else []), *section.rows]
            doubtful.update(number for row in rows for number in row.numbers)
    return everything if len(doubtful) > _MUCH_OF_DOCUMENT * len(everything) else frozenset(doubtful)


def _explained_lines(rules: Sections, entries: Iterable[ReadEntry]) -> frozenset[int]:
    person = (rules.basics, rules.location, *rules.profiles)
    lines = {leaf.evidence.line for entry in person for key in entry.leaves for leaf in leaves_of(entry, key)}
    return frozenset(lines).union(*(read.facts | read.body for read in entries))


def _is_doubtful(section: Section, explained: frozenset[int], by_line: dict[int, list[ReadEntry]]) -> bool:
    unread = sum(explained.isdisjoint(row.numbers) for row in section.rows)
    numbers = {number for row in section.rows for number in row.numbers}
    entries = {id(read): read for number in numbers for read in by_line.get(number, ())}.values()
    share = unread / len(section.rows)
    if section.kind in _DATED:
        return not entries or share > _MOST_UNREAD or any(_is_torn(read) for read in entries)
    if section.kind in _CREDENTIALS:
        return not entries or share > _MOST_UNREAD
    if section.kind in _LISTS:
        return not entries or (unread > 1 and share > _MOST_UNREAD_IN_LISTS)
    if section.kind in {"head", "contact"}:
        return unread > _MOST_UNREAD_IN_HEAD
    return section.kind == "other" and len(section.rows) >= _LEAST_ROWS_OF_UNKNOWN_SECTION


def _is_torn(read: ReadEntry) -> bool:
    """A job or study that lacks an identifying value or its period. Of a study, the year of the degree is enough."""
    if read.section == "education":
        entry = read.entry
        return not (
            entry.has_any("institution")
            and entry.has_any("studyType", "area")
            and entry.has_any("startDate", "endDate")
        )
    return len(read.shape.dates) > 1 and form_of(read) != "whole"
