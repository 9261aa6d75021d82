"""Routes under `/v1/costs/prices`: prices entered in the database, and what each client's calls cost now.

They concern the whole service and so the operator: an admin key of the first tenant.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.routes.cost_routes import check_operator
from app.api.schemas import cost_schemas as shapes
from app.ledger.prices import SERVICE_TIERS
from app.pipeline.costs import entered_prices
from app.pipeline.costs.cost_analysis import CostContext, with_entered_prices
from app.pipeline.costs.entered_prices import NewPrice
from app.storage.ledger.price_rows import PriceRow, list_prices

router = router_for("admin", "Costs")

_ERRORS = ("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable")


@router.get("/v1/costs/prices", summary="List prices", responses=problems(*_ERRORS))
def get_prices(
    request: Request,
    *,
    history: Annotated[bool, Query(description="Include entered prices that are no longer valid.")] = False,
) -> shapes.Prices:
    """What each client's calls cost now and the source of the price; then the prices entered here, the newest first."""
    parts = parts_of(request)
    now, context = parts.clock(), parts.costs
    with parts.database.reading() as tx:
        check_operator(tx, request)
        rows = list_prices(tx)
        context = with_entered_prices(tx, context)
    entered = [_entered(row, rows, now) for row in reversed(rows)]
    return shapes.Prices(
        in_force=list(_in_force(context, now)),
        entered=[item for item in entered if history or item.state in {"in force", "later"}],
    )


@router.post("/v1/costs/prices", status_code=201, summary="Enter a price", responses=problems(*_ERRORS))
def post_price(request: Request, price: shapes.NewPrice) -> shapes.EnteredPrice:
    """It overrides the settings and the shipped list for calls that start while it is valid. Past costs do not
    change.
    """
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    new = NewPrice(**price.model_dump())
    row = entered_prices.enter_price(parts.database, new, parts.clock(), str(caller_of(request).key_id))
    return _entered(row, [row], parts.clock())


@router.post("/v1/costs/prices/{price_id}/end", summary="End a price", responses=problems(*_ERRORS, "not_found"))
def post_end(request: Request, price_id: uuid.UUID, end: shapes.PriceEnd) -> shapes.EnteredPrice:
    """From then on the next source applies: an older entry, the settings, or the shipped list."""
    parts = parts_of(request)
    now = parts.clock()
    with parts.database.reading() as tx:
        check_operator(tx, request)
    row = entered_prices.end_price(parts.database, price_id, end.at or now, str(caller_of(request).key_id))
    return _entered(row, [row], now)


def _in_force(context: CostContext, now: datetime) -> Iterator[shapes.PriceInForce]:
    """Every tier of every client billed per token; unpriced ones are listed, so that they are not overlooked."""
    for name, priced in sorted(context.models.items()):
        if priced.billing != "per_token":
            continue
        for tier in SERVICE_TIERS:
            found = context.prices(name, now, tier=tier)
            yield shapes.PriceInForce(
                client=name,
                provider=priced.price_provider,
                model=priced.model,
                service_tier=tier,
                input_usd_per_million=found and found.input_usd_per_million,
                cached_input_usd_per_million=found and found.cached_input_usd_per_million,
                cache_write_usd_per_million=found and found.cache_write_usd_per_million,
                output_usd_per_million=found and found.output_usd_per_million,
                source=found and found.source,
            )


def _entered(row: PriceRow, rows: Sequence[PriceRow], now: datetime) -> shapes.EnteredPrice:
    values: dict[str, Any] = {name: getattr(row, name) for name in PriceRow.__dataclass_fields__}
    return shapes.EnteredPrice.model_validate({**values, "state": _state(row, rows, now)})


def _state(row: PriceRow, rows: Sequence[PriceRow], now: datetime) -> str:
    if row.ends_at is not None and row.ends_at <= now:
        return "ended"
    if row.starts_at > now:
        return "later"
    key = (row.provider, row.model, row.service_tier)
    holding = [
        other
        for other in rows
        if (other.provider, other.model, other.service_tier) == key
        and other.starts_at <= now
        and (other.ends_at is None or other.ends_at > now)
    ]
    return "in force" if holding[-1].id == row.id else "replaced"
