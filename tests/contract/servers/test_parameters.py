"""Which parameters a request has: by the model's family, by the settings, and after a server has refused one.

Each row names its source: the repository and issue in which somebody met the refusal, or a vendor's documentation.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.pipeline.operations.measure_client import Measurement, measure_client
from app.routing.baml_client import BamlCaller, chat_request
from app.routing.clients import Client, build_clients
from app.routing.parameters.model_families import FAMILIES, bare_name, find_family
from app.routing.question import Question
from app.routing.servers.structured_output import StructuredOutput
from app.settings import load_settings
from tests.contract.routing.conftest import RESUME
from tests.contract.servers.refused_parameter_rows import ROWS, Row, openai, unsupported_value
from tests.contract.servers.refusing_server import Refusal, RefusingServer

QUESTION = Question.extract_profile(RESUME)
MISTRAL = "https://api.mistral.ai/v1"
DEEPSEEK = "https://api.deepseek.com/v1"


def client_of(model: str, base_url: str = "http://gateway/v1", **more: Any) -> Client:
    return Client(
        name="Any",
        provider="openai-generic",
        model=model,
        base_url=base_url,
        api_key="k",
        connect_timeout_seconds=20,
        first_token_timeout_seconds=60,
        max_output_tokens=321,
        structured_output=True,
        **more,
    )


# Without an entry, a request has all of these.
USUAL = {"temperature", "max_tokens", "response_format", "stream", "stream_options"}
NEWER = USUAL - {"max_tokens", "temperature"} | {"max_completion_tokens"}


@pytest.mark.parametrize(
    ("source", "model", "base_url", "names"),
    [
        ("Aider-AI/aider#2991", "o3-mini", None, NEWER),
        ("microsoft/vscode#254389", "openai/gpt-5-mini", None, NEWER),
        ("ChatGPTNextWeb/NextChat#6604", "azure/gpt-5", None, NEWER),
        ("Aider-AI/aider#4707", "azure/gpt-5.2-chat", None, NEWER),
        ("deployment name of Azure", "prod-gpt5-nano", None, NEWER),
        ("dated name of OpenAI", "gpt-5-2025-08-07", None, NEWER),
        ("Bedrock's gateway", "openai.gpt-oss-120b-1:0", None, USUAL),
        ("microsoft/vscode#253673", "o4-mini", None, NEWER),
        ("cline/cline#341", "o1-preview", None, NEWER - {"response_format"}),
        ("BerriAI/litellm, is_model_gpt_5_model", "gpt-5-chat-latest", None, NEWER | {"temperature"}),
        ("vercel/ai#5609", "gpt-4o-search-preview", None, USUAL - {"temperature"}),
        ("OpenAI documentation, fine-tuning", "ft:gpt-4o-mini-2024-07-18:team::id", None, USUAL),
        ("web-infra-dev/midscene#259", "chatgpt-4o-latest", None, USUAL - {"response_format"}),
        ("mrwadams/stride-gpt#19", "gpt-4", None, USUAL - {"response_format"}),
        ("OpenAI documentation, structured outputs", "gpt-4.1-mini", None, USUAL),
        ("dnakov/anon-kode#53", "mistral-large-latest", MISTRAL, USUAL - {"stream_options"}),
        ("the same model on a vLLM server", "mistralai/Mistral-7B-Instruct-v0.3", None, USUAL),
        ("llm-exe/llm-exe#662", "deepseek-chat", DEEPSEEK, USUAL - {"response_format"}),
        ("DeepSeek documentation", "deepseek-reasoner", DEEPSEEK, USUAL - {"response_format", "temperature"}),
        ("QuantumNous/new-api#5372", "kimi-k2.6", None, USUAL - {"temperature"}),
        ("NousResearch/hermes-agent#12668", "kimi-k2-turbo-preview", None, USUAL),
        ("Google documentation, OpenAI endpoint", "models/gemini-2.5-flash", None, USUAL),
        ("Bedrock's gateway", "us.anthropic.claude-3-5-sonnet-20241022-v2:0", None, USUAL),
        ("AIDC-AI/Marco-o1: no model of OpenAI", "AIDC-AI/Marco-o1", None, USUAL),
        ("Ollama's tags", "qwen2.5:7b-instruct", None, USUAL),
        ("a model nobody has heard of", "acme/frontier-1", None, USUAL),
    ],
)
def test_a_request_has_the_parameters_that_its_model_takes(
    source: str, model: str, base_url: str | None, names: set[str]
) -> None:
    client = client_of(model, base_url or "http://gateway/v1")
    body = chat_request(QUESTION, client, structured=True).body
    assert body.keys() - {"model", "messages"} == names, source
    assert 321 in (body.get("max_tokens"), body.get("max_completion_tokens"))


@pytest.mark.parametrize(
    ("source", "model", "is_sent"),
    [
        ("OpenAI documentation, reasoning", "openai/gpt-5", True),
        ("BerriAI/litellm#14163", "openai/gpt-oss-120b", True),
        ("BerriAI/litellm#16265", "grok-3-mini", True),
        ("BerriAI/litellm#16265", "grok-4-latest", False),
        ("charmbracelet/crush#2362", "xai/grok-4-1-fast-reasoning", False),
        ("enricoros/big-AGI#1104", "grok-4.3", True),
        ("iamsrikanthnani/pluely#219", "meta-llama/llama-3.3-70b", False),
        ("OpenAI documentation, models", "gpt-4o-mini", False),
        ("a model nobody has heard of", "acme/frontier-1", True),
    ],
)
def test_a_reasoning_effort_is_sent_only_to_models_that_take_one(source: str, model: str, is_sent: bool) -> None:  # noqa: FBT001
    client = client_of(model, parameters={"reasoning_effort": "low"})
    assert (chat_request(QUESTION, client).body.get("reasoning_effort") == "low") is is_sent, source


def test_every_family_can_be_found_and_unknown_names_have_none() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert find_family("", None).name == find_family(None, "http://127.0.0.1/v1").name == "unknown"
    assert bare_name("accounts/fireworks/models/Llama-v3p1-8b:free") == "llama-v3p1-8b"
    assert bare_name("claude-sonnet-4@20250514") == "claude-sonnet-4"


def refusing(row: Row) -> Callable[[dict[str, Any]], Refusal | None]:
    def refuses(request: dict[str, Any]) -> Refusal | None:
        return next(
            (
                Refusal(row.status, body)
                for name, body in row.refused.items()
                if request.get(name) or request.get(name) == 0
            ),
            None,
        )

    return refuses


@pytest.mark.parametrize("row", ROWS, ids=[row.source for row in ROWS])
def test_a_refused_parameter_is_left_out_at_once_and_from_then_on(row: Row, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with RefusingServer(refusing(row)) as server:
        caller = BamlCaller()
        client = client_of("acme/frontier-1", server.base_url, parameters=row.parameters or {})
        first, second = (caller.call(QUESTION, client, timeout_seconds=60) for _ in range(2))
    assert (first.outcome, second.outcome) == ("ok", "ok")
    assert (first.usage.input_tokens, first.usage.estimated) == (900, False)  # the refused call costs nothing
    assert len(server.sent) == 2 + len(row.refused)
    first_sent, *_, last_sent = server.sent
    for name in row.refused:
        assert name in first_sent
        assert name not in last_sent
    expected = first_sent.keys() - row.refused.keys() | ({row.instead} if row.instead else set())
    assert last_sent.keys() == (expected - {"stream_options"} if "stream" in row.refused else expected)
    assert 321 in (last_sent.get("max_tokens"), last_sent.get("max_completion_tokens"))
    told = [record.message for record in caplog.records if "refused" in record.message]
    assert len(told) == len(row.refused)  # once, not for each call


def test_a_parameter_that_was_not_sent_is_not_blamed() -> None:
    row = Row("", 400, {"model": openai("Unknown parameter: 'seed'.", param="seed", code="unknown_parameter")})
    with RefusingServer(refusing(row)) as server:
        result = BamlCaller().call(QUESTION, client_of("m", server.base_url), timeout_seconds=60)
    assert (result.outcome, result.error, len(server.sent)) == ("rejected", "http_400_unknown_parameter", 1)


@pytest.mark.parametrize("name", ["messages", "model"])
def test_messages_and_model_are_never_left_out(name: str) -> None:
    row = Row("", 400, {"model": openai(f"Invalid value for '{name}'", param=name, code="invalid_value")})
    with RefusingServer(refusing(row)) as server:
        result = BamlCaller().call(QUESTION, client_of("m", server.base_url), timeout_seconds=60)
    assert (result.outcome, len(server.requests)) == ("rejected", 1)
    assert name in server.requests[0]


def test_the_limit_of_the_answer_is_sent_under_one_of_its_names_even_if_both_are_refused() -> None:
    def refuses(request: dict[str, Any]) -> Refusal:
        name = next(name for name in ("max_tokens", "max_completion_tokens") if name in request)
        return Refusal(400, openai(f"Unsupported parameter: '{name}'.", param=name, code="unsupported_parameter"))

    with RefusingServer(refuses) as server:
        result = BamlCaller().call(QUESTION, client_of("m", server.base_url), timeout_seconds=60)
    assert result.outcome == "rejected"
    assert [("max_tokens" in one, "max_completion_tokens" in one) for one in server.sent] == [
        (True, False),
        (False, True),
    ]


def test_a_server_that_refuses_everything_gets_few_calls() -> None:
    extra = {f"extra_{number}": number for number in range(20)}

    def refuses(request: dict[str, Any]) -> Refusal:
        name = next(name for name in request if name.startswith("extra_"))
        return Refusal(400, openai(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter"))

    with RefusingServer(refuses) as server:
        result = BamlCaller().call(QUESTION, client_of("m", server.base_url, parameters=extra), timeout_seconds=60)
    assert (result.outcome, len(server.sent)) == ("rejected", 5)


def test_a_test_of_the_client_names_what_its_server_refuses() -> None:
    row = Row("", 400, {"temperature": unsupported_value("temperature")})
    with RefusingServer(refusing(row)) as server:
        measured = measure_client(client_of("m", server.base_url, parameters={"top_p": 0.9}), timeout_seconds=60)
    assert measured.refused_parameters == ("temperature",)
    assert Measurement.from_json(measured.to_json()) == measured


def test_a_refusal_is_forgotten_after_a_while() -> None:
    clock = [0.0]
    row = Row("", 400, {"temperature": unsupported_value("temperature")})
    with RefusingServer(refusing(row)) as server:
        caller = BamlCaller(StructuredOutput(monotonic=lambda: clock[0]))
        client = client_of("m", server.base_url)
        for seconds in (0, 299, 301):
            clock[0] = seconds
            assert caller.call(QUESTION, client, timeout_seconds=60).outcome == "ok"
    assert ["temperature" in sent for sent in server.sent] == [True, False, False, True, False]


SETTINGS = """
[clients.GPT4o]
base_url = "http://gateway/v1"
api_key = "k"
structured_output = true
[clients.GPT4o.parameters]
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("temperature = 0.3", {"temperature": 0.3}),
        ("temperature = false", {"temperature": None}),
        ('temperature = "omit"', {"temperature": None}),
        ('max_tokens_name = "max_tokens"', {"max_tokens": 4096, "max_completion_tokens": None}),
        ("response_format = false", {"response_format": None}),
        ('response_format = "omit"', {"response_format": None}),
        ("stream_options = false", {"stream_options": None, "stream": True}),
        (
            "top_p = 0.9\nchat_template_kwargs = { enable_thinking = false }",
            {"top_p": 0.9, "chat_template_kwargs": {"enable_thinking": False}},
        ),
        ("store = false", {"store": False}),
    ],
)
def test_the_settings_override_the_table(tmp_path: Path, line: str, expected: dict[str, Any]) -> None:
    (tmp_path / "vitae.toml").write_text(SETTINGS + line)
    loaded = load_settings(tmp_path, {})
    client = build_clients(loaded.settings, loaded.environment)["GPT4o"]
    body = chat_request(QUESTION, client, structured=True).body
    assert {name: body.get(name) for name in expected} == expected


