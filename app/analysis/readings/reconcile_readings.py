"""Makes one result of the model's reading and the built-in parser's. Pure; called by `app.analysis.analyse`.

Both readings are grounded before: every value is in the document. What is decided here is which value belongs where.

* A reading that explains clearly fewer of the document's lines than the other loses as a whole. A model's answer that
  was cut off does not: what it says is used, and its silence about the rest means nothing.
* The built-in parser decides contacts, which it reads by their form.
* Every other entry is taken whole from one reading, never half and half. Where both have the same entry, the more
  complete one is taken; where they disagree about the same lines, the more plausible one (`plausibility`).
* An entry that only one reading has is kept if it is plausible by itself.
* Each disagreement is reported with both candidates, for a person to choose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.analysis.grounding.grounded_entries import Entry, Leaf, Sections
from app.analysis.readings.agreement import Agreement, Disagreement, agreed_values, with_agreement
from app.analysis.readings.entry_groups import EntryGroup, group_entries
from app.analysis.readings.entry_sections import RUNNING_TEXT, SHAPES, ReadEntry, SectionName, leaves_of, read_entries
from app.analysis.readings.plausibility import support
from app.analysis.readings.same_values import plain, same_text

# A reading that explains less than this share of the lines that the other explains, and at least so many lines fewer,
# has not read the document. The number keeps one overlooked entry of a short resume from deciding.
_CLEARLY_FEWER_SHARE = 0.6
_CLEARLY_FEWER_LINES = 5
# The preferred reading of the document loses lines where the other one is more plausible by this much (`support`).
_ADVANTAGE = 0.5
# The model is preferred unless its entries are behind by more than this on average: one lost value in two entries.
_LEAST_LEAD = -0.4
# What an entry that only one reading has needs, first of a plain section and then of one with periods: little from the
# preferred reading; from the other an entry that is nearly complete, because headings and bullets look like half ones.
_ALONE = (0.3, 0.3)
_ALONE_DOUBTED = (0.6, 1.3)

Source = Literal["model", "rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """`used` names the reading that won as a whole, or `both`. The counts are lines of the document."""

    sections: Sections
    used: Literal["both", "model", "rules"]
    lines_explained_by_model: int
    lines_explained_by_rules: int
    agreed: int
    compared: int
    disagreements: tuple[Disagreement, ...]

    @property
    def agreement(self) -> float | None:
        """Share of the model's values that the built-in parser also has; None without a value to compare."""
        return self.agreed / self.compared if self.compared else None


def reconcile(model: Sections, rules: Sections, *, cut_off: bool = False, doubted: bool = False) -> Reconciled:
    """`model` and `rules` are the grounded readings of the same document.

    `cut_off`: the model's ends too early. `doubted`: much of what the model said is not in the document, so the rest is
    preferred only where it is clearly more plausible.
    """
    by_model, by_rules = read_entries(model), read_entries(rules)
    explained_by_model, explained_by_rules = _explained(model, by_model), _explained(rules, by_rules)
    agreed, compared = agreed_values(model, rules, by_model, by_rules)
    used: Literal["both", "model", "rules"] = "both"
    if not cut_off and _clearly_fewer(explained_by_model, explained_by_rules):
        used = "rules"
    elif _clearly_fewer(explained_by_rules, explained_by_model):
        used = "model"
    merging = _Merging(by_model, by_rules, used, cut_off=cut_off, doubted=doubted)
    sections = merging.merged()
    _merge_person(sections, model, rules, used, merging)
    return Reconciled(
        sections=sections,
        used=used,
        lines_explained_by_model=len(explained_by_model),
        lines_explained_by_rules=len(explained_by_rules),
        agreed=agreed,
        compared=compared,
        disagreements=tuple(merging.disagreements),
    )


def _explained(sections: Sections, entries: Iterable[ReadEntry]) -> frozenset[int]:
    """The lines of facts. Running text does not count: a model may be told to leave it out."""
    person = (sections.basics, sections.location, *sections.profiles)
    lines = {
        leaf.evidence.line
        for entry in person
        for key in entry.leaves
        if key not in RUNNING_TEXT
        for leaf in leaves_of(entry, key)
    }
    return frozenset(lines).union(*(read.facts for read in entries))


def _clearly_fewer(lines: frozenset[int], other: frozenset[int]) -> bool:
    return len(lines) < _CLEARLY_FEWER_SHARE * len(other) and len(other) - len(lines) >= _CLEARLY_FEWER_LINES


