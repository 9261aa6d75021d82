"""The metrics page: its initial content, and that the documentation lists exactly its metrics."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from app.api.service_metrics import foreseen
from app.api.state_families import address_of, live_families, work_families
from app.observability.exposition import count_families
from app.observability.metrics import ALL, MODEL_ATTEMPTS, MODEL_CALL_SECONDS, Cell, Tally
from app.pipeline.operations.report_service_state import LiveState, WorkState
from app.routing.clients import Client

ROOT = Path(__file__).resolve().parents[3]
CLIENT = Client(
    name="LocalVLLM", provider="openai-generic", model="m", base_url="http://user:secret@gpu:8000/v1", location="local"
)


class _Page(Collector):
    def __init__(self, sums: dict[Cell, float]) -> None:
        self._sums = sums

    def collect(self):  # noqa: ANN202
        return list(count_families(self._sums, foreseen(["ExtractProfile"], [CLIENT])))


def _samples(sums: dict[Cell, float]) -> dict[tuple[str, frozenset[str]], float]:
    registry = CollectorRegistry()
    registry.register(_Page(sums))
    text = generate_latest(registry).decode()
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_foreseeable_label_set_starts_at_zero() -> None:
    page = _samples({})
    assert page[("vitae_model_attempts_total", frozenset({"ExtractProfile", "LocalVLLM", "timeout"}))] == 0
    assert page[("vitae_analyses_total", frozenset({"builtin", "none", "stand_in"}))] == 0
    assert page[("vitae_analyses_total", frozenset({"LocalVLLM", "local", "older_answer"}))] == 0
    assert page[("vitae_analyses_failed_total", frozenset({"extraction", "document_encrypted"}))] == 0
    assert page[("vitae_model_call_seconds_count", frozenset({"LocalVLLM", "ok"}))] == 0
    assert page[("vitae_breaker_transitions_total", frozenset({"LocalVLLM", "open"}))] == 0


def test_counts_are_exported_and_buckets_are_cumulative() -> None:
    tally = Tally()
    tally.count(MODEL_ATTEMPTS, "ExtractProfile", "LocalVLLM", "ok", by=2)
    for seconds in (0.3, 0.3, 4.0, 500.0):
        tally.observe(MODEL_CALL_SECONDS, "LocalVLLM", "ok", seconds=seconds)
    page = _samples(tally.take())
    at = {"LocalVLLM", "ok"}
    assert page[("vitae_model_attempts_total", frozenset({"ExtractProfile", "LocalVLLM", "ok"}))] == 2
    for limit, count in (("0.25", 0), ("0.5", 2), ("3.0", 2), ("5.0", 3), ("120.0", 3), ("+Inf", 4)):
        assert page[("vitae_model_call_seconds_bucket", frozenset({*at, limit}))] == count
    assert page[("vitae_model_call_seconds_sum", frozenset(at))] == 504.6


def test_sums_of_another_version_are_not_shown_under_wrong_labels() -> None:
    page = _samples({("vitae_model_attempts_total", ("one", "label too few"), ""): 9.0, ("gone_total", (), ""): 1.0})
    assert 9 not in page.values()
    assert 1 not in page.values()


def test_an_endpoint_is_shown_without_its_password() -> None:
    assert address_of("http://user:secret@gpu:8000/v1") == "gpu:8000"
    assert address_of(None) == "default"


def test_the_documentation_lists_exactly_the_metrics_that_exist() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    documented = dict(re.findall(r"^\| `(vitae_\w+)` \| \w+ \| ([^|]*) \|", page, re.MULTILINE))
    state = [*work_families(WorkState([], ({}, 0), {}, []), {}), *live_families(LiveState())]
    shown = {f.name + ("_total" if f.type == "counter" else "") for f in state} | {metric.name for metric in ALL}
    assert documented.keys() == shown | {"vitae_database_up", "vitae_redis_up"}
    for metric in ALL:
        assert documented[metric.name].strip() == ", ".join(metric.labels)
