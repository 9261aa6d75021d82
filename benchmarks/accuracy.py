"""Writes `docs/builtin-parser-accuracy.md`: `python -m benchmarks.accuracy`, for people who change the parser.

The figures are those of `vitae eval samples --clients builtin`; the page adds the text and a row per document.
"""

import argparse
from pathlib import Path
from typing import Any

from app.analysis.evaluation.field_names import FIELD_NAMES
from app.analysis.evaluation.truth_files import read_labelled_folder
from app.clock import utc_now
from app.pipeline.operations.evaluate_clients import ClientEvaluation
from app.settings import BUILTIN, load_settings
from app.wiring.command_line_parts import build_evaluated_client

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "builtin-parser-accuracy.md"
SAMPLES = Path("samples")
DOCUMENT_FIELDS = ("name", "work", "work_dates", "education_dates", "degree", "skills", "languages", "highlights")
BEGIN, END = "<!-- figures: written by python -m benchmarks.accuracy -->\n", "<!-- end of the figures -->\n"


def measure(folder: Path) -> dict[str, Any]:
    """The built-in parser's results in an evaluation with the default settings."""
    loaded = load_settings(ROOT, environment={}, overrides={"routing.clients": [BUILTIN]})
    client = build_evaluated_client(loaded, BUILTIN, concurrency=1)
    evaluation = ClientEvaluation([client], default_region=loaded.settings.analysis.default_region)
    return evaluation(folder, read_labelled_folder(folder), utc_now())["clients"][0]


def tables(measured: dict[str, Any]) -> str:
    """The figures as Markdown tables."""
    lines = [
        f"{measured['documents']} documents.",
        "",
        "| field | precision | recall | F1 | n |",
        "|---|---:|---:|---:|---:|",
    ]
    for field, counts in measured["fields"].items():
        shares = " | ".join(_percent(counts[key]) for key in ("precision", "recall", "f1"))
        lines.append(f"| {FIELD_NAMES.get(field, field)} | {shares} | {counts['expected']} |")
    total = " | ".join(_percent(measured[key]) for key in ("precision", "recall", "accuracy"))
    expected = sum(counts["expected"] for field, counts in measured["fields"].items() if field != "work")
    lines += [f"| **all fields** | {total} | {expected} |", ""]
    lines += [f"Values that are not in their document: {_percent(measured['invention_rate'])} %.", ""]
    lines += [
        "| language | documents | all fields | employer and position | dates of work |",
        "|---|---:|---:|---:|---:|",
    ]
    for language, group in measured["by_language"].items():
        shares = " | ".join(_percent(group[key]) for key in ("accuracy", "work", "work_dates"))
        lines.append(f"| {language} | {group['documents']} | {shares} |")
    lines += ["", "F1 by document, in percent:", ""]
    lines.append("| document | " + " | ".join(FIELD_NAMES.get(field, field) for field in DOCUMENT_FIELDS) + " | all |")
    lines.append("|---|" + "---:|" * (len(DOCUMENT_FIELDS) + 1))
    for result in measured["results"]:
        cells = [_percent(result["fields"].get(field)) for field in DOCUMENT_FIELDS]
        lines.append(f"| {result['file']} | {' | '.join([*cells, _percent(result['accuracy'])])} |")
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def main() -> None:
    argparse.ArgumentParser(description="Measure the built-in parser on the samples and write its page.").parse_args()
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{tables(measure(SAMPLES))}\n{END}{after}", encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
