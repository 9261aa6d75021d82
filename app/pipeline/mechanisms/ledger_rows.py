"""Builds ledger rows: from an attempt and its price, from a lost call, from the reuse of an earlier result, and from
what a strategy left out of a request.
"""

from datetime import datetime
from decimal import Decimal

from app.analysis.strategy import Saved
from app.ledger.entries import LedgerEntry, PriceAttempt, UnseenAttempt
from app.routing.attempt import Attempt
from app.storage.analyses import ReusableResult
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.ledger.calls import CallUnderWay
from app.storage.ledger.savings import SavingRow


def attempt_row(number: int, attempt: Attempt, entry: LedgerEntry) -> AttemptRow:
    """`number` counts across all workers that ever worked on this analysis."""
    return AttemptRow(
        number=number,
        function=attempt.function,
        client=attempt.client,
        model=attempt.model,
        location=attempt.location,
        billing=attempt.billing,
        prompt_version=attempt.prompt_version,
        outcome=attempt.outcome,
        http_status=attempt.http_status,
        error=attempt.error,
        started_at=attempt.started_at,
        latency_ms=attempt.latency_ms,
        input_tokens=attempt.input_tokens,
        cached_tokens=attempt.cached_tokens,
        output_tokens=attempt.output_tokens,
        tokens_estimated=attempt.tokens_estimated,
        input_usd_per_million=entry.input_usd_per_million,
        cached_input_usd_per_million=entry.cached_input_usd_per_million,
        output_usd_per_million=entry.output_usd_per_million,
        price_source=entry.price_source,
        cost_usd=entry.cost_usd,
        cost_basis=entry.cost_basis,
        service_tier=attempt.service_tier,
        cache_write_tokens=attempt.cache_write_tokens,
        reasoning_tokens=attempt.reasoning_tokens,
        cache_write_usd_per_million=entry.cache_write_usd_per_million,
    )


def lost_row(call: CallUnderWay, entry: LedgerEntry) -> AttemptRow:
    """A call whose worker died; its duration is unknown."""
    return AttemptRow(
        number=call.number,
        function=call.function,
        client=call.client,
        model=call.model,
        location=call.location,
        billing=call.billing,
        prompt_version=call.prompt_version,
        outcome="lost",
        http_status=None,
        error="worker_died",
        started_at=call.started_at,
        latency_ms=None,
        input_tokens=call.input_tokens,
        cached_tokens=0,
        output_tokens=call.output_tokens,
        tokens_estimated=True,
        input_usd_per_million=entry.input_usd_per_million,
        cached_input_usd_per_million=entry.cached_input_usd_per_million,
        output_usd_per_million=entry.output_usd_per_million,
        price_source=entry.price_source,
        cost_usd=entry.cost_usd,
        cost_basis=entry.cost_basis,
        cache_write_usd_per_million=entry.cache_write_usd_per_million,
    )


def reuse_row(result: ReusableResult, now: datetime) -> AttemptRow:
    """The free ledger row of a result reused from the same document, analysed the same way before."""
    return AttemptRow(
        number=1,
        function="ExtractProfile",
        client=result.client,
        model=result.model,
        location=result.location or "local",
        billing="per_token",
        prompt_version=result.prompt_version,
        outcome="reused",
        http_status=None,
        error=None,
        started_at=now,
        latency_ms=0,
        input_tokens=0,
        cached_tokens=0,
        output_tokens=0,
        tokens_estimated=False,
        input_usd_per_million=None,
        cached_input_usd_per_million=None,
        output_usd_per_million=None,
        price_source=None,
        cost_usd=Decimal(0),
        cost_basis="cache",
    )


def saving_row(saved: Saved, price: PriceAttempt, now: datetime) -> SavingRow:
    """Priced like a call of the client that would have been called first."""
    unsent = UnseenAttempt(
        client=saved.client,
        outcome="ok",
        input_tokens=saved.input_tokens,
        output_tokens=saved.output_tokens,
        started_at=now,
    )
    return SavingRow(
        at=now,
        strategy=saved.strategy,
        client=saved.client,
        no_request=saved.no_request,
        input_tokens=saved.input_tokens,
        output_tokens=saved.output_tokens,
        saved_usd=price(unsent).cost_usd,
    )
