"""How well the built-in parser reads resumes: `python -m benchmarks.accuracy samples`, run by people who change it.

Every document with a truth file beside it goes the way an upload goes when no model is there: media type, extraction,
the built-in parser, grounding and normalising. The result is compared with the truth, field by field.
"""

import argparse
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from app.analysis.accuracy import DatePrecision, FieldScore, aggregate, score
from app.analysis.accuracy_table import document_table, field_table
from app.analysis.grounding import check_answer
from app.analysis.invention import invention_rate
from app.analysis.rules import parse_resume
from app.analysis.truth_files import LabelledDocument, find_labelled
from app.errors import VitaeError
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.intake.file_types import detect_media_type

# Ongoing jobs are dated to this day, so that results do not change with the calendar.
AS_OF = date(2025, 1, 1)
DOCUMENT_FIELDS = ("name", "work", "work_dates", "education_dates", "degree", "skills", "languages", "highlights")

PAGE = """\
# How well the built-in parser reads

When no model answers, the built-in parser does, and its results are marked as degraded. This page says what that
costs in accuracy. It is written by a command, run it again after changing the parser:

    {command}

Each document goes the whole way of an upload without a model: file type, extraction, parser, grounding, normalising.
The outcome is compared with the truth beside the document, value by value; `app/analysis/accuracy.py` says when two
values are equal. Strict where it matters: a job counts only when employer and position are both right, a date only
with the precision of the page, a phone only as the full international number.

- precision: share of the values given that are right; recall: share of the values on the page that were found;
  F1: their harmonic mean; n: values on the page
- phone numbers without a country prefix are read in the country of the person, of their city or of the language, and
  otherwise as numbers of {region} (`analysis.default_region`); one that this misjudges counts as wrong
- these are development figures: the documents are few, invented by this project, and every error on them was looked at
  while the parser was written. On first contact with a new layout expect clearly less

## Result

{tables}"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One document's result; `failure` is the error code when it could not be read, and everything was missed."""

    name: str
    scores: dict[str, FieldScore]
    invention_rate: float
    seconds: float
    failure: str | None = None


def measure(labelled: LabelledDocument, *, name: str, region: str, date_precision: DatePrecision) -> Measured:
    started = time.perf_counter()
    profile: dict[str, Any] = {}
    text, language, failure = "", "und", None
    try:
        content = labelled.path.read_bytes()
        media_type = detect_media_type(content, labelled.path.name)
        document = extract_document(content, media_type, ExtractionLimits())
        text, language = document.text, document.language
        checked = check_answer(parse_resume(document), document, as_of=AS_OF, default_region=region)
        profile = checked.profile
    except VitaeError as error:
        failure = error.code
    return Measured(
        name=name,
        scores=score(profile, labelled.truth, date_precision=date_precision),
        invention_rate=invention_rate(profile, text, language=language),
        seconds=time.perf_counter() - started,
        failure=failure,
    )


def report(measured: list[Measured], *, per_document: bool) -> str:
    """The tables as Markdown."""
    parts = [f"{len(measured)} documents.\n", field_table(aggregate(each.scores for each in measured))]
    if per_document:
        rows = {each.name: each.scores for each in measured}
        parts.append("F1 by document, in percent:\n\n" + document_table(rows, DOCUMENT_FIELDS))
    failures = [f"- {each.name}: {each.failure}" for each in measured if each.failure]
    if failures:
        parts.append("Could not be read, counted as empty profiles:\n\n" + "\n".join(failures) + "\n")
    invented = max((each.invention_rate for each in measured), default=0.0)
    mean_seconds = sum(each.seconds for each in measured) / max(1, len(measured))
    parts.append(
        f"Highest share of values that do not stand in their document: {100 * invented:.1f} %.\n"
        f"Mean time from bytes to scored profile: {1000 * mean_seconds:.0f} ms.\n"
    )
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the built-in parser against truth files.")
    parser.add_argument("folder", type=Path, help="documents with NAME.truth.json (JSON Resume) beside them")
    parser.add_argument("--per-document", action="store_true", help="also a row for every document")
    parser.add_argument(
        "--date-precision",
        choices=("exact", "month", "year"),
        default="exact",
        help="compare dates no further than this, where a truth is more precise than its page",
    )
    parser.add_argument("--region", default="US", help="country of phone numbers written without prefix")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write a page of documentation instead of printing")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    labelled = find_labelled(folder)
    if not labelled:
        parser.error(f"{folder} has no document with a NAME.truth.json in JSON Resume form beside it.")
    measured = [
        measure(
            each,
            name=str(each.path.relative_to(folder)),
            region=arguments.region,
            date_precision=arguments.date_precision,
        )
        for each in labelled
    ]
    tables = report(measured, per_document=arguments.per_document)
    if arguments.write:
        command = f"python -m benchmarks.accuracy {folder} --per-document --write {arguments.write}"
        page: Path = arguments.write
        page.write_text(PAGE.format(command=command, region=arguments.region, tables=tables), encoding="utf-8")
        print(f"Wrote {page}")
    else:
        print(tables)


if __name__ == "__main__":
    main()
