"""`vitae vllm up`, run for real on simulated machines that have or lack parts; vLLM itself is a fake command."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.cli.models.vllm_program import VllmProgram, find_gpus, find_vllm
from app.cli.operations.doctor import check_vllm
from tests.contract.deploy.fake_vllm import LIMIT_SECONDS, eventually, write_fake_vllm
from tests.end_to_end.service import free_port

ROOT = Path(__file__).parents[3]
MODEL = "some/model"


class Machine:
    """A machine simulated by its PATH: with a given vLLM version, with a GPU, or without them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.ready_file = folder / "data" / f"vllm-{self.port}.ready"
        self.environment = {
            "PATH": f"{folder}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "VITAE_CLIENTS__LOCALVLLM__MODEL": MODEL,
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": f"http://127.0.0.1:{self.port}/v1",
            "VITAE_CLIENTS__LOCALVLLM__API_KEY": "a-key",
            "VITAE_STORAGE__DATA_DIR": str(folder / "data"),
            "VLLM_DRAIN_SECONDS": "0",
        }

    def has_vllm(self, version: str) -> None:
        write_fake_vllm(self.folder, self.ready_file)
        # Only the query for the version is faked, as for the Python of a real vLLM; other calls reach the real Python.
        self._write("python3", f'case "$2" in *metadata*) echo {version} ;; *) exec {sys.executable} "$@" ;; esac')

    def has_gpu(self) -> None:
        self._write("nvidia-smi", "echo NVIDIA A10G, 23028 MiB")

    def up(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "vllm", "up", *arguments],
            cwd=self.folder,
            env={**self.environment, **variables},
            stderr=subprocess.PIPE,
            text=True,
        )

    def _write(self, name: str, script: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        (self.folder / name).chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def running(machine: Machine) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def up(*arguments: str) -> subprocess.Popen[str]:
        started.append(machine.up(*arguments))
        return started[-1]

    yield up
    for process in started:
        process.terminate()
        process.communicate(timeout=LIMIT_SECONDS)


def refusal(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = process.communicate(timeout=LIMIT_SECONDS)
    return process.returncode, said


@pytest.mark.skipif(bool(find_gpus()), reason="this machine has a GPU, so a missing one cannot be tested")
def test_a_machine_that_lacks_something_is_told_what(machine: Machine) -> None:
    status, said = refusal(machine.up())
    assert (status, "vLLM is not installed" in said, "make vllm" in said) == (1, True, True)
    machine.has_vllm("0.33.0")
    status, said = refusal(machine.up())
    assert (status, "vLLM 0.33.0 needs an NVIDIA GPU" in said) == (1, True)


def test_the_server_gets_the_clients_model_and_signals_and_status_pass_through(
    machine: Machine, running: Callable[..., subprocess.Popen[str]]
) -> None:
    machine.has_vllm("0.33.0")
    machine.has_gpu()
    process = running()
    (machine.folder / "loaded").touch()
    eventually(machine.ready_file.exists)
    arguments = (machine.folder / "arguments").read_text("utf-8")
    assert f'"serve", "{MODEL}", "--host", "127.0.0.1", "--port", "{machine.port}"' in arguments
    assert "a-key" not in arguments
    assert '"VLLM_API_KEY": "a-key"' in (machine.folder / "environment").read_text("utf-8")
    assert (machine.folder / "data" / f"vllm-{machine.port}.pid").read_text("utf-8") == str(process.pid)
    second = machine.up()
    status, said = refusal(second)
    assert (status, f"Port {machine.port} on 127.0.0.1 is in use" in said) == (1, True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_SECONDS) == 0


def test_a_server_that_dies_passes_on_its_status(
    machine: Machine, running: Callable[..., subprocess.Popen[str]]
) -> None:
    machine.has_vllm("0.33.0+cpu")  # needs no GPU
    process = running()
    (machine.folder / "die").touch()
    assert process.wait(LIMIT_SECONDS) == 7


def test_a_model_that_the_client_would_not_request_is_refused(machine: Machine) -> None:
    status, said = refusal(machine.up(VLLM_MODEL="another/model"))
    assert (status, "they must be the same" in said) == (2, True)


def test_a_client_with_several_servers_has_to_name_one(machine: Machine) -> None:
    machine.environment["VITAE_CLIENTS__LOCALVLLM__BASE_URLS"] = "http://127.0.0.1:1/v1,http://127.0.0.1:2/v1"
    status, said = refusal(machine.up())
    assert (status, "Name the server with --endpoint" in said) == (2, True)
    assert refusal(machine.up("--client", "GPT4o"))[0] == 2
    assert refusal(machine.up("--client", "Nobody"))[0] == 2


def test_doctor_reports_whether_a_server_could_start(machine: Machine) -> None:
    assert check_vllm(None, []).status == "optional"
    built_for_gpus = VllmProgram(Path("vllm"), "0.33.0")
    assert "no NVIDIA GPU" in check_vllm(built_for_gpus, []).finding
    assert check_vllm(built_for_gpus, ["NVIDIA A10G"]).status == "ok"
    machine.has_vllm("0.33.0+cpu")
    found = find_vllm({"PATH": str(machine.folder)})
    assert found == VllmProgram(machine.folder / "vllm", "0.33.0+cpu")
    assert check_vllm(found, []).status == "ok"
    assert find_vllm({"PATH": os.devnull}) is None or (ROOT / ".venv-vllm").exists()
