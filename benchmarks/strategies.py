"""Measures what strategies save and cost: `python -m benchmarks.strategies FOLDER...`.

The model is scripted: it gives the perfect answer about the lines that it is sent, with a share of realistic mistakes
(`reading_errors`). Tokens are estimated alike for all strategies; prices are those of GPT-4o in the shipped list.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

from app.analysis.answer import Answer
from app.analysis.combine_readings import Combiner, Reading
from app.analysis.evaluation.accuracy import FieldScore, aggregate, overall, score
from app.analysis.evaluation.bootstrap import f1_difference
from app.analysis.readings.rules_reading import RulesReading
from app.analysis.strategy import RequestScope, Strategy
from app.errors import NotAResume
from app.extraction.document import Document
from app.routing.tokens import estimate_tokens
from benchmarks.reading_errors import with_errors
from benchmarks.readings import REGION, read_documents
from benchmarks.scripted_readings import perfect_answer

AS_OF = date(2026, 1, 1)
INPUT_USD, OUTPUT_USD = 2.50, 10.00  # per 10^6 tokens
PROMPT_TOKENS = 620  # of the prompt without a document, by the same estimate
STRATEGIES = {
    "model": Strategy(),
    "verify": Strategy("verify"),
    "rules-first": Strategy("rules-first", ("name", "email", "work", "education"), 0.9),
}


@dataclass(slots=True)
class Results:
    scores: list[dict[str, FieldScore]] = field(default_factory=list[dict[str, FieldScore]])
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def usd(self) -> float:
        return (self.input_tokens * INPUT_USD + self.output_tokens * OUTPUT_USD) / 1e6


def measure(documents: Iterable[tuple[Document, dict[str, Any]]], rate: float, seed: int) -> dict[str, Results]:
    """By strategy."""
    results = {name: Results() for name in STRATEGIES}
    combiner = Combiner(REGION)
    for document, truth in documents:
        rules = RulesReading(document, default_region=REGION)
        answer = perfect_answer(truth, document)
        if rate:
            answer, _ = with_errors(answer, document, rate, seed)
        for name, strategy in STRATEGIES.items():
            result = results[name]
            scope = strategy.choose(rules, document)
            said = _about(answer, scope)
            if scope.lines:
                sent = None if scope.is_whole else scope.lines_to_send(rules, document)
                result.requests += 1
                result.input_tokens += PROMPT_TOKENS + estimate_tokens(document.numbered_text(sent))
                result.output_tokens += _tokens(said)
            result.scores.append(score(_profile(combiner, said, document, rules, scope), truth))
    return results


def _about(answer: Answer, scope: RequestScope) -> Answer:
    """What the model would have written had it seen only these lines."""
    if scope.is_whole:
        return answer
    value = answer.model_dump()
    for key, said in value.items():
        if isinstance(said, list):
            entries = cast("list[dict[str, Any]]", said)
            value[key] = [entry for entry in entries if _mostly_in(entry["lines"], scope)]
    if scope.lines.isdisjoint(value["person"]["lines"]):
        value["person"] = {}
    return Answer.model_validate(value)


def _mostly_in(lines: Sequence[int], scope: RequestScope) -> bool:
    return 2 * sum(number in scope.lines for number in lines) >= max(1, len(lines))


def _tokens(answer: Answer) -> int:
    value = answer.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return estimate_tokens(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _profile(
    combiner: Combiner, answer: Answer, document: Document, rules: RulesReading, scope: RequestScope
) -> dict[str, Any]:
    reading = Reading(answer=answer, client="Scripted", model=None, location=None, prompt_version=None)
    if not scope.lines:
        reading = Reading.builtin(rules.answer, degraded=False)
    try:
        _, checked = combiner.combine(reading, document, rules, scope, None, AS_OF)
    except NotAResume:
        return {}
    return checked.profile


def table(results: dict[str, Results]) -> str:
    """F1 with the difference to the strategy `model`, requests, tokens and dollars."""
    whole = results["model"]
    rows = [
        "| strategy | F1 | difference to `model`, 95 % | documents without a request | tokens | saved | USD | saved |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, each in results.items():
        f1 = overall(aggregate(each.scores)).f1 or 0.0
        between = f1_difference([overall(s) for s in each.scores], [overall(s) for s in whole.scores])
        difference = (
            "" if between is None or name == "model" else f"{100 * between.low:+.1f} to {100 * between.high:+.1f}"
        )
        tokens, all_tokens = each.input_tokens + each.output_tokens, whole.input_tokens + whole.output_tokens
        cells = (
            f"`{name}`",
            f"{100 * f1:.1f}",
            difference,
            f"{len(each.scores) - each.requests} of {len(each.scores)}",
            f"{tokens:,}",
            f"{1 - tokens / all_tokens:.0%}",
            f"{each.usd:.3f}",
            f"{1 - each.usd / whole.usd:.0%}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strategies", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="documents with truth files (NAME.truth.json)")
    parser.add_argument("--rates", default="0.02,0.05", help="shares of wrong values of the scripted model")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    documents = [each for folder in arguments.folders for each in read_documents(folder)]
    if not documents:
        sys.exit("No documents with truth files (NAME.truth.json) in these folders.")
    for rate in (float(each) for each in arguments.rates.split(",")):
        print(f"\n{len(documents)} documents, model with {rate:.0%} wrong values:\n")
        print(table(measure(documents, rate, arguments.seed)))


if __name__ == "__main__":
    main()
