"""Turns what is known about a value into the probability that it is right; called after the readings are reconciled.

Known are: whether the other reading agrees, what kind of value it is, and whether its entry is complete and plausible
(`plausibility`). How often such values were right was counted on labelled resumes in forms that the rules know and in
forms that they do not, read by a scripted model with 2 to 10 % errors: `python -m benchmarks.fit_confidence` prints the
table, benchmarks/confidence.md says how well it holds on other resumes. How closely the text agrees with the document
(`app.analysis.grounding.evidence_search`) and what OCR was unsure of lower the result further.
"""

from dataclasses import replace
from typing import Literal

from app.analysis.grounding.grounded_entries import Agreement, Entry, Leaf, Sections
from app.analysis.readings.confidence_table import PROBABILITY
from app.analysis.readings.entry_sections import SHAPES, ReadEntry, SectionName
from app.analysis.readings.plausibility import support

ValueKind = Literal["contact", "person", "identity", "date", "list", "text", "detail"]
Form = Literal["whole", "part"]

_CONTACT = frozenset({"email", "phone", "url", "network", "username"})
_TEXT = frozenset({"summary", "description", "highlights"})
_LIST = frozenset({"keywords", "courses"})
_DATES = frozenset({"startDate", "endDate", "date", "releaseDate"})
# An entry from this support on has all its identifying values and its period; see `plausibility`.
_WHOLE_DATED, _WHOLE_PLAIN = 1.9, 0.6


def with_confidence(sections: Sections, error_factor: float = 1.0) -> Sections:
    """The same sections; the confidence of each value is the probability that it is right.

    `error_factor` multiplies the probability that a value is wrong (`app.analysis.review.judged_values`).
    """
    weighed = Sections(
        basics=_weighed(sections.basics, None, "whole", error_factor),
        location=_weighed(sections.location, None, "whole", error_factor),
        profiles=[_weighed(entry, None, "whole", error_factor) for entry in sections.profiles],
    )
    for name in SHAPES:
        entries: list[Entry] = getattr(sections, name)
        kept: list[Entry] = getattr(weighed, name)
        kept.extend(_weighed(entry, name, form_of(ReadEntry.of(name, entry)), error_factor) for entry in entries)
    return weighed


def form_of(read: ReadEntry) -> Form:
    whole = _WHOLE_DATED if len(read.shape.dates) > 1 else _WHOLE_PLAIN
    return "whole" if support(read) >= whole else "part"


def kind_of(section: SectionName | None, key: str) -> ValueKind:
    """`section` None is the person."""
    if key in _TEXT:
        return "text"
    if section is None:
        return "contact" if key in _CONTACT else "person"
    if key in _DATES:
        return "date"
    if key in _LIST:
        return "list"
    return "identity" if key in SHAPES[section].identity else "detail"


def probability(agreement: Agreement, kind: ValueKind, form: Form) -> float:
    return PROBABILITY[agreement][kind][0 if form == "whole" else 1]


def _weighed(entry: Entry, section: SectionName | None, form: Form, error_factor: float) -> Entry:
    weighed = Entry(lines=entry.lines, period=entry.period)
    for key, leaf in entry.leaves.items():
        kind = kind_of(section, key)
        weighed.leaves[key] = (
            _with_probability(leaf, kind, form, error_factor)
            if isinstance(leaf, Leaf)
            else [_with_probability(each, kind, form, error_factor) for each in leaf]
        )
    return weighed


def _with_probability(leaf: Leaf, kind: ValueKind, form: Form, error_factor: float) -> Leaf:
    right = 1 - min(1.0, error_factor * (1 - probability(leaf.agreement, kind, form)))
    found = leaf.evidence.confidence * right
    return replace(leaf, evidence=replace(leaf.evidence, confidence=round(found, 2)))
