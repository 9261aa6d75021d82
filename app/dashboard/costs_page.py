"""What was spent: by day, client and function, per resume, on failures; every number links to its ledger rows."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.analysis.exports.spreadsheet import protect_cell
from app.dashboard.access import full_page, lacks_model, page_router, parts_of, visitor_of
from app.pipeline.costs import cost_analysis
from app.pipeline.costs.attempt_costs import with_provisional_costs
from app.pipeline.costs.attempt_view import decimal_text
from app.pipeline.costs.cost_advice import advise
from app.storage import endpoint_states
from app.storage.engine import Transaction
from app.storage.ledger import costs, spending
from app.storage.ledger.costs import LedgerItem
from app.storage.ledger.spending import DaySpending
from app.wiring.api_parts import ApiParts

router = page_router()

_SPANS_DAYS = (7, 30, 90)
_LEDGER_ROWS = 50
_ROWS_PER_READ = 1000
_LONGEST_NAME = 200  # characters
_CSV_COLUMNS = (
    *("started_at", "client", "function", "model", "location", "outcome", "error", "latency_ms"),
    *("input_tokens", "cached_tokens", "output_tokens", "tokens_estimated", "cost_usd", "cost_basis", "price_source"),
)

Text = Annotated[str, Query(max_length=_LONGEST_NAME)]


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime
    days: int


class CostFilters:
    """The rows of the ledger that are shown. Every number on the page links to one such selection."""

    def __init__(
        self,
        days: int = 30,
        client: Text = "",
        function: Text = "",
        day: date | None = None,
        failed: Text = "",
        fallback: Text = "",
    ) -> None:
        self.days = days if days in _SPANS_DAYS else 30
        self.client = client
        self.function = function
        self.day = day
        self.failed = bool(failed)
        self.fallback = bool(fallback)  # answers of clients other than the preferred one

    @property
    def narrowed(self) -> bool:
        return bool(self.client or self.function or self.day or self.failed or self.fallback)

    def span(self, now: datetime) -> _Span:
        """Whole days in UTC, including today so far."""
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return _Span(today - timedelta(days=self.days - 1), today + timedelta(days=1), self.days)

    def address(self, path: str = "/costs", **changes: Any) -> str:
        """The address of the same days, narrowed by `changes`."""
        given = {"days": self.days, **changes}
        return f"{path}?" + urlencode({name: value for name, value in given.items() if value})

    def here(self, path: str, **changes: Any) -> str:
        """The address with the present filters, except for `changes`."""
        filters = {"client": self.client, "function": self.function, "day": self.day}
        filters |= {name: "1" if getattr(self, name) else "" for name in ("failed", "fallback")}
        return self.address(path, **{**filters, **changes})


@router.get("/costs")
def costs_page(
    request: Request, filters: Annotated[CostFilters, Depends()], cursor: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    parts, tenant_id = parts_of(request), visitor_of(request).caller.tenant_id
    span = filters.span(parts.clock())
    with parts.database.reading() as tx:
        by_day = spending.list_days(tx, tenant_id, span.start, span.end)
        by_client = spending.list_clients(tx, tenant_id, span.start, span.end)
        summary = cost_analysis.summarise(tx, parts.costs, tenant_id, span.start, span.end, "function")
        operator = costs.get_operator_id(tx) == tenant_id
        machines = costs.list_machine_sums(tx, span.start, span.end, with_allocations=False) if operator else []
        advice = advise(tx, parts.costs, tenant_id, parts.clock(), operator=operator)
        preferred = parts.costs.first_client("ExtractProfile", endpoint_states.list_seen_up(tx))
        connect = lacks_model(request, tx)
        ledger, next_cursor = _ledger(tx, parts, request, filters, span, cursor or None, _LEDGER_ROWS)
    return full_page(
        request,
        "costs.html",
        "Costs",
        filters=filters,
        spans=_SPANS_DAYS,
        by_day=by_day[::-1],
        by_client=by_client,
        by_function=summary.groups,
        totals=summary.totals,
        fallback=summary.fallback,
        savings=summary.savings,
        preferred=preferred,
        machines=machines,
        advice=advice,
        chart=_chart(by_day, span),
        ledger=ledger,
        connect=connect,
        next_page=filters.here("/costs", cursor=next_cursor) if next_cursor else None,
        begun=bool(cursor),
    )


@router.get("/costs/ledger.csv")
def ledger_csv(request: Request, filters: Annotated[CostFilters, Depends()]) -> Response:
    """Every row that passes the filters, with all digits; safe to open in a spreadsheet."""
    parts = parts_of(request)
    span = filters.span(parts.clock())

    def lines() -> Iterator[bytes]:
        yield _csv_line(_CSV_COLUMNS)
        cursor: str | None = None
        while True:
            with parts.database.reading() as tx:
                rows, cursor = _ledger(tx, parts, request, filters, span, cursor, _ROWS_PER_READ)
            yield b"".join(_csv_line([_cell(getattr(item.row, name)) for name in _CSV_COLUMNS]) for item in rows)
            if cursor is None:
                return

    headers = {"Content-Disposition": 'attachment; filename="ledger.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8; header=present", headers=headers)


def _ledger(
    tx: Transaction,
    parts: ApiParts,
    request: Request,
    filters: CostFilters,
    span: _Span,
    cursor: str | None,
    limit: int,
) -> tuple[list[LedgerItem], str | None]:
    day = None if filters.day is None else datetime(filters.day.year, filters.day.month, filters.day.day, tzinfo=UTC)
    items, next_cursor = costs.list_ledger(
        tx,
        visitor_of(request).caller.tenant_id,
        span.start if day is None else day,
        span.end if day is None else day + timedelta(days=1),
        client=filters.client or None,
        function=filters.function or None,
        failed_only=filters.failed,
        instead_of=_preferred(tx, parts, request, span) if filters.fallback else None,
        cursor=cursor,
        limit=limit,
    )
    rows = with_provisional_costs(tx, [item.row for item in items], parts.machines)
    return [LedgerItem(item.id, item.resume_id, row) for item, row in zip(items, rows, strict=True)], next_cursor


def _preferred(tx: Transaction, parts: ApiParts, request: Request, span: _Span) -> dict[str, str]:
    """The client that is preferred now, for each function used in the period."""
    asked = costs.list_by_function_and_client(tx, visitor_of(request).caller.tenant_id, span.start, span.end)
    answered, context = endpoint_states.list_seen_up(tx), parts.costs
    first = {row.function: context.first_client(row.function, answered) for row in asked}
    return {function: client for function, client in first.items() if client is not None}


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return protect_cell(value) if isinstance(value, str) else decimal_text(value) or ""


def _csv_line(cells: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _chart(rows: list[DaySpending], span: _Span) -> dict[str, Any]:
    """Whole days from the first to today, a series per client; amounts as numbers, only for drawing."""
    moments = [span.start + timedelta(days=number) for number in range(span.days)]
    known = {(row.client, row.day.date()): float(row.cost_usd) for row in rows}
    clients = sorted({row.client for row in rows})
    return {
        "days": [int(moment.timestamp()) for moment in moments],
        "clients": [
            {"name": client, "usd": [known.get((client, moment.date()), 0.0) for moment in moments]}
            for client in clients
        ],
    }
