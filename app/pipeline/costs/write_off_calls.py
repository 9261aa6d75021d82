"""Use case: write a ledger row for each call that was in progress when its worker died.

The server received the call and may bill it, so it counts: with estimated tokens and the outcome `lost`. The worker
that takes over an analysis writes off its predecessor's calls; the scheduler writes off those no one takes over.
"""

import logging
import uuid

from app.ledger.entries import PriceAttempt, UnseenAttempt
from app.observability.metrics import Tally
from app.pipeline.mechanisms.ledger_rows import lost_row
from app.pipeline.mechanisms.metric_counts import count_lost_call
from app.storage.engine import Database
from app.storage.ledger import attempts, budgets, calls
from app.storage.ledger.calls import CallUnderWay

log = logging.getLogger(__name__)

_MOST_PER_SWEEP = 500


def write_off_lost_calls(database: Database, price: PriceAttempt, tally: Tally) -> int:
    """Write off calls that must have ended long ago; returns how many."""
    with database.reading() as tx:
        lost = calls.list_lost_calls(tx, _MOST_PER_SWEEP)
    return _write_off(database, price, lost, tally)


def write_off_calls_of(database: Database, price: PriceAttempt, analysis_id: uuid.UUID, tally: Tally) -> int:
    """Write off the calls of earlier workers on this analysis; returns how many."""
    with database.reading() as tx:
        left = calls.list_calls(tx, analysis_id)
    return _write_off(database, price, left, tally)


def _write_off(database: Database, price: PriceAttempt, lost: list[CallUnderWay], tally: Tally) -> int:
    # Priced before the transaction, because the price list may need a connection of its own.
    rows = [
        lost_row(
            call,
            price(
                UnseenAttempt(
                    client=call.client,
                    outcome="lost",
                    input_tokens=call.input_tokens,
                    output_tokens=call.output_tokens,
                    started_at=call.started_at,
                )
            ),
        )
        for call in lost
    ]
    written = 0
    for call, row in zip(lost, rows, strict=True):
        with database.transaction() as tx:
            # Its worker may settle it at the same moment after all; only one of the two rows is stored.
            stands = attempts.insert_attempt(
                tx,
                row,
                tenant_id=call.tenant_id,
                resume_id=call.resume_id,
                analysis_id=call.analysis_id,
                call_id=call.id,
            )
            budgets.settle(tx, call.id)
        if not stands:
            continue
        written += 1
        count_lost_call(tally, row)
        log.warning("call_lost", extra={"fields": {"analysis": call.analysis_id, "client": call.client}})
    return written
