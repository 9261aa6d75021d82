"""Answers that break off or repeat themselves: their complete entries are used, and the server stops computing."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.routing.attempt import Attempt, Cancellation, ModelResult
from app.routing.baml_client import BamlCaller, call_model, read_batch_answer
from app.routing.clients import Client
from app.routing.question import AnswerBounds, Question
from app.routing.router import Router
from app.routing.servers.chat_completion import Completion
from app.routing.tokens import estimate_tokens
from app.settings import RoutingSettings
from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel

BOUNDS = AnswerBounds(last_line=11, text_characters=300, prose_characters=300)
QUESTION = Question.extract_profile(RESUME, bounds=BOUNDS)
PERSON = '{"is_resume":true,"person":{"name":"Ilse Varga-Okoye","email":"ilse.varga@example.org","lines":[1,2]},'
JOB = '{"employer":"Quarrystone Ltd","position":"Data Engineer","start":"Mar 2019","ongoing":true,"lines":[4,6]}'
BEGUN = f'{PERSON}"work":[{JOB},'


@pytest.fixture
def client(local: ScriptedModel) -> Client:
    return Client(
        name="LocalVLLM",
        provider="openai-generic",
        model=local.model,
        base_url=local.base_url,
        location="local",
        stall_timeout_seconds=0.4,
    )


def hangs_up(model: ScriptedModel) -> bool:
    """Whether the server sees the end of the connection soon."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if model.calls and model.calls[-1].hung_up:
            return True
        time.sleep(0.01)
    return False


def assert_partial(result: ModelResult, error: str) -> None:
    assert (result.outcome, result.error) == ("partial", error)
    assert result.value is not None
    assert result.value["work"] == [json.loads(JOB)]
    assert result.value["person"]["name"] == "Ilse Varga-Okoye"


def test_an_answer_cut_off_by_its_limit_gives_its_complete_entries(local: ScriptedModel, client: Client) -> None:
    local.script.replace(
        Behaviour("truncated", answer=BEGUN + '{"employer":"Bright', prompt_tokens=700, completion_tokens=100)
    )
    result = call_model(QUESTION, client, timeout_seconds=20)
    assert_partial(result, "finish_reason_length")
    assert (result.broken_by, result.http_status) == ("cut_off", 200)
    assert (result.usage.output_tokens, result.usage.estimated) == (100, False)


def test_a_call_that_is_not_streamed_gives_its_complete_entries_too(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour("truncated", answer=BEGUN))
    result = call_model(QUESTION, replace(client, stream=False), timeout_seconds=20)
    assert_partial(result, "finish_reason_length")


@pytest.mark.parametrize(
    ("kind", "error", "broken_by"),
    [("stall", "stall_timeout", "timeout"), ("cut_body", "connection_closed_early", "server_error")],
)
def test_an_answer_that_stalls_or_loses_its_connection_gives_its_complete_entries(
    local: ScriptedModel, client: Client, kind: Any, error: str, broken_by: str
) -> None:
    text = BEGUN + '{"employer":"'
    local.script.replace(Behaviour(kind, answer=text + "x" * len(text)))
    result = call_model(QUESTION, client, timeout_seconds=20)
    assert_partial(result, error)
    assert result.broken_by == broken_by
    assert result.usage.estimated
    assert 0 < result.usage.output_tokens <= estimate_tokens(text) + 5
    if kind == "stall":
        assert hangs_up(local)


def test_an_answer_that_takes_too_long_gives_its_complete_entries(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour(answer=BEGUN + JOB[:-1] + '"x' * 5000, token_seconds=0.01))
    result = call_model(QUESTION, client, timeout_seconds=2)
    assert_partial(result, "total_timeout")
    assert hangs_up(local)


