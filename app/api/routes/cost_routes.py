"""Routes under `/v1/costs`: what was spent, when self-hosting pays off, what to expect, and what to change.

JSON, or CSV with `Accept: text/csv`. A tenant sees only its own costs; bills and reconciliation concern the whole
service and so the operator, which is the first tenant.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel

from app.api.auth import ScopeMissing, caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.schemas import cost_schemas as shapes
from app.errors import Forbidden, NotFound
from app.ledger.bills import make_bill, read_provider_usage
from app.ledger.forecast import NotEnoughData, SwitchDate
from app.pipeline.costs import cost_analysis
from app.pipeline.costs.attempt_costs import with_provisional_costs
from app.pipeline.costs.break_even_analysis import BreakEvenQuestion, break_even
from app.pipeline.costs.cost_advice import advise, kept_evaluations
from app.pipeline.costs.cost_analysis import CostLine, read_range
from app.pipeline.costs.import_bills import import_bills
from app.pipeline.costs.reconcile_costs import Reconciliation, reconcile
from app.pipeline.costs.strategy_forecast import forecast_strategies
from app.storage.engine import Transaction
from app.storage.ledger import costs, token_lengths
from app.storage.ledger.costs import GroupBy

router = router_for("read", "Costs")
operating = router_for("admin", "Costs")

_CSV = "text/csv; charset=utf-8; header=present"
_ERRORS = ("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable")
_MOST_TOKENS = 10_000_000
_MOST_USD = 10**9

From = Annotated[
    datetime | None,
    Query(alias="from", description="Start, in UTC unless an offset is given. Default: 30 days before `to`."),
]
To = Annotated[datetime | None, Query(alias="to", description="End, exclusive. Default: now.")]


def _answers(description: str, model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "model": model, "content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "/v1/costs/summary",
    summary="Sum costs",
    response_model=shapes.CostSummary,
    responses=_answers("Sums and groups; in CSV only the groups", shapes.CostSummary) | problems(*_ERRORS),
)
def get_summary(
    request: Request,
    start: From = None,
    end: To = None,
    group_by: Annotated[Literal["day", "client", "function", "tenant", "tier", "service_tier"], Query()] = "day",
    *,
    all_tenants: Annotated[bool, Query(description="Of the whole service; requires the operator's admin key.")] = False,
) -> Any:
    """Whole hours in UTC. Amounts of self-hosted GPU servers are provisional until their hour is over."""
    parts, caller = parts_of(request), caller_of(request)
    lower, upper = read_range(start, end, parts.clock())
    by: GroupBy = group_by
    if all_tenants and "admin" not in caller.scopes:
        raise ScopeMissing("admin")
    with parts.database.reading() as tx:
        if all_tenants:
            check_operator(tx, request)
        summary = cost_analysis.summarise(tx, parts.costs, None if all_tenants else caller.tenant_id, lower, upper, by)
    answer = shapes.CostSummary(
        start=summary.start,
        end=summary.end,
        group_by=by,
        totals=_line(summary.totals),
        groups=[_line(line) for line in summary.groups],
        fallback=shapes.CostFallback.model_validate(summary.fallback),
        savings=shapes.CostSavings.model_validate(summary.savings),
    )
    return _csv(answer.groups, shapes.CostLine, "costs-summary") if _wants_csv(request) else answer


@router.get(
    "/v1/costs/break-even",
    summary="Compute when self-hosting pays off",
    response_model=shapes.CostBreakEven,
    responses=_answers("Break-even and tables; in CSV the options", shapes.CostBreakEven) | problems(*_ERRORS),
)
def get_break_even(
    request: Request,
    client: Annotated[str | None, Query(max_length=100, description="Hosted client to compare with.")] = None,
    cost_profile: Annotated[str | None, Query(max_length=100, description="GPU server to compare with.")] = None,
    input_tokens: Annotated[Decimal | None, Query(ge=0, le=_MOST_TOKENS, description="Per resume.")] = None,
    output_tokens: Annotated[Decimal | None, Query(ge=0, le=_MOST_TOKENS, description="Per resume.")] = None,
    cached_tokens: Annotated[Decimal | None, Query(ge=0, le=_MOST_TOKENS, description="Part of the input.")] = None,
    requests_per_month: Annotated[int | None, Query(ge=0, le=10**12, description="Default: measured.")] = None,
    replicas: Annotated[int, Query(ge=1, le=1000)] = 1,
    fallback_share: Annotated[Decimal, Query(ge=0, le=1, description="Share that the API still serves.")] = Decimal(0),
    input_usd_per_million: Annotated[
        Decimal | None, Query(ge=0, le=_MOST_USD, description="Another price; requires `output_usd_per_million`.")
    ] = None,
    output_usd_per_million: Annotated[Decimal | None, Query(ge=0, le=_MOST_USD)] = None,
    own_monthly_usd: Annotated[
        Decimal | None, Query(gt=0, le=_MOST_USD, description="Another monthly cost than the cost profile's.")
    ] = None,
    own_request_usd: Annotated[
        Decimal | None, Query(gt=0, le=_MOST_USD, description="Target cost per request on your own GPU server.")
    ] = None,
) -> Any:
    """Uses the tokens measured over the last 30 days unless others are given; never a constant."""
    parts = parts_of(request)
    question = BreakEvenQuestion(
        client,
        cost_profile,
        input_tokens,
        output_tokens,
        cached_tokens,
        requests_per_month,
        replicas,
        fallback_share,
        input_usd_per_million,
        output_usd_per_million,
        own_monthly_usd,
        own_request_usd,
    )
    with parts.database.reading() as tx:
        found = break_even(tx, parts.costs, caller_of(request).tenant_id, question, parts.clock())
    values = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "switch"}
    answer = shapes.CostBreakEven.model_validate({**values, "switch": _switch(found.switch)}, from_attributes=True)
    return _csv(answer.options, shapes.BreakEvenLine, "costs-break-even") if _wants_csv(request) else answer


@router.get(
    "/v1/costs/strategies",
    summary="Estimate what each strategy would cost",
    response_model=shapes.CostStrategies,
    responses=_answers("Estimates by strategy; in CSV only these", shapes.CostStrategies) | problems(*_ERRORS),
)
def get_strategies(
    request: Request,
    sample: Annotated[int, Query(ge=1, le=200, description="Most resumes to read; the newest ones.")] = 100,
) -> Any:
    """The built-in parser reads your newest resumes again: about 30 ms for each."""
    parts, caller = parts_of(request), caller_of(request)
    found = forecast_strategies(
        parts.database, parts.costs, parts.strategy_forecast, caller.tenant_id, parts.clock(), sample=sample
    )
    answer = shapes.CostStrategies.model_validate(found)
    return _csv(answer.strategies, shapes.StrategyLine, "costs-strategies") if _wants_csv(request) else answer


@router.get(
    "/v1/costs/forecast",
    summary="Forecast requests and costs",
    response_model=shapes.CostForecast,
    responses=_answers("What to expect", shapes.CostForecast) | problems(*_ERRORS),
)
def get_forecast(request: Request, days: Annotated[int, Query(ge=1, le=365, description="How far ahead.")] = 30) -> Any:
    """Based on the whole days measured so far, with an 80 % interval. It needs 14 days."""
    parts = parts_of(request)
    with parts.database.reading() as tx:
        found = cost_analysis.forecast_costs(tx, parts.costs, caller_of(request).tenant_id, parts.clock(), days)
    missing = found.forecast if isinstance(found.forecast, NotEnoughData) else None
    answer = shapes.CostForecast(
        enough_data=missing is None,
        reason=None if missing is None else missing.reason,
        forecast=None if missing else shapes.ExpectedCosts.model_validate(found.forecast),
        break_even_requests=found.break_even_requests,
        switch=_switch(found.switch),
        cost_per_resume_usd=found.request_usd,
        cost_per_resume_source=found.request_source,
    )
    if _wants_csv(request):
        return _csv([answer.forecast] if answer.forecast else [], shapes.ExpectedCosts, "costs-forecast")
    return answer


@router.get(
    "/v1/costs/recommendations",
    summary="Recommend changes",
    response_model=shapes.CostRecommendations,
    responses=_answers("The largest saving first", shapes.CostRecommendations) | problems(*_ERRORS),
)
def get_recommendations(request: Request) -> Any:
    """Each with its computed monthly saving, its assumptions and what to change. None without a number."""
    parts, tenant_id = parts_of(request), caller_of(request).tenant_id
    evaluations = kept_evaluations(parts.settings.storage.data_dir)
    with parts.database.reading() as tx:
        operator = costs.get_operator_id(tx) == tenant_id
        found = advise(tx, parts.costs, tenant_id, parts.clock(), operator=operator, evaluations=evaluations)
    answer = shapes.CostRecommendations(
        start=found.start,
        end=found.end,
        measured_days=found.measured_days,
        recommendations=[shapes.CostRecommendation.model_validate(item) for item in found.recommendations],
        note=found.note,
    )
    if _wants_csv(request):
        return _csv(answer.recommendations, shapes.CostRecommendation, "costs-recommendations")
    return answer


@router.get(
    "/v1/costs/token-lengths",
    summary="Show the lengths of prompts and answers",
    responses=problems(*_ERRORS, "not_found"),
)
def get_token_lengths(
    request: Request,
    function: Annotated[str, Query(max_length=100, description="BAML function.")] = "ExtractProfile",
    start: From = None,
    end: To = None,
) -> shapes.TokenLengths:
    """Of successful calls with counted tokens, the newest 50,000: the input for `vitae size --measured`."""
    parts, tenant_id = parts_of(request), caller_of(request).tenant_id
    lower, upper = read_range(start, end, parts.clock())
    with parts.database.reading() as tx:
        found = token_lengths.find_lengths(tx, tenant_id, lower, upper, function)
        busiest = token_lengths.find_busiest_hour(tx, tenant_id, lower, upper)
    if found is None:
        raise NotFound(f"No successful call of {function} in this period: nothing has been measured yet.")
    return shapes.TokenLengths(
        calls=found.calls,
        input_percentiles=found.percentiles,
        input_tokens=found.input_tokens,
        output_tokens=found.output_tokens,
        longest_output_tokens=found.longest_output_tokens,
        busiest_hour_calls=busiest,
    )


@router.get(
    "/v1/costs/ledger",
    summary="List attempts",
    response_model=shapes.LedgerPage,
    responses=_answers("One page, the newest first", shapes.LedgerPage) | problems(*_ERRORS),
)
def get_ledger(
    request: Request,
    start: From = None,
    end: To = None,
    client: Annotated[str | None, Query(max_length=100, description="Only this client.")] = None,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most attempts on a page.")] = 100,
) -> Any:
    """One row per attempt to call a model, failed ones included. In CSV the header `Link` has the next page."""
    parts = parts_of(request)
    lower, upper = read_range(start, end, parts.clock())
    with parts.database.reading() as tx:
        items, next_cursor = costs.list_ledger(
            tx, caller_of(request).tenant_id, lower, upper, client=client, cursor=cursor, limit=limit
        )
        rows = with_provisional_costs(tx, [item.row for item in items], parts.machines)
    attempts = [
        shapes.LedgerAttempt.model_validate(
            {
                "id": item.id,
                "resume_id": item.resume_id,
                **{name: getattr(row, name) for name in row.__dataclass_fields__},
            }
        )
        for item, row in zip(items, rows, strict=True)
    ]
    if not _wants_csv(request):
        return shapes.LedgerPage(items=attempts, next_cursor=next_cursor)
    answer = _csv(attempts, shapes.LedgerAttempt, "costs-ledger")
    if next_cursor is not None:
        address = request.url.include_query_params(cursor=next_cursor)
        answer.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
    return answer


@operating.post(
    "/v1/costs/bills",
    summary="Import bills of self-hosted GPU servers",
    responses=problems(*_ERRORS, "conflict"),
)
def post_bills(request: Request, bills: shapes.NewBills) -> shapes.AppliedBills:
    """A bill replaces the estimate for its hours. A second bill for the same period replaces the first."""
    parts = parts_of(request)
    made = [
        make_bill(bill.machine.strip(), bill.start, bill.end, bill.amount_usd, bill.reference, f"Bill {number}")
        for number, bill in enumerate(bills.bills, 1)
    ]
    with parts.database.reading() as tx:
        check_operator(tx, request)
    applied = import_bills(parts.database, parts.machines, made, parts.clock())
    return shapes.AppliedBills(
        bills=[
            shapes.AppliedBill(
                machine=item.bill.machine,
                start=item.bill.starts_at,
                end=item.bill.ends_at,
                amount_usd=item.bill.amount_usd,
                estimate_usd=item.estimate_usd,
                difference_usd=item.difference_usd,
                hours=item.hours,
                closed_hours=item.closed_hours,
            )
            for item in applied
        ]
    )


@operating.get("/v1/costs/reconciliation", summary="Reconcile the ledger with the bills", responses=problems(*_ERRORS))
def get_reconciliation(
    request: Request,
    start: From = None,
    end: To = None,
) -> shapes.CostReconciliation:
    """Attempts + idle = bill, sums = rows, costs = tokens x prices; every difference is explained."""
    return _reconcile(request, start, end, None)


@operating.post(
    "/v1/costs/reconciliation", summary="Reconcile with a provider's usage export", responses=problems(*_ERRORS)
)
def post_reconciliation(
    request: Request,
    export: shapes.UsageExport,
    start: From = None,
    end: To = None,
) -> shapes.CostReconciliation:
    """The same, and attempts = provider's usage by day and model. The export itself is not stored."""
    return _reconcile(request, start, end, export.usage)


