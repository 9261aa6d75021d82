"""The own machines: which clients each of them serves, what it costs and how fast it works. Built in app.wiring."""

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
        """Paid also while nobody uses it; a rented machine by the hour is taken to be stopped after a silent day."""
        return self.profile.commitment in {"reserved", "own"}


@dataclass(frozen=True, slots=True)
class Bill:
    """What was really paid for a machine from `starts_at` (included) to `ends_at` (excluded); whole hours, UTC."""

    machine: str
    starts_at: datetime
    ends_at: datetime
    amount_usd: Decimal
    reference: str | None = None

    @property
    def hours(self) -> int:
        return (self.ends_at - self.starts_at) // HOUR

    def hour_usd(self, hour: datetime) -> Decimal:
        """The bill's part for one of its hours; all parts add up to it exactly."""
        return even_share(self.amount_usd, (hour.astimezone(UTC) - self.starts_at) // HOUR, self.hours)


def machine_of(machines: Sequence[Machine]) -> Mapping[str, Machine]:
    """Client name -> its machine."""
    return {client: machine for machine in machines for client in machine.clients}
