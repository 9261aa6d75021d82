"""Clients built from BAML declarations, settings and the environment."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.routing.baml_source import BamlSource
from app.routing.clients import Client, build_clients
from app.settings import Settings, load_settings

SOURCE = BamlSource(
    {
        "clients.baml": """
client<llm> LocalVLLM { provider openai-generic options { base_url "http://127.0.0.1:8000/v1" model "declared-model" } }
client<llm> GPT4o { provider openai options { model "gpt-4o" api_key env.OPENAI_API_KEY max_completion_tokens 999 } }
client<llm> GPT4oMini { provider openai options { model "gpt-4o-mini" api_key env.OPENAI_API_KEY } }
client<llm> Mine {
  provider openai-generic
  options {
    base_url "http://models.example.org/v1/" model "mine-7b" max_tokens 700
    temperature 0.2 headers { "X-Team" env.TEAM }
    http { connect_timeout_ms 2500 request_timeout_ms 90000 }
  }
}
client<llm> Claude { provider anthropic options { model "claude-x" api_key env.ANTHROPIC_API_KEY } }
"""
    }
)
KEYS = {"OPENAI_API_KEY": "sk-test", "TEAM": "red"}


def settings(tmp_path: Path, **overrides: Any) -> Settings:
    return load_settings(tmp_path, {}, {key.replace("__", "."): value for key, value in overrides.items()}).settings


def build(tmp_path: Path, environment: dict[str, str] = KEYS, **overrides: Any) -> dict[str, Client]:
    return build_clients(settings(tmp_path, **overrides), environment, SOURCE)


def test_a_client_declared_only_in_baml_uses_its_values_and_counts_as_hosted(tmp_path: Path) -> None:
    mine = build(tmp_path)["Mine"]
    assert (mine.model, mine.base_url, mine.max_output_tokens) == ("mine-7b", "http://models.example.org/v1", 700)
    assert (mine.connect_timeout_seconds, mine.total_timeout_seconds) == (2.5, 90)
    assert mine.location == "hosted"
    assert mine.options == {"temperature": 0.2, "headers": {"X-Team": "red"}}
    assert mine.not_configured is None


def test_settings_override_the_declaration(tmp_path: Path) -> None:
    mine = build(
        tmp_path,
        clients__Mine__model="other",
        clients__Mine__location="local",
        clients__Mine__max_output_tokens=1234,
        clients__Mine__input_usd_per_million="0.25",
    )["Mine"]
    assert (mine.model, mine.location, mine.max_output_tokens) == ("other", "local", 1234)
    assert mine.input_usd_per_million == Decimal("0.25")


def test_a_default_setting_does_not_override_an_edit_of_clients_baml(tmp_path: Path) -> None:
    clients = build(tmp_path)
    assert clients["LocalVLLM"].model == "declared-model"
    assert clients["GPT4o"].max_output_tokens == 999


def test_the_key_comes_from_the_environment_and_is_never_shown(tmp_path: Path) -> None:
    client = build(tmp_path)["GPT4o"]
    assert client.api_key == "sk-test"
    assert "sk-test" not in repr(client)


def test_a_client_without_its_key_names_the_missing_variable(tmp_path: Path) -> None:
    clients = build(tmp_path, environment={})
    assert clients["GPT4o"].not_configured == "OPENAI_API_KEY is not set"
    assert clients["Claude"].not_configured == "ANTHROPIC_API_KEY is not set"
    assert clients["Mine"].not_configured == "TEAM is not set"
    assert clients["LocalVLLM"].not_configured is None


def test_a_key_in_the_settings_needs_no_variable(tmp_path: Path) -> None:
    client = build(tmp_path, environment={}, clients__GPT4o__api_key="sk-own")["GPT4o"]
    assert (client.api_key, client.not_configured) == ("sk-own", None)


@pytest.mark.parametrize("key", ["routing.clients", "routing.functions.Summarise.clients"])
def test_an_unknown_name_is_rejected_in_one_line_with_the_known_names(tmp_path: Path, key: str) -> None:
    wrong = load_settings(tmp_path, {}, {key: ["GPT4o", "GTP4o"]}).settings
    with pytest.raises(ConfigurationError) as caught:
        build_clients(wrong, KEYS, SOURCE)
    assert key in caught.value.detail
    assert "GTP4o" in caught.value.detail
    assert "Claude, GPT4o, GPT4oMini, LocalVLLM, Mine and builtin" in caught.value.detail
    assert "\n" not in caught.value.detail


def test_settings_for_a_client_that_does_not_exist_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"clients\.LocalVLM"):
        build(tmp_path, clients__LocalVLM__model="x")


@pytest.mark.parametrize(
    ("name", "base_url"), [("GPT4o", None), ("LocalVLLM", "https://api.openai.com/v1"), ("Claude", None)]
)
def test_a_local_client_that_would_reach_a_provider_is_rejected(
    tmp_path: Path, name: str, base_url: str | None
) -> None:
    overrides: dict[str, Any] = {f"clients__{name}__location": "local"}
    if base_url:
        overrides[f"clients__{name}__base_url"] = base_url
    with pytest.raises(ConfigurationError, match="must not leave the premises"):
        build(tmp_path, **overrides)


def test_builtin_is_a_known_name(tmp_path: Path) -> None:
    assert build_clients(load_settings(tmp_path, {}, {"routing.clients": ["builtin"]}).settings, {}, SOURCE)


def test_an_order_for_an_unknown_function_stops_the_start_and_lists_the_known_names(tmp_path: Path) -> None:
    source = BamlSource({**SOURCE.files, "mine.baml": "function Summarise(facts: string) -> string { client GPT4o }"})
    (tmp_path / "vitae.toml").write_text('[routing.functions.Sumarise]\nclients = ["GPT4o"]\n')
    with pytest.raises(ConfigurationError, match=r"functions.Sumarise` names Sumarise, .* known are Summarise\."):
        build_clients(load_settings(tmp_path, {}).settings, KEYS, source)


def test_a_rule_for_an_unknown_function_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "vitae.toml").write_text(
        '[[routing.rules]]\nname = "scans"\nfunctions = ["Extract"]\nclients = ["GPT4o"]\n'
    )
    with pytest.raises(ConfigurationError, match=r"rules \(scans\)\.functions` names Extract"):
        build_clients(load_settings(tmp_path, {}).settings, KEYS, SOURCE)


def test_an_order_for_the_ranking_is_valid_though_rules_rank(tmp_path: Path) -> None:
    (tmp_path / "vitae.toml").write_text('[routing.functions.ScoreRequirements]\nclients = ["GPT4o"]\n')
    assert "GPT4o" in build_clients(load_settings(tmp_path, {}).settings, KEYS, SOURCE)


@pytest.mark.parametrize(
    ("model", "options", "temperature"),
    [
        ("gpt-4o", {}, 0),
        ("gpt-4o", {"temperature": 0.4}, 0.4),
        ("gpt-4o", {"temperature": False}, None),
        ("gpt-5-mini", {"temperature": 0}, None),
        (None, {}, 0),
    ],
)
def test_a_client_knows_the_temperature_of_its_requests(
    model: str | None, options: dict[str, Any], temperature: float | None
) -> None:
    client = Client(name="GPT4o", provider="openai", model=model, base_url=None, options=options)
    assert client.temperature == temperature
