"""Monitoring the service: health, metrics, configured clients, documentation."""

import re
import time
from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app.storage.engine import Database
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import Pipeline

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def _scrape(client: TestClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


_EXTRACTION = (("lane", "interactive"), ("stage", "extraction"))


def _scrape_until(client: TestClient, seen: Callable[[Samples], bool]) -> Samples:
    """Repeat the scrape, because the numbers are recomputed only after a multiple of the time that it takes."""
    end = time.monotonic() + 60
    while not seen(now := _scrape(client)):
        assert time.monotonic() < end, "the metrics never showed it"
    return now


def test_a_healthy_service_is_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": {"postgres": "ok", "redis": "ok", "files": "ok"}}


def test_metrics_count_resumes_by_status_and_the_queued_work(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    before = _scrape(client)
    done, reading, _ = (upload(tenant) for _ in range(3))
    pipeline.finish(done)
    pipeline.begin_extraction(reading)
    after = _scrape_until(client, lambda now: now[("vitae_in_progress", _EXTRACTION)] == 1)

    def grew(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0)

    assert after[("vitae_database_up", ())] == 1
    assert [grew("vitae_resumes", status=status) for status in ("queued", "extracting", "done")] == [1, 1, 1]
    assert grew("vitae_queue_depth", stage="extraction", lane="interactive") == 1
    assert grew("vitae_in_progress", stage="extraction", lane="interactive") == 1
    assert after[("vitae_queue_depth", (("lane", "interactive"), ("stage", "analysis")))] == 0
    assert after[("vitae_queue_oldest_seconds", _EXTRACTION)] >= 0
    assert grew("vitae_files_total", outcome="accepted") == 3
    assert grew("vitae_stage_seconds_count", stage="intake") == 3
    assert grew("vitae_http_requests_total", method="POST", route="/v1/resumes", status="202") == 3


def test_the_backlog_of_webhooks_is_shown_from_the_start(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    now = _scrape(client)
    for state in ("due", "retrying", "held"):
        assert now[("vitae_webhook_pending", (("state", state),))] == 0
        assert now[("vitae_webhook_oldest_seconds", (("state", state),))] == 0
    for outcome in ("delivered", "failed", "given_up"):
        assert now[("vitae_webhook_calls_total", (("outcome", outcome),))] == 0
    body = {"url": "https://hooks.example.com/vitae", "events": ["resume.done"]}
    made = client.post("/v1/webhooks", json=body, headers=tenant.headers("admin"))
    assert made.status_code == 201, made.text
    pipeline.finish(upload(tenant))  # not delivered, because no scheduler runs
    due = (("state", "due"),)
    now = _scrape_until(client, lambda now: now[("vitae_webhook_pending", due)] == 1)
    assert now[("vitae_webhook_oldest_seconds", due)] > 0
    client.delete(f"/v1/webhooks/{made.json()['id']}", headers=tenant.headers("admin"))


def test_metrics_contain_route_templates_and_never_an_id(
    client: TestClient, tenant: Tenant, upload: Callable[..., str]
) -> None:
    resume_id = upload(tenant)
    client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers())
    client.get("/v1/resumes/not-an-id", headers=tenant.headers())
    client.get("/somewhere/secret", headers=tenant.headers())
    client.request("BREW", "/v1/resumes")
    shown = 'route="unmatched",status="404"'
    end = time.monotonic() + 60
    while shown not in (text := client.get("/metrics").text):
        assert time.monotonic() < end, "the numbers are put together anew only after a while"
    assert 'route="/v1/resumes/{resume_id}",status="200"' in text
    assert 'route="/v1/resumes/{resume_id}",status="404"' in text
    assert 'method="GET",route="unmatched",status="404"' in text
    assert 'method="other"' in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|secret|not-an-id|BREW", text)


def test_clients_are_listed_in_order_with_their_missing_settings(client: TestClient, tenant: Tenant) -> None:
    answer = client.get("/v1/clients", headers=tenant.headers("read")).json()
    assert answer["order"] == ["LocalVLLM", "GPT4o", "builtin"]
    assert answer["functions"]["ExtractProfile"] == answer["order"]
    clients = {item["name"]: item for item in answer["clients"]}
    assert [item["name"] for item in answer["clients"]][:3] == answer["order"]
    assert (clients["LocalVLLM"]["location"], clients["LocalVLLM"]["configured"]) == ("local", True)
    assert (clients["GPT4o"]["location"], clients["GPT4o"]["configured"]) == ("hosted", False)
    assert "OPENAI_API_KEY" in clients["GPT4o"]["reason"]
    assert (clients["builtin"]["configured"], clients["builtin"]["order"]) == (True, 3)
    assert clients["GPT4oMini"]["order"] is None
    assert "key" not in clients["LocalVLLM"]


def test_the_documentation_needs_no_other_host(client: TestClient) -> None:
    for path in ("/docs", "/docs/problems", "/docs/problems/not_found"):
        page = client.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)


def test_the_documentation_lists_every_operation_with_a_command(client: TestClient) -> None:
    page = client.get("/docs").text
    paths = client.get("/openapi.json").json()["paths"]
    for path, item in paths.items():
        assert f"<code>{path}</code>" in page
        for spec in item.values():
            assert f'id="{spec["operationId"]}"' in page
    assert page.count("<pre>curl ") == sum(len(item) for item in paths.values())


def test_requests_do_not_exhaust_the_database_pool(
    client: TestClient, tenant: Tenant, database: Database, upload: Callable[..., str]
) -> None:
    for _ in range(60):
        assert client.get("/v1/resumes/0", headers=tenant.headers()).status_code == 404
    assert upload(tenant)
    database.check()
