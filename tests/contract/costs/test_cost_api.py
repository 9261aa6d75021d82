"""`/v1/costs` on the real service: sums, tables, CSV, pages; no tenant ever sees another's costs."""

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.pipeline.costs.close_hours import close_hours
from app.storage import tenants
from app.storage.engine import Database
from app.wiring.api_parts import ApiParts
from tests.contract.costs.conftest import NOW, Headers, Ledger, later


def _traffic(ledger: Ledger) -> None:
    """Three days: the self-hosted machine answers most requests, GPT-4o the rest; one attempt fails, one answer is
    reused.
    """
    for day in range(3):
        for minute in range(8):
            ledger.add(later(hours=24 * day, minutes=minute), client="LocalVLLM")
        ledger.add(later(hours=24 * day, minutes=20), own=False, number=2)
    ledger.add(later(minutes=30), own=False, outcome="timeout", tokens=(400, 0, 0), number=2)


def test_a_summary_adds_up_in_every_grouping(api: TestClient, ledger: Ledger, key: Headers) -> None:
    _traffic(ledger)
    answer: Any = None
    for group_by, keys in {
        "day": {"2026-11-03", "2026-11-04", "2026-11-05"},
        "client": {"GPT4o", "LocalVLLM"},
        "function": {"ExtractProfile"},
        "tier": {"own", "hosted"},
    }.items():
        answer = api.get("/v1/costs/summary", params={"group_by": group_by}, headers=key(ledger, "read")).json()
        assert {group["key"] for group in answer["groups"]} == keys
        for field in ("attempts", "analyses", "input_tokens"):
            assert sum(group[field] for group in answer["groups"]) == answer["totals"][field]
        for field in ("cost_usd", "hosted_usd", "self_hosted_usd", "waste_usd"):
            parts = [Decimal(group[field]) for group in answer["groups"] if group[field] is not None]
            assert sum(parts) == Decimal(answer["totals"][field])
    totals = answer["totals"]
    assert (totals["analyses"], totals["attempts"], totals["failed"]) == (24, 28, 1)
    assert totals["hosted_usd"] == "0.00925"
    assert totals["waste_usd"] == "0.001"
    assert answer["fallback"] == {
        "answers": 3,
        "share": "0.111111",
        "paid_usd": "0.00825",
        "extra_usd": "0.00825",
    }


def test_costs_of_self_hosted_machines_enter_the_summary_when_their_hours_are_closed(
    api: TestClient, operator: Ledger, database: Database, key: Headers
) -> None:
    headers = key(operator, "admin")
    operator.add(client="LocalVLLM")
    before = api.get("/v1/costs/summary", headers=headers).json()["totals"]
    assert before["provisional"] is True
    parts: ApiParts = api.app.state.parts  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
    while close_hours(database, parts.machines, NOW):
        pass
    after = api.get("/v1/costs/summary", headers=headers).json()["totals"]
    assert after["provisional"] is False
    assert Decimal(after["self_hosted_usd"]) > 0
    assert Decimal(after["usage_usd"]) + Decimal(after["idle_share_usd"]) == Decimal(after["self_hosted_usd"])
    found = api.get("/v1/costs/reconciliation", headers=headers).json()
    assert found["ok"], found["checks"]
    (machine,) = found["machines"]
    assert machine["machine"] == "LocalVLLM"
    assert Decimal(machine["allocated_usd"]) + Decimal(machine["unused_usd"]) == Decimal(machine["cost_usd"])


