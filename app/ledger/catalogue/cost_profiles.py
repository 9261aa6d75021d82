"""What a GPU server costs, by the hour and by the month: the shipped profiles and your own from the settings.

Called where self-hosted attempts are priced and by break-even, sizing and recommendations. A client names its server's
profile with `cost_profile`.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from app.errors import ConfigurationError
from app.ledger.amounts import even_share, quotient, whole_dollars_up

Commitment = Literal["on_demand", "reserved", "spot", "own"]

MONTH_HOURS = Decimal(720)  # 24 x 30: the month used in all plans
_STORAGE_USD = Decimal(50)  # per month: model volume and disk, a planning figure of 2026
_NETWORK_USD = Decimal(20)  # per month, likewise
_ENGINEERING_USD = Decimal(200)  # per month: the share of a person who keeps the server running, likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class CostProfile:
    """One server. Money in USD; `hourly_usd` runs by the hour, the rest by the month whatever the hours are."""

    name: str
    hourly_usd: Decimal
    commitment: Commitment
    gpu: str  # a key of `app.ledger.catalogue.gpus.GPUS`
    gpu_count: int
    source: str
    storage_monthly_usd: Decimal = _STORAGE_USD
    network_monthly_usd: Decimal = _NETWORK_USD
    engineering_monthly_usd: Decimal = _ENGINEERING_USD
    # Bought hardware: its price spread over its life. Power by the hour is part of `hourly_usd`.
    amortisation_monthly_usd: Decimal = Decimal(0)

    @property
    def fixed_monthly_usd(self) -> Decimal:
        return (
            self.storage_monthly_usd
            + self.network_monthly_usd
            + self.engineering_monthly_usd
            + self.amortisation_monthly_usd
        )

    def instance_monthly_usd(self, hours: Decimal = MONTH_HOURS) -> Decimal:
        """The bare server: hours x hourly price."""
        return self.hourly_usd * hours

    def monthly_usd(self, *, hours: Decimal = MONTH_HOURS, replicas: int = 1) -> Decimal:
        """The whole month, exact. Engineering is one person's share, however many servers there are."""
        per_machine = (
            self.instance_monthly_usd(hours)
            + self.storage_monthly_usd
            + self.network_monthly_usd
            + self.amortisation_monthly_usd
        )
        return per_machine * replicas + self.engineering_monthly_usd

    def planning_monthly_usd(self, *, hours: Decimal = MONTH_HOURS, replicas: int = 1) -> Decimal:
        """The month in whole dollars, rounded up: the basis of break-even and savings."""
        return whole_dollars_up(self.monthly_usd(hours=hours, replicas=replicas))

    def hour_usd(self, hour: datetime, *, replicas: int = 1) -> Decimal:
        """The estimate for one hour of the calendar.

        Monthly amounts are spread over the hours of this month, so that its hours add up exactly.
        """
        moment = hour.astimezone(UTC)
        hours = monthrange(moment.year, moment.month)[1] * 24
        index = (moment.day - 1) * 24 + moment.hour
        per_machine = self.fixed_monthly_usd - self.engineering_monthly_usd
        monthly = per_machine * replicas + self.engineering_monthly_usd
        return self.hourly_usd * replicas + even_share(monthly, index, hours)


def own_hardware(
    name: str,
    *,
    purchase_usd: Decimal,
    life_months: int,
    watts: Decimal,
    usd_per_kwh: Decimal,
    gpu: str,
    gpu_count: int = 1,
    source: str = "settings",
) -> CostProfile:
    """Bought hardware: price / life per month, and kW x price of a kWh per hour. No rent for storage."""
    return CostProfile(
        name=name,
        hourly_usd=quotient(watts, Decimal(1000)) * usd_per_kwh,
        commitment="own",
        gpu=gpu,
        gpu_count=gpu_count,
        source=source,
        storage_monthly_usd=Decimal(0),
        amortisation_monthly_usd=quotient(purchase_usd, Decimal(life_months)).quantize(Decimal("0.00000001")),
    )


def _aws(name: str, hourly: str, commitment: Commitment, gpu: str, count: int, source: str) -> CostProfile:
    return CostProfile(
        name=name, hourly_usd=Decimal(hourly), commitment=commitment, gpu=gpu, gpu_count=count, source=source
    )


_AWS_LIST = "AWS EC2 on-demand list price, Linux, us-east-1, as given in the project's brief of November 2026"
_AWS_YEAR = "AWS 1-year commitment, Linux, us-east-1, as given in the project's brief of November 2026"

_SHIPPED = (
    _aws("aws-g5.xlarge-1yr", "0.634", "reserved", "A10G", 1, _AWS_YEAR),
    _aws("aws-g5.xlarge-on-demand", "1.006", "on_demand", "A10G", 1, _AWS_LIST),
    _aws("aws-g5.12xlarge-on-demand", "5.672", "on_demand", "A10G", 4, _AWS_LIST),
    _aws("aws-g5.48xlarge-on-demand", "16.29", "on_demand", "A10G", 8, _AWS_LIST),
    _aws("aws-p4d.24xlarge-on-demand", "32.77", "on_demand", "A100-40GB", 8, _AWS_LIST),
    # Spot prices move; a planning figure at 40 % of the list price, not a quotation.
    _aws("aws-g5.xlarge-spot", "0.4024", "spot", "A10G", 1, f"40 % of: {_AWS_LIST}"),
    # A workstation with one 24 GB card: $3,600 over 36 months, 450 W under load, $0.15 a kWh. Planning figures.
    own_hardware(
        "own-rtx4090",
        purchase_usd=Decimal(3600),
        life_months=36,
        watts=Decimal(450),
        usd_per_kwh=Decimal("0.15"),
        gpu="RTX4090",
        source="planning figures: $3,600 over 36 months, 450 W, $0.15/kWh; replace them with your own",
    ),
)
COST_PROFILES: dict[str, CostProfile] = {profile.name: profile for profile in _SHIPPED}


def get_cost_profile(name: str, own: dict[str, CostProfile] | None = None) -> CostProfile:
    """A profile in the settings overrides a shipped one. Raises `ConfigurationError` for an unknown name."""
    known = {**COST_PROFILES, **(own or {})}
    if name not in known:
        raise ConfigurationError(
            f"There is no cost profile `{name}`. Known are {', '.join(sorted(known))}; "
            "your own is written as [cost_profiles.NAME] in vitae.toml."
        )
    return known[name]