class _Merging:
    """Chooses among the entries of the lists, section by section."""

    def __init__(
        self,
        model: Sequence[ReadEntry],
        rules: Sequence[ReadEntry],
        used: Literal["both", "model", "rules"],
        *,
        cut_off: bool,
        doubted: bool,
    ) -> None:
        self._used = used
        self._cut_off = cut_off
        self._groups = group_entries(model, rules)
        self._heads: dict[Source, frozenset[int]] = {"model": _dated_heads(model), "rules": _dated_heads(rules)}
        self.preferred: Source = "rules" if doubted and rules else self._preferred_reading()
        self.disagreements: list[Disagreement] = []

    def merged(self) -> Sections:
        chosen: list[tuple[ReadEntry, Entry]] = []
        for group in self._groups:
            source = self._choose(group)
            mine, others = (group.model, group.rules) if source == "model" else (group.rules, group.model)
            if source is None:
                self.disagreements.extend(Disagreement.left_out(read, "model") for read in group.model)
                self.disagreements.extend(Disagreement.left_out(read, "rules") for read in group.rules)
                continue
            chosen.extend((read, with_agreement(read, others)) for read in mine)
            if others:
                self.disagreements.extend(Disagreement.between(mine, others, source))
            else:
                self.disagreements.extend(Disagreement.only_in(read, source) for read in mine)
        sections = Sections()
        for name in SHAPES:
            kept = sorted(
                ((read, entry) for read, entry in chosen if read.section == name),
                key=lambda pair: min(pair[0].facts, default=0),
            )
            entries: list[Entry] = getattr(sections, name)
            for _, entry in kept:
                if not any(_repeats(name, entry, earlier) for earlier in entries):
                    entries.append(entry)
        return sections

    def _choose(self, group: EntryGroup) -> Source | None:
        if self._used == "model":
            return "model" if group.model else None
        if self._used == "rules":
            return "rules" if group.rules else None
        if not group.rules:
            return "model" if self._stands_alone(group.model, "model") else None
        if not group.model:
            return "rules" if self._stands_alone(group.rules, "rules") else None
        other: Source = "rules" if self.preferred == "model" else "model"
        if not _comparable(group):
            return self._dated_against_lists(group) or self.preferred
        preferred, doubted = (group.model, group.rules) if other == "rules" else (group.rules, group.model)
        advantage = self._support(doubted, self.preferred) - self._support(preferred, other)
        return other if advantage > _ADVANTAGE else self.preferred

    def _dated_against_lists(self, group: EntryGroup) -> Source | None:
        """The reading that sees complete entries with periods where the other one only lists words; otherwise None."""
        listed = {"skills", "languages", "interests"}
        by_model, by_rules = ({read.section for read in entries} for entries in (group.model, group.rules))
        if by_model <= listed and not by_rules & listed and self._stands_alone(group.rules, "rules"):
            return "rules"
        if by_rules <= listed and not by_model & listed and self._stands_alone(group.model, "model"):
            return "model"
        return None

    def _support(self, entries: Sequence[ReadEntry], other: Source) -> float:
        return sum(support(read, self._heads[other]) for read in entries)

    def _stands_alone(self, entries: Sequence[ReadEntry], source: Source) -> bool:
        """Whether an entry that only this reading has is plausible by itself."""
        other: Source = "rules" if source == "model" else "model"
        trusted = source == self.preferred or (source == "rules" and self._cut_off)
        needed = _ALONE if trusted else _ALONE_DOUBTED
        return all(support(read, self._heads[other]) >= needed[len(read.shape.dates) > 1] for read in entries)

    def _preferred_reading(self) -> Source:
        """The model's, unless its entries are less plausible than the built-in parser's about the same lines.

        In a form that the rules do not know, their entries are torn or incomplete too; in one that they know, a model
        that overlooks values is behind.
        """
        leads = [
            self._support(group.model, "rules") - self._support(group.rules, "model")
            for group in self._groups
            if group.model and group.rules and _comparable(group)
        ]
        return "model" if not leads or sum(leads) / len(leads) >= _LEAST_LEAD else "rules"


def _comparable(group: EntryGroup) -> bool:
    """Whether both readings put the lines into the same section."""
    return {read.section for read in group.model} == {read.section for read in group.rules}


def _dated_heads(entries: Iterable[ReadEntry]) -> frozenset[int]:
    """The first lines of entries with a period: where an entry begins for certain."""
    return frozenset(
        min(read.head)
        for read in entries
        if read.head and read.entry.period is not None and read.entry.period.start is not None
    )


