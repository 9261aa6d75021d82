"""Documents that have a truth file beside them: `NAME.truth.json` belongs to `NAME.pdf`, `NAME.docx` and so on.

Read by evaluation and benchmarks. Truth files in another form than JSON Resume are skipped.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document's path and the JSON Resume that describes it."""

    path: Path
    truth: dict[str, Any]


def find_labelled(folder: Path) -> list[LabelledDocument]:
    """Every document with a truth below `folder`, by path. One truth may serve the same resume in several formats."""
    found: list[LabelledDocument] = []
    for truth_path in sorted(folder.rglob("*.truth*.json")):
        stem, _, rest = truth_path.name.partition(".truth.")
        truth = read_json_resume(truth_path) if rest else None
        if truth is None:
            continue
        found += [
            LabelledDocument(path, truth)
            for path in sorted(truth_path.parent.iterdir())
            if path.stem == stem and path.suffix and path.suffix != ".json"
        ]
    return sorted(found, key=lambda labelled: labelled.path)


def read_json_resume(path: Path) -> dict[str, Any] | None:
    """The file's JSON Resume, or None when it is something else: no JSON, or no `basics` with work or education."""
    try:
        value: object = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    if not isinstance(value, dict):
        return None
    resume = cast("dict[str, Any]", value)
    lists = [resume.get("work"), resume.get("education")]
    return resume if isinstance(resume.get("basics"), dict) and any(isinstance(each, list) for each in lists) else None
