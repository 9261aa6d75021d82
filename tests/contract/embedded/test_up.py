"""`vitae up` with tiny processes in place of the API and the workers: they start, die, stop and are killed."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.embedded.child_process import wait_until

SCRIPT = Path(__file__).with_name("scripted_service.py")
START_SECONDS = 60
STOP_SECONDS = 20  # the documented limit is 15 s on an idle machine

Eventually = Callable[[Callable[[], bool]], None]
ProcessesOn = Callable[[Path], list[int]]


class Service:
    """The supervisor process and its output."""

    def __init__(self, data_dir: Path, mode: str, port: int, environment: dict[str, str]) -> None:
        self.data_dir = data_dir
        self.port = port
        self.output = data_dir.parent / f"output-{os.urandom(4).hex()}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, SCRIPT, data_dir, str(port), mode],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environment},
            )

    @property
    def text(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def wait_for(self, words: str, times: int = 1) -> None:
        def there() -> bool:
            return self.text.count(words) >= times or self.process.poll() is not None

        assert wait_until(there, START_SECONDS), f"no {words!r} in:\n{self.text}"
        assert self.text.count(words) >= times, self.text

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def tree(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]


@pytest.fixture
def start(data_dir: Path) -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def go(mode: str = "well", port: int | None = None, **environment: str) -> Service:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free = int(probe.getsockname()[1])
        services.append(Service(data_dir, mode, port or free, environment))
        return services[-1]

    yield go
    for service in services:
        if service.process.poll() is None:
            for process in service.tree():
                with contextlib.suppress(psutil.Error):
                    process.kill()
        service.process.wait()


def test_it_migrates_starts_everything_and_stops_on_ctrl_c(
    start: Callable[..., Service], processes_on: ProcessesOn
) -> None:
    service = start()
    service.wait_for("ready at http://127.0.0.1:")
    service.wait_for("grandchild ")
    grandchild = int(re.findall(r"grandchild (\d+)", service.text)[0])
    assert service.stop() == 0
    assert service.text.index("migrating 127.0.0.1") < service.text.index("api says hello")
    assert "analysis   | worker finishes its work" in service.text
    assert processes_on(service.data_dir.parent) == []
    assert not _is_alive_id(grandchild)
    assert "analysis   | worker finishes its work" in (service.data_dir / "logs" / "vitae.log").read_text()
    assert not (service.data_dir / "postgres" / "postmaster.pid").exists()


def test_sigterm_stops_it_like_ctrl_c(start: Callable[..., Service], processes_on: ProcessesOn) -> None:
    service = start()
    service.wait_for("ready at")
    assert service.stop(signal.SIGTERM) == 0
    assert processes_on(service.data_dir.parent) == []


def test_a_signal_during_startup_leaves_nothing_running(
    start: Callable[..., Service], processes_on: ProcessesOn
) -> None:
    service = start()
    service.wait_for("starting Postgres")
    assert service.stop() == 0
    assert processes_on(service.data_dir.parent) == []


def test_processes_that_die_are_restarted_including_databases(
    start: Callable[..., Service], eventually: Eventually
) -> None:
    service = start()
    service.wait_for("ready at")
    service.wait_for("grandchild ")
    names = {"postgres": "postgres", "redis": "valkey-server", "analysis": "scripted_service.py worker"}
    for word in names.values():
        victim = next(process for process in service.tree()[1:] if word in _arguments(process))
        victim.kill()
    for name in names:
        service.wait_for(f"{name} was ended by SIGKILL; restarting in 0.5 s")
    service.wait_for("grandchild ", times=2)
    first, second = re.findall(r"grandchild (\d+)", service.text)
    eventually(lambda: not _is_alive_id(int(first)))  # whatever a dead process leaves behind is stopped
    assert _is_alive_id(int(second))
    assert service.stop() == 0


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_works(
    start: Callable[..., Service], eventually: Eventually
) -> None:
    service = start()
    service.wait_for("ready at")
    service.wait_for("grandchild ")
    family = service.tree()[1:]
    assert len(family) >= 6
    service.process.kill()
    service.process.wait()
    eventually(lambda: not any(_is_alive(process) for process in family))
    again = start()
    again.wait_for("ready at")
    assert again.stop() == 0


def test_the_next_start_works_after_the_whole_tree_was_killed_at_once(
    start: Callable[..., Service], processes_on: ProcessesOn
) -> None:
    service = start()
    service.wait_for("ready at")
    for process in service.tree():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    service.process.wait()
    again = start()
    again.wait_for("ready at")
    assert again.stop() == 0
    assert processes_on(service.data_dir.parent) == []


def test_it_gives_up_on_a_process_that_never_starts_and_shows_its_output(
    start: Callable[..., Service], processes_on: ProcessesOn
) -> None:
    service = start("broken")
    assert service.process.wait(START_SECONDS) == 1
    assert "analysis exited with status 3, 4 times in a row: giving up" in service.text
    assert service.text.rstrip().endswith("a setting of mine is wrong")
    assert processes_on(service.data_dir.parent) == []


def test_a_failed_migration_aborts_the_start(start: Callable[..., Service], processes_on: ProcessesOn) -> None:
    service = start("refuse")
    assert service.process.wait(START_SECONDS) == 1
    assert "migrations exited with status 1" in service.text
    assert "the schema is from the future" in service.text
    assert "api says hello" not in service.text
    assert processes_on(service.data_dir.parent) == []


def test_a_process_that_ignores_the_stop_request_is_killed(
    start: Callable[..., Service], processes_on: ProcessesOn
) -> None:
    service = start("stubborn")
    service.wait_for("ready at")
    service.wait_for("hears nothing")
    assert service.stop() == 0
    assert "analysis did not stop in time and is killed" in service.text
    assert processes_on(service.data_dir.parent) == []


def test_a_port_in_use_is_reported_in_one_line_before_anything_starts(start: Callable[..., Service]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        service = start(port=port)
        assert service.process.wait(START_SECONDS) == 1
    assert re.fullmatch(
        rf"vitae: Port {port} on 127.0.0.1 is already in use.*VITAE_SERVER__PORT=\d+\)\.\n", service.text
    )
    assert str(os.getpid()) in service.text, "the owner is named"
    assert not (service.data_dir / "postgres").exists()


def test_a_second_service_on_the_same_folder_is_rejected(start: Callable[..., Service]) -> None:
    first = start()
    first.wait_for("ready at")
    second = start()
    assert second.process.wait(START_SECONDS) == 1
    assert f"Another Vitae (process {first.process.pid}) already runs on" in second.text
    assert second.text.count("\n") == 1
    assert first.stop() == 0


def test_a_second_ctrl_c_shortens_the_shutdown(start: Callable[..., Service], processes_on: ProcessesOn) -> None:
    service = start("stubborn")
    service.wait_for("hears nothing")
    service.wait_for("ready at")
    service.process.send_signal(signal.SIGINT)
    service.wait_for("stopping")
    assert service.stop() == 0
    assert "hurrying" in service.text
    assert processes_on(service.data_dir.parent) == []


@pytest.mark.parametrize(
    ("variable", "url", "words"),
    [
        ("VITAE_STORAGE__DATABASE_URL", "postgresql://someone:geheim@127.0.0.1:1/vitae", "Postgres at 127.0.0.1:1"),
        ("VITAE_STORAGE__REDIS_URL", "redis://:geheim@127.0.0.1:1/0", "Redis at 127.0.0.1:1"),
    ],
)
def test_an_unreachable_configured_database_is_reported_in_one_line(
    start: Callable[..., Service], variable: str, url: str, words: str
) -> None:
    service = start(**{variable: url})
    assert service.process.wait(START_SECONDS) == 1
    assert words in service.text
    assert "geheim" not in service.text
    assert service.text.count("\n") == 1


def _arguments(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _is_alive_id(pid: int) -> bool:
    try:
        return _is_alive(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
