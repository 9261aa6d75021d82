"""The volume from which your own GPU server is cheaper than the API. Pure arithmetic, called by the cost API and CLI.

break-even = monthly cost of the GPU server / (cost of a request on the API - marginal cost of a self-hosted request),
rounded up. Never a constant: it moves by orders of magnitude with tokens, model and machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from app.ledger.amounts import quotient
from app.ledger.catalogue.cost_profiles import MONTH_HOURS, CostProfile
from app.ledger.prices import UnitPrices
from app.ledger.token_profile import TokenProfile, request_cost_usd

MONTHS_PER_YEAR = 12
_NO_COST = Decimal(0)


def break_even_requests(
    own_monthly_usd: Decimal,
    api_request_usd: Decimal,
    *,
    marginal_usd: Decimal = _NO_COST,
    fallback_share: Decimal = _NO_COST,
) -> int | None:
    """Requests per month from which the GPU server costs no more than the API; None when it never does.

    `marginal_usd` is what one more request costs on the GPU server (0 where power is part of the monthly amount);
    `fallback_share` is the share of requests that the API still serves and that therefore saves nothing.
    """
    if own_monthly_usd < 0 or not 0 <= fallback_share <= 1:
        raise ValueError("a month must not cost less than nothing, and a share must be between 0 and 1")
    saved = (api_request_usd - marginal_usd) * (1 - fallback_share)
    if saved <= 0:
        return None
    return int(quotient(own_monthly_usd, saved).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsRow:
    """One volume. A negative saving is the loss from self-hosting."""

    requests_per_month: int
    api_monthly_usd: Decimal
    api_yearly_usd: Decimal
    own_monthly_usd: Decimal
    monthly_saving_usd: Decimal
    yearly_saving_usd: Decimal
    own_request_usd: Decimal | None


# The volumes that plans usually consider.
USUAL_VOLUMES = (100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000)


def savings_row(requests: int, api_request_usd: Decimal, own_monthly_usd: Decimal) -> SavingsRow:
    api = requests * api_request_usd
    saving = api - own_monthly_usd
    return SavingsRow(
        requests_per_month=requests,
        api_monthly_usd=api,
        api_yearly_usd=api * MONTHS_PER_YEAR,
        own_monthly_usd=own_monthly_usd,
        monthly_saving_usd=saving,
        yearly_saving_usd=saving * MONTHS_PER_YEAR,
        own_request_usd=own_request_usd(own_monthly_usd, requests) if requests else None,
    )


def savings_table(
    api_request_usd: Decimal, own_monthly_usd: Decimal, volumes: Sequence[int] = USUAL_VOLUMES
) -> list[SavingsRow]:
    return [savings_row(volume, api_request_usd, own_monthly_usd) for volume in volumes]


def own_request_usd(own_monthly_usd: Decimal, requests: int) -> Decimal:
    """The cost of one request on a server paid by the month: the whole month divided by all requests."""
    return quotient(own_monthly_usd, Decimal(requests))


def requests_for_unit_cost(own_monthly_usd: Decimal, request_usd: Decimal) -> int:
    """The requests per month at which one costs no more than `request_usd`."""
    return int(quotient(own_monthly_usd, request_usd).to_integral_value(ROUND_CEILING))


def own_token_usd(hourly_usd: Decimal, tokens_per_hour_at_full_load: Decimal, utilisation: Decimal) -> Decimal:
    """USD per token: the hour divided by the tokens it really produced. Utilisation is in the denominator: idle time
    costs.
    """
    if not 0 < utilisation <= 1:
        raise ValueError("utilisation must be above 0 and at most 1")
    return quotient(hourly_usd, tokens_per_hour_at_full_load * utilisation)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEvenOption:
    """One way to pay for the GPU server compared with one way to pay for the API."""

    cost_profile: str
    commitment: str
    replicas: int
    hours_per_month: Decimal
    api_tier: str
    own_monthly_usd: Decimal  # in whole dollars, rounded up
    own_monthly_exact_usd: Decimal
    api_request_usd: Decimal
    break_even_requests: int | None


# 10 hours on 22 working days.
SCHEDULED_HOURS = Decimal(220)


def break_even_options(
    profiles: Sequence[CostProfile],
    tiers: Sequence[tuple[str, UnitPrices]],
    tokens: TokenProfile,
    *,
    fallback_share: Decimal = _NO_COST,
) -> list[BreakEvenOption]:
    """1 and 2 replicas of each profile, all month and (where paid by the hour) in scheduled hours, at each tier."""
    options: list[BreakEvenOption] = []
    for profile in profiles:
        by_the_hour = profile.commitment in {"on_demand", "spot"}
        for hours in (MONTH_HOURS, SCHEDULED_HOURS) if by_the_hour else (MONTH_HOURS,):
            for replicas in (1, 2):
                own = profile.planning_monthly_usd(hours=hours, replicas=replicas)
                for tier, prices in tiers:
                    request = request_cost_usd(prices, tokens)
                    options.append(
                        BreakEvenOption(
                            cost_profile=profile.name,
                            commitment=profile.commitment,
                            replicas=replicas,
                            hours_per_month=hours,
                            api_tier=tier,
                            own_monthly_usd=own,
                            own_monthly_exact_usd=profile.monthly_usd(hours=hours, replicas=replicas),
                            api_request_usd=request,
                            break_even_requests=break_even_requests(own, request, fallback_share=fallback_share),
                        )
                    )
    return options


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """How the break-even changes when one thing changes and the rest stays the same."""

    changed: str
    factor: Decimal
    break_even_requests: int | None


_FACTORS = (Decimal("0.5"), Decimal("0.8"), Decimal(1), Decimal("1.25"), Decimal(2), Decimal(5))


def sensitivity(
    own_monthly_usd: Decimal, prices: UnitPrices, tokens: TokenProfile, *, factors: Sequence[Decimal] = _FACTORS
) -> list[SensitivityRow]:
    request = request_cost_usd(prices, tokens)
    output_part = tokens.output_tokens * prices.output_usd_per_million.scaleb(-6)
    rows: list[SensitivityRow] = []
    for factor in factors:
        rows += [
            SensitivityRow("api price", factor, break_even_requests(own_monthly_usd, request * factor)),
            SensitivityRow("machine cost", factor, break_even_requests(own_monthly_usd * factor, request)),
            SensitivityRow(
                "input tokens", factor, _with(own_monthly_usd, (request - output_part) * factor + output_part)
            ),
            SensitivityRow("output tokens", factor, _with(own_monthly_usd, request + output_part * (factor - 1))),
        ]
    return sorted(rows, key=lambda row: row.changed)


def _with(own_monthly_usd: Decimal, request_usd: Decimal) -> int | None:
    return break_even_requests(own_monthly_usd, request_usd)


# With a volume that changes by more than half from one month to the next, do not commit to a year.
STEADY_VARIATION = Decimal("0.5")


def largest_variation(monthly_volumes: Sequence[int]) -> Decimal | None:
    """The largest change from one month to the next, as a share of the earlier one; None without two months."""
    pairs = [(a, b) for a, b in pairwise(monthly_volumes) if a > 0]
    if not pairs:
        return None
    return max(quotient(Decimal(abs(b - a)), Decimal(a)) for a, b in pairs)


def advised_volume(monthly_volumes: Sequence[int]) -> tuple[int, str]:
    """The volume to decide by, and how to pay: a varying one is averaged over the year or hosted on demand."""
    if not monthly_volumes:
        raise ValueError("no months given")
    variation = largest_variation(monthly_volumes)
    if variation is not None and variation > STEADY_VARIATION:
        year = monthly_volumes[-MONTHS_PER_YEAR:]
        return sum(year) // len(year), "on demand, or a commitment based on the yearly average"
    return monthly_volumes[-1], "a commitment fits: the volume is steady"
