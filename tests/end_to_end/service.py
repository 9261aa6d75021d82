"""The whole service as a user starts it: `vitae up` in a separate folder; tests can watch and kill its processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.calendar_days import AS_OF

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 180  # a busy machine needs a minute for initdb alone
_STOP_SECONDS = 40

# The part of the command line that identifies each process of the service.
PROCESSES = {
    "api": "app.main",
    "extraction": "workers.celery_app extraction",
    "analysis": "workers.celery_app analysis",
    "scheduler": "workers.schedule",
    "redis": "valkey-server",
    "postgres": "postgres",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningService:
    """A running service: its address, its admin key, its processes."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, data_dir: Path, log: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.data_dir = data_dir
        self.log = log

    @property
    def key(self) -> str:
        return (self.data_dir / "admin-key").read_text().strip()

    def http(self, timeout_seconds: float = 30) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=timeout_seconds)

    def pids(self, name: str) -> list[int]:
        """Return the processes of one kind below `vitae up`, parents before children."""
        found: list[int] = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                command = " ".join(child.cmdline()).removeprefix(sys.executable)
            except psutil.Error:
                continue
            if PROCESSES[name] in command:
                found.append(child.pid)
        return found

    def kill_hard(self, name: str) -> bool:
        """`kill -9` the oldest process of that kind; returns False if there is none at the moment."""
        for pid in self.pids(name)[:1]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            return True
        return False

    def wait_until_ready(self, seconds: float = _START_SECONDS) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"vitae up ended with {self.process.returncode}:\n{self.tail()}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200 and self.key:
                    return
            except (httpx.TransportError, OSError):
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready after {seconds} s:\n{self.tail()}")

    def tail(self, characters: int = 6000) -> str:
        return self.log.read_text(errors="replace")[-characters:]

    def stop(self) -> int:
        """Press Ctrl-C, as a user would, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(_STOP_SECONDS)


@contextmanager
def running_service(
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    arguments: tuple[str, ...] = (),
    port: int | None = None,
) -> Generator[RunningService]:
    """Run `vitae up` with its data in `folder`; none of its processes is left when the block ends."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "up.log"
    variables: dict[str, Any] = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("VITAE_", "OPENAI_"))},
        "PYTHONPATH": str(ROOT),
        "VITAE_STORAGE__DATA_DIR": str(folder / "data"),
        "VITAE_ANALYSIS__AS_OF": AS_OF.isoformat(),
        "VITAE_SERVER__PORT": str(port),
        **(environment or {}),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "up", *arguments],
            cwd=folder,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    service = RunningService(process, port, folder / "data", log)
    try:
        service.wait_until_ready()
        yield service
    finally:
        tree = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        try:
            service.stop()
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for child in tree:
            if child.is_running():
                child.kill()


def database_url(service: RunningService) -> str:
    """Return the URL of the service's database, from the environment of its processes."""
    for pid in service.pids("api"):
        return str(psutil.Process(pid).environ()["VITAE_STORAGE__DATABASE_URL"])
    raise AssertionError("the API is not running")
