"""Traces of the whole service as a collector on a real socket receives them, and the effect of a collector outage."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.trace import SpanKind

from app.observability.collector import connect
from tests.contract.webhooks.receiver import receiving
from tests.end_to_end.conftest import service_with_models
from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import RunningService, free_port
from tests.end_to_end.span_receiver import ReceivedSpan, SpanReceiver, receiving_spans
from tests.scripted_model import Behaviour, ScriptedModel
from tests.scripted_model.behaviour import Step

_FILENAME = "quetzalfeather-application.txt"
_SECRET = "wombat-key"
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Traced:
    service: RunningService
    local: ScriptedModel
    hosted: ScriptedModel
    collector_port: int

    def analyse(self, content: bytes, traceparent: str | None = None) -> dict[str, Any]:
        with self.service.http() as http:
            headers = {"traceparent": traceparent} if traceparent else {}
            files = [("files", (_FILENAME, content))]
            answer = http.post("/v1/resumes", files=files, headers=headers)
            resume_id = answer.json()["resumes"][0]["id"]
            detail: dict[str, Any] = {}

            def is_final() -> bool:
                detail.update(http.get(f"/v1/resumes/{resume_id}").json())
                return detail["status"] in {"done", "failed"}

            wait_until(is_final)
        return detail


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def of_analysis(receiver: SpanReceiver, detail: dict[str, Any]) -> list[ReceivedSpan]:
    """Return all spans in the trace of this resume's analysis; none until the span of the analysis has arrived."""
    spans = receiver.spans()
    mine = [span for span in spans if span.attributes.get("vitae.resume.id") == detail["id"]]
    if not any(span.name == "analyse_resume" for span in mine):
        return []
    return [span for span in spans if span.trace_id == mine[0].trace_id]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    port = free_port()
    environment = {
        "VITAE_ROUTING__RETRY__ATTEMPTS": "1",
        "VITAE_CLIENTS__LOCALVLLM__MODEL": "own/model-7b",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-collector-key={_SECRET}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "VITAE_WEBHOOKS__ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    with service_with_models(tmp_path_factory.mktemp("service"), environment) as made:
        yield Traced(made.service, made.local, made.hosted, port)


def test_an_upload_is_one_trace_from_the_callers_request_to_each_model_call(traced: Traced) -> None:
    caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    traced.local.script.replace(Step(Behaviour("error", status=500), calls=1), Behaviour())
    traced.hosted.script.replace(Behaviour(prompt_tokens=700, completion_tokens=100, cached_tokens=64))
    content = resume_text(1)
    with receiving_spans(traced.collector_port) as receiver:
        detail = traced.analyse(content, caller)
        assert detail["client"] == "GPT4o", detail
        wait_until(lambda: len(of_analysis(receiver, detail)) >= 5)
        spans = of_analysis(receiver, detail)
        bodies = b"".join(receiver.bodies).decode("latin-1")
        assert receiver.paths == {"/v1/traces"}
        assert receiver.headers["x-collector-key"] == _SECRET
    # One chain across three processes.
    upload, extraction, analysis, failed, answered = sorted(spans, key=lambda span: span.began_ns)
    assert {span.trace_id for span in spans} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert (upload.service, upload.name, upload.parent_id) == ("vitae-api", "POST /v1/resumes", "00f067aa0ba902b7")
    assert (extraction.service, extraction.name) == ("vitae-extraction", "extract_document")
    assert (analysis.service, analysis.name) == ("vitae-analysis", "analyse_resume")
    assert [extraction.parent_id, analysis.parent_id] == [upload.span_id, extraction.span_id]
    assert [failed.parent_id, answered.parent_id] == [analysis.span_id] * 2
    # In OpenTelemetry's terms.
    assert upload.attributes["http.response.status_code"] == 202
    assert (failed.name, failed.failed, failed.attributes["error.type"]) == ("chat own/model-7b", True, "server_error")
    assert failed.attributes["server.port"] == int(traced.local.base_url.split(":")[2].split("/")[0])
    assert (answered.name, answered.failed, answered.kind - 1) == ("chat gpt-4o", False, SpanKind.CLIENT.value)
    wanted = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 700,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.usage.cache_read.input_tokens": 64,
        "vitae.function": "ExtractProfile",
        "vitae.client": "GPT4o",
    }
    assert answered.attributes.items() >= wanted.items()
    assert analysis.attributes["vitae.tier"] == "fallback"
    # Nothing from the resume, no file name, and no key.
    words = {*re.findall(r"[^\s,|]{4,}", content.decode()), _FILENAME, "quetzalfeather", "not-a-real-key", _SECRET}
    for word in words - {"service", "Python"}:  # these are OpenTelemetry's own words
        assert word.lower() not in bodies.lower(), word


