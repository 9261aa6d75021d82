"""Two scripted models, a self-hosted server and a hosted one, and routers that call them over real HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.routing.baml_client import BamlCaller
from app.routing.clients import Client, build_clients
from app.routing.router import Router
from app.settings import load_settings
from tests.scripted_model import ScriptedModel

RESUME = """1| Ilse Varga-Okoye
2| ilse.varga@example.org | +36 1 555 0142

3| Experience
4| Data Engineer, Quarrystone Ltd
5| Mar 2019 - Present
6| - Moved 40 pipelines to a queue

7| Education
8| B.Sc. Informatics, University of Szeged
9| 2011 - 2014

10| Languages
11| Hungarian (native), English (fluent)
"""


@pytest.fixture
def local() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def hosted() -> Iterator[ScriptedModel]:
    with ScriptedModel(api_key="sk-scripted") as model:
        yield model


@pytest.fixture
def configure(
    local: ScriptedModel, hosted: ScriptedModel, tmp_path: Path
) -> Callable[..., tuple[dict[str, Client], Router]]:
    """`configure({"VITAE_ROUTING__CLIENTS": "GPT4o"})`: clients and router as the service would build them."""

    def build(environment: dict[str, str] | None = None) -> tuple[dict[str, Client], Router]:
        given = {
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": local.base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": local.model,
            "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
            "OPENAI_API_KEY": "sk-scripted",
            **(environment or {}),
        }
        loaded = load_settings(tmp_path, given)
        clients = build_clients(loaded.settings, loaded.environment)
        return clients, Router(clients, loaded.settings.routing, BamlCaller())

    return build
