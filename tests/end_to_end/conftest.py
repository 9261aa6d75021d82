"""One running service for all tests of the folder; a scripted model server is behind each of its two clients."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.service import RunningService, running_service
from tests.scripted_model.behaviour import Behaviour
from tests.scripted_model.server import ScriptedModel


@dataclass(frozen=True, slots=True)
class ServiceWithModels:
    service: RunningService
    local: ScriptedModel
    hosted: ScriptedModel


@contextmanager
def service_with_models(folder: Path, environment: Mapping[str, str]) -> Generator[ServiceWithModels]:
    """Start a service that prefers the self-hosted model to the hosted one; `environment` overrides the settings."""
    with (
        ScriptedModel() as local,
        ScriptedModel() as hosted,
        running_service(
            folder,
            environment={
                "OPENAI_API_KEY": "not-a-real-key",
                "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o",
                "VITAE_CLIENTS__LOCALVLLM__BASE_URL": local.base_url,
                "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
                **environment,
            },
        ) as service,
    ):
        yield ServiceWithModels(service, local, hosted)


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceWithModels]:  # pyright: ignore[reportUnusedFunction]
    high_threshold = {"VITAE_ROUTING__BREAKER__FAILURES": "1000"}  # these tests look at single failures
    with service_with_models(tmp_path_factory.mktemp("service"), high_threshold) as running:
        yield running


@pytest.fixture
def running(_running: ServiceWithModels) -> Iterator[ServiceWithModels]:
    """The running service. Unless a test changes it, both models are truthful and report 700 tokens in, 100 out."""
    for model in (_running.local, _running.hosted):
        model.listen()
        model.reset()
        model.script.replace(Behaviour(prompt_tokens=700, completion_tokens=100, cached_tokens=0))
    yield _running
    for model in (_running.local, _running.hosted):
        model.listen()