def test_an_unreadable_document_ends_its_trace_with_the_problem_code(traced: Traced) -> None:
    with receiving_spans(traced.collector_port) as receiver:
        detail = traced.analyse(b"%PDF-1.4\n" + b"nonsense " * 40)
        assert detail["status"] == "failed"
        wait_until(lambda: any(span.failed for span in receiver.spans()))
        (span,) = [span for span in receiver.spans() if span.failed]
        assert (span.name, span.attributes["error.type"]) == ("extract_document", detail["problem"]["code"])
        assert b"nonsense" not in b"".join(receiver.bodies)


def test_a_webhook_delivery_is_in_the_trace_of_its_resume(traced: Traced) -> None:
    traced.local.script.replace()
    with receiving() as webhook, receiving_spans(traced.collector_port) as receiver, traced.service.http() as http:
        webhook.status = 500
        made = http.post("/v1/webhooks", json={"url": webhook.url, "events": ["resume.done"]})
        assert made.status_code == 201, made.text
        detail = traced.analyse(resume_text(5))

        def sent() -> list[ReceivedSpan]:
            return [span for span in of_analysis(receiver, detail) if span.name == "deliver_webhook"]

        wait_until(lambda: len(sent()) > 0)
        span = sent()[0]
        assert (span.service, span.kind - 1, span.failed) == ("vitae-scheduler", SpanKind.CLIENT.value, True)
        assert (span.attributes["error.type"], span.attributes["http.response.status_code"]) == ("http_500", 500)
        assert (span.attributes["vitae.webhook.id"], span.attributes["vitae.attempts"]) == (made.json()["id"], 1)
        assert b"/hooks" not in b"".join(receiver.bodies)
        http.delete(f"/v1/webhooks/{made.json()['id']}").raise_for_status()


def test_work_goes_on_while_the_collector_is_down_or_hangs_and_tracing_resumes_afterwards(
    traced: Traced,
) -> None:
    traced.local.script.replace()

    def reported() -> int:
        return traced.service.log.read_text().count("traces_not_taken")

    before = reported()
    assert traced.analyse(resume_text(2))["status"] == "done"
    wait_until(lambda: reported() > before)
    with receiving_spans(traced.collector_port) as receiver:
        receiver.hold()
        assert traced.analyse(resume_text(3))["status"] == "done"
        assert receiver.held.wait(_WAIT_SECONDS)
        receiver.release()
        detail = traced.analyse(resume_text(4))
        wait_until(lambda: len(of_analysis(receiver, detail)) >= 4)
    assert re.search(r"traces_taken_again collector=127\.0\.0\.1", traced.service.log.read_text())
    assert "Traceback" not in traced.service.log.read_text()


def test_a_process_can_end_while_its_collector_hangs() -> None:
    with receiving_spans() as receiver:
        receiver.hold()
        traces = connect(receiver.url, "", "api")
        with traces.span("work"):
            pass
        traces.close()
        # It ended while the collector still did not respond.
        assert receiver.held.is_set()
        assert receiver.bodies == []


def test_without_a_collector_no_spans_are_made_and_no_exporter_is_imported() -> None:
    program = (
        "import sys; from app.settings import load_settings; from app.wiring.shared_parts import build_traces\n"
        "traces = build_traces(load_settings(environment={}), 'api')\n"
        "with traces.span('x') as span: span.note({'a': 1})\n"
        "assert traces.traceparent() is None\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.exporter', 'google.protobuf'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
