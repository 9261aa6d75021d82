"""Figures about self-hosting that circulate, each recomputed: the claim, the right figure, and the arithmetic. Pure.

Called by `vitae costs figures`. The inputs are those of the claims; prices and machines are those of the catalogues.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.ledger.amounts import cents
from app.ledger.break_even import (
    break_even_requests,
    own_request_usd,
    own_token_usd,
    requests_for_unit_cost,
    savings_row,
)
from app.ledger.catalogue.cost_profiles import COST_PROFILES
from app.ledger.prices import UnitPrices
from app.ledger.scenarios import fallback_mix, month_with_fallback_usd
from app.ledger.sizing import reserved_memory
from app.ledger.token_profile import ASSUMED_PROFILE, TokenProfile, request_cost_usd

_GPT4O = UnitPrices(
    input_usd_per_million=Decimal("2.50"),
    cached_input_usd_per_million=Decimal("1.25"),
    output_usd_per_million=Decimal(10),
    source="GPT-4o, standard",
)
_GPT4O_MINI = UnitPrices(
    input_usd_per_million=Decimal("0.15"),
    cached_input_usd_per_million=Decimal("0.075"),
    output_usd_per_million=Decimal("0.60"),
    source="GPT-4o mini, standard",
)
_GPT35_BLENDED = UnitPrices(
    input_usd_per_million=Decimal("1.50"),
    cached_input_usd_per_million=Decimal("1.50"),
    output_usd_per_million=Decimal("1.50"),
    source="GPT-3.5 Turbo, blended",
)
_CLAIMED_REQUEST = Decimal("0.000088")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`holds`: whether the claim is right."""

    said: str
    right: str
    how: str
    holds: bool


def circulating_figures() -> list[Figure]:
    """The plan's own figures first, then the wrong ones."""
    machine = COST_PROFILES["aws-g5.xlarge-1yr"]
    month, bare = machine.planning_monthly_usd(), machine.instance_monthly_usd()
    request = request_cost_usd(_GPT4O, ASSUMED_PROFILE)
    return [*_plan(month, bare, request), *_wrong(month, bare, request)]


def _plan(month: Decimal, bare: Decimal, request: Decimal) -> list[Figure]:
    machine = COST_PROFILES["aws-g5.xlarge-1yr"]
    at_200_000 = savings_row(200_000, request, month)
    return [
        Figure(
            said="700 tokens in and 100 out on GPT-4o cost $0.00275",
            right=_usd(request),
            how="(700 x 2.50 + 100 x 10.00) / 10^6",
            holds=request == Decimal("0.00275"),
        ),
        Figure(
            said="A reserved g5.xlarge costs $456.48 bare and $727 as a planned month",
            right=f"{_usd(bare)} bare, {_usd(machine.monthly_usd())} exactly, {_usd(month)} planned",
            how="0.634 x 720 + 50 storage + 20 network + 200 engineering, in whole dollars rounded up",
            holds=(bare, month) == (Decimal("456.48"), Decimal(727)),
        ),
        Figure(
            said="It breaks even at 264,364 requests a month",
            right=f"{break_even_requests(month, request):,}",
            how=f"{month} / {_plain(request)}, rounded up",
            holds=break_even_requests(month, request) == 264_364,
        ),
        Figure(
            said="At 200,000 a month the API costs $550 and self-hosting loses $177",
            right=f"{_usd(at_200_000.api_monthly_usd)}, loss {_usd(-at_200_000.monthly_saving_usd)}",
            how=f"200,000 x {_plain(request)} against {month}",
            holds=(at_200_000.api_monthly_usd, at_200_000.monthly_saving_usd) == (550, -177),
        ),
        *(_yearly(volume, saving, request, month) for volume, saving in _YEARLY),
    ]


_YEARLY = (
    (100_000, -5_424),
    (500_000, 7_776),
    (_MILLION, 24_276),
    (2 * _MILLION, 57_276),
    (5 * _MILLION, 156_276),
)


