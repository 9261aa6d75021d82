"""Measures how well a model's reading and the built-in parser's complement each other: `python -m benchmarks.readings`.

The model is scripted: it gives the perfect answer about each document that has a truth file, with a known share of
realistic mistakes (`reading_errors`). The tables show accuracy by field for the built-in parser alone, for the model
alone and for both together; the fate of each kind of mistake; whether the confidence of values tells right from wrong;
and how many values are right after people have reviewed a part of them in the order of the review queue.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

from app.analysis.answer import Answer
from app.analysis.evaluation.accuracy import AS_PRINTED, FIELDS, FieldScore, aggregate, overall, score
from app.analysis.evaluation.field_names import FIELD_NAMES
from app.analysis.evaluation.truth_files import find_labelled
from app.analysis.grounding.assembly import assemble_profile
from app.analysis.grounding.check import ground_answer
from app.analysis.grounding.findings import Findings
from app.analysis.grounding.grounded_entries import Sections
from app.analysis.profile import CheckedProfile
from app.analysis.readings import reconcile_readings
from app.analysis.readings.confidence import with_confidence
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.intake.file_types import detect_media_type
from benchmarks.reading_errors import Kind, Mistake, with_errors
from benchmarks.reading_outcomes import (
    REVIEWED_SHARES,
    Calibration,
    JudgedValue,
    Outcome,
    calibrate,
    judge_values,
    outcome,
    review_curve,
)
from benchmarks.scripted_readings import perfect_answer

AS_OF = date(2026, 1, 1)
REGION = "US"
RULES, MODEL, BOTH = "built-in parser", "model", "both"
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_CAUGHT: tuple[Outcome, ...] = ("corrected", "removed", "flagged")

Reconcile = Callable[[Answer, Answer, Document], CheckedProfile]
"""Takes the model's and the built-in parser's answers, both unchecked."""


@dataclass(slots=True)
class Results:
    """The results of one reading over many documents."""

    scores: list[dict[str, FieldScore]] = field(default_factory=list[dict[str, FieldScore]])
    judged: list[list[JudgedValue]] = field(default_factory=list[list[JudgedValue]])  # one list per document
    outcomes: Counter[tuple[Kind, Outcome]] = field(default_factory=Counter[tuple[Kind, Outcome]])

    def add(self, checked: CheckedProfile, truth: Mapping[str, Any], mistakes: Sequence[Mistake] = ()) -> None:
        self.scores.append(score(checked.profile, truth))
        self.judged.append(judge_values(checked, truth))
        self.outcomes.update((mistake.kind, outcome(mistake, checked, truth)) for mistake in mistakes)


def measure(
    documents: Iterable[tuple[Document, Mapping[str, Any]]],
    *,
    rates: Sequence[float],
    seeds: int,
    reconcile: Reconcile | None,
) -> dict[str, Results]:
    """Results by reading: `built-in parser`, `model 5 %`, `both 5 %` and so on, each over all documents and seeds."""
    results = {RULES: Results()}
    for document, truth in documents:
        rules, perfect = parse_resume(document), perfect_answer(truth, document)
        results[RULES].add(_check(rules, document), truth)
        for rate in rates:
            for seed in range(seeds):
                answer, mistakes = with_errors(perfect, document, rate, seed)
                alone = _check(answer, document)
                results.setdefault(reading_name(MODEL, rate), Results()).add(alone, truth, mistakes)
                if reconcile is not None:
                    combined = reconcile(answer, rules, document)
                    results.setdefault(reading_name(BOTH, rate), Results()).add(combined, truth, mistakes)
    return results


def reading_name(reading: str, rate: float) -> str:
    return f"{reading} {100 * rate:g} %"


def reconcile_answers(model: Answer, rules: Answer, document: Document) -> CheckedProfile:
    """The combination of two readings as `app.analysis.analyse` makes it."""
    by_model = ground_answer(model, document, default_region=REGION)
    by_rules = ground_answer(rules, document, default_region=REGION)
    return _assembled(
        reconcile_readings.reconcile(by_model.sections, by_rules.sections).sections, by_model.findings, document
    )


def accuracy_table(results: Mapping[str, Results]) -> str:
    """F1 by field in percent, one column per reading."""
    totals = {name: aggregate(each.scores) for name, each in results.items()}
    rows = [_row("field", *totals, "n"), "|---|" + "---:|" * (len(totals) + 1)]
    expected = next(iter(totals.values()))
    for name in FIELDS:
        shares = [_percent(total[name].f1) for total in totals.values()]
        if any(total[name].f1 is not None for total in totals.values()):
            rows.append(_row(FIELD_NAMES.get(name, name), *shares, str(expected[name].expected)))
    counted = sum(each.expected for name, each in expected.items() if name != "work" and name not in AS_PRINTED)
    rows.append(_row("**all fields**", *(_percent(overall(total).f1) for total in totals.values()), str(counted)))
    return "\n".join(rows)


def mistakes_table(results: Mapping[str, Results]) -> str:
    """For each reading and kind of mistake: how many, and the share that is corrected, removed, flagged or kept."""
    rows = [_row("reading", "mistake", "n", *_OUTCOMES, "caught"), "|---|---|" + "---:|" * (len(_OUTCOMES) + 2)]
    for name, each in results.items():
        kinds = [kind for kind in get_args(Kind) if any(each.outcomes[kind, end] for end in _OUTCOMES)]
        rows += [_outcome_row(name, kind, {end: each.outcomes[kind, end] for end in _OUTCOMES}) for kind in kinds]
        if kinds:
            total: dict[Outcome, int] = {end: sum(each.outcomes[kind, end] for kind in kinds) for end in _OUTCOMES}
            rows.append(_outcome_row(name, "**all**", total))
    return "\n".join(rows)


def calibration_table(results: Mapping[str, Results]) -> str:
    """How well the confidence of values predicts whether they are correct."""
    rows = [
        _row("reading", "values", "correct", "calibration error", "correct after review of 10 %"),
        "|---|---:|---:|---:|---:|",
    ]
    for name, each in results.items():
        found: Calibration | None = calibrate([value for document in each.judged for value in document])
        if found is not None:
            shares = (found.accuracy, found.error, found.reviewed_accuracy)
            rows.append(_row(name, str(found.values), *map(_percent, shares)))
    return "\n".join(rows)


def review_table(results: Mapping[str, Results]) -> str:
    """The share of right values after a share of all values has been reviewed, in the order of the review queue."""
    rows = [
        _row("reading", *(f"{100 * share:g} %" for share in REVIEWED_SHARES)),
        "|---|" + "---:|" * len(REVIEWED_SHARES),
    ]
    rows += [_row(name, *map(_percent, review_curve(each.judged))) for name, each in results.items()]
    return "\n".join(rows)


def read_documents(folder: Path) -> list[tuple[Document, dict[str, Any]]]:
    """The documents with a truth file below `folder`."""
    read: list[tuple[Document, dict[str, Any]]] = []
    for labelled in find_labelled(folder):
        content = labelled.path.read_bytes()
        media_type = detect_media_type(content, labelled.path.name)
        read.append((extract_document(content, media_type, ExtractionLimits()), labelled.truth))
    return read


def _check(answer: Answer, document: Document) -> CheckedProfile:
    grounded = ground_answer(answer, document, default_region=REGION)
    return _assembled(grounded.sections, grounded.findings, document)


def _assembled(sections: Sections, findings: Findings, document: Document) -> CheckedProfile:
    return assemble_profile(with_confidence(sections), findings, document=document, as_of=AS_OF)


def _outcome_row(name: str, kind: str, counts: Mapping[Outcome, int]) -> str:
    total = sum(counts.values())
    caught = sum(counts[end] for end in _CAUGHT)
    return _row(name, kind, str(total), *(_percent(counts[end] / total) for end in _OUTCOMES), _percent(caught / total))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def _rates(text: str) -> list[float]:
    rates = [float(each) for each in text.split(",")]
    if not all(0 <= rate <= 1 for rate in rates):
        raise argparse.ArgumentTypeError("Rates are shares between 0 and 1, for example 0.02,0.05.")
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readings", description=__doc__)
    parser.add_argument("folder", type=Path, help="documents with truth files (NAME.truth.json) beside them")
    parser.add_argument("--rates", type=_rates, default=[0.02, 0.05, 0.10], help="shares of wrong values")
    parser.add_argument("--seeds", type=int, default=3, help="different sets of mistakes per document and rate")
    arguments = parser.parse_args()
    documents = read_documents(arguments.folder)
    if not documents:
        sys.exit(f"No documents with truth files (NAME.truth.json) in {arguments.folder}.")
    results = measure(documents, rates=arguments.rates, seeds=arguments.seeds, reconcile=reconcile_answers)
    print(f"{len(documents)} documents, {arguments.seeds} sets of mistakes. F1 by field, in percent:\n")
    print(accuracy_table(results))
    print("\nWhat became of the model's mistakes, in percent:\n")
    print(mistakes_table(results))
    print("\nConfidence of values, in percent:\n")
    print(calibration_table(results))
    print("\nRight values by the share of values reviewed, in percent:\n")
    print(review_table(results))


if __name__ == "__main__":
    main()
