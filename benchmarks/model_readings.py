"""Shows what real models' answers are worth: `python -m benchmarks.model_readings ROWS FOLDER...`.

`ROWS` is a file that `benchmarks.prompts` has written, `FOLDER` holds the documents and truth files it was made from.
The stored responses are read again with the present code, so no model is needed.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.analysis.answer import Answer
from app.analysis.combine_readings import Combiner, Reading
from app.analysis.evaluation.accuracy import FIELDS, FieldScore, aggregate, overall, score
from app.analysis.evaluation.field_names import FIELD_NAMES
from app.analysis.evaluation.invention import count_invented
from app.analysis.readings.rules_reading import RulesReading
from app.analysis.strategy import RequestScope
from app.errors import NotAResume
from app.routing.servers.chat_completion import Completion
from benchmarks.prompts import (
    AS_OF,
    Row,
    Server,
    Source,
    lines_read,
    question_about,
    read_responses,
    read_rows_of,
    read_source,
)

REGION = "US"
RULES, ALONE, RESULT = "built-in parser", "model alone", "result"


@dataclass(slots=True)
class Outcome:
    """One model with one variant, over its documents."""

    rows: list[Row] = field(default_factory=list[Row])
    accepted: int = 0
    used_rules: int = 0
    invented: int = 0
    scores: dict[str, list[dict[str, FieldScore]]] = field(
        default_factory=lambda: defaultdict[str, list[dict[str, FieldScore]]](list)
    )


def judge(row: Row, source: Source, outcome: Outcome) -> None:
    """Read the row's stored response as the product would, and add it to the outcome."""
    document, truth = source.document, source.truth
    if truth is None:
        raise ValueError(f"{source.name} has no truth file")
    rules = RulesReading(document, default_region=REGION)
    combiner = Combiner(REGION)
    outcome.rows.append(row)
    outcome.scores[RULES].append(score(combiner.check(rules.answer, document, AS_OF).profile, truth))
    value, kept = _read(row, source)
    outcome.accepted += value is not None
    answer = Answer.model_validate(kept) if kept is not None else None
    if answer is None:
        outcome.scores[ALONE].append(score({}, truth))
        outcome.scores[RESULT].append(outcome.scores[RULES][-1])
        return
    outcome.scores[ALONE].append(score(combiner.check(answer, document, AS_OF).profile, truth))
    reading = Reading(
        answer=answer,
        client=row.model,
        model=row.model,
        location=None,
        prompt_version=None,
        cut_off=value is None,
        lines=lines_read(row.variant, question_about(document)),
    )
    try:
        reading, checked = combiner.combine(reading, document, rules, RequestScope.all_of(document), None, AS_OF)
        profile: dict[str, Any] = checked.profile
    except NotAResume:
        profile = {}
    outcome.used_rules += reading.client != row.model
    outcome.invented += count_invented(profile, document.text, language=document.language)[0]
    outcome.scores[RESULT].append(score(profile, truth))


def _read(row: Row, source: Source) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The answer that Vitae would accept, and the complete entries of one that was cut off."""
    client = Server("http://unused/v1", row.model, 0, 0).client
    responses = [Completion(text, reason) for text, reason in zip(row.texts, row.finish, strict=True)]
    return read_responses(row.variant, responses, question_about(source.document), client)


def tables(outcomes: Mapping[tuple[str, str], Outcome]) -> str:
    head = (
        "model, variant", "documents", "answer accepted", "parser's reading used", "input / output tokens, median",
        "seconds, median", "values not in the document", f"F1 {RULES}", f"F1 {ALONE}", f"F1 {RESULT}",
    )  # fmt: skip
    lines = [_line(head), "|---|" + "---:|" * (len(head) - 1)]
    for (model, variant), each in outcomes.items():
        count = len(each.rows)
        tokens = [_median(row.input_tokens for row in each.rows), _median(row.output_tokens for row in each.rows)]
        lines.append(
            _line(
                (
                    f"{model}, `{variant}`",
                    str(count),
                    f"{each.accepted} of {count}",
                    f"{each.used_rules} of {count}",
                    " / ".join(tokens),
                    _median(row.seconds for row in each.rows),
                    str(each.invented),
                    *(_f1(overall(aggregate(each.scores[name]))) for name in (RULES, ALONE, RESULT)),
                )
            )
        )
    parts = ["\n".join(lines)]
    for (model, variant), each in outcomes.items():
        totals = {name: aggregate(each.scores[name]) for name in (RULES, ALONE, RESULT)}
        rows = [_line((f"{model}, `{variant}`", "n", RULES, ALONE, RESULT)), "|---|---:|---:|---:|---:|"]
        for name in FIELDS:
            expected = totals[RULES][name].expected
            if expected:
                cells = (_f1(totals[reading][name]) for reading in (RULES, ALONE, RESULT))
                rows.append(_line((FIELD_NAMES.get(name, name), str(expected), *cells)))
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _f1(counts: FieldScore) -> str:
    return "" if counts.f1 is None else f"{100 * counts.f1:.1f}"


def _median(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):,.0f}" if known else "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model_readings", description=__doc__)
    parser.add_argument("rows", type=Path, help="file of `benchmarks.prompts`")
    parser.add_argument("folders", nargs="+", type=Path, help="folders of the documents with their truth files")
    arguments = parser.parse_args()
    outcomes: dict[tuple[str, str], Outcome] = {}
    for row in read_rows_of(arguments.rows):
        source = _find(row.document, arguments.folders)
        if source is not None and source.truth is not None:
            judge(row, source, outcomes.setdefault((row.model, row.variant), Outcome()))
    if not outcomes:
        sys.exit(f"{arguments.rows} has no row about a labelled document in these folders.")
    print(tables(outcomes))


def _find(name: str, folders: Sequence[Path]) -> Source | None:
    paths = (folder / name for folder in folders)
    return next((read_source(path) for path in paths if path.exists()), None)


if __name__ == "__main__":
    main()
