"""Where the entries of an answer have their heads, so that nothing of one entry is given to another.

A head is where an employer and a position, a school and a degree, or a project's name stand. Called by
`check`, which otherwise looks at one entry at a time: an answer that cites the whole page for every
entry could then pair a true employer with another job's dates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.analysis.answer import Answer, Job, Project, Study
from app.analysis.grounding.evidence_search import EvidenceSearch, Kind, Scope

# Dates and place of an entry stand this close to its head. Where a column of dates comes out far from all heads,
# distance says nothing, and the answer's order is believed.
_BY_A_HEAD_LINES = 3


@dataclass(frozen=True, slots=True)
class _Head:
    """`name` is the employer as compared; `name_lines` and `title_lines` are where it and the position were found."""

    name: str
    name_lines: frozenset[int]
    title_lines: frozenset[int]

    @property
    def lines(self) -> frozenset[int]:
        return self.name_lines | self.title_lines


@dataclass(frozen=True, slots=True)
class Rivals:
    """An entry's head among those of all others (`all`) and of its own section (`same`)."""

    own: frozenset[int] = frozenset()
    all: frozenset[int] = frozenset()
    same: frozenset[int] = frozenset()

    def are_nearer(self, line: int) -> bool:
        """Whether a line stands by another entry's head, and nearer to it than to this one's."""
        if not self.all or not self.own:
            return False
        rival = min(abs(line - head) for head in self.all)
        return rival <= _BY_A_HEAD_LINES and rival < min(abs(line - head) for head in self.own)

    def stand_between(self, line: int) -> bool:
        """Whether another head of the section stands between this one's and a line below it."""
        if not self.own:
            return False
        nearest = min(self.own, key=lambda head: abs(line - head))
        return any(nearest < head <= line for head in self.same)


class EntryHeads:
    """The heads of all entries that have dates, by section and number."""

    def __init__(self, answer: Answer, scopes: Mapping[str, Sequence[Scope]], search: EvidenceSearch) -> None:
        self._heads: dict[tuple[str, int], _Head] = {}
        anywhere = Scope()
        for section, number, name, title in _named_entries(answer):
            scope = scopes[section][number]
            kind = Kind.POSITION if section in {"work", "volunteer"} else Kind.PHRASE
            # An entry that points somewhere else has its head where the document has its name.
            self._heads[section, number] = _Head(
                " ".join((name or "").casefold().split()),
                _lines(search, name, scope, Kind.NAME) | _lines(search, name, anywhere, Kind.NAME),
                _lines(search, title, scope, kind),
            )

    def rivals(self, section: str, number: int, own: frozenset[int]) -> Rivals:
        """The lines at which other entries have their heads, and not the entry whose head is at `own`."""
        lines: dict[str, set[int]] = {"": set(), section: set()}
        for (where, place), head in self._heads.items():
            if (where, place) != (section, number):
                lines[""] |= head.lines
                if where == section:
                    lines[section] |= head.lines
        return Rivals(own, frozenset(lines[""]) - own, frozenset(lines[section]) - own)

    def is_torn(self, section: str, number: int, name_lines: frozenset[int], title_lines: frozenset[int]) -> bool:
        """Whether another entry's employer stands between this employer and its position, or beside the position."""
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
