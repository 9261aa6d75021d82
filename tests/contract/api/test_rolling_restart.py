"""`vitae vllm restart` with the real API: two model servers in separate processes are restarted under load."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from app.clock import utc_now
from app.main import create_app
from app.routing.attempt import Attempt
from app.routing.baml_client import BamlCaller
from app.routing.clients import build_clients
from app.routing.question import Question
from app.routing.router import Router
from app.routing.servers.balancer import RedisBalancer
from app.settings import load_settings
from app.storage.engine import Database
from app.storage.ledger import attempts
from app.storage.ledger.attempt_row import AttemptRow
from tests.contract.api.conftest import FAST, Tenant, make_parts, serving
from tests.end_to_end.service import free_port
from tests.scripted_model import ScriptedModel

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60
QUESTION = Question.extract_profile("1| Ilse Varga-Okoye\n2| Data Engineer, Quarrystone Ltd\n")

# Does what a supervisor would: stops the server on that port and starts another.
RESTART = """
import os, pathlib, signal, subprocess, sys
folder, port = pathlib.Path(sys.argv[1]), sys.argv[2]
(folder / "restarts").open("a").write(port + "\\n")
pid_file = folder / (port + ".pid")
if pid_file.exists():
    try:
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
    except ProcessLookupError:
        pass
if (folder / "broken").exists():
    sys.exit("no such image")
command = [sys.executable, "-m", "tests.scripted_model", "--port", port]
nowhere = subprocess.DEVNULL
started = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
pid_file.write_text(str(started.pid))
"""


@dataclass(frozen=True)
class Servers:
    """Two scripted servers, the API in front of them, and the command line."""

    folder: Path
    ports: list[str]
    environment: dict[str, str]
    redis_url: str

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}/v1" for port in self.ports]

    def vitae(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli.main", "vllm", "restart", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def post(self, what: str, **body: Any) -> httpx.Response:
        url, key = self.environment["VITAE_URL"], self.environment["VITAE_API_KEY"]
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.post(f"{url}/v1/clients/LocalVLLM/{what}", json=body, headers=headers, timeout=PATIENCE_SECONDS)

    def drained(self) -> list[str]:
        answer = self.post("breaker", action="reset")
        client = next(item for item in answer.json()["clients"] if item["name"] == "LocalVLLM")
        return [endpoint["base_url"] for endpoint in client["endpoints"] if endpoint["drained"]]

    def restarts(self) -> list[str]:
        """Ports, in the order of their restarts."""
        return (self.folder / "restarts").read_text("utf-8").split()


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, redis_url: str, new_tenant: Callable[[], Tenant]
) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("servers")
    (folder / "restart.py").write_text(RESTART, "utf-8")
    ports = [str(free_port()) for _ in range(2)]
    settings = {
        "VITAE_CLIENTS__LOCALVLLM__BASE_URLS": ",".join(f"http://127.0.0.1:{port}/v1" for port in ports),
        "VITAE_CLIENTS__LOCALVLLM__MODEL": "scripted-model",
        "VITAE_CLIENTS__LOCALVLLM__RESTART_COMMAND": f"{sys.executable} {folder}/restart.py {folder} {{port}}",
    }
    with serving(create_app(make_parts(database_url, redis_url, folder, settings), FAST)) as address:
        environment = {
            **settings,
            "PYTHONPATH": str(ROOT),
            "VITAE_URL": address,
            "VITAE_API_KEY": new_tenant().admin,
            "VITAE_STORAGE__DATA_DIR": str(folder / "data"),
        }
        yield Servers(folder, ports, environment, redis_url)
    for pid_file in folder.glob("*.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(pid_file.read_text("utf-8")), signal.SIGKILL)


@pytest.fixture
def servers(running: Servers) -> Servers:
    """Both servers up and serving, regardless of the previous test."""
    (running.folder / "broken").unlink(missing_ok=True)
    for port, url in zip(running.ports, running.urls, strict=True):
        if not answers(url):
            command = [sys.executable, str(running.folder / "restart.py"), str(running.folder), port]
            subprocess.run(command, check=True, cwd=ROOT)
    for url in running.urls:
        wait_until(lambda url=url: answers(url))
    running.post("drain", drained=False)
    (running.folder / "restarts").write_text("", "utf-8")
    return running


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/models", timeout=2).is_success
    except httpx.TransportError:
        return False


class Traffic:
    """Workers that send one request after the other, like the service's, until they are stopped."""

    def __init__(self, servers: Servers, folder: Path, workers: int = 4) -> None:
        loaded = load_settings(folder, {**servers.environment, "VITAE_ROUTING__CLIENTS": "LocalVLLM"})
        balancer = RedisBalancer(servers.redis_url, lease_seconds=30)
        clients = build_clients(loaded.settings, loaded.environment)
        self.attempts: list[Attempt] = []
        self.errors: list[Exception] = []
        self._router = Router(clients, loaded.settings.routing, BamlCaller(), balancer=balancer)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(workers)]

    def _work(self) -> None:
        while not self._stop.wait(0.02):
            try:
                self._router.ask(QUESTION, privacy="local_only", deadline_seconds=30, record=self.attempts.append)
            except Exception as error:  # noqa: BLE001 - shown by the test
                self.errors.append(error)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)


