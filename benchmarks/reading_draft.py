"""An answer while mistakes are put into it: each change is noted, and no value is changed twice.

Used by `reading_errors`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from app.analysis.answer import Answer
from app.extraction.document import Document

PERSON = "person"
SECTIONS = (
    "work",
    "volunteer",
    "education",
    "skills",
    "languages",
    "projects",
    "certificates",
    "awards",
    "publications",
    "interests",
)
_HALF = 0.5
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One changed value. `section` is a field of `Answer`; `entry` is its index in the answer without mistakes.

    `before` is None if the value was added, `after` if it was removed. Items of lists change one by one.
    """

    section: str
    entry: int
    field: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class DraftEntry:
    """An entry that is being changed; `origin` is its index in the answer without mistakes."""

    section: str
    origin: int
    values: dict[str, Any]

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        return value if isinstance(value, str) and value else None

    def strings(self, key: str) -> list[str]:
        return cast("list[str]", self.values.get(key) or [])


@dataclass(slots=True)
class Draft:
    """An answer that is being changed. `touched` keeps a value from being changed twice."""

    person: DraftEntry
    sections: dict[str, list[DraftEntry]]
    document: Document
    random: random.Random
    touched: set[tuple[str, int, str]] = field(default_factory=set[tuple[str, int, str]])

    def entries(self, *names: str) -> list[DraftEntry]:
        return [entry for name in names or SECTIONS for entry in self.sections[name]]

    def free(self, entry: DraftEntry, *keys: str) -> bool:
        return all((entry.section, entry.origin, key) not in self.touched for key in keys)

    def pick(self, items: Sequence[_Item]) -> _Item | None:
        return self.random.choice(items) if items else None

    def change(self, entry: DraftEntry, key: str, after: str | None) -> Change:
        """Sets a text and returns the change."""
        before = entry.text(key)
        entry.values[key] = after
        return self.note(entry, key, before, after)

    def note(self, entry: DraftEntry, key: str, before: str | None, after: str | None) -> Change:
        self.touched.add((entry.section, entry.origin, key))
        return Change(section=entry.section, entry=entry.origin, field=key, before=before, after=after)

    def cite(self, entry: DraftEntry, lines: Sequence[int]) -> None:
        """In half of the cases the entry also cites the lines of a foreign value, as a confused model does."""
        if self.random.random() < _HALF:
            entry.values["lines"] = sorted({*cast("list[int]", entry.values["lines"]), *lines})


def open_draft(answer: Answer, document: Document, chance: random.Random) -> Draft:
    values = answer.model_dump()
    sections = {
        name: [DraftEntry(name, number, entry) for number, entry in enumerate(values[name])] for name in SECTIONS
    }
    return Draft(DraftEntry(PERSON, 0, values[PERSON]), sections, document, chance)


def close_draft(draft: Draft) -> Answer:
    sections = {name: [entry.values for entry in entries] for name, entries in draft.sections.items()}
    return Answer.model_validate({"is_resume": True, PERSON: draft.person.values, **sections})
