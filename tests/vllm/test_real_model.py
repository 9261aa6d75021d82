"""A real, trained model from upload to result, served by vLLM and by llama.cpp.

SmolLM2 has 135 million parameters and is far too small for resumes. No test here expects it to get anything right: they
hold for any answer that a model of this kind writes.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import psycopg
import pytest

from app.analysis.analyse import Analyser
from app.analysis.evaluation.invention import count_invented
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.intake.file_types import detect_media_type
from app.routing.attempt import Attempt
from app.routing.baml_client import BamlCaller, render_request
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.router import Router
from app.settings import BUILTIN, Settings
from tests.calendar_days import AS_OF
from tests.end_to_end.service import RunningService, database_url, free_port, running_service
from tests.vllm.model_server import CONTEXT_TOKENS, LlamaServer, ModelServer, wait_until
from tests.vllm.real_model import FOLDER, GGUF, NAME

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
RESUMES = ("marcus-delhaye.txt", "tomasz-brzozowiak.md")
RESULT_SECONDS = 600
ANSWER_TOKENS = 512  # a model that repeats itself is cut off here
ENDLESS_TOKENS = 6000  # minutes of writing on one core
ATTEMPT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Served:
    """The service with one server behind LocalVLLM and no other client. The counters are the server's own."""

    service: RunningService
    server: ModelServer | LlamaServer
    model: str

    @property
    def is_vllm(self) -> bool:
        return isinstance(self.server, ModelServer)

    def tokens_read(self) -> float:
        """Whole prompts with vLLM; only what the cache did not have with llama.cpp."""
        return self.server.counter("prompt_tokens_total")

    def tokens_written(self) -> float:
        return self.server.counter("generation_tokens_total" if self.is_vllm else "tokens_predicted_total")

    def requests_running(self) -> float:
        return self.server.counter("num_requests_running" if self.is_vllm else "requests_processing")

    @property
    def client(self) -> Client:
        """The server as the service's router would call it."""
        return Client(
            name="LocalVLLM",
            provider="openai-generic",
            model=self.model,
            base_url=self.server.base_url,
            location="local",
            context_tokens=CONTEXT_TOKENS,
            first_token_timeout_seconds=RESULT_SECONDS,
            total_timeout_seconds=RESULT_SECONDS,
            max_output_tokens=ANSWER_TOKENS,
            structured_output=True,
        )


def settings_for(port: int, model: str, folder: Path) -> Mapping[str, str]:
    client = {
        "BASE_URL": f"http://127.0.0.1:{port}/v1",
        "MODEL": model,
        "STRUCTURED_OUTPUT": "true",  # llama.cpp would otherwise be called without a schema
        "CONTEXT_TOKENS": str(CONTEXT_TOKENS),
        "MAX_OUTPUT_TOKENS": str(ANSWER_TOKENS),
        # The server and the service share two cores, so timeouts are long.
        "FIRST_TOKEN_TIMEOUT_SECONDS": "300",
        "STALL_TIMEOUT_SECONDS": "120",
        "TOTAL_TIMEOUT_SECONDS": str(RESULT_SECONDS),
    }
    return {
        **{f"VITAE_CLIENTS__LOCALVLLM__{name}": value for name, value in client.items()},
        "VITAE_ROUTING__CLIENTS": "LocalVLLM",
        "VITAE_ROUTING__DEADLINE_SECONDS": str(RESULT_SECONDS),
        "VITAE_ROUTING__RECOVERY__ENABLED": "false",
        "VITAE_STORAGE__DATA_DIR": str(folder / "data"),
    }


