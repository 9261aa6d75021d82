"""The scripted model itself: the behaviour that other tests rely on."""

import json
from typing import Any

import httpx
import pytest

from app.routing.clients import Client
from app.routing.length_guard import fetch_context_tokens
from tests.scripted_model import Behaviour, Script, ScriptedModel, Step

BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def complete(model: ScriptedModel, **extra: Any) -> httpx.Response:
    return httpx.post(f"{model.base_url}/chat/completions", json={**BODY, **extra}, timeout=20)


def root(model: ScriptedModel) -> str:
    return model.base_url.removesuffix("/v1")


def test_a_script_runs_its_steps_in_order_and_repeats_the_last(local: ScriptedModel) -> None:
    local.script.replace(Step(Behaviour("error", status=500), calls=2), Behaviour())
    assert [complete(local).status_code for _ in range(4)] == [500, 500, 200, 200]


def test_behaviour_can_be_switched_and_read_through_the_admin_path(local: ScriptedModel) -> None:
    script = json.dumps([{"kind": "error", "status": 429, "retry_after": "3", "calls": 1}, {"kind": "ok"}])
    assert httpx.post(f"{root(local)}/admin/script", content=script).status_code == 200
    refused = complete(local)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
    assert complete(local).status_code == 200
    seen = httpx.get(f"{root(local)}/admin/calls").json()
    assert [call["behaviour"] for call in seen["calls"]] == ["error", "ok"]
    assert "hello" not in json.dumps(seen)
    httpx.post(f"{root(local)}/admin/reset", content="{}")
    assert httpx.get(f"{root(local)}/admin/calls").json()["count"] == 0


def test_a_script_with_a_misspelled_field_is_rejected() -> None:
    with pytest.raises(ValueError, match="unknown behaviour fields"):
        Script.steps_from_json('{"kind": "ok", "latncy_seconds": 1}')
    with pytest.raises(ValueError, match="unknown kind"):
        Script.steps_from_json('{"kind": "okay"}')


def test_a_streamed_answer_has_the_same_text_and_usage_on_request(local: ScriptedModel) -> None:
    local.script.replace(Behaviour(answer="one two three", prompt_tokens=7, completion_tokens=3))
    whole = complete(local).json()["choices"][0]["message"]["content"]
    raw = complete(local, stream=True, stream_options={"include_usage": True}).text
    assert raw.endswith("data: [DONE]\n\n")
    chunks = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith("data: {")]
    text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])
    assert text == whole == "one two three"
    assert chunks[-1]["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def test_models_health_and_metrics_look_like_vllm(local: ScriptedModel) -> None:
    complete(local)
    client = Client(name="LocalVLLM", provider="openai-generic", model=local.model, base_url=local.base_url)
    assert fetch_context_tokens(client) == local.max_model_len
    assert httpx.get(f"{root(local)}/health").status_code == 200
    metrics = httpx.get(f"{root(local)}/metrics").text
    assert 'vllm:request_success_total{finished_reason="stop",model_name="scripted-model"} 1.0' in metrics
    assert "vllm:num_requests_running" in metrics


def test_a_prompt_beyond_the_context_is_rejected_like_in_vllm(local: ScriptedModel) -> None:
    local.max_model_len = 10
    error = complete(local, max_tokens=100).json()["error"]
    assert error["param"] == "max_tokens"
    assert "maximum context length is 10 tokens" in error["message"]


def test_a_refusing_server_accepts_again_on_the_same_port(local: ScriptedModel) -> None:
    url = local.base_url
    local.refuse()
    with pytest.raises(httpx.ConnectError):
        complete(local)
    local.listen()
    assert local.base_url == url
    assert complete(local).status_code == 200


def test_the_context_of_an_unreachable_server_is_unknown() -> None:
    assert (
        fetch_context_tokens(
            Client(name="LocalVLLM", provider="openai-generic", model="m", base_url="http://127.0.0.1:9/v1")
        )
        is None
    )
