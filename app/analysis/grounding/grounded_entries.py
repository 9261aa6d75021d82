"""Grounded parts of a profile before they become JSON: one `Entry` per job, study, skill group and so on.

`app.analysis.grounding.check` fills the entries; `app.analysis.grounding.assembly` writes them with their pointers.
"""

from dataclasses import dataclass, field
from typing import Literal

from app.analysis.grounding.evidence_search import Grounded
from app.analysis.grounding.grounded_dates import GroundedDate, GroundedPeriod
from app.analysis.normalise.experience import WorkInterval
from app.analysis.profile import Evidence

# What the other reading says of a value: the same, something else, nothing in an entry that it has, or it has no such
# entry. "unread": there was no other reading.
Agreement = Literal["agreed", "contested", "unconfirmed", "alone", "unread"]


@dataclass(frozen=True, slots=True)
class Leaf:
    value: str
    evidence: Evidence
    agreement: Agreement = "unread"


@dataclass(slots=True)
class Entry:
    """`leaves` are in output order; a list is an array of strings. `lines` are the lines of the values."""

    leaves: dict[str, Leaf | list[Leaf]] = field(default_factory=dict[str, "Leaf | list[Leaf]"])
    lines: set[int] = field(default_factory=set[int])
    period: WorkInterval | None = None

    def put(self, key: str, found: Grounded | None) -> None:
        if found is not None:
            self.leaves[key] = Leaf(found.value, found.evidence)
            self.lines.update(found.lines)

    def put_list(self, key: str, found: list[Grounded]) -> None:
        if found:
            self.leaves[key] = [Leaf(each.value, each.evidence) for each in found]

    def put_date(self, key: str, found: GroundedDate | None) -> None:
        if found is not None:
            self.leaves[key] = Leaf(found.date.iso, found.evidence)

    def put_period(self, period: GroundedPeriod) -> None:
        self.put_date("startDate", period.start)
        self.put_date("endDate", period.end)
        self.period = WorkInterval(
            period.start.date if period.start else None, period.end.date if period.end else None, period.ongoing
        )

    def has_any(self, *keys: str) -> bool:
        return any(key in self.leaves for key in keys)

    def text(self, key: str) -> str | None:
        leaf = self.leaves.get(key)
        return leaf.value if isinstance(leaf, Leaf) else None

    def same_as(self, other: "Entry") -> bool:
        return self.values() == other.values() and self.period == other.period

    def values(self) -> dict[str, str | list[str]]:
        return {
            key: leaf.value if isinstance(leaf, Leaf) else [each.value for each in leaf]
            for key, leaf in self.leaves.items()
        }


@dataclass(slots=True)
class Sections:
    """All values found in the document, in the order of the answer."""

    basics: Entry = field(default_factory=Entry)
    location: Entry = field(default_factory=Entry)
    profiles: list[Entry] = field(default_factory=list[Entry])
    work: list[Entry] = field(default_factory=list[Entry])
    volunteer: list[Entry] = field(default_factory=list[Entry])
    education: list[Entry] = field(default_factory=list[Entry])
    skills: list[Entry] = field(default_factory=list[Entry])
    languages: list[Entry] = field(default_factory=list[Entry])
    projects: list[Entry] = field(default_factory=list[Entry])
    certificates: list[Entry] = field(default_factory=list[Entry])
    awards: list[Entry] = field(default_factory=list[Entry])
    publications: list[Entry] = field(default_factory=list[Entry])
    interests: list[Entry] = field(default_factory=list[Entry])