def _reconcile(
    request: Request, start: datetime | None, end: datetime | None, export: str | None
) -> shapes.CostReconciliation:
    parts = parts_of(request)
    lower, upper = read_range(start, end, parts.clock())
    usage = None if export is None else read_provider_usage(export)
    with parts.database.reading() as tx:
        check_operator(tx, request)
        found = reconcile(tx, parts.machines, lower, upper, usage)
    return _reconciliation(found)


def _reconciliation(found: Reconciliation) -> shapes.CostReconciliation:
    return shapes.CostReconciliation(
        start=found.start,
        end=found.end,
        ok=found.ok,
        checks=[shapes.ReconciliationCheck.model_validate(check) for check in found.checks],
        machines=[shapes.MachineCosts.model_validate(row) for row in found.machines],
        bills=[shapes.BillDifference.model_validate(bill) for bill in found.bills],
        tenants=[_line(CostLine(name, sums)) for name, sums in found.tenants],
    )


def check_operator(tx: Transaction, request: Request) -> None:
    """Raises `Forbidden` for every tenant but the first."""
    if costs.get_operator_id(tx) != caller_of(request).tenant_id:
        raise Forbidden("This concerns the whole service: use an admin key of the first tenant, which operates it.")


def _line(line: CostLine) -> shapes.CostLine:
    sums = line.sums
    return shapes.CostLine(
        key=line.key,
        analyses=sums.analyses,
        attempts=sums.attempts,
        answered=sums.answered,
        reused=sums.reused,
        failed=sums.failed,
        unpriced_attempts=sums.unpriced,
        input_tokens=sums.input_tokens,
        cached_tokens=sums.cached_tokens,
        cache_write_tokens=sums.cache_write_tokens,
        output_tokens=sums.output_tokens,
        reasoning_tokens=sums.reasoning_tokens,
        cost_usd=line.cost_usd,
        hosted_usd=sums.hosted_usd,
        self_hosted_usd=sums.allocated_usd,
        usage_usd=sums.usage_usd,
        idle_share_usd=line.idle_share_usd,
        waste_usd=sums.waste_usd,
        cost_per_resume_usd=line.cost_per_resume_usd,
        cost_per_1000_usd=line.cost_per_1000_usd,
        provisional=sums.provisional,
    )


