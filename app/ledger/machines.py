"""The self-hosted GPU servers: which clients each one serves, what it costs and how fast it is. Built in app.wiring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.ledger.amounts import even_share
from app.ledger.catalogue.cost_profiles import CostProfile
from app.ledger.self_hosted import Rates

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Machine:
    """One bill. Clients with the same address share it; it is named after the first of them."""

    name: str
    clients: tuple[str, ...]
    profile: CostProfile
    replicas: int
    rates: Rates

    def estimate_usd(self, hour: datetime) -> Decimal:
        return self.profile.hour_usd(hour, replicas=self.replicas)

    @property
    def runs_on(self) -> bool:
        """Whether it is paid for while idle; a server rented by the hour counts as stopped after a day without
        requests.
        """
        return self.profile.commitment in {"reserved", "own"}


@dataclass(frozen=True, slots=True)
class Bill:
    """What was really paid for a machine from `starts_at` (inclusive) to `ends_at` (exclusive); whole hours, UTC."""

    machine: str
    starts_at: datetime
    ends_at: datetime
    amount_usd: Decimal
    reference: str | None = None

    @property
    def hours(self) -> int:
        return (self.ends_at - self.starts_at) // HOUR

    def hour_usd(self, hour: datetime) -> Decimal:
        """The bill's share for one of its hours; all shares add up to it exactly."""
        return even_share(self.amount_usd, (hour.astimezone(UTC) - self.starts_at) // HOUR, self.hours)


def machine_of(machines: Sequence[Machine]) -> Mapping[str, Machine]:
    """Client name -> its machine."""
    return {client: machine for machine in machines for client in machine.clients}
