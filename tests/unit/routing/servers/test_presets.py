"""Presets: clients for common servers, hidden until somebody names them."""

from pathlib import Path
from typing import Any

import pytest

from app.routing.baml_source import installed_source
from app.routing.clients import Client, build_clients
from app.settings import PRESETS, LoadedSettings, load_settings

LAPTOP = ("Ollama", "LlamaCpp", "LMStudio")
ALWAYS_SHOWN = {"LocalVLLM", "GPT4o", "GPT4oMini"}


def load(tmp_path: Path, environment: dict[str, str] | None = None, **overrides: Any) -> LoadedSettings:
    changes = {key.replace("__", "."): value for key, value in overrides.items()}
    return load_settings(tmp_path, environment or {}, changes)


def build(tmp_path: Path, environment: dict[str, str] | None = None, **overrides: Any) -> dict[str, Client]:
    loaded = load(tmp_path, environment, **overrides)
    return build_clients(loaded.settings, loaded.environment)


def test_a_fresh_installation_has_no_preset(tmp_path: Path) -> None:
    assert build(tmp_path).keys() == ALWAYS_SHOWN
    assert load(tmp_path).settings.clients.keys() == ALWAYS_SHOWN


def test_every_preset_is_declared_in_baml_and_every_other_client_is_always_shown() -> None:
    assert PRESETS.keys() == set(installed_source().clients()) - ALWAYS_SHOWN


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("routing.clients", ["Ollama", "GPT4o"]),
        ("routing.functions.Summarise.clients", ["Ollama"]),
        ("routing.rules", [{"name": "night", "hours": "22-6", "clients": ["Ollama"]}]),
        ("batch.client", "Ollama"),
        ("clients.Ollama.model", "qwen2.5:7b-instruct"),
    ],
)
def test_a_preset_is_shown_once_an_order_or_a_section_names_it(tmp_path: Path, key: str, value: Any) -> None:
    assert build(tmp_path, **{key: value}).keys() == {*ALWAYS_SHOWN, "Ollama"}


def test_a_variable_names_a_preset_in_capitals(tmp_path: Path) -> None:
    assert build(tmp_path, {"VITAE_CLIENTS__LLAMACPP__MODEL": "tiny"})["LlamaCpp"].model == "tiny"


@pytest.mark.parametrize("name", LAPTOP)
def test_a_laptop_server_is_local_costs_no_tokens_and_has_time(tmp_path: Path, name: str) -> None:
    client = build(tmp_path, routing__clients=[name])[name]
    assert (client.location, client.billing, client.not_configured) == ("local", "self_hosted", None)
    assert client.first_token_timeout_seconds >= 120
    assert client.total_timeout_seconds >= 600
    assert client.is_set_up


def test_one_answer_may_take_as_long_as_the_laptop_server_needs(tmp_path: Path) -> None:
    assert load(tmp_path, routing__clients=["Ollama"]).settings.routing.deadline_seconds == 600
    patient = load(tmp_path, routing__clients=["Ollama"], clients__Ollama__total_timeout_seconds="900")
    assert patient.settings.routing.deadline_seconds == 900


def test_a_deadline_in_the_settings_wins(tmp_path: Path) -> None:
    given = load(tmp_path, routing__clients=["Ollama"], routing__deadline_seconds=45)
    assert given.settings.routing.deadline_seconds == 45


def test_a_preset_that_is_only_configured_does_not_change_the_deadline(tmp_path: Path) -> None:
    assert load(tmp_path, clients__Ollama__model="m").settings.routing.deadline_seconds == 120
    assert load(tmp_path, routing__clients=["SGLang"]).settings.routing.deadline_seconds == 120


def test_settings_override_a_preset(tmp_path: Path) -> None:
    client = build(tmp_path, clients__Ollama__first_token_timeout_seconds=7, clients__Ollama__model="small")["Ollama"]
    assert (client.first_token_timeout_seconds, client.model, client.location) == (7, "small", "local")
    assert client.context_tokens == 4096


def test_a_hosted_preset_without_its_key_names_the_variable(tmp_path: Path) -> None:
    clients = build(tmp_path, routing__clients=["OpenRouter", "AzureOpenAI"])
    assert clients["OpenRouter"].not_configured == "OPENROUTER_API_KEY is not set"
    assert clients["AzureOpenAI"].not_configured == "AZURE_OPENAI_API_KEY is not set"
    assert {clients[name].location for name in ("OpenRouter", "AzureOpenAI")} == {"hosted"}


def test_azure_needs_the_address_of_the_resource_from_a_variable_or_the_settings(tmp_path: Path) -> None:
    key = {"AZURE_OPENAI_API_KEY": "k"}
    without = build(tmp_path, key, routing__clients=["AzureOpenAI"])["AzureOpenAI"]
    assert without.not_configured == "AZURE_OPENAI_BASE_URL is not set"
    address = "https://example.openai.azure.com/openai/v1"
    by_variable = build(tmp_path, {**key, "AZURE_OPENAI_BASE_URL": address}, routing__clients=["AzureOpenAI"])
    by_setting = build(tmp_path, key, clients__AzureOpenAI__base_url=address)
    for clients in (by_variable, by_setting):
        assert clients["AzureOpenAI"].not_configured is None
        assert clients["AzureOpenAI"].base_url == address


def test_hosted_presets_are_priced_by_their_own_provider(tmp_path: Path) -> None:
    clients = build(tmp_path, routing__clients=["OpenRouter", "AzureOpenAI"])
    assert [clients[name].price_provider for name in ("OpenRouter", "AzureOpenAI")] == ["openrouter", "azure"]
