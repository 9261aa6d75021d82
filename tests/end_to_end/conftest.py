"""One running service for all tests of the folder, with a scripted model server as each of its two clients."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.end_to_end.service import RunningService, running_service
from tests.scripted_model.behaviour import Behaviour
from tests.scripted_model.server import ScriptedModel


@dataclass(frozen=True, slots=True)
class ServiceWithModels:
    service: RunningService
    local: ScriptedModel
    hosted: ScriptedModel


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceWithModels]:  # pyright: ignore[reportUnusedFunction]
    with (
        ScriptedModel() as local,
        ScriptedModel() as hosted,
        running_service(
            tmp_path_factory.mktemp("service"),
            environment={
                "OPENAI_API_KEY": "not-a-real-key",
                "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o",
                "VITAE_ROUTING__BREAKER__FAILURES": "1000",  # these tests look at single failures
                "VITAE_CLIENTS__LOCALVLLM__BASE_URL": local.base_url,
                "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
            },
        ) as service,
    ):
        yield ServiceWithModels(service, local, hosted)


@pytest.fixture
def running(_running: ServiceWithModels) -> Iterator[ServiceWithModels]:
    """Both models are truthful and report 700 tokens in and 100 out, until the test says otherwise."""
    for model in (_running.local, _running.hosted):
        model.listen()
        model.reset()
        model.script.replace(Behaviour(prompt_tokens=700, completion_tokens=100, cached_tokens=0))
    yield _running
    for model in (_running.local, _running.hosted):
        model.listen()
