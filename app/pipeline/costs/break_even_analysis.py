"""The volume from which a self-hosted GPU server is cheaper, from measured tokens and current prices.

Reads only. Called by the cost API (and so by the command line) and the dashboard.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.errors import ConfigurationError, InputError
from app.ledger import forecast as forecasting
from app.ledger.break_even import (
    BreakEvenOption,
    SavingsRow,
    SensitivityRow,
    break_even_options,
    break_even_requests,
    requests_for_unit_cost,
    savings_row,
    savings_table,
    sensitivity,
)
from app.ledger.catalogue.cost_profiles import COST_PROFILES, CostProfile
from app.ledger.prices import UnitPrices
from app.ledger.scenarios import Scenario, ScenarioResult, fallback_mix, month_with_fallback_usd, usual_scenarios
from app.ledger.token_profile import ASSUMED_PROFILE, TokenProfile, request_cost_usd
from app.pipeline.costs.cost_analysis import (
    CostContext,
    daily_requests,
    default_profile,
    measured_tokens,
    with_entered_prices,
)
from app.storage.engine import Transaction


@dataclass(frozen=True, slots=True)
class BreakEvenQuestion:
    """None: taken from the settings and the measurements."""

    client: str | None = None
    cost_profile: str | None = None
    input_tokens: Decimal | None = None
    output_tokens: Decimal | None = None
    cached_tokens: Decimal | None = None
    requests_per_month: int | None = None
    replicas: int = 1
    fallback_share: Decimal = Decimal(0)
    # What-ifs: other prices (cached tokens cost as much as input), another month, a target cost per request.
    input_usd_per_million: Decimal | None = None
    output_usd_per_million: Decimal | None = None
    own_monthly_usd: Decimal | None = None
    own_request_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class UnitCostTarget:
    """The volume from which a self-hosted request costs no more than that, at full cost and at marginal cost."""

    own_request_usd: Decimal
    requests_per_month: int
    requests_per_month_bare: int


@dataclass(frozen=True, slots=True)
class FallbackMonth:
    """A month in which the API serves a share. `variable_usd` excludes the fixed cost of the GPU server."""

    requests_per_month: int
    fallback_share: Decimal
    api_usd: Decimal
    own_variable_usd: Decimal | None  # None unless a cost per request is given
    variable_usd: Decimal | None
    month_usd: Decimal  # the GPU server's whole month, used or idle, plus the API's share


@dataclass(frozen=True, slots=True)
class BreakEven:
    client: str
    model: str | None
    price_source: str
    cost_profile: str
    replicas: int
    tokens: TokenProfile
    api_request_usd: Decimal
    own_monthly_usd: Decimal
    own_monthly_exact_usd: Decimal
    break_even_requests: int | None
    requests_per_month: int | None
    now: SavingsRow | None
    switch: forecasting.SwitchDate | forecasting.NotEnoughData
    savings: list[SavingsRow]
    options: list[BreakEvenOption]
    sensitivity: list[SensitivityRow]
    scenarios: list[ScenarioResult]
    target: UnitCostTarget | None
    fallback: FallbackMonth | None


def break_even(
    tx: Transaction, context: CostContext, tenant_id: uuid.UUID, question: BreakEvenQuestion, now: datetime
) -> BreakEven:
    """Raises `InputError` for a client without a price and for an unknown cost profile."""
    context = with_entered_prices(tx, context)
    client = question.client or context.hosted_client()
    measured, analysed = measured_tokens(tx, tenant_id, now)
    tokens = _tokens(question, measured)
    prices = _asked_prices(context, question, client, tokens, now)
    volume = question.requests_per_month if question.requests_per_month is not None else analysed or None
    profile = _asked_profile(context, question.cost_profile)
    exact = question.own_monthly_usd or profile.monthly_usd(replicas=question.replicas)
    own = question.own_monthly_usd or profile.planning_monthly_usd(replicas=question.replicas)
    request = request_cost_usd(prices, tokens)
    threshold = break_even_requests(own, request, fallback_share=question.fallback_share)
    daily, last_day = daily_requests(tx, tenant_id, now)
    batch = context.prices(client, now, tier="batch", input_tokens=tokens.input_tokens)
    if question.input_usd_per_million is not None:
        batch = None  # no batch price is known for prices that were typed in
    same_gpu = [
        known
        for known in (*COST_PROFILES.values(), *context.own_profiles.values())
        if (known.gpu, known.gpu_count) == (profile.gpu, profile.gpu_count) and known.name != profile.name
    ]
    return BreakEven(
        client,
        context.models[client].model if client in context.models else None,
        prices.source,
        profile.name if question.own_monthly_usd is None else "given",
        question.replicas,
        tokens,
        request,
        own,
        exact,
        threshold,
        volume,
        savings_row(volume, request, own) if volume else None,
        forecasting.switch_date(daily, last_day, threshold),
        savings_table(request, own),
        break_even_options(
            [profile, *same_gpu],
            [("standard", prices), *([("batch", batch)] if batch is not None else [])],
            tokens,
            fallback_share=question.fallback_share,
        ),
        sensitivity(own, prices, tokens),
        usual_scenarios(
            Scenario("as now", volume or 100_000, tokens, prices, own, question.fallback_share),
            _other_prices(context, client, now),
        ),
        _target(question, own, profile),
        _fallback_month(question, volume, own, request),
    )


def _asked_prices(
    context: CostContext, question: BreakEvenQuestion, client: str, tokens: TokenProfile, now: datetime
) -> UnitPrices:
    given = (question.input_usd_per_million, question.output_usd_per_million)
    if given[0] is not None and given[1] is not None:
        return UnitPrices(
            input_usd_per_million=given[0],
            cached_input_usd_per_million=given[0],
            output_usd_per_million=given[1],
            source="given",
            own=True,
        )
    if given != (None, None):
        raise InputError("Give both prices, input_usd_per_million and output_usd_per_million, or neither.")
    prices = context.prices(client, now, input_tokens=tokens.input_tokens)
    if prices is None:
        raise InputError(
            f"There is no price for `{client[:60]}`: name a client that is paid by the token, or enter its prices "
            "(`vitae costs prices set`)."
        )
    return prices


def _target(question: BreakEvenQuestion, own: Decimal, profile: CostProfile) -> UnitCostTarget | None:
    wanted = question.own_request_usd
    if wanted is None:
        return None
    bare = profile.instance_monthly_usd() * question.replicas
    return UnitCostTarget(wanted, requests_for_unit_cost(own, wanted), requests_for_unit_cost(bare, wanted))


def _fallback_month(
    question: BreakEvenQuestion, volume: int | None, own: Decimal, request: Decimal
) -> FallbackMonth | None:
    share = question.fallback_share
    if not volume or share == 0:
        return None
    claimed = question.own_request_usd
    mix = None if claimed is None else fallback_mix(volume, share, claimed, request)
    return FallbackMonth(
        volume,
        share,
        volume * share * request,
        mix and mix.own_usd,
        mix and mix.total_usd,
        month_with_fallback_usd(volume, own, request, share),
    )


def _tokens(question: BreakEvenQuestion, measured: TokenProfile | None) -> TokenProfile:
    base = measured or ASSUMED_PROFILE
    if question.input_tokens is None and question.output_tokens is None and question.cached_tokens is None:
        return base
    given_input = base.input_tokens if question.input_tokens is None else question.input_tokens
    cached = question.cached_tokens
    if cached is None:
        cached = Decimal(0) if question.input_tokens is not None else base.cached_tokens
    if cached > given_input:
        raise InputError("cached_tokens are part of input_tokens and cannot exceed them.")
    output = base.output_tokens if question.output_tokens is None else question.output_tokens
    return TokenProfile(input_tokens=given_input, output_tokens=output, cached_tokens=cached, source="given")


def _asked_profile(context: CostContext, name: str | None) -> CostProfile:
    try:
        return context.profile(name or default_profile(context))
    except ConfigurationError as error:
        raise InputError(error.detail) from None


def _other_prices(context: CostContext, client: str, at: datetime) -> list[tuple[str, UnitPrices]]:
    found = [(name, context.prices(name, at)) for name in sorted(context.models) if name != client]
    return [(name, prices) for name, prices in found if prices is not None]