def _repeats(section: SectionName, entry: Entry, earlier: Entry) -> bool:
    """Whether the entry is one that is there already, found in another place of the document."""
    shape = SHAPES[section]
    if shape.lists:
        return False
    keys = [key for key in (*shape.identity, *shape.dates) if key in entry.leaves]
    return bool(keys) and all(same_text(entry.text(key), earlier.text(key)) for key in keys)


# Read by their form: an address, a number and a link are the same whoever reads them.
_BY_FORM = ("email", "phone", "url")
_HEAD = ("name", "label", "email", "phone", "url", "summary")


def _merge_person(
    sections: Sections,
    model: Sections,
    rules: Sections,
    used: Literal["both", "model", "rules"],
    merging: _Merging,
) -> None:
    """Contacts and the rest of the head, value by value: there is one person, so nothing can be paired wrongly."""
    for key in _HEAD:
        by_model, by_rules = model.basics.leaves.get(key), rules.basics.leaves.get(key)
        source = _source_of_head(key, model, rules, used, merging.preferred)
        chosen, other = (by_rules, by_model) if source == "rules" else (by_model, by_rules)
        if chosen is None and (used == "both" or key in _BY_FORM):
            chosen, other, source = other, None, "model" if source == "rules" else "rules"
        if not isinstance(chosen, Leaf):
            continue
        told = other if isinstance(other, Leaf) else None
        agreement = _agreement(chosen, told)
        sections.basics.leaves[key] = replace(chosen, agreement=agreement)
        if agreement == "contested" and told is not None:
            merging.disagreements.append(Disagreement.of_values(f"/basics/{key}", chosen, told, source))
    first, second = (model, rules) if used == "model" else (rules, model)
    located, other_location = first.location, second.location
    if not located.has_any("city", "address", "postalCode") and other_location.leaves:
        located, other_location = other_location, located
    for key, leaf in located.leaves.items():
        if isinstance(leaf, Leaf):
            told = other_location.leaves.get(key)
            agreement = _agreement(leaf, told if isinstance(told, Leaf) else None)
            sections.location.leaves[key] = replace(leaf, agreement=agreement)
    _merge_profiles(sections, first.profiles, second.profiles)


def _source_of_head(
    key: str, model: Sections, rules: Sections, used: Literal["both", "model", "rules"], preferred: Source
) -> Source:
    if key in _BY_FORM:
        return "rules"
    if used != "both":
        return used
    if key == "name":
        by_model, by_rules = (_in_address(read.basics.text("name"), rules, model) for read in (model, rules))
        return preferred if by_model == by_rules else "model" if by_model else "rules"
    return preferred


def _in_address(name: str | None, *readings: Sections) -> bool:
    """Whether a word of the name is in the e-mail address before the @."""
    address = next((text for read in readings if (text := read.basics.text("email"))), "").partition("@")[0].casefold()
    return any(len(word) > 2 and word in address for word in plain(name or "").split())


def _agreement(chosen: Leaf, other: Leaf | None) -> Agreement:
    if other is None:
        return "unconfirmed"
    return "agreed" if same_text(chosen.value, other.value) else "contested"


def _merge_profiles(sections: Sections, first: Sequence[Entry], second: Sequence[Entry]) -> None:
    """Links of both readings: the first reading's, then those of the second that are on other lines or differ."""

    def known(entry: Entry, entries: Sequence[Entry]) -> bool:
        return any(
            same_text(entry.text("url"), other.text("url"))
            and same_text(entry.text("network"), other.text("network"))
            and same_text(entry.text("username"), other.text("username"))
            for other in entries
        )

    for entry in (*first, *(entry for entry in second if not known(entry, first))):
        agreed = known(entry, first) and known(entry, second)
        marked = Entry(lines=set(entry.lines))
        for key, leaf in entry.leaves.items():
            if isinstance(leaf, Leaf):
                marked.leaves[key] = replace(leaf, agreement="agreed" if agreed else "unconfirmed")
        sections.profiles.append(marked)


def report(reconciled: Reconciled) -> dict[str, Any]:
    """As the API shows it: which reading was used, how far they agree, and what a person should look at."""
    agreement = reconciled.agreement
    return {
        "used": reconciled.used,
        "agreement": None if agreement is None else round(agreement, 3),
        "lines_explained": {
            "model": reconciled.lines_explained_by_model,
            "builtin": reconciled.lines_explained_by_rules,
        },
        "disagreements": [each.to_json() for each in reconciled.disagreements],
    }
