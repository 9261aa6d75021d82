"""Journal of `vitae upload --watch`: one JSON line per step, synced to disk before the next step begins.

There is one journal per folder and service, in the data folder. A line torn by a crash is skipped; its step is repeated
with the same Idempotency-Key, so it has no second effect.
"""

import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class FolderTaken(Exception):
    """Another watch of this folder is already running on this machine."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One content: the id of its resume, or None and the problem for which it was refused."""

    file: str
    resume_id: str | None
    problem: dict[str, Any] | None = None


class WatchJournal:
    """The known contents by SHA-256, and the resumes without a result. Raises `FolderTaken`."""

    def __init__(self, data_dir: Path, folder: Path, url: str) -> None:
        name = hashlib.sha256(f"{url}\n{folder.resolve()}".encode()).hexdigest()[:32]
        path = data_dir / "watched" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.known: dict[str, Entry] = {}
        self.open: dict[str, str] = {}  # resume id -> file
        self._file = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise FolderTaken from None
        self._read()

    def sent(self, sha256: str, file: str, resume_id: str) -> None:
        self._write({"sha256": sha256, "file": file, "id": resume_id})

    def refused(self, sha256: str, file: str, problem: dict[str, Any]) -> None:
        self._write({"sha256": sha256, "file": file, "problem": problem})

    def finished(self, resume_id: str) -> None:
        self._write({"finished": resume_id})

    def close(self) -> None:
        self._file.close()

    def _read(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        for line in content.splitlines():
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue  # torn by a crash
        if content and not content.endswith(b"\n"):
            self._file.write(b"\n")

    def _write(self, step: dict[str, Any]) -> None:
        self._file.write(json.dumps(step).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._take(step)

    def _take(self, step: dict[str, Any]) -> None:
        if "finished" in step:
            self.open.pop(step["finished"], None)
            return
        entry = Entry(step["file"], step.get("id"), step.get("problem"))
        self.known[step["sha256"]] = entry
        if entry.resume_id is not None:
            self.open[entry.resume_id] = entry.file