@pytest.fixture(scope="module", params=["vllm", "llama.cpp"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("real-model")
    (folder / "data").mkdir()
    port = free_port()
    model = str(FOLDER) if request.param == "vllm" else NAME
    settings = settings_for(port, model, folder)
    server: ModelServer | LlamaServer
    if request.param == "vllm":
        server = ModelServer(port, folder / "data", settings)
    else:
        server = LlamaServer(port, GGUF, NAME, folder / "llama.log")
    try:
        server.start()
        server.wait_until_ready()
        with running_service(folder, environment=settings) as service:
            yield Served(service, server, model)
    finally:
        server.stop()


def document_of(name: str) -> Document:
    content = (SAMPLES / name).read_bytes()
    return extract_document(content, detect_media_type(content, name), ExtractionLimits())


def chat(served: Served, max_tokens: int, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """The server's response to Vitae's own request, with the product's schema or another one."""
    question = Question.extract_profile(document_of(RESUMES[0]).numbered_text())
    body = {**render_request(question, structured=True), "model": served.model, "max_tokens": max_tokens}
    if schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "Answer", "schema": schema}}
    response = httpx.post(f"{served.server.base_url}/chat/completions", json=body, timeout=RESULT_SECONDS)
    assert response.is_success, response.text
    return response.json()["choices"][0]


def shortened(node: Any) -> Any:
    """The schema with one item to a list and a few letters to a text, so that any model comes to an end."""
    if isinstance(node, list):
        return [shortened(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {**{key: shortened(value) for key, value in node.items()}, **_limits(node)}


def _limits(node: dict[str, Any]) -> dict[str, int]:
    return {"maxItems": 1} if node.get("type") == "array" else {"maxLength": 8} if node.get("type") == "string" else {}


def test_a_complete_structured_answer_matches_the_schema(served: Served) -> None:
    body = render_request(Question.extract_profile("1| A"), structured=True)
    schema: dict[str, Any] = body["response_format"]["json_schema"]["schema"]
    short = shortened(schema)
    choice = chat(served, CONTEXT_TOKENS // 2, short)
    assert choice["finish_reason"] == "stop"
    answer = json.loads(choice["message"]["content"])
    jsonschema.validate(answer, short)
    jsonschema.validate(answer, schema)


def test_the_server_enforces_the_whole_schema_from_the_first_token(served: Served) -> None:
    content = chat(served, max_tokens=24)["message"]["content"]
    assert re.match(r'\{\s*"is_resume"\s*:\s*(true|false)', content)


def upload(served: Served, name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Upload a sample and watch it, as an open page does. Returns the final resume and the partial results."""
    partials: list[dict[str, Any]] = []
    with served.service.http(RESULT_SECONDS) as http:
        sent = http.post("/v1/resumes", files={"files": (name, (SAMPLES / name).read_bytes())})
        assert sent.status_code == 202, sent.text
        path = f"/v1/resumes/{sent.json()['resumes'][0]['id']}"
        with http.stream("GET", f"{path}/events") as stream:
            event = ""
            for line in stream.iter_lines():
                event = line.removeprefix("event: ") if line.startswith("event: ") else event
                if event == "partial" and line.startswith("data: "):
                    partials.append(json.loads(line.removeprefix("data: ")))
                if event in {"resume.done", "resume.failed"}:
                    break
        return http.get(path).json(), partials


def test_an_upload_gets_a_result_without_a_word_that_is_not_in_the_document(served: Served) -> None:
    for name in RESUMES:
        document = document_of(name)
        before = served.tokens_read(), served.tokens_written()
        resume, partials = upload(served, name)
        assert resume["status"] == "done"
        assert partials, "nothing was shown while the model wrote"
        assert {partial["client"] for partial in partials} == {"LocalVLLM"}
        for profile in [resume["profile"], *(partial["profile"] for partial in partials if partial["profile"])]:
            invented, values = count_invented(profile, document.text, language=document.language)
            assert invented == 0
            assert values > 0
        attempts = resume["cost"]["attempts"]
        print(name, resume["client"], [attempt["outcome"] for attempt in attempts], f"{len(partials)} partial results")
        assert {attempt["client"] for attempt in attempts} == {"LocalVLLM"}
        rows = ledger_rows(served, resume["id"])
        if not any(row.estimated for row in rows):  # the counts of a call that Vitae ended early are estimates
            assert_counted(served, before, rows)


def test_a_call_has_the_token_counts_of_the_server(served: Served) -> None:
    client = replace(served.client, max_output_tokens=48)  # too short for any reason to end it early
    question = Question.extract_profile(document_of(RESUMES[0]).numbered_text())
    for _ in range(2):  # the second time, the prompt is in the cache
        before = served.tokens_read(), served.tokens_written()
        usage = BamlCaller().call(question, client, timeout_seconds=RESULT_SECONDS).usage
        counted = Counted(usage.estimated, usage.input_tokens, usage.cached_tokens, usage.output_tokens)
        assert not counted.estimated
        assert 0 < counted.output_tokens <= 48
        assert_counted(served, before, [counted])


@dataclass(frozen=True, slots=True)
class Counted:
    estimated: bool
    input_tokens: int
    cached_tokens: int
    output_tokens: int


def ledger_rows(served: Served, resume_id: str) -> list[Counted]:
    with psycopg.connect(database_url(served.service)) as connection:
        rows = connection.execute(
            "select tokens_estimated, input_tokens, cached_tokens, output_tokens from model_attempts"
            " where resume_id::text = %s",
            (resume_id,),
        ).fetchall()
    assert rows
    return [Counted(*row) for row in rows]


def assert_counted(served: Served, before: tuple[float, float], rows: list[Counted]) -> None:
    """The counts must equal the increase of the server's own counters."""
    cached = 0 if served.is_vllm else sum(row.cached_tokens for row in rows)
    assert sum(row.input_tokens for row in rows) - cached == served.tokens_read() - before[0]
    assert sum(row.output_tokens for row in rows) == served.tokens_written() - before[1]


def looping(served: Served) -> Client:
    """The same server, made to write one token forever, as models do that repeat themselves."""
    vocabulary: dict[str, int] = json.loads((FOLDER / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    options = {"temperature": 0, "ignore_eos": True, "logit_bias": {str(vocabulary["1"]): 100}}
    return replace(
        served.client,
        options=options,
        structured_output=False,
        max_output_tokens=ENDLESS_TOKENS,
        total_timeout_seconds=ATTEMPT_SECONDS,
    )


def test_a_model_that_repeats_itself_is_stopped_and_the_built_in_parser_takes_over(served: Served) -> None:
    client = looping(served)
    routing = Settings().routing.model_copy(update={"clients": [client.name]})
    router = Router({client.name: client}, routing, BamlCaller())
    analyser = Analyser(router, deadline_seconds=2 * ATTEMPT_SECONDS, summarise=False, default_region="US")
    attempts: list[Attempt] = []
    written = served.tokens_written()
    began = time.monotonic()
    document = document_of(RESUMES[0])
    analysed = analyser.analyse(document, privacy="any", as_of=AS_OF, record=attempts.append)
    assert time.monotonic() - began < 3 * ATTEMPT_SECONDS
    assert (analysed.client, analysed.degraded) == (BUILTIN, True)
    assert analysed.checked.profile["basics"]["name"].casefold() == "marcus delhaye"
    assert attempts
    assert "ok" not in {attempt.outcome for attempt in attempts}
    wait_until(lambda: served.requests_running() == 0, ATTEMPT_SECONDS)  # the server stops writing, too
    assert 0 < served.tokens_written() - written <= ENDLESS_TOKENS * len(attempts)
    print([(attempt.outcome, attempt.error, attempt.output_tokens) for attempt in attempts])