def test_every_server_is_restarted_once_and_no_call_fails(servers: Servers, tmp_path: Path) -> None:
    with Traffic(servers, tmp_path / "none") as traffic:
        wait_until(lambda: len(traffic.attempts) > 20)
        done = servers.vitae("--rolling")
        before = len(traffic.attempts)
        wait_until(lambda: len(traffic.attempts) > before + 20)
    assert done.returncode == 0, done.stderr
    assert sorted(servers.restarts()) == sorted(servers.ports)
    assert traffic.errors == []
    assert {attempt.outcome for attempt in traffic.attempts} == {"ok"}
    assert servers.drained() == []


def test_a_server_that_does_not_come_back_stays_drained_and_the_next_run_continues_with_it(servers: Servers) -> None:
    first, second = servers.ports
    (servers.folder / "broken").touch()
    failed = servers.vitae("--rolling")
    assert failed.returncode == 1
    assert "exited with status 1" in failed.stderr
    assert "stays drained" in failed.stderr
    assert servers.drained() == servers.urls[:1]
    assert servers.restarts() == [first]  # the second was not touched, because it is the one that serves
    (servers.folder / "broken").unlink()
    assert servers.vitae("--rolling").returncode == 0
    assert servers.restarts() == [first, first, second]
    assert servers.drained() == []


def test_the_last_available_server_is_never_drained(servers: Servers) -> None:
    servers.post("drain", endpoint=servers.urls[1])
    refused = servers.vitae("--endpoint", servers.urls[0])
    assert refused.returncode == 1
    assert "is the last server of LocalVLLM" in refused.stderr
    assert servers.drained() == servers.urls[1:]
    assert servers.restarts() == []


def test_a_server_with_its_old_process_was_not_restarted(servers: Servers) -> None:
    failed = servers.vitae(
        "--endpoint", servers.urls[0], "--start-seconds", "1", VITAE_CLIENTS__LOCALVLLM__RESTART_COMMAND=":"
    )
    assert failed.returncode == 1
    assert "the old process is still running" in failed.stderr


def test_calls_that_do_not_end_are_not_interrupted(servers: Servers) -> None:
    client = f"LocalVLLM@{servers.urls[0]}"
    balancer = RedisBalancer(servers.redis_url, lease_seconds=60)
    place = balancer.enter([client])
    assert place is not None
    failed = servers.vitae("--endpoint", servers.urls[0], "--drain-seconds", "0.5")
    balancer.leave(place)
    assert failed.returncode == 1
    assert "1 call is still in flight" in failed.stderr
    assert servers.drained() == []


def test_a_slowdown_causes_a_restart_and_a_steady_speed_does_not(
    servers: Servers, database: Database, tenant: Tenant
) -> None:
    def answered(count: int, ms_per_token: int, hours_ago: float) -> None:
        row = AttemptRow(
            1, "ExtractProfile", "LocalVLLM", "m", "local", "self_hosted", None, "ok", 200, None,
            utc_now() - timedelta(hours=hours_ago), 100 * ms_per_token, 700, 0, 100, False,
            None, None, None, None, None, "self_hosted_pending",
        )  # fmt: skip
        with database.transaction() as tx:
            for _ in range(count):
                attempts.insert_attempt(tx, row, tenant_id=tenant.id, resume_id=None, analysis_id=None)

    assert "Not enough responses to compare" in servers.vitae("--rolling", "--when-drifting").stdout
    answered(500, 10, hours_ago=24)
    answered(100, 11, hours_ago=0)
    even = servers.vitae("--rolling", "--when-drifting")
    assert (even.returncode, "1.10 times as long" in even.stdout) == (0, True)
    assert servers.restarts() == []
    drifting = servers.vitae("--rolling", "--when-drifting", "--drift-ratio", "1.05")
    assert (drifting.returncode, "restarting" in drifting.stdout) == (0, True)
    assert servers.restarts() == servers.ports


def test_a_server_is_checked_and_warmed_up(servers: Servers) -> None:
    with ScriptedModel() as elsewhere:
        assert servers.post("warm-up", endpoint=elsewhere.base_url).status_code == 404
    seen = servers.post("warm-up", endpoint=servers.urls[0]).json()
    assert (seen["health"], seen["reason"], seen["waiting"]) == ("up", None, 0)
    assert seen["started_at"] is not None
    os.kill(int((servers.folder / f"{servers.ports[0]}.pid").read_text("utf-8")), signal.SIGKILL)
    wait_until(lambda: not answers(servers.urls[0]))
    assert servers.post("warm-up", endpoint=servers.urls[0]).json()["health"] == "down"


def test_a_server_without_a_restart_command_is_not_drained(servers: Servers) -> None:
    refused = servers.vitae("--endpoint", servers.urls[0], VITAE_CLIENTS__LOCALVLLM__RESTART_COMMAND="")
    assert (refused.returncode, servers.drained()) == (1, [])
    assert "There is no way to restart" in refused.stderr
    assert "stays drained" not in refused.stderr


def test_missing_or_unknown_endpoints_are_a_usage_error(servers: Servers) -> None:
    assert servers.vitae().returncode == 2
    assert servers.vitae("--endpoint", "http://gpu/v1").returncode == 2
