"""Counts model requests, attempts and analyses for Prometheus. Called by the use cases and by what `app.wiring`
builds.
"""

from decimal import Decimal

from app.ledger.entries import LedgerEntry
from app.observability import metrics
from app.observability.metrics import Tally
from app.routing.attempt import ANSWERED, Attempt
from app.routing.breakers.redis_breaker import Transition
from app.routing.router import QuestionEnd
from app.storage.analyses import Claim, Stage
from app.storage.ledger.attempt_row import AttemptRow

NOBODY = "none"  # the label value for "no client" and "no location"


def count_question(tally: Tally, end: QuestionEnd) -> None:
    routed = end.routed
    if routed is None:
        tally.count(metrics.MODEL_REQUESTS, end.function, NOBODY, NOBODY, "unanswered")
    else:
        tally.count(metrics.MODEL_REQUESTS, end.function, routed.client, routed.location, routed.tier)


def count_attempt(tally: Tally, attempt: Attempt, entry: LedgerEntry) -> None:
    """Call once for each ledger row."""
    client = attempt.client
    answered = attempt.outcome in ANSWERED
    tally.count(metrics.MODEL_ATTEMPTS, attempt.function, client, attempt.outcome)
    if attempt.latency_ms is not None:
        result = "ok" if answered else "failed"
        tally.observe(metrics.MODEL_CALL_SECONDS, client, result, seconds=attempt.latency_ms / 1000)
    if attempt.first_token_ms is not None:
        tally.observe(metrics.FIRST_TOKEN_SECONDS, client, seconds=attempt.first_token_ms / 1000)
    _count_tokens_and_cost(tally, attempt, entry.cost_basis, entry.cost_usd)


def count_lost_call(tally: Tally, row: AttemptRow) -> None:
    """The duration of a lost call is unknown and not observed."""
    tally.count(metrics.MODEL_ATTEMPTS, row.function, row.client, row.outcome)
    _count_tokens_and_cost(tally, row, row.cost_basis, row.cost_usd)


def _count_tokens_and_cost(
    tally: Tally, attempt: Attempt | AttemptRow, cost_basis: str, cost_usd: Decimal | None
) -> None:
    client = attempt.client
    for kind, tokens in (
        ("input", attempt.input_tokens),
        ("cached", attempt.cached_tokens),
        ("output", attempt.output_tokens),
    ):
        if tokens:
            tally.count(metrics.MODEL_TOKENS, client, kind, by=tokens)
    tally.count(metrics.PRICED_ATTEMPTS, client, cost_basis)
    if cost_usd:
        tally.count(metrics.COST_USD, client, cost_basis, by=float(cost_usd))
        if attempt.outcome not in ANSWERED:
            tally.count(metrics.WASTED_USD, client, by=float(cost_usd))


def count_claim(tally: Tally, claim: Claim, stage: Stage) -> None:
    tally.observe(metrics.STAGE_SECONDS, f"wait_{stage}", seconds=claim.waited_seconds)
    if claim.claims > 1:
        tally.count(metrics.LEASES_LOST, stage)


def count_transition(tally: Tally, change: Transition) -> None:
    if change.after in {"open", "closed"} and change.after != change.before:
        tally.count(metrics.BREAKER_TRANSITIONS, change.endpoint.partition("@")[0], change.after)
