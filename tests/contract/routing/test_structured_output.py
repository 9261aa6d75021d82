"""Answer schemas: which servers receive one, and what happens when it is rejected. Over real HTTP, with real BAML."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.routing.baml_client import BamlCaller
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.servers.structured_output import StructuredOutput, is_capable_vllm
from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel
from tests.scripted_model.behaviour import Step

QUESTION = Question.extract_profile(RESUME)
REFUSAL = Behaviour("error", status=400, error_message="response_format of type json_schema is not supported")


@pytest.fixture
def vllm() -> Iterator[ScriptedModel]:
    with ScriptedModel(vllm_version="0.33.0") as model:
        yield model


@pytest.fixture
def client(vllm: ScriptedModel) -> Client:
    return Client(
        name="LocalVLLM", provider="openai-generic", model=vllm.model, base_url=vllm.base_url, location="local"
    )


def formats(model: ScriptedModel) -> list[bool]:
    """For each call, whether it contained a schema."""
    return ["response_format" in call.options for call in model.calls]


@pytest.mark.parametrize("stream", [True, False])
def test_a_self_hosted_vllm_receives_the_functions_schema(
    vllm: ScriptedModel,
    client: Client,
    stream: bool,  # noqa: FBT001  # parametrized by pytest
) -> None:
    result = BamlCaller().call(QUESTION, replace(client, stream=stream), timeout_seconds=20)
    assert result.outcome == "ok"
    (call,) = vllm.calls
    sent = call.options["response_format"]["json_schema"]
    assert (sent["name"], sent["schema"]["required"]) == ("Answer", ["is_resume"])
    assert "seed" not in call.options


def test_other_self_hosted_servers_and_hosted_ones_receive_no_schema(
    local: ScriptedModel, client: Client, vllm: ScriptedModel
) -> None:
    caller = BamlCaller()
    caller.call(QUESTION, replace(client, base_url=local.base_url, model=local.model), timeout_seconds=20)
    caller.call(QUESTION, replace(client, location="hosted"), timeout_seconds=20)
    assert formats(local) == formats(vllm) == [False]


def test_the_setting_overrides_the_default(local: ScriptedModel, client: Client, vllm: ScriptedModel) -> None:
    caller = BamlCaller()
    caller.call(QUESTION, replace(client, structured_output=False), timeout_seconds=20)
    other = replace(client, base_url=local.base_url, model=local.model, location="hosted", structured_output=True)
    caller.call(QUESTION, other, timeout_seconds=20)
    assert (formats(vllm), formats(local)) == ([False], [True])


@pytest.mark.parametrize("setting", [None, True])
def test_a_server_that_rejects_the_schema_is_called_again_without_it_from_then_on(
    vllm: ScriptedModel,
    client: Client,
    setting: bool | None,  # noqa: FBT001  # parametrized by pytest
) -> None:
    caller = BamlCaller()
    vllm.script.replace(Step(REFUSAL, calls=1), Behaviour())
    for _ in range(2):
        assert caller.call(QUESTION, replace(client, structured_output=setting), timeout_seconds=20).outcome == "ok"
    assert formats(vllm) == [True, False, False]


def test_another_error_is_not_mistaken_for_a_rejected_schema(vllm: ScriptedModel, client: Client) -> None:
    vllm.script.replace(Behaviour("error", status=400, error_message="no such model"))
    result = BamlCaller().call(QUESTION, client, timeout_seconds=20)
    assert (result.outcome, result.error) == ("rejected", "http_400_model_not_found")
    assert formats(vllm) == [True]


@pytest.mark.parametrize(
    ("version", "capable"), [("0.33.0", True), ("v1.0", True), ("0.9.2", False), ("0.10.0rc1", True), ("dev", True)]
)
def test_an_old_vllm_receives_no_schema(client: Client, version: str, capable: bool) -> None:  # noqa: FBT001
    with ScriptedModel(vllm_version=version) as server:
        assert is_capable_vllm(replace(client, base_url=server.base_url)) is capable


def test_an_unreachable_server_is_checked_again_soon_and_a_reachable_one_rarely(client: Client) -> None:
    clock = [0.0]
    answers: list[bool | None] = [None, True, False]
    looked: list[float] = []

    def look(_: Client) -> bool | None:
        looked.append(clock[0])
        return answers.pop(0)

    structured = StructuredOutput(look, lambda: clock[0])

    def wanted_at(seconds: float) -> bool:
        clock[0] = seconds
        return structured.wanted(client)

    assert [wanted_at(seconds) for seconds in (0, 10, 20, 200, 400)] == [False, False, True, True, False]
    assert looked == [0, 20, 400]
