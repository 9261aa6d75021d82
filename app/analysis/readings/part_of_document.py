"""Reconciles the readings where a model has read only a part of the document; called by `app.analysis.analyse`.

The entries that the built-in parser found outside of that part are settled: they are taken as they are.
"""

from dataclasses import replace

from app.analysis.grounding.grounded_entries import Entry, Sections
from app.analysis.readings.entry_sections import SHAPES, ReadEntry, leaves_of
from app.analysis.readings.reconcile_readings import Reconciled, reconcile


def reconcile_part(
    model: Sections,
    rules: Sections,
    lines: frozenset[int] | None,
    *,
    cut_off: bool = False,
    doubted: bool = False,
) -> Reconciled:
    """`lines` are the lines in question, None for all. The head of the resume is settled unless it is among them.

    The model may have seen more lines, for context; what it says about these is ignored.
    """
    if lines is None:
        return reconcile(model, rules, cut_off=cut_off, doubted=doubted)
    settled, open_rules = _split(rules, lines)
    _, model = _split(model, lines)
    head = (rules.basics, rules.location, *rules.profiles)
    head_in_part = any(not lines.isdisjoint(_lines(entry)) for entry in head)
    if not head_in_part:
        model = replace(model, basics=Entry(), location=Entry(), profiles=[])
        open_rules = replace(open_rules, basics=Entry(), location=Entry(), profiles=[])
    reconciled = reconcile(model, open_rules, cut_off=cut_off, doubted=doubted)
    sections = reconciled.sections
    if not head_in_part:
        sections = replace(sections, basics=rules.basics, location=rules.location, profiles=list(rules.profiles))
    for name in SHAPES:
        entries: list[Entry] = getattr(sections, name)
        entries.extend(getattr(settled, name))
        entries.sort(key=lambda entry, name=name: min(ReadEntry.of(name, entry).facts, default=0))
    return replace(reconciled, sections=sections)


def _split(rules: Sections, lines: frozenset[int]) -> tuple[Sections, Sections]:
    """The entries outside of the lines, and the rest with the head."""
    settled, others = Sections(), Sections(basics=rules.basics, location=rules.location, profiles=rules.profiles)
    for name in SHAPES:
        for entry in getattr(rules, name):
            chosen = settled if lines.isdisjoint(ReadEntry.of(name, entry).facts) else others
            getattr(chosen, name).append(entry)
    return settled, others


def _lines(entry: Entry) -> set[int]:
    return {leaf.evidence.line for key in entry.leaves for leaf in leaves_of(entry, key)}