def test_another_tenant_sees_none_of_these_costs(
    api: TestClient, ledger: Ledger, database: Database, key: Headers
) -> None:
    _traffic(ledger)
    with database.transaction() as tx:
        stranger = Ledger(database, tenants.ensure_tenant(tx, f"stranger {uuid.uuid4()}"), "X")
    headers = key(stranger, "admin")
    for group_by in ("day", "client", "function", "tenant", "tier"):
        answer = api.get("/v1/costs/summary", params={"group_by": group_by}, headers=headers).json()
        assert answer["groups"] == []
        assert answer["totals"]["attempts"] == 0
    assert api.get("/v1/costs/ledger", headers=headers).json() == {"items": [], "next_cursor": None}
    own = api.get("/v1/costs/summary", params={"group_by": "tenant"}, headers=key(ledger, "read")).json()
    assert len(own["groups"]) == 1
    for method, path, body in (
        ("GET", "/v1/costs/reconciliation", None),
        (
            "POST",
            "/v1/costs/bills",
            {"bills": [{"machine": "LocalVLLM", "start": "2026-11-01", "end": "2026-11-02", "amount_usd": "1"}]},
        ),
    ):
        refused = api.request(method, path, json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_break_even_without_measurements_is_the_published_one(api: TestClient, ledger: Ledger, key: Headers) -> None:
    answer = api.get("/v1/costs/break-even", headers=key(ledger, "read")).json()
    assert answer["api_request_usd"] == "0.00275"
    assert answer["own_monthly_usd"] == "727"
    assert answer["own_monthly_exact_usd"] == "726.48"
    assert answer["break_even_requests"] == 264364
    assert answer["tokens"]["source"].startswith("assumed")
    assert answer["switch"]["enough_data"] is False
    saving = {row["requests_per_month"]: row["yearly_saving_usd"] for row in answer["savings"]}
    assert saving[2_000_000] == "57276"


def test_break_even_follows_the_measured_tokens(api: TestClient, ledger: Ledger, key: Headers) -> None:
    for _ in range(4):
        ledger.add(own=False, tokens=(7000, 0, 1000))
    answer = api.get("/v1/costs/break-even", headers=key(ledger, "read")).json()
    assert answer["tokens"]["source"].startswith("measured over 4")
    assert answer["break_even_requests"] == 26437
    assert answer["requests_per_month"] == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"client": "Nobody"},
        {"cached_tokens": 900, "input_tokens": 700},
        {"fallback_share": 2},
        {"input_tokens": "many"},
    ],
)
def test_an_invalid_query_is_rejected(api: TestClient, ledger: Ledger, key: Headers, wrong: dict[str, object]) -> None:
    answer = api.get("/v1/costs/break-even", params=wrong, headers=key(ledger, "read"))  # pyright: ignore[reportArgumentType]
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


def test_an_unknown_cost_profile_is_a_client_error(api: TestClient, ledger: Ledger, key: Headers) -> None:
    answer = api.get("/v1/costs/break-even", params={"cost_profile": "aws-g9"}, headers=key(ledger, "read"))
    assert answer.status_code == 422
    assert "aws-g5.xlarge-1yr" in answer.json()["detail"]


def test_a_forecast_reports_insufficient_data(api: TestClient, ledger: Ledger, key: Headers) -> None:
    ledger.add(NOW - timedelta(days=3), own=False)
    answer = api.get("/v1/costs/forecast", headers=key(ledger, "read")).json()
    assert answer["enough_data"] is False
    assert answer["reason"].startswith("Not enough data: 3 whole days")
    assert answer["forecast"] is None


def test_a_forecast_has_an_interval_and_costs(api: TestClient, ledger: Ledger, key: Headers) -> None:
    for day in range(1, 17):
        for _ in range(3):
            ledger.add(NOW - timedelta(days=day), own=False)
    answer = api.get("/v1/costs/forecast", params={"days": 10}, headers=key(ledger, "read")).json()
    expected = answer["forecast"]
    assert expected["requests_low"] <= expected["requests"] <= expected["requests_high"]
    assert expected["requests"] == 30
    assert expected["cost_usd"] == "0.0825"


