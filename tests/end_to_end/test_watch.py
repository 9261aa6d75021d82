"""`vitae upload FOLDER --watch` on the whole service: even if it is killed midway, every file is analysed once."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import RunningService, database_url, running_service

_WAIT_SECONDS = 90


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(
        tmp_path_factory.mktemp("watch"), environment={"VITAE_ROUTING__CLIENTS": "builtin"}
    ) as running:
        yield running


class Watching:
    """The command as a separate process; its output goes into a file."""

    def __init__(self, service: RunningService, folder: Path, output: Path) -> None:
        self._output = output
        environment = os.environ | {
            "VITAE_URL": service.url,
            "VITAE_API_KEY": service.key,
            "VITAE_STORAGE__DATA_DIR": str(output.parent / "data"),
        }
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli.main", "upload", str(folder), "--watch"],
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self._output.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def uploads(service: RunningService) -> int:
    with service.http() as http:
        return len(http.get("/v1/resumes", params={"limit": 200}).json()["items"])


def test_a_folder_is_uploaded_once_although_the_watch_is_killed_midway(service: RunningService, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number in range(20):
        (folder / f"cv-{number}.txt").write_bytes(resume_text(number))
    watching = Watching(service, folder, tmp_path / "said.txt")
    until(lambda: uploads(service) >= 3, watching.said())
    watching.kill()

    # While no watch is running: another file, a copy under a different name, and a file in an unsupported format.
    (folder / "late.txt").write_bytes(resume_text(20))
    (folder / "copy.txt").write_bytes(resume_text(0))
    (folder / "notes.xyz").write_text("not looked at")
    (folder / "program.pdf").write_bytes(b"MZ\x90\x00" + bytes(300))
    watching = Watching(service, folder, tmp_path / "said.txt")
    try:
        until(lambda: watching.said().count("done  ") >= 21, "not all were told")
        # A file that is still being written is left alone until it stops changing.
        growing = folder / "growing.txt"
        text = resume_text(21)
        for end in range(0, len(text), max(1, len(text) // 6)):
            growing.write_bytes(text[:end])
            time.sleep(0.4)
        growing.write_bytes(text)
        until(lambda: watching.said().count("done  ") >= 22, "the file that grew was not told")
        # Not SIGINT: it is ignored when the tests run in the background, and child processes inherit that.
        watching.process.terminate()
        assert watching.process.wait(20) == 0
    finally:
        watching.kill()
    assert "unsupported_file_type" in watching.said() or "document_corrupt" in watching.said()
    assert "Traceback" not in watching.said()

    with psycopg.connect(database_url(service)) as connection:
        rows = connection.execute("select count(*), count(distinct document_id) from resumes").fetchone()
        analyses = connection.execute("select count(*) from analyses").fetchone()
    assert rows == (22, 22)
    assert analyses == (22,)


def test_only_one_watch_can_run_on_a_folder(service: RunningService, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    first = Watching(service, folder, tmp_path / "first.txt")
    try:
        until(lambda: "Watching" in first.said(), "the first did not start")
        second = Watching(service, folder, tmp_path / "second.txt")
        assert second.process.wait(30) == 1
        assert "already" in second.said()
    finally:
        first.kill()