@pytest.mark.parametrize(
    "loop",
    [
        '{"employer":"Brightwater","lines":[' + ",".join(str(number) for number in range(1, 3000)),
        '{"employer":"Brightwater","summary":"' + "and so on " * 2000,
        ",".join([JOB.replace("Quarrystone", "Brightwater")] * 300),
    ],
    ids=["line numbers", "text", "entries"],
)
def test_a_model_that_repeats_itself_is_stopped_and_its_complete_entries_are_used(
    local: ScriptedModel, client: Client, loop: str
) -> None:
    local.script.replace(Behaviour(answer=BEGUN + loop, token_seconds=0.002))
    result = call_model(QUESTION, client, timeout_seconds=30)
    assert (result.outcome, result.error, result.broken_by) == ("partial", "repetition", "cut_off")
    assert result.value is not None
    assert result.value["work"][0] == json.loads(JOB)
    assert hangs_up(local)
    assert result.usage.estimated
    assert result.usage.output_tokens < estimate_tokens(BEGUN + loop) / 2


def test_an_answer_that_repeats_itself_and_still_comes_to_its_end_is_used_as_it_is(
    local: ScriptedModel, client: Client
) -> None:
    answer = BEGUN + ",".join([JOB] * 40) + "]}"
    local.script.replace(Behaviour(answer=answer))
    unhurried = replace(client, first_token_timeout_seconds=20, stall_timeout_seconds=20)
    assert call_model(QUESTION, unhurried, timeout_seconds=20).outcome in {"ok", "partial"}
    local.script.replace(Behaviour(answer=answer))
    assert call_model(QUESTION, replace(client, stream=False), timeout_seconds=20).outcome == "ok"


@pytest.mark.parametrize(
    "text",
    [
        PERSON,
        PERSON + '"languages":[{"language":"English","lines":[11]},{"lang',
        PERSON + '"work":[{"lines":[4,6]},{"empl',
        BEGUN.replace("true", "false", 1),
        "I am sorry, but this resume",
        '{"is_resume":true,"skills":["SQL","Go","Rust","C"],"work":["a","b","c","d"],',
    ],
    ids=["person only", "no career", "empty entry", "no resume", "prose", "another shape"],
)
def test_a_broken_off_answer_without_a_complete_entry_of_a_career_is_cut_off(
    local: ScriptedModel, client: Client, text: str
) -> None:
    local.script.replace(Behaviour("truncated", answer=text))
    result = call_model(QUESTION, client, timeout_seconds=20)
    assert (result.outcome, result.value, result.broken_by) == ("cut_off", None, None)


def test_a_line_of_a_batch_that_was_cut_off_gives_its_complete_entries(client: Client) -> None:
    assert_partial(read_batch_answer(QUESTION, client, Completion(BEGUN, "length")), "finish_reason_length")
    assert read_batch_answer(QUESTION, client, Completion(BEGUN, "content_filter")).outcome == "cut_off"


def test_a_partial_answer_is_the_answer_and_no_further_client_is_called(
    local: ScriptedModel, hosted: ScriptedModel, client: Client
) -> None:
    other = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=hosted.base_url, api_key="sk-scripted")
    local.script.replace(Behaviour("truncated", answer=BEGUN))
    settings = RoutingSettings.model_validate({"clients": ["LocalVLLM", "GPT4o"]})
    attempts: list[Attempt] = []
    router = Router({"LocalVLLM": client, "GPT4o": other}, settings, BamlCaller())
    routed = router.ask(QUESTION, privacy="any", deadline_seconds=30, record=attempts.append)
    assert (routed.client, routed.complete) == ("LocalVLLM", False)
    assert [(a.outcome, a.error) for a in attempts] == [("partial", "finish_reason_length")]
    assert hosted.calls == []


@pytest.mark.parametrize("token_seconds", [0.05, 1.0])
def test_cancelling_a_slow_stream_closes_its_connection_at_once(
    local: ScriptedModel, client: Client, token_seconds: float
) -> None:
    local.script.replace(Behaviour(answer=BEGUN + JOB + "]}", token_seconds=token_seconds))
    slow = replace(client, stall_timeout_seconds=20, first_token_timeout_seconds=20)
    cancel = Cancellation()
    results: list[ModelResult] = []
    call: Callable[[], None] = lambda: results.append(call_model(QUESTION, slow, timeout_seconds=60, cancel=cancel))  # noqa: E731
    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(1.5)
    began = time.monotonic()
    cancel.cancel()
    thread.join(10)
    assert time.monotonic() - began < 1.5
    assert (results[0].outcome, results[0].value) == ("cancelled", None)
    assert hangs_up(local)
