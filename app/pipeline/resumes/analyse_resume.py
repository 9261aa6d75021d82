"""Use case: analyse one extracted resume and store its one result. Called by the analysis worker.

No transaction is open during a model call. Every call is recorded before it is sent and committed to the ledger as soon
as it ends, because its money is spent whatever happens next (`app.pipeline.mechanisms.analysis_ledger`).
"""

import logging
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from app.analysis.analyse import Analyser
from app.analysis.integrity import report_integrity
from app.clock import Clock, Today
from app.errors import AnalysisExhausted, DocumentError
from app.extraction.document import Document
from app.ledger.entries import PriceAttempt
from app.messaging.broker import Publisher
from app.messaging.notices import Notices
from app.observability.metrics import ANALYSES, RESULTS_DISCARDED, STAGE_SECONDS, Tally
from app.observability.shared_counts import SharedCounts
from app.observability.tracing import NO_TRACES, TracedSpan, Traces
from app.pipeline.costs.write_off_calls import write_off_calls_of
from app.pipeline.mechanisms.analysis_ledger import AnalysisLedger
from app.pipeline.mechanisms.database_retry import retry_on_outage
from app.pipeline.mechanisms.lease_keeper import LeaseKeeper
from app.pipeline.mechanisms.ledger_rows import reuse_row, saving_row
from app.pipeline.mechanisms.metric_counts import NOBODY, count_claim
from app.pipeline.mechanisms.resume_events import send_notice
from app.pipeline.mechanisms.spans import trace_claimed_work
from app.pipeline.mechanisms.store_result import FinalResult, store_result
from app.pipeline.resumes.extract_document import end_with_problem
from app.pipeline.resumes.show_partial_profile import PartialProfiles
from app.routing.attempt import Cancellation
from app.routing.router import RequestCancelled
from app.routing.servers.partial_answer import AnswerFollower
from app.storage import analyses, documents
from app.storage.analyses import Claim, OlderResult, ReusableResult
from app.storage.engine import Database
from app.storage.events import Event
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.ledger.budgets import Period

log = logging.getLogger(__name__)

# While another upload of the same file is being analysed, this one waits to reuse the result. The worker that finishes
# the other one publishes this one again; if that worker dies, the scheduler does, after this time.
_DUPLICATE_PAUSE_SECONDS = 2.0

_Served = tuple[str, str | None, str]  # client, location and tier of an answer


@dataclass(frozen=True, slots=True)
class AnalysisParts:
    """What the analysis worker works with."""

    database: Database
    publisher: Publisher
    notices: Notices
    leases: LeaseKeeper
    analyser: Analyser
    price: PriceAttempt
    clock: Clock
    today: Today  # the day up to which current jobs count
    lease_seconds: float
    max_claims: int
    budget_limits: dict[Period, Decimal] = field(default_factory=dict[Period, Decimal])  # USD; empty: unlimited
    tally: Tally = field(default_factory=Tally)
    counts: SharedCounts | None = None  # publishes the tally once started
    traces: Traces = NO_TRACES
    partials: PartialProfiles | None = None  # shows answers while they are being written
    cancellation: Cancellation = field(
        default_factory=Cancellation
    )  # ends the model calls of a worker that has to stop


def analyse_resume(parts: AnalysisParts, analysis_id: uuid.UUID) -> None:
    """Claim, call, check, store. Returns silently when there is nothing to do: a duplicated message, an erased
    resume.
    """
    claimed = _claim(parts, analysis_id)
    if claimed is None:
        return
    claim, content, reusable, earlier_attempts = claimed
    count_claim(parts.tally, claim, "analysis")
    if claim.claims > 1:
        earlier_attempts += retry_on_outage(
            lambda: write_off_calls_of(parts.database, parts.price, analysis_id, parts.tally)
        )
    if claim.claims > parts.max_claims:
        reason = AnalysisExhausted(
            f"The analysis was begun {parts.max_claims} times and never finished: each time the worker was ended. "
            "Look at the log of the analysis worker, then analyse the resume again."
        )
        end_with_problem(parts.database, parts.notices, claim, reason, stage="analysis", tally=parts.tally)
        return
    began = time.perf_counter()
    with parts.leases.holding(claim.token), trace_claimed_work(parts.traces, "analyse_resume", claim) as span:
        if reusable is not None:
            event = _stored(parts, lambda: store_reused(parts, claim, reusable))
            served = (reusable.client, reusable.location, "reused")
        else:
            document = Document.from_bytes(content)
            with _following(parts, claim, document) as follower:
                try:
                    event, served = _analyse(parts, claim, document, earlier_attempts, span, follower)
                except RequestCancelled:
                    _give_back(parts, claim)
                    return
        if event is not None and served is not None:
            span.note({"vitae.client": served[0], "vitae.location": served[1], "vitae.tier": served[2]})
    if event is not None and served is not None:
        send_notice(parts.notices, event)
        seconds = time.perf_counter() - began
        parts.tally.observe(STAGE_SECONDS, "analysis", seconds=seconds)
        parts.tally.observe(STAGE_SECONDS, "total", seconds=claim.age_seconds + seconds)
        client, location, tier = served
        parts.tally.count(ANALYSES, client, location or NOBODY, tier)
    _publish_duplicates(parts, claim)


def _give_back(parts: AnalysisParts, claim: Claim) -> None:
    """Return the work of a worker that has to stop, for another one to begin at once."""

    def release() -> None:
        with parts.database.transaction() as tx:
            analyses.release(tx, claim, due_in_seconds=0, counts=False)

    retry_on_outage(release)
    parts.publisher.publish(claim.analysis_id, "analysis", claim.priority)  # if this fails, the scheduler does it
    log.info("analysis_given_back", extra={"fields": {"resume": claim.resume_id}})


