"""From upload to result through a real vLLM: answers with a schema, its token counts, texts that are too long."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import psycopg
import pytest

from app.analysis.evaluation.invention import invention_rate
from app.routing.baml_client import BamlCaller, call_model, render_request
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.servers.structured_output import is_capable_vllm
from tests.end_to_end.resume_texts import resume_text, surname
from tests.end_to_end.service import database_url
from tests.vllm.conftest import Stack
from tests.vllm.model_server import CONTEXT_TOKENS, wait_until

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
RESUMES = ("marcus-delhaye.txt", "amara-whitfield.pdf", "sunita-deshmukhe.docx", "minegishi-sakura.docx")
RESULT_SECONDS = 300


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    with stack.service.http(60) as client:
        yield client


@pytest.fixture
def client(stack: Stack) -> Client:
    """The first server, as the service's router would call it."""
    return Client(
        name="LocalVLLM",
        provider="openai-generic",
        model=stack.settings["VITAE_CLIENTS__LOCALVLLM__MODEL"],
        base_url=stack.first.base_url,
        location="local",
        first_token_timeout_seconds=60,
        total_timeout_seconds=120,
        max_output_tokens=2048,
    )


def upload(http: httpx.Client, name: str, content: bytes, **form: str) -> dict[str, Any]:
    """Upload a file and return the resume in its final state."""
    sent = http.post("/v1/resumes", files={"files": (name, content)}, data=form)
    assert sent.status_code == 202, sent.text
    path = f"/v1/resumes/{sent.json()['resumes'][0]['id']}"
    wait_until(lambda: http.get(path).json()["status"] in {"done", "failed"}, RESULT_SECONDS)
    return http.get(path).json()


def question(name: str = RESUMES[0]) -> Question:
    lines = (SAMPLES / name).read_text("utf-8").splitlines()
    return Question.extract_profile("\n".join(f"{number}| {line}" for number, line in enumerate(lines, 1)))


def test_the_ledger_has_the_token_counts_reported_by_vllm(stack: Stack, http: httpx.Client) -> None:
    before = {name: stack.counter(name) for name in ("prompt_tokens_total", "generation_tokens_total")}
    shown = [upload(http, name, (SAMPLES / name).read_bytes(), privacy="local_only") for name in RESUMES]
    assert [resume["status"] for resume in shown] == ["done"] * len(RESUMES)
    ids = [resume["id"] for resume in shown]
    with psycopg.connect(database_url(stack.service)) as connection:
        rows = connection.execute(
            "select client, outcome, tokens_estimated, input_tokens, output_tokens, cost_basis from model_attempts"
            " where resume_id::text = any(%s)",
            (ids,),
        ).fetchall()
    assert {row[:3] for row in rows} == {("LocalVLLM", "ok", False)}
    assert {row[5] for row in rows} <= {"self_hosted_pending", "self_hosted_allocated"}
    assert len(rows) == len(RESUMES)
    assert sum(row[3] for row in rows) == stack.counter("prompt_tokens_total") - before["prompt_tokens_total"]
    assert sum(row[4] for row in rows) == stack.counter("generation_tokens_total") - before["generation_tokens_total"]


def test_nothing_that_a_model_invented_reaches_a_profile(http: httpx.Client) -> None:
    """Its answers are nonsense. The result comes from the document, and a warning says that the fallback was used."""
    content = resume_text(7)
    resume = upload(http, "cv.txt", content)
    assert (resume["status"], resume["degraded"], resume["client"]) == ("done", True, "builtin")
    assert any("did not describe the person" in warning for warning in resume["warnings"])
    assert resume["profile"]["basics"]["name"] == f"Hana {surname(7)}"
    assert invention_rate(resume["profile"], content.decode()) == 0
    assert [attempt["outcome"] for attempt in resume["cost"]["attempts"]] == ["ok"]


def test_the_server_is_recognized_and_its_answers_match_the_schema(client: Client) -> None:
    assert is_capable_vllm(client) is True
    assert BamlCaller().call(question(), client, timeout_seconds=120).outcome == "ok"
    body: dict[str, Any] = {**render_request(question(), structured=True), "model": client.model, "max_tokens": 2048}
    raw = httpx.post(f"{client.base_url}/chat/completions", json=body, timeout=120).json()
    content = raw["choices"][0]["message"]["content"]
    schema = body["response_format"]["json_schema"]["schema"]
    jsonschema.validate(json.loads(content), schema)
    assert content == json.dumps(json.loads(content), ensure_ascii=False, separators=(",", ":"))  # no white space


def test_without_the_schema_the_same_model_gives_no_usable_answer(client: Client) -> None:
    result = call_model(question(), client, timeout_seconds=120)
    assert result.outcome in {"cut_off", "parse_error"}
    # Only a call that was ended, because the model repeated itself, has no token counts.
    assert result.usage.estimated is (result.error == "repetition")


def test_a_repeated_prompt_is_read_from_the_prefix_cache_and_recorded_in_the_ledger(client: Client) -> None:
    results = [BamlCaller().call(question(), client, timeout_seconds=120) for _ in range(2)]
    assert results[1].usage.cached_tokens > 0.9 * results[1].usage.input_tokens - 128


def test_a_text_that_cannot_fit_is_rejected_before_it_is_sent(stack: Stack, http: httpx.Client) -> None:
    before = stack.counter("prompt_tokens_total")
    more = "\n".join(f"- Moved pipeline {number} to a queue." for number in range(2000))
    resume = upload(http, "long.txt", resume_text(8) + more.encode(), privacy="local_only")
    assert (resume["status"], resume["problem"]["code"]) == ("failed", "text_too_long")
    assert f"{CONTEXT_TOKENS:,} tokens" in resume["problem"]["detail"]
    assert stack.counter("prompt_tokens_total") == before


def test_a_server_that_gets_too_long_a_text_rejects_it_and_keeps_running(stack: Stack, client: Client) -> None:
    long = Question.extract_profile("\n".join(f"{number}| pipeline {number}" for number in range(1, 4000)))
    refused = BamlCaller().call(long, client, timeout_seconds=120)
    assert (refused.outcome, refused.http_status) == ("too_long", 400)
    assert refused.usage.input_tokens == 0
    greedy = BamlCaller().call(question(), replace(client, max_output_tokens=CONTEXT_TOKENS + 1), timeout_seconds=120)
    assert greedy.outcome == "too_long"
    assert BamlCaller().call(question(), client, timeout_seconds=120).outcome == "ok"
    assert stack.first.answers_health()