def _switch(found: SwitchDate | NotEnoughData) -> shapes.SwitchDay:
    if isinstance(found, NotEnoughData):
        return shapes.SwitchDay(on=None, already=False, explanation=found.reason, enough_data=False)
    return shapes.SwitchDay.model_validate(found)


def _wants_csv(request: Request) -> bool:
    """True when CSV is accepted and JSON is not preferred to it."""
    weights: dict[str, float] = {}
    for part in request.headers.get("accept", "").split(","):
        media_type, _, parameters = part.strip().partition(";")
        weight = next((p.strip()[2:] for p in parameters.split(";") if p.strip().startswith("q=")), "1")
        try:
            weights[media_type.strip().lower()] = float(weight)
        except ValueError:
            weights[media_type.strip().lower()] = 0.0
    wanted = weights.get("text/csv", 0.0)
    return wanted > 0 and wanted >= weights.get("application/json", 0.0)


def _csv(rows: Iterable[BaseModel], shape: type[BaseModel], name: str) -> Response:
    """One line per row, with a header even when there are none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = list(shape.model_fields)
    writer.writerow(names)
    for row in rows:
        values = row.model_dump(mode="json")
        writer.writerow([_cell(values[field]) for field in names])
    return Response(
        out.getvalue().encode(),
        headers={"Content-Type": _CSV, "Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _cell(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = "; ".join(str(item) for item in value)
    # A spreadsheet would evaluate such a text as a formula; numbers, even negative ones, are safe.
    if isinstance(value, str) and value.startswith(("=", "+", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value
