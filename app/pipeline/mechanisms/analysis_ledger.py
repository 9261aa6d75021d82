"""The ledger of one analysis: each call is recorded before it is sent and becomes a ledger row when it ends.

Created by `analyse_resume`, called by the router. Calls that were in progress when a worker was killed remain in
`model_calls`; `app.pipeline.costs.write_off_calls` writes them off as `lost`. Where a tenant's spending is limited, the
cost of the longest possible answer is reserved in the same transaction, so that the limit is never exceeded. The ledger
row then replaces the reservation with the real cost.
"""

import logging
import uuid
from decimal import Decimal

from app.ledger.entries import PriceAttempt, UnseenAttempt
from app.observability.metrics import Tally
from app.observability.tracing import NO_TRACES, Traces
from app.pipeline.mechanisms.database_retry import retry_on_outage
from app.pipeline.mechanisms.ledger_rows import attempt_row
from app.pipeline.mechanisms.metric_counts import count_attempt
from app.pipeline.mechanisms.spans import trace_attempt
from app.routing.attempt import Attempt
from app.routing.budget import PlannedCall
from app.routing.clients import Client
from app.storage.analyses import Claim
from app.storage.engine import Database
from app.storage.ledger import attempts, budgets, calls
from app.storage.ledger.budgets import OverBudget, Period
from app.storage.ledger.calls import CallUnderWay

log = logging.getLogger(__name__)

# Longer than the longest deadline: the reservation of a dead worker must outlast any call it may have sent.
_RESERVED_SECONDS = 900.0
# How long a finished call may wait for its ledger row before it counts as lost.
_SETTLING_SECONDS = 180.0


class AnalysisLedger:
    """The router's `Budget` and its `record` callback for one analysis. `attempts` counts across all workers."""

    def __init__(
        self,
        database: Database,
        price: PriceAttempt,
        claim: Claim,
        limits: dict[Period, Decimal],
        *,
        tally: Tally | None = None,
        traces: Traces = NO_TRACES,
        earlier_attempts: int = 0,
    ) -> None:
        self._database = database
        self._price = price
        self._claim = claim
        self._limits = limits
        self._tally = tally or Tally()
        self._traces = traces
        self.attempts = earlier_attempts
        self._call_id: uuid.UUID | None = None
        self._asked: Client | None = None

    def refusal(self, call: PlannedCall) -> str | None:
        usd: Decimal | None = None
        if self._limits and call.client.billing == "per_token":
            longest = UnseenAttempt(
                client=call.client.name,
                outcome="ok",
                input_tokens=call.input_tokens,
                output_tokens=call.longest_output_tokens,
                started_at=call.started_at,
            )
            usd = self._price(longest).cost_usd
            if usd is None:
                return "has no known price, and the tenant's spending is limited"
        call_id = uuid.uuid4()
        row = self._under_way(call_id, call)
        over = retry_on_outage(lambda: self._open(row, usd))
        if over is not None:
            return f"would exceed the tenant's limit of ${over.limit_usd:f} a {over.period}"
        self._call_id, self._asked = call_id, call.client
        return None

    def record(self, attempt: Attempt) -> None:
        """Commit the ledger row of the call that was opened last: its money is spent, whatever happens next."""
        self.attempts += 1
        entry, call_id = self._price(attempt), self._call_id
        row = attempt_row(self.attempts, attempt, entry)
        self._call_id = None
        trace_attempt(self._traces, attempt, self._asked)

        def commit() -> bool:
            with self._database.transaction() as tx:
                written = attempts.insert_attempt(
                    tx,
                    row,
                    tenant_id=self._claim.tenant_id,
                    resume_id=self._claim.resume_id,
                    analysis_id=self._claim.analysis_id,
                    call_id=call_id,
                )
                if self._limits and call_id is not None:
                    budgets.settle(tx, call_id)
                return written

        if retry_on_outage(commit):
            count_attempt(self._tally, attempt, entry)
        else:
            # This worker was considered dead and another one wrote the call off; that row stays.
            log.warning("attempt_written_off_before", extra={"fields": {"analysis": self._claim.analysis_id}})

    def _open(self, row: CallUnderWay, usd: Decimal | None) -> OverBudget | None:
        with self._database.transaction() as tx:
            if usd is not None:
                over = budgets.reserve(
                    tx, row.id, self._claim.tenant_id, usd, self._limits, expires_in_seconds=_RESERVED_SECONDS
                )
                if over is not None:
                    return over
            calls.insert_call(tx, row, durable=usd is not None)
        return None

    def _under_way(self, call_id: uuid.UUID, call: PlannedCall) -> CallUnderWay:
        return CallUnderWay(
            id=call_id,
            tenant_id=self._claim.tenant_id,
            resume_id=self._claim.resume_id,
            analysis_id=self._claim.analysis_id,
            number=self.attempts + 1,
            function=call.function,
            client=call.client.name,
            model=call.client.model,
            location=call.client.location,
            billing=call.client.billing,
            prompt_version=call.prompt_version,
            input_tokens=call.input_tokens,
            output_tokens=call.expected_output_tokens,
            started_at=call.started_at,
            lost_after_seconds=call.timeout_seconds + _SETTLING_SECONDS,
        )
