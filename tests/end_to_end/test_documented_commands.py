"""README, tutorial and API guide work as typed: in a fresh folder, in order, with nothing prepared but `make run`.

Each document's `sh` blocks run in one shell of their own, because a reader may start with any of the three.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.settings import Settings
from tests.end_to_end.service import ROOT, free_port

DOCUMENTS = ("README.md", "docs/tutorial.md", "docs/api.md")
# Typed by the fixture, once for all documents, or not at all.
NOT_TYPED = {"make run": "the fixture", "make test": "these tests are a part of it"}
DOCUMENTED_ADDRESS = "127.0.0.1:8080"
PLACEHOLDERS = re.compile(r"<[a-z][a-z _-]*>|\.\.\.|\bADDRESS\b|\bNAME\b")
_START_SECONDS = 400  # the first start analyses half of the samples, on a machine that may be busy
_DOCUMENT_SECONDS = 300
_STOP_SECONDS = 40

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True, slots=True)
class Clone:
    """A folder as `git clone` and `make setup` leave it, where `make run` was typed."""

    folder: Path
    port: int
    environment: Mapping[str, str]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    missing = [program for program in ("make", "bash", "curl") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"the documents are written for {' and '.join(missing)}, not installed here")
    folder = tmp_path_factory.mktemp("clone")
    _fill(folder)
    port = free_port()
    (folder / ".env").write_text(f"VITAE_SERVER__PORT={port}\n", "utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("VITAE_", "OPENAI_"))},
        "BROWSER": "true",  # the program of that name: `vitae open` must not open a window during the tests
        "no_proxy": "127.0.0.1",
    }
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_announced(process, log)
        yield Clone(folder, port, environment)
    finally:
        _press_ctrl_c(process)


def _fill(folder: Path) -> None:
    """The project's files, and what `make setup` makes: the environment and the generated code, both up to date."""
    for name in ("app", "workers", "migrations", "samples", "docs", "baml_src"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("Makefile", "vitae.toml", "pyproject.toml", "requirements.lock"):
        shutil.copyfile(ROOT / name, folder / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, call in (("vitae", "-m app.cli.main"), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {call} "$@"\n', "utf-8")
        program.chmod(0o755)
    (folder / ".venv" / ".ready").touch()
    shutil.copytree(ROOT / "baml_client", folder / "baml_client", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "baml_client" / "__init__.py").touch()


def _wait_until_announced(process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while "Vitae is running at" not in log.read_text("utf-8", errors="replace"):
        text = log.read_text("utf-8", errors="replace")[-6000:]
        assert process.poll() is None, f"`make run` ended with {process.returncode}:\n{text}"
        assert time.monotonic() < end, f"`make run` announced nothing:\n{text}"
        time.sleep(0.2)


def _press_ctrl_c(process: subprocess.Popen[bytes]) -> None:
    """A terminal sends the signal to everything that runs in it."""
    try:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(_STOP_SECONDS)
    except ProcessLookupError:
        pass
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def typed_lines(document: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [
        line
        for block in blocks
        for line in block.splitlines()
        if line.partition("#")[0].strip() not in {*NOT_TYPED, ""}
    ]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_command_has_a_placeholder(document: str) -> None:
    lines = typed_lines(document)
    assert len(lines) >= 3
    for line in lines:
        assert not PLACEHOLDERS.search(line.partition(" #")[0]), line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_succeeds_in_order(document: str, clone: Clone) -> None:
    script = "\n".join(typed_lines(document)).replace(DOCUMENTED_ADDRESS, f"127.0.0.1:{clone.port}")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-x", "-euo", "pipefail", "-c", script],
        cwd=clone.folder,
        env=dict(clone.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_DOCUMENT_SECONDS,
        check=False,
    )
    typed = done.stderr.decode(errors="replace")
    assert done.returncode == 0, f"{document}: the last command below failed\n{typed[-4000:]}"


def test_the_service_of_make_run_is_where_the_documents_say(clone: Clone) -> None:
    """Nothing but the port differs from what a reader has: `make run` listens where the documents say."""
    server = Settings().server
    assert f"{server.host}:{server.port}" == DOCUMENTED_ADDRESS
    assert (clone.folder / ".vitae" / "admin-key").is_file()