def test_the_table_is_overridden_for_a_model_that_it_knows() -> None:
    client = client_of("gpt-5", parameters={"temperature": 0.5, "max_tokens_name": "max_tokens"})
    body = chat_request(QUESTION, client).body
    assert (body["temperature"], body["max_tokens"], "max_completion_tokens" in body) == (0.5, 321, False)
    schema = client_of("gpt-4", parameters={"response_format": True})
    assert "response_format" in chat_request(QUESTION, schema, structured=True).body
    assert replace(client, parameters={}).temperature is None


def test_parameters_can_be_set_in_the_environment(tmp_path: Path) -> None:
    loaded = load_settings(
        tmp_path,
        {
            "VITAE_CLIENTS__GPT4O__PARAMETERS__TEMPERATURE": "false",
            "VITAE_CLIENTS__GPT4O__PARAMETERS__TOP_P": "0.9",
            "VITAE_CLIENTS__GPT4O__PARAMETERS__SERVICE_TIER": "flex",
        },
    )
    assert loaded.settings.client("GPT4o").parameters.model_dump(exclude_none=True) == {
        "temperature": False,
        "top_p": 0.9,
        "service_tier": "flex",
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("max_tokens = 100", "`max_tokens` is set by `clients.NAME.max_output_tokens`"),
        ("stream = false", "`stream` is set by `clients.NAME.stream`"),
        ("temperature = true", "`temperature` is a number, or false to send none"),
        ('max_tokens_name = "omit"', "clients.GPT4o.parameters.max_tokens_name"),
    ],
)
def test_a_parameter_that_cannot_be_set_stops_the_start_with_one_line(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "vitae.toml").write_text(SETTINGS + line)
    with pytest.raises(ConfigurationError) as raised:
        load_settings(tmp_path, {})
    assert words in str(raised.value)
