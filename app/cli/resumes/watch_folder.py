"""`vitae upload FOLDER --watch`: uploads the files that arrive in a folder, each content once, until it is stopped."""

import hashlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.cli.resumes.resume_files import sendable, unreadable
from app.cli.resumes.watch_journal import FolderTaken, WatchJournal
from app.cli.service_connection import Service, ServiceError
from app.cli.terminal import fail, money, notes, print_json, printable, results

_LOOK_SECONDS = 1.0
_SETTLED_SECONDS = 2.0  # a file unchanged for this long is taken as completely written
_FINAL = {"done", "failed"}

# A file's size and modification time, which show whether it changed.
_Looks = tuple[int, int]


def watch(
    client: Service, folder: Path, suffixes: set[str], fields: dict[str, str], data_dir: Path, *, as_json: bool
) -> None:
    """Upload until Ctrl-C. Wait while the service is unavailable; never upload the same content twice."""
    try:
        journal = WatchJournal(data_dir, folder, client.url)
    except FolderTaken:
        fail(f"Another `vitae upload --watch` is already watching {folder}. Stop it first.")
    notes.print(
        f"Watching {folder}; {len(journal.known)} files uploaded before. Stop with Ctrl-C; start again to continue."
    )
    # Treat a service manager's SIGTERM like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    watcher = _Watcher(client, folder, suffixes, fields, journal, as_json=as_json)
    try:
        while True:
            watcher.look()
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        notes.print(f"\nStopped. {watcher.sent} uploaded, {len(journal.open)} still without a result.")
    finally:
        journal.close()


class _Watcher:
    def __init__(
        self,
        client: Service,
        folder: Path,
        suffixes: set[str],
        fields: dict[str, str],
        journal: WatchJournal,
        *,
        as_json: bool,
    ) -> None:
        self._client = client
        self._folder = folder
        self._suffixes = suffixes
        self._fields = fields
        self._journal = journal
        self._as_json = as_json
        self._seen: dict[Path, tuple[_Looks, float]] = {}  # the file's state, and since when
        self._done: dict[Path, _Looks] = {}
        self._away = False
        self.sent = 0

    def look(self) -> None:
        """Run one round: upload files that no longer change, and report results."""
        for path in self._settled():
            if not self._reached(lambda path=path: self._send(path)):
                return
        for resume_id in list(self._journal.open):
            if not self._reached(lambda resume_id=resume_id: self._follow(resume_id)):
                return

    def _settled(self) -> list[Path]:
        """Return files that have stopped changing and have not been handled in their current state."""
        now = time.monotonic()
        ready: list[Path] = []
        found: dict[Path, tuple[_Looks, float]] = {}
        for path in sorted(self._folder.rglob("*")):
            if path.suffix.lower() not in self._suffixes or path.name.startswith("."):
                continue
            try:
                status = path.stat()
            except OSError:
                continue  # deleted meanwhile
            looks = (status.st_size, status.st_mtime_ns)
            if not path.is_file() or self._done.get(path) == looks:
                continue
            before = self._seen.get(path)
            since = before[1] if before is not None and before[0] == looks else now
            found[path] = (looks, since)
            if now - since >= _SETTLED_SECONDS:
                ready.append(path)
        self._seen = found
        return ready

    def _send(self, path: Path) -> None:
        looks = self._seen[path][0]
        try:
            content = path.read_bytes()
        except OSError as error:
            self._tell(str(path), {"problem": unreadable(error)})
            self._done[path] = looks
            return
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 not in self._journal.known:
            key = hashlib.sha256(
                f"{sha256}\n{sendable(path.name)}\n{sorted(self._fields.items())}".encode()
            ).hexdigest()
            answer: dict[str, Any]
            try:
                [answer] = self._client.request(
                    "POST",
                    "/v1/resumes",
                    files=[("files", (sendable(path.name), content))],
                    data=self._fields,
                    headers={"Idempotency-Key": f"watch-{key}"},
                )["resumes"]
            except ServiceError as error:
                if error.status in {0, 401, 403, 429} or error.status >= 500:
                    raise
                answer = {"problem": error.problem}
            if answer.get("problem"):
                self._journal.refused(sha256, str(path), answer["problem"])
                self._tell(str(path), answer)
            else:
                self._journal.sent(sha256, str(path), answer["id"])
                self.sent += 1
        self._done[path] = looks

    def _follow(self, resume_id: str) -> None:
        try:
            detail = self._client.get(f"/v1/resumes/{resume_id}")
        except ServiceError as error:
            if error.status != 404:
                raise
            self._journal.finished(resume_id)  # erased meanwhile
            return
        if detail["status"] in _FINAL:
            self._tell(self._journal.open[resume_id], detail)
            self._journal.finished(resume_id)

    def _reached(self, step: Callable[[], None]) -> bool:
        """Run the step; False if the service is unavailable. Report that once, and retry in the next round."""
        try:
            step()
        except ServiceError as error:
            if error.status in {401, 403}:
                fail(f"{error.title}. {error.detail}")
            if not self._away:
                notes.print(f"{error.title}. {error.detail} Retrying until it responds.")
            self._away = True
            return False
        self._away = False
        return True

    def _tell(self, file: str, outcome: dict[str, Any]) -> None:
        if self._as_json:
            print_json({"file": file, **outcome})
            return
        problem = outcome.get("problem")
        if problem:
            line = f"failed  {file}  {problem['code']}: {problem['detail']}"
        else:
            name = ((outcome.get("profile") or {}).get("basics") or {}).get("name") or ""
            state = "done (degraded)" if outcome.get("degraded") else "done"
            line = f"{state}  {file}  {name}  {outcome.get('client')}  {money(outcome['cost']['total_usd'])}"
        results.print(printable(line), soft_wrap=True)
