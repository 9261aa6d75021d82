"""Answers questions about cost from the ledger's sums: summary, break-even, forecast, advice, reconciliation.

Reads only. Called by the cost API (and so by the command line) and the dashboard, always for the caller's tenant.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from app.errors import InputError
from app.ledger import forecast as forecasting
from app.ledger.amounts import quotient
from app.ledger.break_even import (
    break_even_requests,
)
from app.ledger.catalogue.cost_profiles import CostProfile, get_cost_profile
from app.ledger.machines import Machine
from app.ledger.prices import NO_ENTERED_PRICES, PriceBook, PricedModel, UnitPrices, unit_prices
from app.ledger.token_profile import ASSUMED_PROFILE, TokenProfile, measured_profile, request_cost_usd
from app.pipeline.costs.entered_prices import read_price_book
from app.storage import endpoint_states
from app.storage.engine import Transaction
from app.storage.ledger import costs as storage
from app.storage.ledger.costs import NO_COSTS, CostSums, GroupBy
from app.storage.ledger.savings import SavingSums, get_savings

MEASURED_DAYS = 30
_LONGEST_RANGE = timedelta(days=366 * 2)


@dataclass(frozen=True, slots=True)
class CostContext:
    """What the settings say about cost, built in app.wiring; `book` holds prices entered in the database since."""

    machines: tuple[Machine, ...]
    own_profiles: Mapping[str, CostProfile]
    models: Mapping[str, PricedModel]  # client -> how it is priced
    order: tuple[str, ...]
    # BAML function, endpoints that have ever answered -> the preferred client
    first_client: Callable[[str, Collection[str]], str | None]
    book: PriceBook = NO_ENTERED_PRICES

    def profile(self, name: str) -> CostProfile:
        return get_cost_profile(name, dict(self.own_profiles))

    def hosted_client(self) -> str:
        """The first hosted client with a price in the configured order: the API to compare with."""
        names = [*self.order, *sorted(self.models)]
        return next((n for n in names if n in self.models and self.models[n].billing == "per_token"), "GPT4o")

    def prices(
        self, client: str, at: datetime, *, tier: str = "standard", input_tokens: Decimal = Decimal(0)
    ) -> UnitPrices | None:
        """For calls of that size; None for a self-hosted client and where no price is known."""
        priced = self.models.get(client)
        if priced is None or priced.billing != "per_token":
            return None
        return unit_prices(priced, at, tier=tier, input_tokens=int(input_tokens), book=self.book)


def with_entered_prices(tx: Transaction, context: CostContext) -> CostContext:
    return replace(context, book=read_price_book(tx))


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a summary. Money in USD, exact; None where nothing is priced."""

    key: str
    sums: CostSums

    @property
    def cost_usd(self) -> Decimal | None:
        known = self.sums.hosted_usd + self.sums.allocated_usd
        unknown = self.sums.unpriced or (self.sums.pending and not self.sums.allocated_usd)
        return None if unknown and known == 0 else known

    @property
    def idle_share_usd(self) -> Decimal:
        """The part of `allocated` in which the machine was idle."""
        return max(Decimal(0), self.sums.allocated_usd - self.sums.usage_usd)

    @property
    def cost_per_resume_usd(self) -> Decimal | None:
        cost = self.cost_usd
        if cost is None or self.sums.analyses == 0:
            return None
        return quotient(cost, Decimal(self.sums.analyses)).quantize(Decimal("1E-10"))

    @property
    def cost_per_1000_usd(self) -> Decimal | None:
        cost = self.cost_usd
        if cost is None or self.sums.analyses == 0:
            return None
        return quotient(cost * 1000, Decimal(self.sums.analyses)).quantize(Decimal("1E-8"))


@dataclass(frozen=True, slots=True)
class Fallback:
    """Answers by a client other than the one preferred now, and how much more they cost than its own would have."""

    answers: int
    share: Decimal | None
    paid_usd: Decimal
    extra_usd: Decimal


@dataclass(frozen=True, slots=True)
class Summary:
    start: datetime
    end: datetime
    group_by: GroupBy
    totals: CostLine
    groups: list[CostLine]
    fallback: Fallback
    savings: SavingSums


