"""What identifies an entry of each section, and when it took place; used to align and to judge the entries."""

from dataclasses import dataclass
from typing import Literal

from app.analysis.grounding.grounded_entries import Entry, Leaf, Sections

SectionName = Literal[
    "work",
    "volunteer",
    "education",
    "projects",
    "awards",
    "certificates",
    "publications",
    "skills",
    "languages",
    "interests",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionShape:
    """`identity` are the keys that tell which entry it is, `dates` those of its period, `lists` its lists of facts."""

    identity: tuple[str, ...]
    dates: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


SHAPES: dict[SectionName, SectionShape] = {
    "work": SectionShape(identity=("name", "position"), dates=("startDate", "endDate")),
    "volunteer": SectionShape(identity=("organization", "position"), dates=("startDate", "endDate")),
    "education": SectionShape(identity=("institution", "studyType", "area"), dates=("startDate", "endDate")),
    "projects": SectionShape(identity=("name",), dates=("startDate", "endDate")),
    "awards": SectionShape(identity=("title",), dates=("date",)),
    "certificates": SectionShape(identity=("name",), dates=("date",)),
    "publications": SectionShape(identity=("name",), dates=("releaseDate",)),
    "skills": SectionShape(identity=("name",), lists=("keywords",)),
    "languages": SectionShape(identity=("language",)),
    "interests": SectionShape(identity=("name",), lists=("keywords",)),
}
RUNNING_TEXT = frozenset({"summary", "description", "highlights"})


@dataclass(frozen=True, slots=True, eq=False)
class ReadEntry:
    """One entry of one reading. `head` are the lines of what identifies it, `facts` the lines of all values but its
    running text, `body` those of the running text.
    """

    section: SectionName
    entry: Entry
    head: frozenset[int]
    facts: frozenset[int]
    body: frozenset[int]

    @classmethod
    def of(cls, section: SectionName, entry: Entry) -> "ReadEntry":
        shape = SHAPES[section]
        head = _lines(entry, (*shape.identity, *shape.lists))
        facts = _lines(entry, tuple(key for key in entry.leaves if key not in RUNNING_TEXT))
        return cls(section, entry, head, facts, _lines(entry, tuple(RUNNING_TEXT)))

    @property
    def shape(self) -> SectionShape:
        return SHAPES[self.section]


def read_entries(sections: Sections) -> list[ReadEntry]:
    """All entries of a reading, in its order."""
    return [ReadEntry.of(name, entry) for name in SHAPES for entry in getattr(sections, name)]


def leaves_of(entry: Entry, key: str) -> list[Leaf]:
    """The values of the key: none, one, or those of a list."""
    leaf = entry.leaves.get(key)
    return [] if leaf is None else [leaf] if isinstance(leaf, Leaf) else leaf


def _lines(entry: Entry, keys: tuple[str, ...]) -> frozenset[int]:
    return frozenset(leaf.evidence.line for key in keys for leaf in leaves_of(entry, key))