def _stored(parts: AnalysisParts, store: Callable[[], Event | None]) -> Event | None:
    """None when another worker holds the work by now or the resume was erased."""
    with parts.tally.timing(STAGE_SECONDS, "store"):
        event = retry_on_outage(store)
    if event is None:
        parts.tally.count(RESULTS_DISCARDED, "analysis")
    return event


def _publish_duplicates(parts: AnalysisParts, claim: Claim) -> None:
    """Publish other uploads of the same file that waited for this result; the scheduler finds any that are missed
    here.
    """
    with parts.database.transaction() as tx:
        duplicates = analyses.take_waiting_duplicates(tx, claim.document_id)
    for duplicate in duplicates:
        if not parts.publisher.publish(duplicate.id, duplicate.stage, duplicate.priority):
            break


def _claim(parts: AnalysisParts, analysis_id: uuid.UUID) -> tuple[Claim, bytes, ReusableResult | None, int] | None:
    with parts.database.transaction() as tx:
        content = documents.lock_document_of(tx, analysis_id)
        if content is None:
            return None
        claim = analyses.claim(tx, analysis_id, "analysis", parts.lease_seconds)
        if claim is None:
            return None
        reusable = None
        if not claim.fresh:
            reusable = analyses.find_reusable(tx, claim.document_id, parts.analyser.result_key(_privacy(claim)))
            if reusable is None and claim.duplicate_in_progress:
                analyses.release(tx, claim, due_in_seconds=_DUPLICATE_PAUSE_SECONDS, counts=False)
                return None
        if not content:
            raise LookupError("an analysis reached its second stage without an extracted document")
        return claim, content, reusable, claim.earlier_attempts


def _following(parts: AnalysisParts, claim: Claim, document: Document) -> AbstractContextManager[AnswerFollower | None]:
    if parts.partials is None:
        return nullcontext()
    as_of = parts.today()
    return parts.partials.following(claim, lambda value: parts.analyser.check_partial(document, value, as_of=as_of))


def _analyse(
    parts: AnalysisParts,
    claim: Claim,
    document: Document,
    earlier_attempts: int,
    span: TracedSpan,
    follower: AnswerFollower | None,
) -> tuple[Event | None, _Served | None]:
    """The event of the stored result and who produced it; both None when the analysis failed."""
    book = AnalysisLedger(
        parts.database,
        parts.price,
        claim,
        parts.budget_limits,
        tally=parts.tally,
        traces=parts.traces,
        earlier_attempts=earlier_attempts,
    )
    try:
        analysed = parts.analyser.analyse(
            document,
            privacy=_privacy(claim),
            as_of=parts.today(),
            record=book.record,
            budget=book,
            follower=follower,
        )
    except DocumentError as error:
        span.fail(error.code)
        end_with_problem(
            parts.database,
            parts.notices,
            claim,
            error,
            report_integrity(document),
            stage="analysis",
            tally=parts.tally,
        )
        return None, None
    older = _older_result(parts, claim) if analysed.degraded else None
    if older is not None:
        reused_at = book.attempts + 1
        log.info("older_result_used", extra={"fields": {"resume": claim.resume_id, "age_seconds": older.age_seconds}})
        event = _stored(parts, lambda: _store_older(parts, claim, older, analysed.warnings, reused_at))
        return event, (older.result.client, older.result.location, "older_answer")
    # A later upload of the same document must not get the parser's reading where a model could read it by then.
    result_key = None if analysed.replaceable else parts.analyser.result_key(_privacy(claim))
    saving = None if analysed.saved is None else saving_row(analysed.saved, parts.price, parts.clock())
    event = _stored(parts, lambda: _store(parts, claim, FinalResult.from_analysis(analysed, result_key, saving)))
    log.info(
        "analysis_done",
        extra={
            "fields": {
                "resume": claim.resume_id,
                "client": analysed.client,
                "degraded": analysed.degraded,
                "attempts": book.attempts - earlier_attempts,
                "dropped_values": analysed.checked.dropped,
            }
        },
    )
    return event, (analysed.client, analysed.location, analysed.tier)


def _store(
    parts: AnalysisParts, claim: Claim, result: FinalResult, reuse_row: AttemptRow | None = None
) -> Event | None:
    with parts.database.transaction() as tx:
        documents.lock_document(tx, claim.document_id)
        return store_result(tx, claim, result, reuse_row)


def _older_result(parts: AnalysisParts, claim: Claim) -> OlderResult | None:
    """The emergency tier: an earlier model result for exactly this document of this tenant, never for another one."""

    def find() -> OlderResult | None:
        with parts.database.reading() as tx:
            return analyses.find_older(tx, claim.document_id)

    return retry_on_outage(find)


def _store_older(
    parts: AnalysisParts, claim: Claim, older: OlderResult, reasons: tuple[str, ...], number: int
) -> Event | None:
    """Marked degraded and shown with its age: an earlier configuration produced it."""
    age = (
        f"{older.age_seconds / 86400:.1f} days"
        if older.age_seconds >= 86400
        else f"{older.age_seconds / 60:.0f} minutes"
    )
    note = f"No model is available. This is the result of {older.result.client} for the same document from {age} ago."
    result = FinalResult.from_earlier(older.result, degraded=True, warnings=[note, *reasons])
    return _store(parts, claim, result, replace(reuse_row(older.result, parts.clock()), number=number))


def store_reused(parts: AnalysisParts, claim: Claim, earlier: ReusableResult) -> Event | None:
    """Store the result of another upload of the same document; it costs nothing."""
    return _store(parts, claim, FinalResult.from_earlier(earlier), reuse_row(earlier, parts.clock()))


def _privacy(claim: Claim) -> Any:
    return claim.privacy