def read_range(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Default: the last 30 days. Raises `InputError`. Whole hours, because sums are kept by the hour."""
    upper = _whole_hour(end or now, up=True)
    lower = _whole_hour(start or upper - timedelta(days=MEASURED_DAYS), up=False)
    if lower >= upper:
        raise InputError("`from` must be before `to`.")
    if upper - lower > _LONGEST_RANGE:
        raise InputError("At most two years at once: move `from` or `to`.")
    return lower, upper


def _whole_hour(moment: datetime, *, up: bool) -> datetime:
    at = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole + timedelta(hours=1) if up and whole != at else whole


def summarise(
    tx: Transaction,
    context: CostContext,
    tenant_id: uuid.UUID | None,
    start: datetime,
    end: datetime,
    group_by: GroupBy,
) -> Summary:
    """For one tenant, or for all when the operator asks (None)."""
    groups = [CostLine(key, sums) for key, sums in storage.list_groups(tx, tenant_id, start, end, group_by)]
    if group_by == "tier":
        groups = _with_cache_tier(groups)
    totals = CostLine("total", storage.get_totals(tx, tenant_id, start, end))
    fallback = find_fallback(tx, context, tenant_id, start, end)
    savings = get_savings(tx, tenant_id, start, end)
    return Summary(start, end, group_by, totals, groups, fallback, savings)


def _with_cache_tier(groups: list[CostLine]) -> list[CostLine]:
    """Reused answers are listed under the client that gave them first; as a tier they are separate, and free."""
    reused = sum(line.sums.reused for line in groups)
    if not reused:
        return groups
    tiers = [
        CostLine(
            line.key,
            replace(
                line.sums,
                attempts=line.sums.attempts - line.sums.reused,
                analyses=line.sums.analyses - line.sums.reused,
                reused=0,
            ),
        )
        for line in groups
    ]
    return [*tiers, CostLine("cache", replace(NO_COSTS, attempts=reused, analyses=reused, reused=reused))]


def find_fallback(
    tx: Transaction, context: CostContext, tenant_id: uuid.UUID | None, start: datetime, end: datetime
) -> Fallback:
    """Measured against the current order. Next to a GPU server, which is paid for anyway, all of it is extra."""
    context = with_entered_prices(tx, context)
    answered = endpoint_states.list_seen_up(tx)
    answers = everything = 0
    paid = extra = Decimal(0)
    for row in storage.list_by_function_and_client(tx, tenant_id, start, end):
        sums = row.sums
        everything += sums.answered
        preferred = context.first_client(row.function, answered)
        # A batch is no fallback: it is sent to the client of the batch lane on purpose.
        if preferred is None or row.client == preferred or row.service_tier == "batch":
            continue
        answers += sums.answered
        cost = sums.hosted_usd - sums.waste_usd if sums.hosted_usd else Decimal(0)
        paid += max(Decimal(0), cost)
        extra += max(Decimal(0), cost - _would_have_cost(context, preferred, sums, end))
    share = quotient(Decimal(answers), Decimal(everything)).quantize(Decimal("1E-6")) if everything else None
    return Fallback(answers, share, paid, extra)


def _would_have_cost(context: CostContext, preferred: str, sums: CostSums, at: datetime) -> Decimal:
    usual = quotient(Decimal(sums.answered_input_tokens), Decimal(max(1, sums.answered)))
    prices = context.prices(preferred, at, input_tokens=usual)
    if prices is None:
        return Decimal(0)
    tokens = TokenProfile(
        input_tokens=Decimal(sums.answered_input_tokens),
        output_tokens=Decimal(sums.answered_output_tokens),
        cached_tokens=Decimal(sums.answered_cached_tokens),
    )
    return request_cost_usd(prices, tokens)


def measured_tokens(tx: Transaction, tenant_id: uuid.UUID, now: datetime) -> tuple[TokenProfile | None, int]:
    """Average tokens of an analysed resume over the last 30 days, and how many resumes were analysed."""
    start, end = read_range(None, None, now)
    sums = storage.get_totals(tx, tenant_id, start, end)
    requests = sums.analyses - sums.reused
    if requests <= 0:
        return None, 0
    profile = measured_profile(
        requests, sums.answered_input_tokens, sums.answered_cached_tokens, sums.answered_output_tokens
    )
    return profile, requests


def default_profile(context: CostContext) -> str:
    return context.machines[0].profile.name if context.machines else "aws-g5.xlarge-1yr"


def daily_requests(
    tx: Transaction, tenant_id: uuid.UUID, now: datetime, days: int = 182
) -> tuple[dict[date, int], date]:
    """Requests of each whole day so far, and the last whole day."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = storage.list_daily_analyses(tx, tenant_id, today - timedelta(days=days), today)
    return dict(rows), (today - timedelta(days=1)).date()


@dataclass(frozen=True, slots=True)
class CostForecast:
    forecast: forecasting.Forecast | forecasting.NotEnoughData
    switch: forecasting.SwitchDate | forecasting.NotEnoughData
    break_even_requests: int | None
    request_usd: Decimal | None
    request_source: str


def forecast_costs(
    tx: Transaction, context: CostContext, tenant_id: uuid.UUID, now: datetime, days: int
) -> CostForecast:
    """Uses the cost per resume of the last 30 days, whichever client answered; the switch date is against the hosted
    client.
    """
    context = with_entered_prices(tx, context)
    daily, last_day = daily_requests(tx, tenant_id, now)
    start, end = read_range(None, None, now)
    line = CostLine("total", storage.get_totals(tx, tenant_id, start, end))
    per_resume = line.cost_per_resume_usd
    threshold = None
    prices = context.prices(context.hosted_client(), now)
    if prices is not None:
        tokens = measured_tokens(tx, tenant_id, now)[0] or ASSUMED_PROFILE
        own = context.profile(default_profile(context)).planning_monthly_usd()
        threshold = break_even_requests(own, request_cost_usd(prices, tokens))
    return CostForecast(
        forecasting.forecast(daily, last_day, per_resume, days=days),
        forecasting.switch_date(daily, last_day, threshold),
        threshold,
        per_resume,
        f"measured over {line.sums.analyses:,} analysed resumes of the last {MEASURED_DAYS} days"
        if per_resume is not None
        else "no priced resume in the last 30 days",
    )
