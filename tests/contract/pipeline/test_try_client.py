"""A client is tested with one real request to a server, from the command line and in a process of its own."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.pipeline.operations.measure_client import Measurement, measure_client
from app.pipeline.operations.sample_resume import SAMPLE_RESUME
from app.pipeline.operations.try_client import measure_in_own_process
from app.routing.clients import Client, build_clients
from app.settings import LoadedSettings, load_settings
from app.wiring.trial_parts import build_client_test
from tests.scripted_model import Behaviour, ScriptedModel, Step

TINY = Step(Behaviour(), calls=1)  # the request that loads the model and tries a schema


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel(model="qwen2.5:7b-instruct") as model:
        yield model


@pytest.fixture
def configure(server: ScriptedModel, tmp_path: Path) -> Callable[..., LoadedSettings]:
    def load(**variables: str) -> LoadedSettings:
        return load_settings(tmp_path, {"VITAE_CLIENTS__OLLAMA__BASE_URL": server.base_url, **variables})

    return load


def client_of(loaded: LoadedSettings, name: str = "Ollama") -> Client:
    return build_clients(loaded.settings, loaded.environment)[name]


def measure(loaded: LoadedSettings, seconds: float = 60) -> Measurement:
    return measure_client(client_of(loaded), timeout_seconds=seconds)


def test_one_real_request_measures_the_client(server: ScriptedModel, configure: Callable[..., LoadedSettings]) -> None:
    found = measure(configure())
    assert [call.function for call in server.calls] == [None, "ExtractProfile"]
    assert found.attempt is not None
    assert (found.attempt.outcome, found.is_resume) == ("ok", True)
    assert found.models == ("qwen2.5:7b-instruct",)
    assert found.attempt.first_token_ms is not None
    assert found.warm_up_seconds is not None
    assert found.shared_values / found.parser_values > 0.8
    assert found.loaded_context_tokens == server.max_model_len


def test_a_client_that_reads_by_sections_gets_its_section_requests(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    found = measure(configure(VITAE_CLIENTS__OLLAMA__REQUESTS="sections"))
    functions = {call.function for call in server.calls[1:]}
    assert functions == {"ReadPerson", "ReadJobs", "ReadStudies", "ReadSkills", "ReadLanguages"}
    assert found.attempt is not None
    assert (found.attempt.outcome, found.is_resume) == ("ok", True)
    assert found.shared_values / found.parser_values > 0.8


def test_the_test_is_patient_whatever_the_limits_of_the_client(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    limits = {f"VITAE_CLIENTS__OLLAMA__{name}_TIMEOUT_SECONDS": "0.05" for name in ("FIRST_TOKEN", "STALL", "TOTAL")}
    server.script.replace(TINY, Behaviour(latency_seconds=0.3))
    found = measure(configure(**limits))
    assert found.attempt is not None
    assert found.attempt.outcome == "ok"


def test_values_that_are_not_in_the_document_are_counted(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    server.script.replace(TINY, Behaviour("lies"))
    found = measure(configure())
    assert found.not_in_document > 0
    assert found.shared_values == 0
    assert not found.is_resume


def test_a_schema_that_the_server_enforces_is_noticed(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    assert measure(configure()).schema == "ignored"
    server.script.replace(Step(Behaviour(answer={"fruit": "apple"}), calls=1), Behaviour())
    assert measure(configure()).schema == "enforced"
    message = "response_format is not supported"
    server.script.replace(Step(Behaviour("error", status=400, error_message=message), calls=1), Behaviour())
    assert measure(configure()).schema == "refused"
    server.script.replace()
    assert measure(configure(VITAE_CLIENTS__OLLAMA__STRUCTURED_OUTPUT="true")).schema == "used"
    assert measure(configure(VITAE_CLIENTS__OLLAMA__STRUCTURED_OUTPUT="false")).schema == "off"


def test_a_schema_that_is_refused_for_the_real_request_is_reported(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    refusal = Behaviour("error", status=400, error_message="json_schema: failed to parse grammar")
    server.script.replace(TINY, Step(refusal, calls=1), Behaviour())
    found = measure(configure(VITAE_CLIENTS__OLLAMA__STRUCTURED_OUTPUT="true"))
    assert found.schema == "refused"
    assert found.is_resume


def test_a_context_that_is_too_small_ends_the_test_without_the_real_request(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    server.max_model_len = 600
    found = measure(configure())
    assert found.attempt is None
    assert found.needed_tokens is not None
    assert found.needed_tokens > 600
    assert [call.function for call in server.calls] == [None]


def test_a_hosted_client_gets_only_the_real_request(server: ScriptedModel, tmp_path: Path) -> None:
    loaded = load_settings(tmp_path, {"VITAE_CLIENTS__GPT4O__BASE_URL": server.base_url, "OPENAI_API_KEY": "k"})
    trial = build_client_test(loaded).run(client_of(loaded, "GPT4o"), 60)
    assert [call.function for call in server.calls] == ["ExtractProfile"]
    assert trial.usable
    assert trial.cost_basis == "list_price"
    assert trial.cost_usd is not None
    assert trial.cost_usd > 0
    assert trial.typical_cost_usd == Decimal("0.00725")  # 900 tokens at $2.50 and 500 at $10 per million


def test_a_self_hosted_resume_costs_the_time_that_it_takes(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    server.script.replace(TINY, Behaviour(latency_seconds=0.2))
    loaded = configure(VITAE_CLIENTS__OLLAMA__COST_PROFILE="aws-g5.xlarge-1yr")
    trial = build_client_test(loaded).run(client_of(loaded), 60)
    assert trial.typical_cost_usd is not None
    assert trial.typical_cost_usd > 0
    assert trial.cost_basis == "self_hosted_pending"


def test_the_process_of_its_own_measures_the_same(
    server: ScriptedModel, configure: Callable[..., LoadedSettings]
) -> None:
    loaded = configure()
    alone, here = measure_in_own_process(client_of(loaded), 60), measure(loaded)
    assert alone.attempt is not None
    assert here.attempt is not None
    assert alone.attempt.prompt_version == here.attempt.prompt_version
    assert (alone.shared_values, alone.is_resume) == (here.shared_values, True)


def test_the_sample_differs_from_the_resume_that_warms_servers_up() -> None:
    warm_up = json.loads((Path(__file__).parents[3] / "deploy" / "vllm" / "warm_up.json").read_text("utf-8"))
    assert SAMPLE_RESUME.splitlines()[0] not in json.dumps(warm_up)


def run(server: ScriptedModel, *words: str, **variables: str) -> Any:
    environment = {"VITAE_CLIENTS__OLLAMA__BASE_URL": server.base_url, **variables}
    return CliRunner().invoke(app, ["clients", "test", *words, "--here"], env=environment)


def test_the_command_exits_with_success_only_for_a_usable_client(
    server: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = run(server, "Ollama", "--json")
    assert good.exit_code == 0, good.output
    assert json.loads(good.stdout)["usable"] is True
    server.script.replace(TINY, Behaviour("prose"))
    bad = run(server, "Ollama")
    assert bad.exit_code == 1
    assert "Ollama is not usable yet" in bad.output


def test_the_command_names_the_lines_to_change(
    server: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run(server, "Ollama", VITAE_CLIENTS__OLLAMA__MODEL="qwen3")
    assert '[clients.Ollama]\nmodel = "qwen2.5:7b-instruct"' in shown.output


def test_an_unknown_name_is_wrong_usage_and_lists_the_known_ones(
    server: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run(server, "Olama")
    assert shown.exit_code == 2
    assert "There is no client Olama. Known are AzureOpenAI, GPT4o" in shown.output
