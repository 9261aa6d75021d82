"""Accuracy as Markdown tables: one row per field, or one per document; used by evaluation and benchmarks."""

from collections.abc import Mapping

from app.analysis.accuracy import FieldScore, overall

_NAMES = {
    "work": "employer and position",
    "work_dates": "dates of work",
    "education_dates": "dates of education",
    "degree": "degree and field",
}


def field_table(scores: Mapping[str, FieldScore]) -> str:
    """Precision, recall, F1 in percent and n (items in the truth) for every field that either side has."""
    lines = ["| field | precision | recall | F1 | n |", "|---|---:|---:|---:|---:|"]
    for field, counts in scores.items():
        if counts != FieldScore():
            lines.append(_row(_NAMES.get(field, field), counts))
    return "\n".join([*lines, _row("**all fields**", overall(scores))]) + "\n"


def document_table(scores: Mapping[str, Mapping[str, FieldScore]], fields: tuple[str, ...]) -> str:
    """F1 of the given fields and of all fields, one row per document."""
    lines = [
        "| document | " + " | ".join(_NAMES.get(field, field) for field in fields) + " | all fields |",
        "|---|" + "---:|" * (len(fields) + 1),
    ]
    for name, document in scores.items():
        cells = [_percent(document[field].f1) for field in fields]
        lines.append(f"| {name} | " + " | ".join([*cells, _percent(overall(document).f1)]) + " |")
    return "\n".join(lines) + "\n"


def _row(name: str, counts: FieldScore) -> str:
    figures = " | ".join(_percent(share) for share in (counts.precision, counts.recall, counts.f1))
    return f"| {name} | {figures} | {counts.expected} |"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"
