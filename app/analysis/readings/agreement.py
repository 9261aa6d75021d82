"""Whether the two readings agree on a value, and what they say where they do not; used by `reconcile_readings`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.analysis.grounding.grounded_entries import Agreement, Entry, Leaf, Sections
from app.analysis.normalise.cities import country_of_city
from app.analysis.normalise.countries import country_code
from app.analysis.readings.entry_sections import ReadEntry, leaves_of
from app.analysis.readings.same_values import plain, same_text

__all__ = ["Agreement", "Disagreement", "agreed_values", "with_agreement"]

_Kind = Literal["value", "entry", "left_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Both candidates for one place, each with its line.

    `kind` is `value` when the readings differ in one value, `entry` when only the named reading has the entry, which
    was kept, and `left_out` when it was not plausible enough. `reading` is the reading whose candidate was taken (or
    left out). `entry` has the values of an entry that was left out, so that a person can add it.
    """

    kind: _Kind
    place: str  # "work.position", "basics.name"
    reading: str
    value: str | None
    line: int | None
    other_value: str | None = None
    other_line: int | None = None
    entry: dict[str, str | list[str]] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "place": self.place,
            "reading": "builtin" if self.reading == "rules" else self.reading,
            "value": self.value,
            "line": self.line,
            "other_value": self.other_value,
            "other_line": self.other_line,
            "entry": self.entry,
        }

    @classmethod
    def of_values(cls, place: str, chosen: Leaf, other: Leaf, reading: str) -> "Disagreement":
        return cls(
            kind="value",
            place=place.strip("/").replace("/", "."),
            reading=reading,
            value=chosen.value,
            line=chosen.evidence.line,
            other_value=other.value,
            other_line=other.evidence.line,
        )

    @classmethod
    def between(
        cls, chosen: Sequence[ReadEntry], others: Sequence[ReadEntry], reading: str
    ) -> Iterator["Disagreement"]:
        """The differing identifying values and dates of entries about the same lines."""
        lost = "rules" if reading == "model" else "model"
        for read, other in zip(chosen, others, strict=False):
            if read.section != other.section:
                yield cls.left_out(other, lost)
                continue
            for key in (*read.shape.identity, *read.shape.dates):
                mine, told = read.entry.leaves.get(key), other.entry.leaves.get(key)
                if isinstance(mine, Leaf) and isinstance(told, Leaf) and not same_text(mine.value, told.value):
                    yield cls.of_values(f"/{read.section}/{key}", mine, told, reading)
        for read in others[len(chosen) :]:
            yield cls.left_out(read, lost)

    @classmethod
    def only_in(cls, read: ReadEntry, reading: str) -> "Disagreement":
        return cls(kind="entry", place=read.section, reading=reading, value=_title(read), line=_first_line(read))

    @classmethod
    def left_out(cls, read: ReadEntry, reading: str) -> "Disagreement":
        return cls(
            kind="left_out",
            place=read.section,
            reading=reading,
            value=_title(read),
            line=_first_line(read),
            entry=read.entry.values(),
        )


def with_agreement(read: ReadEntry, others: Sequence[ReadEntry]) -> Entry:
    """A copy of the entry whose values say whether the other reading has them too."""
    marked = Entry(lines=set(read.entry.lines), period=read.entry.period)
    best = _most_alike(read, [other for other in others if other.section == read.section])
    for key, leaf in read.entry.leaves.items():
        told = [] if best is None else leaves_of(best.entry, key)
        if isinstance(leaf, Leaf):
            is_named = best is not None and bool(told) and key in read.shape.identity
            kept = _shared_part(leaf, told[0], best) if is_named else leaf
            is_shifted = best is not None and not told and _has_as_other_date(best, key, leaf)
            agreement = "contested" if is_shifted else _agreement(kept, told, best is not None)
            marked.leaves[key] = replace(kept, agreement=agreement)
        else:
            # Two readings may part a list into different groups, so a value of any of them confirms it.
            everywhere = [each for other in others for each in leaves_of(other.entry, key)]
            marked.leaves[key] = [replace(each, agreement=_agreement_in(each, everywhere, others)) for each in leaf]
    return marked


def _has_as_other_date(other: ReadEntry, key: str, leaf: Leaf) -> bool:
    """Whether one reading has as a start what the other one has as an end."""
    dates = other.shape.dates
    return key in dates and any(same_text(leaf.value, other.entry.text(each)) for each in dates if each != key)


def _shared_part(leaf: Leaf, told: Leaf, other: ReadEntry | None) -> Leaf:
    """The other reading's value, if this one adds only a place or another value of the entry to it.

    "Limfjord Heating A/S, Aalborg" is the employer and its place.
    """
    one, two = plain(leaf.value), plain(told.value)
    if not two or not one.startswith((f"{two},", f"{two} (")):
        return leaf
    added = plain(one[len(two) :].lstrip(", ("))
    entry = other.entry if other is not None else Entry()
    known = {plain(each.value) for key in entry.leaves for each in leaves_of(entry, key)}
    return told if added in known or country_of_city(added) is not None or country_code(added) is not None else leaf


def _agreement(leaf: Leaf, told: Sequence[Leaf], has_entry: bool) -> Agreement:  # noqa: FBT001 - a local fact
    if told:
        return "agreed" if any(same_text(leaf.value, each.value) for each in told) else "contested"
    return "unconfirmed" if has_entry else "alone"


def _agreement_in(leaf: Leaf, told: Sequence[Leaf], others: Sequence[ReadEntry]) -> Agreement:
    if any(same_text(leaf.value, each.value) for each in told):
        return "agreed"
    return "unconfirmed" if others else "alone"


def _most_alike(read: ReadEntry, others: Sequence[ReadEntry]) -> ReadEntry | None:
    def likeness(other: ReadEntry) -> int:
        keys = (*read.shape.identity, *read.shape.dates)
        return sum(
            same_text(read.entry.text(key), other.entry.text(key)) and key in read.entry.leaves for key in keys
        ) + len(read.head & other.head)

    return max(others, key=likeness, default=None)


def agreed_values(
    model: Sections, rules: Sections, by_model: Iterable[ReadEntry], by_rules: Iterable[ReadEntry]
) -> tuple[int, int]:
    """How many of the model's values the built-in parser also has, and how many were compared.

    Compared are identifying values, dates and list items, by section and key, wherever they are.
    """
    known = _counted(rules, by_rules)
    said = _counted(model, by_model)
    return len(said & known), len(said)


def _counted(sections: Sections, entries: Iterable[ReadEntry]) -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    for key in ("name", "email", "phone"):
        text = sections.basics.text(key)
        if text is not None:
            found.add(("basics", key, plain(text)))
    for read in entries:
        title = _title(read) or ""
        for key in (*read.shape.identity, *read.shape.dates, *read.shape.lists):
            # A date counts with the entry it belongs to.
            belongs_to = plain(title) if key in read.shape.dates else ""
            for leaf in leaves_of(read.entry, key):
                found.add((read.section, key, f"{belongs_to} {plain(leaf.value)}"))
    return found


def _title(read: ReadEntry) -> str | None:
    keys = (*read.shape.identity, *read.shape.lists)
    return next((leaf.value for key in keys for leaf in leaves_of(read.entry, key)), None)


def _first_line(read: ReadEntry) -> int | None:
    return min(read.head, default=None)
