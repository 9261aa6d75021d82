"""Showing and controlling the model clients through the API, and the resulting events."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.clock import utc_now
from app.messaging.notices import Notices
from app.pipeline.operations.client_control import announce_transition
from app.routing.breakers.breaker import Permit, Rejected
from app.routing.breakers.redis_breaker import RedisBreaker, Transition
from app.routing.servers.balancer import RedisBalancer
from app.storage import events
from app.storage.engine import Database
from app.storage.ledger import attempts
from app.storage.ledger.attempt_row import AttemptRow
from app.wiring.api_parts import ApiParts
from app.wiring.routing_parts import build_client_control
from tests.contract.api.conftest import Tenant

OWN = "http://127.0.0.1:8000/v1"


@pytest.fixture
def breaker(parts: ApiParts) -> RedisBreaker:
    """The breaker of a worker."""
    return build_client_control(parts.loaded, parts.database, parts.notices).breaker


@pytest.fixture
def act(client: TestClient, tenant: Tenant) -> Callable[..., Any]:
    def post(name: str, what: str, scope: str = "admin", **body: Any) -> Any:
        return client.post(f"/v1/clients/{name}/{what}", headers=tenant.headers(scope), json=body)

    return post


def shown(answer: Any, name: str = "LocalVLLM") -> dict[str, Any]:
    return next(item for item in answer.json()["clients"] if item["name"] == name)


def newest_event(database: Database, tenant: Tenant) -> tuple[str, dict[str, Any]]:
    with database.reading() as tx:
        last = events.list_events_after(tx, tenant.id, 0, 1000)[-1]
    return last.kind, last.body


def test_a_client_is_disabled_and_reenabled_for_all_workers(
    act: Callable[..., Any], breaker: RedisBreaker, database: Database, tenant: Tenant
) -> None:
    opened = act("LocalVLLM", "breaker", action="open")
    assert opened.status_code == 200, opened.text
    endpoint = shown(opened)["endpoints"][0]
    assert (endpoint["base_url"], endpoint["state"], endpoint["why"]) == (OWN, "open", "opened by hand")
    assert endpoint["since"] is not None
    assert isinstance(breaker.acquire(f"LocalVLLM@{OWN}"), Rejected)
    assert newest_event(database, tenant) == (
        "client.down",
        {"client": "LocalVLLM", "endpoint": OWN, "reason": "opened by hand"},
    )
    closed = act("LocalVLLM", "breaker", action="close", endpoint=OWN)
    assert shown(closed)["endpoints"][0]["state"] == "closed"
    assert isinstance(breaker.acquire(f"LocalVLLM@{OWN}"), Permit)
    assert newest_event(database, tenant)[0] == "client.up"


def test_failures_that_open_a_breaker_are_shown_with_their_reason(
    act: Callable[..., Any], breaker: RedisBreaker, client: TestClient, tenant: Tenant
) -> None:
    act("LocalVLLM", "breaker", action="reset")
    for _ in range(5):
        permit = breaker.acquire(f"LocalVLLM@{OWN}")
        assert isinstance(permit, Permit)
        breaker.report(permit, "timeout")
    answer = client.get("/v1/clients", headers=tenant.headers("read"))
    assert (shown(answer)["endpoints"][0]["state"], shown(answer)["endpoints"][0]["why"]) == ("open", "timeout")
    act("LocalVLLM", "breaker", action="reset")


def test_an_endpoint_is_drained_and_the_drain_undone(act: Callable[..., Any], redis_url: str) -> None:
    balancer = RedisBalancer(redis_url, lease_seconds=30)
    place = balancer.enter([f"LocalVLLM@{OWN}"])
    assert place is not None
    endpoint = shown(act("LocalVLLM", "drain", drained=True))["endpoints"][0]
    assert (endpoint["drained"], endpoint["in_flight"]) == (True, 1)
    assert balancer.enter([f"LocalVLLM@{OWN}"]) is None
    balancer.leave(place)
    endpoint = shown(act("LocalVLLM", "drain", drained=False))["endpoints"][0]
    assert (endpoint["drained"], endpoint["in_flight"]) == (False, 0)


def test_only_an_admin_may_act_and_only_on_existing_clients(act: Callable[..., Any]) -> None:
    assert act("LocalVLLM", "breaker", scope="write", action="open").status_code == 403
    assert act("Nobody", "breaker", action="open").status_code == 404
    assert act("LocalVLLM", "drain", endpoint="http://elsewhere/v1").status_code == 404
    assert act("LocalVLLM", "breaker", action="explode").status_code == 422


def test_the_share_of_traffic_comes_from_the_tenants_own_ledger(
    client: TestClient, database: Database, tenant: Tenant, other: Tenant
) -> None:
    def write(whose: Tenant, name: str, outcome: str) -> None:
        row = AttemptRow(
            1, "ExtractProfile", name, "m", "local", "per_token", None, outcome, 200, None, utc_now(), 5,
            1, 0, 1, False, None, None, None, None, Decimal(0), "list_price",
        )  # fmt: skip
        with database.transaction() as tx:
            attempts.insert_attempt(tx, row, tenant_id=whose.id, resume_id=None, analysis_id=None)

    for name, outcome in (("LocalVLLM", "ok"),) * 3 + (("LocalVLLM", "timeout"), ("GPT4o", "ok")):
        write(tenant, name, outcome)
    write(other, "GPT4o", "ok")
    answer = client.get("/v1/clients", headers=tenant.headers("read"))
    own = shown(answer)
    assert (own["attempts_last_hour"], own["answers_last_hour"], own["traffic_share"]) == (4, 3, 0.75)
    assert shown(answer, "GPT4o")["traffic_share"] == 0.25


def test_failed_probes_are_not_announced(database: Database, redis_url: str, tenant: Tenant) -> None:
    notices = Notices(redis_url)
    endpoint = f"Own@{uuid.uuid4()}"
    announce_transition(
        database, notices, Transition(endpoint=endpoint, before="closed", after="open", reason="timeout")
    )
    announce_transition(
        database, notices, Transition(endpoint=endpoint, before="half-open", after="open", reason="timeout")
    )
    announce_transition(
        database, notices, Transition(endpoint=endpoint, before="half-open", after="closed", reason=None)
    )
    notices.close()
    with database.reading() as tx:
        told = [event.kind for event in events.list_events_after(tx, tenant.id, 0, 10)]
    assert told == ["client.down", "client.up"]
