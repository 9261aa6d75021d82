"""Entered prices on the real service: who may enter them, when they apply, and what the ledger keeps."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from app.ledger.entries import PriceAttempt
from app.ledger.prices import PricedModel
from app.pipeline.costs.entered_prices import CachedPriceBook
from app.storage.engine import Database
from app.storage.ledger import spending
from app.storage.ledger.costs import get_totals, list_ledger
from app.storage.tables import entered_prices
from tests.contract.costs.conftest import HOUR, NOW, Headers, Ledger, later

PRICE = {"model": "gpt-4o", "input_usd_per_million": "2", "output_usd_per_million": "8", "note": "contract"}


@pytest.fixture(autouse=True)
def _no_prices_left(database: Database) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    yield
    with database.transaction() as tx:
        tx.execute(sa.delete(entered_prices))


@pytest.fixture
def enter(api: TestClient, operator: Ledger, key: Headers) -> Any:
    def post(**changes: Any) -> Any:
        answer = api.post("/v1/costs/prices", json={**PRICE, **changes}, headers=key(operator, "admin"))
        assert answer.status_code == 201, answer.text
        return answer.json()

    return post


@dataclass(frozen=True)
class Tried:
    started_at: datetime = NOW
    client: str = "GPT4o"
    outcome: str = "ok"
    input_tokens: int = 700
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 100
    service_tier: str = "standard"


def pricing(database: Database) -> PriceAttempt:
    """The pricing of a worker that starts now."""
    return PriceAttempt(
        {"GPT4o": PricedModel(model="gpt-4o", price_provider="openai", billing="per_token")},
        book=CachedPriceBook(database),
    )


def test_only_the_operator_manages_prices(api: TestClient, operator: Ledger, ledger: Ledger, key: Headers) -> None:
    for caller, scope in ((operator, "read"), (operator, "write"), (ledger, "admin")):
        headers = key(caller, scope)
        assert api.get("/v1/costs/prices", headers=headers).status_code == 403
        assert api.post("/v1/costs/prices", json=PRICE, headers=headers).status_code == 403
        assert api.post(f"/v1/costs/prices/{uuid.uuid4()}/end", json={}, headers=headers).status_code == 403


def test_attempts_use_an_entered_price_while_it_is_valid_and_store_its_source(enter: Any, database: Database) -> None:
    enter(**{"from": (NOW - timedelta(days=1)).isoformat(), "until": (NOW + timedelta(days=1)).isoformat()})
    price = pricing(database)
    entry = price(Tried())
    assert (entry.cost_usd, entry.cost_basis) == (Decimal("0.0022"), "own_price")  # 700 x 2 + 100 x 8
    assert entry.price_source == f"database: openai/gpt-4o from {NOW - timedelta(days=1):%Y-%m-%d} (cached as input)"
    for outside in (NOW - timedelta(days=2), NOW + timedelta(days=1)):
        assert price(Tried(outside)).cost_usd == Decimal("0.00275")
    assert price(Tried(service_tier="batch")).cost_usd == Decimal("0.001375")


def test_a_worker_sees_a_new_price_within_seconds_but_does_not_read_prices_more_often(
    enter: Any, database: Database
) -> None:
    now = 0.0
    book = CachedPriceBook(database, monotonic=lambda: now)
    price = PriceAttempt(
        {"GPT4o": PricedModel(model="gpt-4o", price_provider="openai", billing="per_token")}, book=book
    )
    assert price(Tried()).cost_usd == Decimal("0.00275")
    enter()
    assert price(Tried()).cost_usd == Decimal("0.00275")
    now = 6.0
    assert price(Tried()).cost_usd == Decimal("0.0022")


def test_break_even_is_computed_with_the_entered_price(
    enter: Any, api: TestClient, operator: Ledger, key: Headers
) -> None:
    enter()
    asked = {"client": "GPT4o", "input_tokens": "700", "output_tokens": "100"}
    answer = api.get("/v1/costs/break-even", params=asked, headers=key(operator, "read")).json()
    assert answer["api_request_usd"] == "0.0022"
    assert answer["price_source"].startswith("database: openai/gpt-4o")


def test_ended_and_replaced_prices_stay_in_the_history(
    enter: Any, api: TestClient, operator: Ledger, key: Headers
) -> None:
    headers = key(operator, "admin")
    first, second, coming = enter(note="first"), enter(note="second"), enter(**{"from": "2027-01-01T00:00:00Z"})
    ended = api.post(f"/v1/costs/prices/{first['id']}/end", json={}, headers=headers).json()
    assert (ended["state"], ended["until"]) == ("ended", NOW.isoformat().replace("+00:00", "Z"))
    shown = api.get("/v1/costs/prices", headers=headers).json()["entered"]
    assert [item["id"] for item in shown] == [coming["id"], second["id"]]
    history = api.get("/v1/costs/prices?history=true", headers=headers).json()["entered"]
    assert [(item["note"], item["state"]) for item in history] == [
        ("contract", "later"),
        ("second", "in force"),
        ("first", "ended"),
    ]
    # A price that has not started yet is withdrawn and never applies.
    gone = api.post(f"/v1/costs/prices/{coming['id']}/end", json={}, headers=headers).json()
    assert gone["until"] == gone["from"]


def test_unpriced_tiers_are_shown(api: TestClient, operator: Ledger, key: Headers) -> None:
    answer = api.get("/v1/costs/prices", headers=key(operator, "admin")).json()
    rows = {(row["client"], row["service_tier"]): row for row in answer["in_force"]}
    assert rows["GPT4o", "standard"]["input_usd_per_million"] == "2.5"
    assert rows["GPT4o", "batch"]["output_usd_per_million"] == "5"
    assert (rows["GPT4o", "flex"]["input_usd_per_million"], rows["GPT4o", "flex"]["source"]) == (None, None)
    assert ("LocalVLLM", "standard") not in rows


@pytest.mark.parametrize(
    "changes",
    [
        {"input_usd_per_million": "-1"},
        {"output_usd_per_million": "NaN"},
        {"service_tier": "cheap"},
        {"note": " "},
        {"from": "2026-12-02T00:00:00Z", "until": "2026-12-01T00:00:00Z"},
        {"from": "2026-12-02"},
        {"unknown": 1},
    ],
)
def test_an_invalid_price_is_rejected(api: TestClient, operator: Ledger, key: Headers, changes: dict[str, Any]) -> None:
    answer = api.post("/v1/costs/prices", json={**PRICE, **changes}, headers=key(operator, "admin"))
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_request"


def test_an_unknown_price_cannot_be_ended(api: TestClient, operator: Ledger, key: Headers) -> None:
    answer = api.post(f"/v1/costs/prices/{uuid.uuid4()}/end", json={}, headers=key(operator, "admin"))
    assert answer.status_code == 404


def test_the_database_rejects_token_parts_larger_than_the_total(database: Database, ledger: Ledger) -> None:
    ledger.add(own=False, tokens=(10, 0, 5))
    for change in ("reasoning_tokens = 6", "cache_write_tokens = 11", "cached_tokens = 6, cache_write_tokens = 5"):
        with pytest.raises(IntegrityError), database.transaction() as tx:
            tx.execute(
                sa.text(f"update model_attempts set {change} where tenant_id = :tenant"),  # noqa: S608 - our own words
                {"tenant": ledger.tenant_id},
            )


def test_the_dashboard_shows_the_sums_of_the_cost_queries(database: Database, ledger: Ledger) -> None:
    ledger.add(HOUR)
    ledger.add(later(hours=30), own=False, outcome="timeout", number=2)
    ledger.add(later(hours=31), own=False, priced=False)
    with database.reading() as tx:
        totals = get_totals(tx, ledger.tenant_id, HOUR, later(hours=48))
        days = spending.list_days(tx, ledger.tenant_id, HOUR, later(hours=48))
        clients = spending.list_clients(tx, ledger.tenant_id, HOUR, later(hours=48))
        rows, _ = list_ledger(tx, ledger.tenant_id, HOUR, later(hours=48), failed_only=True, limit=10)
    assert sum(day.attempts for day in days) == sum(row.attempts for row in clients) == totals.attempts == 3
    assert sum(row.cost_usd for row in clients) == totals.hosted_usd == Decimal("0.00275")
    assert sum(row.wasted_usd for row in clients) == totals.waste_usd
    assert (sum(row.failed for row in clients), sum(row.unpriced for row in clients)) == (1, 1)
    assert {row.mean_latency_ms for row in clients} == {900.0}
    ledger.add(later(hours=32), own=False, tier="batch")
    with database.reading() as tx:
        beside = spending.list_clients(tx, ledger.tenant_id, HOUR, later(hours=48))
        alone = spending.list_clients(tx, ledger.tenant_id, later(hours=32), later(hours=33))
    assert {row.mean_latency_ms for row in beside} == {900.0}, "lines of a batch have no duration"
    assert [(row.attempts, row.mean_latency_ms) for row in alone] == [(1, None)]
    assert [item.row.outcome for item in rows] == ["timeout"]


def test_an_attempts_tier_and_token_parts_are_in_the_ledger_and_the_sums(
    api: TestClient, database: Database, ledger: Ledger, key: Headers
) -> None:
    ledger.add(later(minutes=1), own=False, tokens=(700, 0, 100), tier="flex", reasoning_tokens=60)
    headers = key(ledger, "read")
    (row,) = api.get("/v1/costs/ledger", headers=headers).json()["items"]
    assert (row["service_tier"], row["reasoning_tokens"], row["cache_write_tokens"]) == ("flex", 60, 0)
    answer = api.get("/v1/costs/summary", params={"group_by": "service_tier"}, headers=headers).json()
    assert [(group["key"], group["reasoning_tokens"]) for group in answer["groups"]] == [("flex", 60)]
