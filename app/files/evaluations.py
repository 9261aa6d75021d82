"""Results of `vitae eval` on disk, one JSON file each. Written by the command, read for the cost advice.

`docs/evaluation.md` describes the shape. Names start with the time, so that they sort by it.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, cast

from app.errors import DependencyError

FORMAT = 1
FOLDER = "evaluations"


def keep_evaluation(data_dir: Path, evaluation: dict[str, Any]) -> Path:
    """Writes `data_dir/evaluations/ID.json` atomically and returns its path."""
    folder = data_dir / FOLDER
    target = folder / f"{evaluation['id']}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=".part-", delete=False) as part:
            json.dump(evaluation, part, ensure_ascii=False, indent=2)
            part.flush()
            os.fsync(part.fileno())
        Path(part.name).replace(target)
    except OSError as error:
        raise DependencyError(
            f"The evaluation cannot be stored in {folder} ({error.strerror}). Check its space and permissions."
        ) from error
    return target


def list_evaluations(data_dir: Path) -> list[dict[str, Any]]:
    """Every stored evaluation of a known format, oldest first. Other files are skipped."""
    found: list[dict[str, Any]] = []
    for path in sorted((data_dir / FOLDER).glob("*.json")):
        try:
            value: object = json.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError):
            continue
        if isinstance(value, dict) and cast("dict[str, Any]", value).get("format") == FORMAT:
            found.append(cast("dict[str, Any]", value))
    return found


def latest_by_client(data_dir: Path) -> dict[str, dict[str, Any]]:
    """For each client its part of the newest evaluation that included it, with the evaluation's `made_at` added."""
    latest: dict[str, dict[str, Any]] = {}
    for evaluation in list_evaluations(data_dir):
        for client in evaluation["clients"]:
            latest[client["client"]] = {**client, "made_at": evaluation["made_at"]}
    return latest