def _yearly(volume: int, saving: int, request: Decimal, month: Decimal) -> Figure:
    row = savings_row(volume, request, month)
    return Figure(
        said=f"{volume:,} requests a month save ${saving:,} a year"
        if saving > 0
        else f"{volume:,} a month save nothing",
        right=f"API {_usd(row.api_yearly_usd)} a year, saving {_usd(row.yearly_saving_usd)}",
        how=f"12 x ({volume:,} x {_plain(request)} - {month})",
        holds=row.yearly_saving_usd == saving,
    )


def _wrong(month: Decimal, bare: Decimal, request: Decimal) -> list[Figure]:
    five, ten = Decimal("0.05"), Decimal("0.10")
    mix, more = (fallback_mix(_MILLION, share, _CLAIMED_REQUEST, request) for share in (five, ten))
    true, true_more = (month_with_fallback_usd(_MILLION, month, request, share) for share in (five, ten))
    hourly = COST_PROFILES["aws-g5.xlarge-on-demand"].hourly_usd
    full, half = (own_token_usd(hourly, Decimal(_MILLION), Decimal(share)) for share in ("1", "0.5"))
    used, reserved, saved = reserved_memory(10, Decimal(140), Decimal("0.1"))
    two_machines = COST_PROFILES["aws-g5.12xlarge-on-demand"].instance_monthly_usd() * 2
    blended = request_cost_usd(_GPT35_BLENDED, TokenProfile(input_tokens=Decimal(400), output_tokens=Decimal(100)))
    long = request_cost_usd(_GPT4O, TokenProfile(input_tokens=Decimal(7000), output_tokens=Decimal(1000)))
    mini = request_cost_usd(_GPT4O_MINI, ASSUMED_PROFILE)
    return [
        Figure(
            said="$0.000088 a request at 2 million requests and $727",
            right=f"{_usd(own_request_usd(month, 2 * _MILLION))}; $0.000088 takes "
            f"{requests_for_unit_cost(month, _CLAIMED_REQUEST):,} requests a month, or "
            f"{requests_for_unit_cost(bare, _CLAIMED_REQUEST):,} on the bare machine",
            how=f"{month} / 2,000,000; {month} / 0.000088; {_plain(bare)} / 0.000088",
            holds=False,
        ),
        Figure(
            said=f"95/5 fallback costs {_usd(mix.total_usd)} a month, 90/10 {_usd(more.total_usd)}",
            right=f"{_usd(true)} and {_usd(true_more)}: the GPU server costs the same however many requests it serves",
            how=f"{month} + 1,000,000 x share x {_plain(request)}",
            holds=False,
        ),
        Figure(
            said="Cost per token = hourly price x utilisation / tokens",
            right=f"a million tokens: {_usd(full.scaleb(6))} at full load, {_usd(half.scaleb(6))} at half load",
            how=f"{hourly} / (1,000,000 tokens an hour x utilisation): idle time costs",
            holds=False,
        ),
        Figure(
            said="PagedAttention saves 82.7 % of 10 requests' reserved 140 GB each",
            right=f"{saved * 100:.1f} %",
            how=f"1 - (140 + 0.1 x 140 x 10) / (140 x 10) = 1 - {used:f} / {reserved:f}",
            holds=False,
        ),
        Figure(
            said="500 tokens at $1.50 per million break even with two g5.12xlarge at 3 million requests",
            right=f"{break_even_requests(two_machines, blended):,} requests a month",
            how=f"{_usd(two_machines)} / {_usd(blended)}",
            holds=False,
        ),
        Figure(
            said="The break-even is a constant",
            right=f"{break_even_requests(month, long):,} for 7,000 + 1,000 tokens on GPT-4o, "
            f"{break_even_requests(month, mini):,} for 700 + 100 on GPT-4o mini",
            how=f"{month} / {_plain(long)}; {month} / {_plain(mini)}",
            holds=False,
        ),
    ]


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _usd(amount: Decimal) -> str:
    """To the cent where there are whole ones, otherwise with all digits."""
    exact = cents(amount) == amount
    text = f"{cents(abs(amount)):,.2f}" if exact else _plain(abs(amount))
    return f"-${text}" if amount < 0 else f"${text}"
