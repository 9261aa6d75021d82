"""Fits and checks the table of `app.analysis.readings.confidence`: `python -m benchmarks.fit_confidence FOLDER...`.

Each folder holds labelled resumes. Half of the documents fit the table and the other half check it, then the other way
round; the table that is printed is fitted on all of them. The model is scripted: the truth with errors at each rate.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.analysis.evaluation.truth_files import LabelledDocument, find_labelled
from app.analysis.grounding.assembly import assemble_profile
from app.analysis.grounding.check import ground_answer
from app.analysis.grounding.findings import Findings
from app.analysis.grounding.grounded_entries import Agreement, Entry, Sections
from app.analysis.readings.confidence import Form, ValueKind, form_of, kind_of
from app.analysis.readings.entry_sections import SHAPES, ReadEntry, leaves_of
from app.analysis.readings.reconcile_readings import reconcile
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from app.extraction.extract import ExtractionLimits, extract_document
from app.intake.file_types import detect_media_type
from benchmarks.reading_errors import with_errors
from benchmarks.reading_outcomes import JudgedValue, calibrate, judge_values
from benchmarks.scripted_readings import perfect_answer

_AS_OF = date(2026, 11, 1)
# Values of a kind are expected to be like all values of that agreement until this many have been seen.
_PRIOR_WEIGHT = 20.0
_KINDS: tuple[ValueKind, ...] = ("contact", "person", "identity", "date", "list", "text", "detail")
_AGREEMENTS: tuple[Agreement, ...] = ("agreed", "contested", "unconfirmed", "alone", "unread")
_FORMS: tuple[Form, ...] = ("whole", "part")
_HIGHEST = 0.995  # nothing is certain


@dataclass(frozen=True, slots=True)
class Seen:
    """One value: what is known about it, what grounding thinks of its text, and whether it is right."""

    document: str
    agreement: Agreement
    kind: ValueKind
    form: Form
    text_confidence: float
    correct: bool


Table = dict[tuple[Agreement, ValueKind, Form], float]


def fit(seen: Iterable[Seen]) -> Table:
    """The share of right values, drawn towards the share of all values with the same agreement."""
    counts: dict[tuple[Agreement, ValueKind, Form], list[int]] = defaultdict(lambda: [0, 0])
    for each in seen:
        count = counts[each.agreement, each.kind, each.form]
        count[0] += each.correct
        count[1] += 1
    table: Table = {}
    for agreement in _AGREEMENTS:
        right = sum(count[0] for key, count in counts.items() if key[0] == agreement)
        total = sum(count[1] for key, count in counts.items() if key[0] == agreement)
        usual = (right + 1) / (total + 2)
        for kind in _KINDS:
            for form in _FORMS:
                good, among = counts[agreement, kind, form]
                share = (good + _PRIOR_WEIGHT * usual) / (among + _PRIOR_WEIGHT)
                table[agreement, kind, form] = min(round(share, 3), _HIGHEST)
    return table


def judged(seen: Iterable[Seen], table: Table) -> list[JudgedValue]:
    return [
        JudgedValue("", each.text_confidence * table[each.agreement, each.kind, each.form], each.correct)
        for each in seen
    ]


def collect(labelled: LabelledDocument, rates: Sequence[float], seeds: int) -> Iterator[Seen]:
    """The values of the built-in parser alone, and reconciled with the scripted model at each rate and seed."""
    content = labelled.path.read_bytes()
    document = extract_document(content, detect_media_type(content, labelled.path.name), ExtractionLimits())
    perfect = perfect_answer(labelled.truth, document)
    rules = ground_answer(parse_resume(document), document, default_region="US").sections
    yield from _values(labelled, document, rules)
    for rate in rates:
        for seed in range(seeds):
            answer, _ = with_errors(perfect, document, rate, seed)
            model = ground_answer(answer, document, default_region="US").sections
            yield from _values(labelled, document, reconcile(model, rules).sections)


def _values(labelled: LabelledDocument, document: Document, sections: Sections) -> Iterator[Seen]:
    checked = assemble_profile(sections, Findings(), document=document, as_of=_AS_OF)
    right = {each.pointer: each.correct for each in judge_values(checked, labelled.truth)}
    for pointer, agreement, kind, form in _known(sections):
        if pointer in right:
            confidence = checked.evidence[pointer].confidence
            yield Seen(labelled.path.name, agreement, kind, form, confidence, right[pointer])


def _known(sections: Sections) -> Iterator[tuple[str, Agreement, ValueKind, Form]]:
    person: list[tuple[str, Entry]] = [("/basics", sections.basics), ("/basics/location", sections.location)]
    person += [(f"/basics/profiles/{number}", entry) for number, entry in enumerate(sections.profiles)]
    for prefix, entry in person:
        for key in entry.leaves:
            for leaf in leaves_of(entry, key):
                yield f"{prefix}/{key}", leaf.agreement, kind_of(None, key), "whole"
    for name in SHAPES:
        entries: list[Entry] = getattr(sections, name)
        for number, entry in enumerate(entries):
            form = form_of(ReadEntry.of(name, entry))
            for key, leaf in entry.leaves.items():
                for at, each in enumerate(leaves_of(entry, key)):
                    place = f"/{name}/{number}/{key}" + (f"/{at}" if isinstance(leaf, list) else "")
                    yield place, each.agreement, kind_of(name, key), form


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rates", default="0.02,0.05,0.10")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    rates = [float(rate) for rate in options.rates.split(",")]
    seen = [
        each
        for folder in options.folders
        for labelled in find_labelled(folder)
        for each in collect(labelled, rates, options.seeds)
    ]
    names = sorted({each.document for each in seen})
    halves = [set(names[0::2]), set(names[1::2])]
    for title, chosen in (("built-in parser alone", {"unread"}), ("reconciled", set(_AGREEMENTS) - {"unread"})):
        checked: list[JudgedValue] = []
        for fitted, others in (halves, halves[::-1]):
            table = fit(each for each in seen if each.document in fitted)
            checked += judged([each for each in seen if each.document in others and each.agreement in chosen], table)
        result = calibrate(checked)
        if result is not None:
            print(
                f"{title}: {result.values} values, {result.accuracy:.1%} right, ECE {result.error:.1%}, "
                f"{result.reviewed_accuracy:.1%} right after the least confident tenth is reviewed"
            )
    table = fit(seen)
    for agreement in _AGREEMENTS:
        print(f'    "{agreement}": {{')
        for kind in _KINDS:
            whole, part = (table[agreement, kind, form] for form in _FORMS)
            print(f'        "{kind}": ({whole}, {part}),')
        print("    },")


if __name__ == "__main__":
    main()
