"""A tenant's daily and monthly limit: money is set aside before each paid call. Made by `analyse_resume`.

A call is taken to cost what its longest possible answer would, so that the limit is never passed; the ledger row
replaces that by what it did cost.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.clock import Clock
from app.ledger.entries import PriceAttempt
from app.pipeline.patience import with_patience
from app.routing.clients import Client
from app.storage import budgets
from app.storage.budgets import OverBudget, Period
from app.storage.engine import Database, Transaction

# Beyond the longest deadline: what a worker that died had set aside is not free before its call must have ended.
_EXPIRES_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class _Planned:
    """What a call may be, for pricing."""

    client: str
    outcome: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    started_at: datetime
    cache_write_tokens: int = 0
    service_tier: str = "standard"


class AnalysisBudget:
    """A `Budget` of the router, for one analysis at a time."""

    def __init__(
        self, database: Database, price: PriceAttempt, clock: Clock, tenant_id: uuid.UUID, limits: dict[Period, Decimal]
    ) -> None:
        self._database = database
        self._price = price
        self._clock = clock
        self._tenant_id = tenant_id
        self._limits = limits
        self._reservation: uuid.UUID | None = None

    def refusal(self, client: Client, *, input_tokens: int, output_tokens: int) -> str | None:
        if not self._limits or client.billing == "self_hosted":
            return None
        cost = self._price(_Planned(client.name, "ok", input_tokens, 0, output_tokens, self._clock())).cost_usd
        if cost is None:
            return "has no known price, and the tenant's spending is limited"
        taken = with_patience(lambda: self._reserve(cost))
        if isinstance(taken, OverBudget):
            return f"would exceed the tenant's limit of ${taken.limit_usd:f} a {taken.period}"
        self._reservation = taken
        return None

    def settle(self, tx: Transaction) -> None:
        """Called in the transaction that writes the attempt's ledger row."""
        if self._reservation is not None:
            budgets.settle(tx, self._reservation)

    def _reserve(self, cost: Decimal) -> uuid.UUID | OverBudget:
        with self._database.transaction() as tx:
            return budgets.reserve(tx, self._tenant_id, cost, self._limits, expires_in_seconds=_EXPIRES_SECONDS)
