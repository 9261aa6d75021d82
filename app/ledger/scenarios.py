"""The cost of a month under other conditions: volume, tokens, model, machine, share of fallback.

Pure arithmetic, called by the cost API and CLI.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.ledger.amounts import quotient
from app.ledger.break_even import break_even_requests
from app.ledger.prices import UnitPrices
from app.ledger.token_profile import TokenProfile, request_cost_usd


@dataclass(frozen=True, slots=True)
class Scenario:
    """One month. `own_monthly_usd` is the cost of the GPU server, used or idle."""

    name: str
    requests: int
    tokens: TokenProfile
    prices: UnitPrices
    own_monthly_usd: Decimal
    fallback_share: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    name: str
    requests: int
    api_only_usd: Decimal
    own_with_fallback_usd: Decimal
    saving_usd: Decimal
    break_even_requests: int | None


def evaluate(scenario: Scenario) -> ScenarioResult:
    request = request_cost_usd(scenario.prices, scenario.tokens)
    api = scenario.requests * request
    own = month_with_fallback_usd(scenario.requests, scenario.own_monthly_usd, request, scenario.fallback_share)
    return ScenarioResult(
        name=scenario.name,
        requests=scenario.requests,
        api_only_usd=api,
        own_with_fallback_usd=own,
        saving_usd=api - own,
        break_even_requests=break_even_requests(
            scenario.own_monthly_usd, request, fallback_share=scenario.fallback_share
        ),
    )


def usual_scenarios(base: Scenario, other_prices: Sequence[tuple[str, UnitPrices]] = ()) -> list[ScenarioResult]:
    """The base case and common changes: volume, length, fallback, other models."""
    varied = [
        base,
        replace(base, name="volume x 2", requests=base.requests * 2),
        replace(base, name="volume x 0.5", requests=base.requests // 2),
        replace(base, name="in a year at +5 % a month", requests=grown(base.requests, Decimal("0.05"), 12)),
        replace(base, name="tokens x 2", tokens=base.tokens.scaled(Decimal(2))),
        replace(base, name="tokens x 0.5", tokens=base.tokens.scaled(Decimal("0.5"))),
        replace(base, name="fallback 5 %", fallback_share=Decimal("0.05")),
        replace(base, name="fallback 10 %", fallback_share=Decimal("0.10")),
        *(replace(base, name=f"model {name}", prices=prices) for name, prices in other_prices),
    ]
    return [evaluate(scenario) for scenario in varied]


def grown(requests: int, monthly_growth: Decimal, months: int) -> int:
    """Requests per month after this many months of growth, in whole ones."""
    return int(requests * (1 + monthly_growth) ** months)


@dataclass(frozen=True, slots=True)
class FallbackMix:
    """The variable part of a month in which the API serves a share."""

    own_usd: Decimal
    api_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        return self.own_usd + self.api_usd


def fallback_mix(
    requests: int, fallback_share: Decimal, own_request_usd: Decimal, api_request_usd: Decimal
) -> FallbackMix:
    """Requests x share x cost per request, for both. It leaves out the fixed cost of the GPU server."""
    return FallbackMix(requests * (1 - fallback_share) * own_request_usd, requests * fallback_share * api_request_usd)


def month_with_fallback_usd(
    requests: int, own_monthly_usd: Decimal, api_request_usd: Decimal, fallback_share: Decimal
) -> Decimal:
    """The true month: the GPU server's whole amount, used or idle, plus the API's share."""
    return own_monthly_usd + requests * fallback_share * api_request_usd


def increase(before: Decimal, after: Decimal) -> Decimal:
    """0.6 means 60 % more."""
    return quotient(after - before, before)
