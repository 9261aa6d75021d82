"""The start script of the model server, run for real with a fake `vllm` command."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.deploy.fake_vllm import LIMIT_SECONDS, eventually, write_fake_vllm

SCRIPT = Path(__file__).parents[3] / "deploy" / "vllm" / "start.sh"
WARM_UP = SCRIPT.with_name("warm_up.json")


class Start:
    """One run of the script with the fake command on its PATH."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.ready_file = folder / "ready"
        write_fake_vllm(folder, self.ready_file)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.environment = {
            "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "VLLM_MODEL": "some/model",
            "VLLM_API_KEY": "a-key",
            "VLLM_MAX_MODEL_LEN": "2048",
            "VLLM_EXTRA_ARGS": "--enforce-eager --seed 1",
            "VLLM_LISTEN_PORT": str(port),
            "VLLM_READY_FILE": str(self.ready_file),
            "VLLM_DRAIN_SECONDS": "1",
            **variables,
        }
        self.process = subprocess.Popen(["bash", SCRIPT], env=self.environment, stderr=subprocess.DEVNULL)

    def tell(self, name: str, text: str = "") -> None:
        (self.folder / name).write_text(text, "utf-8")

    def healthy(self) -> bool:
        check = ["bash", SCRIPT, "healthy"]
        return subprocess.run(check, env=self.environment, capture_output=True, check=False).returncode == 0

    def listens(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", int(self.environment["VLLM_LISTEN_PORT"]))) == 0

    def requests(self) -> list[dict[str, object]]:
        path = self.folder / "requests"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def wait(self) -> int:
        return self.process.wait(LIMIT_SECONDS)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    run = Start(tmp_path)
    eventually((tmp_path / "environment").exists)
    yield run
    run.process.terminate()
    run.wait()


def test_the_server_is_ready_after_one_warm_up_response_and_not_before(start: Start) -> None:
    assert not start.healthy()
    start.tell("loaded")
    eventually(start.ready_file.exists)
    assert start.healthy()
    (request,) = start.requests()
    assert request["was_ready"] is False
    assert request["key"] == "Bearer a-key"
    assert request["body"] == {**json.loads(WARM_UP.read_text("utf-8")), "model": "some/model"}


def test_a_context_too_small_for_a_real_request_is_warmed_up_with_a_few_words(start: Start) -> None:
    start.tell("small")
    start.tell("loaded")
    eventually(start.ready_file.exists)
    assert len(start.requests()) == 2


def test_variables_become_arguments_except_the_key(start: Start) -> None:
    arguments: list[str] = json.loads((start.folder / "arguments").read_text("utf-8"))
    assert arguments[:2] == ["serve", "some/model"]
    assert arguments[arguments.index("--max-model-len") + 1] == "2048"
    assert arguments[-3:] == ["--enforce-eager", "--seed", "1"]
    assert "--structured-outputs-config.disable_any_whitespace" in arguments
    assert "a-key" not in arguments
    environment: dict[str, str] = json.loads((start.folder / "environment").read_text("utf-8"))
    assert {name for name in environment if name.startswith("VLLM_")} == {"VLLM_API_KEY"}


def test_on_sigterm_the_server_stops_being_ready_and_shuts_down_gracefully(start: Start) -> None:
    start.tell("loaded")
    eventually(start.ready_file.exists)
    start.process.send_signal(signal.SIGTERM)
    eventually(lambda: not start.ready_file.exists())
    assert not (start.folder / "terminated").exists()  # load balancers get time to notice
    assert start.wait() == 0
    assert (start.folder / "terminated").exists()
    assert not start.healthy()


def test_on_sigusr1_a_new_server_replaces_the_old_one_in_the_same_process(start: Start) -> None:
    start.tell("loaded")
    eventually(start.ready_file.exists)
    start.process.send_signal(signal.SIGUSR1)
    eventually((start.folder / "terminated").exists)
    eventually(start.ready_file.exists)
    assert start.healthy()
    assert start.process.poll() is None
    assert [request["was_ready"] for request in start.requests()] == [False, False]
    arguments: list[str] = json.loads((start.folder / "arguments").read_text("utf-8"))
    assert arguments[:2] == ["serve", "some/model"]


def test_a_stop_during_a_restart_takes_precedence(start: Start) -> None:
    start.tell("loaded")
    eventually(start.ready_file.exists)
    start.process.send_signal(signal.SIGUSR1)
    eventually(lambda: not start.ready_file.exists())
    start.process.send_signal(signal.SIGTERM)
    assert start.wait() == 0
    assert len(start.requests()) == 1


def test_a_server_that_is_stopped_while_loading_ends_at_once(start: Start) -> None:
    start.process.send_signal(signal.SIGTERM)
    assert start.wait() == 0
    assert start.requests() == []


def test_a_server_whose_script_is_killed_is_no_longer_healthy_and_ends(start: Start) -> None:
    start.tell("loaded")
    eventually(start.ready_file.exists)
    start.process.send_signal(
        signal.SIGUSR1
    )  # the server after a restart is a different process, but tied to the script in the same way
    eventually((start.folder / "terminated").exists)
    eventually(start.ready_file.exists)
    (start.folder / "terminated").unlink()
    assert start.healthy()
    start.process.kill()
    assert start.wait() == -signal.SIGKILL
    assert not start.healthy()
    eventually((start.folder / "terminated").exists)  # by SIGTERM: open requests are completed
    eventually(lambda: not start.listens())


def test_a_server_that_fails_the_warm_up_never_becomes_ready(start: Start) -> None:
    start.tell("status", "500")
    start.tell("loaded")
    assert start.wait() == 1
    assert len(start.requests()) == 3
    assert not start.ready_file.exists()


def test_a_server_that_is_too_slow_for_the_warm_up_never_becomes_ready(tmp_path: Path) -> None:
    slow = Start(tmp_path, VLLM_WARM_UP_SECONDS="0.2")
    try:
        slow.tell("silent")
        slow.tell("loaded")
        assert slow.wait() == 1
    finally:
        slow.process.kill()
    assert len(slow.requests()) == 3
    assert not slow.ready_file.exists()


def test_a_server_that_dies_ends_the_script_with_its_status(start: Start) -> None:
    start.tell("loaded")
    eventually(start.ready_file.exists)
    start.tell("die")
    start.healthy()
    assert start.wait() == 7
    assert not start.ready_file.exists()
