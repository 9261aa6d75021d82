"""Locates the headers of an answer's entries, so that no value of one entry is assigned to another.

A header is the place of an employer and position, of an institution and degree, or of a project's name.
`app.analysis.grounding.check` otherwise sees one entry at a time. An answer that cites the whole page for every entry
could then combine a real employer with the dates of another job.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.analysis.answer import Answer, Job, Project, Study
from app.analysis.grounding.evidence_search import EvidenceSearch, Kind, Scope

# Dates and location are within this many lines of their entry's header. Where a column of dates is extracted far from
# all headers, distance means nothing, and the order in the answer is trusted.
_BY_A_HEAD_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """`name` is the employer, ready to compare; `name_lines` and `title_lines` are the lines of it and the position."""

    name: str
    name_lines: frozenset[int]
    title_lines: frozenset[int]

    @property
    def lines(self) -> frozenset[int]:
        return self.name_lines | self.title_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """The header lines of an entry (`own`), of all other entries (`all`) and of those in its section (`same`)."""

    own: frozenset[int] = frozenset()
    all: frozenset[int] = frozenset()
    same: frozenset[int] = frozenset()

    def are_nearer(self, line: int) -> bool:
        """Whether the line is close to another entry's header, and closer to it than to this entry's header."""
        if not self.all or not self.own:
            return False
        rival = min(abs(line - head) for head in self.all)
        return rival <= _BY_A_HEAD_LINES and rival < min(abs(line - head) for head in self.own)

    def stand_between(self, line: int) -> bool:
        """Whether another header of the section is between this entry's header and a line below it."""
        if not self.own:
            return False
        nearest = min(self.own, key=lambda head: abs(line - head))
        return any(nearest < head <= line for head in self.same)


class EntryHeads:
    """The headers of all entries with dates, by section and number."""

    def __init__(self, answer: Answer, scopes: Mapping[str, Sequence[Scope]], search: EvidenceSearch) -> None:
        self._heads: dict[tuple[str, int], _Head] = {}
        anywhere = Scope()
        for section, number, name, title in _named_entries(answer):
            scope = scopes[section][number]
            kind = Kind.POSITION if section in {"work", "volunteer"} else Kind.PHRASE
            # If an entry cites the wrong lines, its header is where the document has its name.
            self._heads[section, number] = _Head(
                name=" ".join((name or "").casefold().split()),
                name_lines=_lines(search, name, scope, Kind.NAME) | _lines(search, name, anywhere, Kind.NAME),
                title_lines=_lines(search, title, scope, kind),
            )

    def rivals(self, section: str, number: int, own: frozenset[int]) -> Rivals:
        """The header lines of the other entries, compared with this entry's header at `own`."""
        lines: dict[str, set[int]] = {"": set(), section: set()}
        for (where, place), head in self._heads.items():
            if (where, place) != (section, number):
                lines[""] |= head.lines
                if where == section:
                    lines[section] |= head.lines
        return Rivals(own=own, all=frozenset(lines[""]) - own, same=frozenset(lines[section]) - own)

    def is_torn(self, section: str, number: int, name_lines: frozenset[int], title_lines: frozenset[int]) -> bool:
        """Whether another entry's employer is between this employer and its position, or on the position's line."""
        own = self._heads[section, number].name
        first, last = min(name_lines | title_lines), max(name_lines | title_lines)
        return any(
            first <= line <= last and line not in name_lines
            for (where, _), other in self._heads.items()
            if where == section and other.name and other.name != own
            for line in other.name_lines
        )


def _named_entries(answer: Answer) -> Iterator[tuple[str, int, str | None, str | None]]:
    dated: tuple[tuple[str, Sequence[Job | Study | Project]], ...] = (
        ("work", answer.work),
        ("volunteer", answer.volunteer),
        ("education", answer.education),
        ("projects", answer.projects),
    )
    for section, entries in dated:
        for number, entry in enumerate(entries):
            match entry:
                case Job():
                    yield section, number, entry.employer, entry.position
                case Study():
                    yield section, number, entry.institution, entry.degree
                case Project():
                    yield section, number, entry.name, None


def _lines(search: EvidenceSearch, value: str | None, scope: Scope, kind: Kind) -> frozenset[int]:
    found = search.find(value, scope, kind) if value and value.strip() else None
    return frozenset(found.lines) if found is not None else frozenset()
