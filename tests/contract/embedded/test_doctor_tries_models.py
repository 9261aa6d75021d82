"""`vitae doctor` says that a self-hosted model server answers only after it has answered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.operations import model_server_check
from app.cli.operations.doctor import Check, check_clients, find_generated_client
from app.settings import load_settings
from tests.scripted_model import Behaviour, ScriptedModel


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


def check(tmp_path: Path, server: ScriptedModel, **variables: str) -> Check:
    given = {
        "VITAE_ROUTING__CLIENTS": "Ollama",
        "VITAE_CLIENTS__OLLAMA__BASE_URL": server.base_url,
        "VITAE_CLIENTS__OLLAMA__MODEL": server.model,
        **variables,
    }
    found = list(check_clients(load_settings(tmp_path, given), find_generated_client()))
    assert [each.check for each in found] == ["client Ollama"]
    return found[0]


def test_a_server_answers_after_one_tiny_request(tmp_path: Path, server: ScriptedModel) -> None:
    found = check(tmp_path, server)
    assert (found.status, found.finding) == ("ok", f"http://127.0.0.1:{server.port} answers as scripted-model.")
    assert [call.max_tokens for call in server.calls] == [1]


def test_a_wrong_model_name_is_reported_with_the_names_that_the_server_has(
    tmp_path: Path, server: ScriptedModel
) -> None:
    server.script.replace(Behaviour("error", status=404))
    found = check(tmp_path, server, VITAE_CLIENTS__OLLAMA__MODEL="llama9")
    assert found.status == "warning"
    assert "does not know the model llama9; it has scripted-model" in found.finding
    assert "clients.Ollama.model" in found.fix


def test_a_wrong_key_is_reported_with_the_setting(tmp_path: Path, server: ScriptedModel) -> None:
    server.api_key = "right"
    found = check(tmp_path, server)
    assert found.status == "warning"
    assert "does not accept the key" in found.finding
    assert "clients.Ollama.api_key_env" in found.fix
    variables = {"VITAE_CLIENTS__OLLAMA__API_KEY_ENV": "OLLAMA_KEY", "OLLAMA_KEY": "right"}
    assert check(tmp_path, server, **variables).status == "ok"


def test_a_server_that_does_not_answer_in_time_is_referred_to_the_patient_test(
    tmp_path: Path, server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_server_check, "TRY_SECONDS", 0.2)
    server.script.replace(Behaviour("hang_before_headers"))
    found = check(tmp_path, server)
    assert found.status == "warning"
    assert "is reachable, but did not answer within 0.2 seconds" in found.finding
    assert "vitae clients test Ollama" in found.fix
    assert "clients.Ollama.first_token_timeout_seconds" in found.fix


def test_an_address_without_a_model_server_is_reported(tmp_path: Path, server: ScriptedModel) -> None:
    found = check(tmp_path, server, VITAE_CLIENTS__OLLAMA__BASE_URL=f"http://127.0.0.1:{server.port}/wrong")
    assert found.status == "warning"
    assert "not an OpenAI-compatible server" in found.finding
    assert "clients.Ollama.base_url" in found.fix


def test_a_server_whose_answer_fails_is_reported_with_the_status(tmp_path: Path, server: ScriptedModel) -> None:
    server.script.replace(Behaviour("error", status=500))
    found = check(tmp_path, server)
    assert found.status == "warning"
    assert "its first answer failed (http_500)" in found.finding


def test_a_hosted_client_is_not_called(tmp_path: Path, server: ScriptedModel) -> None:
    variables = {"VITAE_CLIENTS__GPT4O__BASE_URL": server.base_url, "OPENAI_API_KEY": "k"}
    loaded = load_settings(tmp_path, {"VITAE_ROUTING__CLIENTS": "GPT4o", **variables})
    (found,) = check_clients(loaded, find_generated_client())
    assert found.status == "ok"
    assert "is reachable; not tried" in found.finding
    assert server.calls == []


def test_azure_without_its_address_is_not_connected(tmp_path: Path) -> None:
    variables = {"VITAE_ROUTING__CLIENTS": "AzureOpenAI", "AZURE_OPENAI_API_KEY": "k"}
    (found,) = check_clients(load_settings(tmp_path, variables), find_generated_client())
    assert (found.status, found.finding) == ("optional", "Not connected: AZURE_OPENAI_BASE_URL is not set.")
