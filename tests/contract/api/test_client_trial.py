"""`POST /v1/clients/{name}/test`: one real call, recorded in the ledger and explained."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.main import create_app
from app.storage.ledger import attempts
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import FAST, Tenant, make_parts
from tests.scripted_model import ScriptedModel


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel(model="gpt-4o") as model:
        yield model


@pytest.fixture
def service(
    server: ScriptedModel, database_url: str, redis_url: str, tmp_path: Path
) -> Iterator[tuple[FastAPI, TestClient, ApiParts]]:
    environment = {
        "VITAE_CLIENTS__GPT4O__BASE_URL": server.base_url,
        "OPENAI_API_KEY": "k",
        "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o",
        "VITAE_BUDGET__DAILY_USD": "0.50",
    }
    parts = make_parts(database_url, redis_url, tmp_path, environment)
    app = create_app(parts, FAST)
    with TestClient(app) as client:
        yield app, client, parts
    parts.database.close()


def post(client: TestClient, tenant: Tenant, name: str, scope: str = "admin", **body: Any) -> Any:
    return client.post(f"/v1/clients/{name}/test", headers=tenant.headers(scope), json=body)


def test_a_real_call_is_explained_and_recorded_with_its_price(
    service: tuple[FastAPI, TestClient, ApiParts], server: ScriptedModel, tenant: Tenant
) -> None:
    _, client, parts = service
    answer = post(client, tenant, "GPT4o", timeout_seconds=60)
    assert answer.status_code == 200, answer.text
    trial = answer.json()
    assert trial["usable"] is True
    assert {check["check"]: check["status"] for check in trial["checks"]}["answer"] == "ok"
    assert trial["cost_basis"] == "list_price"
    assert [call.function for call in server.calls] == ["ExtractProfile"]
    with parts.database.reading() as tx:
        counted = attempts.count_by_client(tx, tenant.id, seconds=600)
    assert (counted["GPT4o"].attempts, counted["GPT4o"].answers) == (1, 1)
    typical = post(client, tenant, "GPT4o", timeout_seconds=60).json()["typical_resume"]
    assert typical["source"] == "ledger"
    assert typical["input_tokens"] == trial["input_tokens"]


def test_only_an_admin_may_spend_money_on_a_test(
    service: tuple[FastAPI, TestClient, ApiParts], server: ScriptedModel, tenant: Tenant
) -> None:
    _, client, _ = service
    assert post(client, tenant, "GPT4o", scope="write").status_code == 403
    assert server.calls == []


def test_an_unknown_client_is_not_found_and_the_known_ones_are_listed(
    service: tuple[FastAPI, TestClient, ApiParts], tenant: Tenant
) -> None:
    answer = post(service[1], tenant, "GPT5")
    assert answer.status_code == 404
    assert "Known are AzureOpenAI, GPT4o" in answer.json()["detail"]
    assert post(service[1], tenant, "GPT4o", endpoint="http://other/v1").status_code == 404


def test_a_client_without_a_key_is_explained_without_a_call(
    service: tuple[FastAPI, TestClient, ApiParts], tenant: Tenant
) -> None:
    answer = post(service[1], tenant, "OpenRouter")
    assert answer.status_code == 200
    assert answer.json()["usable"] is False
    assert answer.json()["checks"][0]["finding"] == "Not configured: OPENROUTER_API_KEY is not set."


def test_a_test_that_would_exceed_the_budget_is_not_made(
    server: ScriptedModel, database_url: str, redis_url: str, tmp_path: Path, tenant: Tenant
) -> None:
    environment = {
        "VITAE_CLIENTS__GPT4O__BASE_URL": server.base_url,
        "OPENAI_API_KEY": "k",
        "VITAE_BUDGET__DAILY_USD": "0.0001",
    }
    parts = make_parts(database_url, redis_url, tmp_path, environment)
    with TestClient(create_app(parts, FAST)) as client:
        answer = post(client, tenant, "GPT4o")
    parts.database.close()
    assert answer.status_code == 409
    assert "limit of $0.0001 a day" in answer.json()["detail"]
    assert server.calls == []


def test_one_client_is_tested_at_a_time(
    service: tuple[FastAPI, TestClient, ApiParts], server: ScriptedModel, tenant: Tenant
) -> None:
    _, client, _ = service
    arrived, release = threading.Event(), threading.Event()

    def gate() -> None:
        arrived.set()
        release.wait(60)

    server.gate = gate
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(post(client, tenant, "GPT4o", timeout_seconds=60)))
    first.start()
    assert arrived.wait(60)
    second = post(client, tenant, "GPT4o", timeout_seconds=60)
    release.set()
    first.join(60)
    assert second.status_code == 409
    assert "Another client is being tested" in second.json()["detail"]
    assert answers[0].json()["usable"] is True


def test_unused_presets_are_not_shown(service: tuple[FastAPI, TestClient, ApiParts], tenant: Tenant) -> None:
    shown = service[1].get("/v1/clients", headers=tenant.headers("read")).json()
    assert {each["name"] for each in shown["clients"]} == {"LocalVLLM", "GPT4o", "GPT4oMini", "builtin"}
