"""A folder of labelled documents on disk, written by `vitae eval from-corrections` and read by `vitae eval`.

Only its owner can read it. `train` and `held-out` contain for each document the file, NAME.truth.json and
NAME.evidence.json; README.md says whose data it is, and set.json counts the documents.
"""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from app.errors import DependencyError, InputError

FORMAT = 1
SUMMARY = "set.json"
PARTS = ("train", "held-out")
EVIDENCE_ENDING = ".evidence.json"
_README = """# Labelled resumes of {tenant}

Made on {made_at} UTC by `vitae eval from-corrections` from resumes of the tenant `{tenant}` whose profiles people
corrected or confirmed.

**This folder contains personal data.** {about} Do not commit it to a repository, do not share it, and delete it when
you no longer need it.

**Erasing a resume in Vitae does not reach this folder**, and neither does the retention period. {erase}

| file | content |
|---|---|
| `train/` | documents that may be used for training: `vitae eval export-training FOLDER --format vllm` |
| `held-out/` | documents that must not be used for training: `vitae eval FOLDER/held-out --clients A,B` |
| `NAME.truth.json` | the corrected profile, as JSON Resume |
| `NAME.evidence.json` | the lines of the document that the values come from |
| `set.json` | the number of documents, and of reviewed resumes that were left out |

No hosted model may see a document whose truth has `"privacy": "local_only"` in `meta`. `vitae eval` and the export
respect that. The hash of a file decides its part, so the same file is in the same part of every set.
"""
_ORIGINAL = "It contains the files as they were uploaded."
_PSEUDONYMISED = (
    "Names, e-mail addresses, phone numbers, links and streets are placeholders, but employers, dates, towns and the "
    "names of other people are real, so somebody who knows a person may recognize the resume."
)
_ERASE = (
    "When you erase a resume, also delete the files here whose `NAME.truth.json` has its id in `meta.resume`, or make "
    "the set again."
)
_ERASE_PSEUDONYMISED = "When you erase a resume, make the set again: nothing in it leads back to the resume."
_FILENAME = re.compile(r"[0-9a-f]{16}\.[a-z]{2,4}")


class EvaluationFolder:
    """Use it as a block: what was written is deleted again if the block raises."""

    def __init__(self, path: Path, *, tenant: str, made_at: datetime, pseudonymised: bool) -> None:
        self._path = path
        self._summary: dict[str, Any] = {
            "format": FORMAT,
            "made_at": f"{made_at:%Y-%m-%dT%H:%M:%SZ}",
            "tenant": tenant,
            "pseudonymised": pseudonymised,
        }
        self._counts = dict.fromkeys(PARTS, 0)
        self._existed = path.exists()

    @staticmethod
    def check_is_new(path: Path) -> None:
        """Raise `InputError` if there is a file, or a folder with anything in it. An erased resume must not stay."""
        try:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise InputError(f"{path} already exists and is not an empty folder. Name a new one.")
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror}). Name another folder.") from error

    def __enter__(self) -> Self:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.chmod(0o700)  # an empty folder that existed before may be open to others
            for part in PARTS:
                (self._path / part).mkdir(mode=0o700)
        except OSError as error:
            raise InputError(f"Cannot create {self._path} ({error.strerror}). Name another folder.") from error
        tenant, made_at = self._summary["tenant"], self._summary["made_at"][:16].replace("T", " ")
        hidden: bool = self._summary["pseudonymised"]
        readme = _README.format(
            tenant=tenant,
            made_at=made_at,
            about=_PSEUDONYMISED if hidden else _ORIGINAL,
            erase=_ERASE_PSEUDONYMISED if hidden else _ERASE,
        )
        self._write("README.md", readme.encode())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.discard()

    def add(self, part: str, filename: str, content: bytes, truth: dict[str, Any], evidence: dict[str, Any]) -> None:
        """Write one document. The names come from the service, so they are checked."""
        if part not in PARTS or not _FILENAME.fullmatch(filename):
            raise InputError("The service returned a document with an invalid name. Check that VITAE_URL is right.")
        stem = filename.partition(".")[0]
        self._write(f"{part}/{filename}", content)
        self._write(f"{part}/{stem}.truth.json", _json(truth))
        self._write(f"{part}/{stem}{EVIDENCE_ENDING}", _json(evidence))
        self._counts[part] += 1

    def finish(self, skipped: dict[str, int]) -> dict[str, Any]:
        """Write the summary and return it."""
        counts = {part.replace("-", "_"): count for part, count in self._counts.items()}
        self._summary |= {"documents": sum(counts.values()), **counts, "skipped": skipped}
        self._write(SUMMARY, _json(self._summary))
        return self._summary

    def discard(self) -> None:
        """Delete everything that was written."""
        for part in PARTS:
            shutil.rmtree(self._path / part, ignore_errors=True)
        for name in ("README.md", SUMMARY):
            (self._path / name).unlink(missing_ok=True)
        if not self._existed:
            self._path.rmdir()

    def _write(self, name: str, content: bytes) -> None:
        path = self._path / name
        try:
            path.touch(mode=0o600)
            path.write_bytes(content)
        except OSError as error:
            raise DependencyError(f"Cannot write {path} ({error.strerror}). Check space and permissions.") from error


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
