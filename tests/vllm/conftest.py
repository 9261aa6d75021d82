"""Two real vLLM servers behind the complete service. Run only by `make test-vllm`, which installs vLLM."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.service import RunningService, free_port, running_service
from tests.scripted_model.server import ScriptedModel
from tests.vllm.model_server import CPU_VARIABLES, PROGRAMS, ModelServer

HERE = Path(__file__).parent
TIME_LIMIT_SECONDS = 1800  # a server takes minutes to start on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests if vLLM is not installed, and report it in the last line."""
    left_out = pytest.mark.skip(reason="the real vLLM is tested by `make test-vllm` alone")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIME_LIMIT_SECONDS))
            if os.environ.get("TEST_VLLM") != "1":
                item.add_marker(left_out)


@dataclass(frozen=True, slots=True)
class Stack:
    """The service with two servers behind its client LocalVLLM, and a hosted client as fallback."""

    service: RunningService
    first: ModelServer
    second: ModelServer
    hosted: ScriptedModel
    settings: Mapping[str, str]

    @property
    def servers(self) -> tuple[ModelServer, ModelServer]:
        return self.first, self.second

    def counter(self, name: str) -> float:
        """The sum of one of vLLM's metrics over both servers."""
        return sum(server.counter(name) for server in self.servers)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    command = [str(PROGRAMS / "python"), str(HERE / "tiny_model.py"), str(folder)]
    subprocess.run(command, check=True, env={**os.environ, **CPU_VARIABLES}, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def stack(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start both servers, then the service, which shares its data folder with them."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "data").mkdir()
    ports = [free_port() for _ in range(2)]
    hosted = ScriptedModel()
    settings = {
        "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o",
        "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
        "OPENAI_API_KEY": "not-a-real-key",
        "VITAE_CLIENTS__LOCALVLLM__BASE_URLS": ",".join(f"http://127.0.0.1:{port}/v1" for port in ports),
        "VITAE_CLIENTS__LOCALVLLM__MODEL": str(model),
        # Two servers and the service share two cores, so timeouts are long.
        "VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS": "60",
        "VITAE_CLIENTS__LOCALVLLM__TOTAL_TIMEOUT_SECONDS": "120",
        # A model with random weights does not improve on a retry.
        "VITAE_ROUTING__RECOVERY__ENABLED": "false",
        "VITAE_STORAGE__DATA_DIR": str(folder / "data"),
    }
    first, second = (ModelServer(port, folder / "data", settings) for port in ports)
    try:
        for server in (first, second):
            server.start()
        for server in (first, second):
            server.wait_until_ready()
        with hosted, running_service(folder, environment=settings) as service:
            yield Stack(service, first, second, hosted, settings)
    finally:
        for server in (first, second):
            server.stop()
