"""What was spent: by day and client, per resume, for nothing; every number opens down to its ledger rows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from app.dashboard.access import full_page, page_router, parts_of, visitor_of
from app.storage import spending
from app.storage.spending import DaySpending

router = page_router()

_SPANS_DAYS = (7, 30, 90)
_LEDGER_ROWS = 100
_LONGEST_NAME = 200  # characters


@router.get("/costs")
def costs_page(
    request: Request,
    days: int = 30,
    client: Annotated[str, Query(max_length=_LONGEST_NAME)] = "",
    day: date | None = None,
    failed: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    days = days if days in _SPANS_DAYS else 30
    parts, tenant_id = parts_of(request), visitor_of(request).caller.tenant_id
    today = parts.clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days - 1)
    from_day = since if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
    with parts.database.reading() as tx:
        by_day = spending.list_days(tx, tenant_id, since)
        by_client = spending.list_clients(tx, tenant_id, since)
        results = spending.count_results(tx, tenant_id, since)
        ledger = spending.list_ledger(
            tx,
            tenant_id,
            since=from_day,
            until=None if day is None else from_day + timedelta(days=1),
            client=client or None,
            failed_only=bool(failed),
            limit=_LEDGER_ROWS,
        )
    total = sum((row.cost_usd for row in by_client), Decimal(0))
    chosen = {"client": client, "day": day.isoformat() if day else "", "failed": "1" if failed else ""}
    return full_page(
        request,
        "costs.html",
        "Costs",
        days=days,
        spans=_SPANS_DAYS,
        by_day=by_day[::-1],
        by_client=by_client,
        results=results,
        total=total,
        per_result=total / results if results else None,
        attempts=sum(row.attempts for row in by_client),
        failed_attempts=sum(row.failed for row in by_client),
        unpriced=sum(row.unpriced for row in by_client),
        wasted=sum((row.wasted_usd for row in by_client), Decimal(0)),
        chart=_chart(by_day, since, days),
        ledger=ledger,
        most_rows=_LEDGER_ROWS,
        chosen=chosen,
        address=lambda **changes: _address(days, changes),
    )


def _chart(rows: list[DaySpending], since: datetime, days: int) -> dict[str, Any]:
    """Whole days from the first to today, a series per client; amounts as numbers, for drawing alone."""
    moments = [since + timedelta(days=number) for number in range(days)]
    known = {(row.client, row.day.date()): float(row.cost_usd) for row in rows}
    clients = sorted({row.client for row in rows})
    return {
        "days": [int(moment.timestamp()) for moment in moments],
        "clients": [
            {"name": client, "usd": [known.get((client, moment.date()), 0.0) for moment in moments]}
            for client in clients
        ],
    }


def _address(days: int, changes: dict[str, Any]) -> str:
    given = {"days": days, **changes}
    return "/costs?" + urlencode({name: value for name, value in given.items() if value})
