"""Finds documents with a truth file beside them: `NAME.truth.json` belongs to `NAME.pdf`, `NAME.docx` and so on.

Used by evaluation. An unusable truth file becomes a `BadTruth` with the reason, never an exception.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

_SECTIONS_THAT_ARE_LISTS = (
    "work",
    "volunteer",
    "education",
    "awards",
    "certificates",
    "publications",
    "skills",
    "languages",
    "interests",
    "projects",
)
MANIFEST = "manifest.csv"


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document's path and JSON Resume, with its layout and language if the truth or the manifest has them.

    A hosted client must not see a document that is `local_only`.
    """

    path: Path
    truth: dict[str, Any]
    layout: str | None = None
    language: str | None = None
    local_only: bool = False


@dataclass(frozen=True, slots=True)
class BadTruth:
    """A truth file that cannot be used. `detail` is a sentence without resume text."""

    path: Path
    detail: str


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    documents: list[LabelledDocument] = field(default_factory=list[LabelledDocument])
    problems: list[BadTruth] = field(default_factory=list[BadTruth])


def read_labelled_folder(folder: Path) -> LabelledFolder:
    """All documents below `folder` with a truth, by path. One truth may serve several formats of the same resume."""
    found = LabelledFolder()
    manifest = _read_manifest(folder)
    for truth_path in sorted(folder.rglob("*.truth.*")):
        stem, _, rest = truth_path.name.partition(".truth.")
        if not rest or not truth_path.is_file():
            continue
        truth = read_truth(truth_path)
        if isinstance(truth, BadTruth):
            found.problems.append(truth)
            continue
        documents = [
            path
            for path in sorted(truth_path.parent.iterdir())
            if path.stem == stem and path.suffix and path.suffix != ".json"
        ]
        if not documents:
            found.problems.append(
                BadTruth(truth_path, f"There is no document named {stem}.pdf, {stem}.docx or similar beside it.")
            )
        for path in documents:
            meta = truth.get("meta")
            said = cast("dict[str, Any]", meta) if isinstance(meta, dict) else {}
            listed = manifest.get(path.name, {})
            found.documents.append(
                LabelledDocument(
                    path,
                    truth,
                    layout=_text(said.get("layout")) or _text(listed.get("layout")),
                    language=_text(said.get("language")) or _text(listed.get("language")),
                    local_only=said.get("privacy", "any") != "any",
                )
            )
    found.documents.sort(key=lambda labelled: labelled.path)
    return found


def find_labelled(folder: Path) -> list[LabelledDocument]:
    """The usable documents of `read_labelled_folder`."""
    return read_labelled_folder(folder).documents


def read_truth(path: Path) -> dict[str, Any] | BadTruth:
    """The JSON Resume in the file, or the reason why it is unusable."""
    if path.suffix != ".json":
        return BadTruth(path, f"A truth file must be a JSON Resume with the extension .json, not {path.suffix}.")
    try:
        value: object = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return BadTruth(path, f"The file cannot be read ({error.strerror}).")
    except UnicodeDecodeError:
        return BadTruth(path, "The file is not valid UTF-8.")
    except json.JSONDecodeError as error:
        return BadTruth(path, f"The file is not valid JSON: {error.msg} in line {error.lineno}.")
    except RecursionError:
        return BadTruth(path, "The file is nested too deeply for a resume.")
    if not isinstance(value, dict):
        return BadTruth(path, "A JSON Resume must be an object; this file has something else.")
    resume = cast("dict[str, Any]", value)
    wrong = next(_shape_problems(resume), None)
    return resume if wrong is None else BadTruth(path, wrong)


def _shape_problems(resume: dict[str, Any]) -> Iterator[str]:
    if not isinstance(resume.get("basics"), dict):
        yield "This is not a JSON Resume: `basics` is missing or not an object."
    if not any(isinstance(resume.get(name), list) for name in ("work", "education")):
        yield "This is not a JSON Resume: neither `work` nor `education` is a list."
    for name in _SECTIONS_THAT_ARE_LISTS:
        entries = resume.get(name)
        if entries is None:
            continue
        if not isinstance(entries, list):
            yield f"`{name}` is not a list."
        elif any(not isinstance(entry, dict) for entry in cast("list[object]", entries)):
            yield f"`{name}` has an entry that is not an object."


def _read_manifest(folder: Path) -> dict[str, dict[str, str | None]]:
    """Rows of `manifest.csv` by document name; empty if there is no manifest."""
    try:
        with (folder / MANIFEST).open(encoding="utf-8-sig", newline="") as lines:
            return {row["file"]: dict(row) for row in csv.DictReader(lines) if row.get("file")}
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