def test_the_ledger_is_paged_without_gaps(api: TestClient, ledger: Ledger, key: Headers) -> None:
    for minute in range(7):
        ledger.add(later(minutes=minute // 2), own=False)
    headers, seen, cursor = key(ledger, "read"), [], None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = api.get("/v1/costs/ledger", params=params, headers=headers).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert page["items"][0]["cost_usd"] == "0.00275"
    assert api.get("/v1/costs/ledger", params={"cursor": "x"}, headers=headers).status_code == 422


@pytest.mark.parametrize("path", ["summary", "break-even", "forecast", "recommendations", "ledger"])
def test_every_read_route_supports_csv(api: TestClient, ledger: Ledger, key: Headers, path: str) -> None:
    _traffic(ledger)
    answer = api.get(f"/v1/costs/{path}", headers={**key(ledger, "read"), "Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    json_answer = api.get(
        f"/v1/costs/{path}", headers={**key(ledger, "read"), "Accept": "application/json, text/csv;q=0.1"}
    )
    assert json_answer.headers["content-type"] == "application/json"
    if path == "summary":
        assert [row["key"] for row in rows] == ["2026-11-03", "2026-11-04", "2026-11-05"]
        assert rows[0]["hosted_usd"] == "0.00375"


def test_an_invalid_range_is_rejected(api: TestClient, ledger: Ledger, key: Headers) -> None:
    headers = key(ledger, "read")
    for params in ({"from": "2026-11-05", "to": "2026-11-04"}, {"from": "2016-11-05"}, {"from": "yesterday"}):
        assert api.get("/v1/costs/summary", params=params, headers=headers).status_code == 422


def test_a_bill_is_imported_over_rest_and_reconciles(api: TestClient, operator: Ledger, key: Headers) -> None:
    headers = key(operator, "admin")
    operator.add(client="LocalVLLM")
    body = {"bills": [{"machine": "LocalVLLM", "start": "2026-11-03", "end": "2026-11-04", "amount_usd": "30.00"}]}
    answer = api.post("/v1/costs/bills", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    (bill,) = answer.json()["bills"]
    assert bill["estimate_usd"] == "24.216"
    assert bill["difference_usd"] == "5.784"
    found = api.get("/v1/costs/reconciliation", headers=headers).json()
    assert [item["difference_usd"] for item in found["bills"]] == ["5.784"]
    assert all(check["ok"] for check in found["checks"] if check["unit"] == "USD"), found["checks"]


def test_a_usage_export_is_compared_day_by_day(api: TestClient, operator: Ledger, key: Headers) -> None:
    day = NOW - timedelta(days=60)
    operator.add(day, own=False, tokens=(2000, 500, 100), client="GPT4o")
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    export = (
        "start_time,end_time,num_model_requests,model,input_tokens,input_cached_tokens,output_tokens\n"
        f"{start},{start + 86400},1,gpt-4o-2024-08-06,2000,500,130\n"
    )
    params = {"from": f"{day:%Y-%m-%d}", "to": f"{day + timedelta(days=1):%Y-%m-%d}"}
    answer = api.post(
        "/v1/costs/reconciliation", json={"usage": export}, params=params, headers=key(operator, "admin")
    ).json()
    checks = {check["name"]: check for check in answer["checks"]}
    prefix = f"{day:%Y-%m-%d} gpt-4o"
    assert checks[f"{prefix} input tokens"]["ok"]
    assert checks[f"{prefix} cached tokens"]["ok"]
    assert checks[f"{prefix} output tokens"]["difference"] == "-30"
    assert "another program uses the key" in checks[f"{prefix} output tokens"]["explanation"]
    assert answer["ok"] is False


def test_recommendations_need_a_week(api: TestClient, ledger: Ledger, key: Headers) -> None:
    answer = api.get("/v1/costs/recommendations", headers=key(ledger, "read")).json()
    assert answer["recommendations"] == []
    assert answer["note"].startswith("Not enough data")


def test_wasted_money_becomes_a_recommendation_with_its_saving(api: TestClient, ledger: Ledger, key: Headers) -> None:
    for day in range(1, 29):
        ledger.add(NOW - timedelta(days=day), own=False, tokens=(400_000, 0, 10_000))
        ledger.add(NOW - timedelta(days=day), own=False, outcome="parse_error", tokens=(160_000, 0, 0))
    answer = api.get("/v1/costs/recommendations", headers=key(ledger, "read")).json()
    found = {item["kind"]: item for item in answer["recommendations"]}
    assert Decimal(found["waste"]["saving_monthly_usd"]).quantize(Decimal("0.01")) == Decimal("12.00")
    for item in answer["recommendations"]:
        assert Decimal(item["saving_monthly_usd"]) >= 1
        assert item["assumptions"]
        assert item["change"]
