"""Use case: read one uploaded file into a `Document`. Called by the extraction worker, which never loads BAML.

The file is parsed in a separate process with limits; whatever the file does, this worker survives and knows why.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from app.errors import AnalysisExhausted, DocumentError, NotFound, VitaeError
from app.extraction.document import Document
from app.extraction.extract import EXTRACTOR_VERSION, ExtractionLimits
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.files.local import LocalFiles
from app.messaging.broker import Publisher
from app.messaging.notices import Notices
from app.observability.metrics import ANALYSES_FAILED, RESULTS_DISCARDED, STAGE_SECONDS, Tally
from app.observability.shared_counts import SharedCounts
from app.observability.tracing import NO_TRACES, Traces
from app.pipeline.mechanisms.database_retry import retry_on_outage
from app.pipeline.mechanisms.lease_keeper import LeaseKeeper
from app.pipeline.mechanisms.metric_counts import count_claim
from app.pipeline.mechanisms.resume_events import record_event, send_notice
from app.pipeline.mechanisms.spans import trace_claimed_work
from app.pipeline.mechanisms.store_result import store_problem
from app.storage import analyses, documents, resumes
from app.storage.analyses import Claim, Stage
from app.storage.engine import Database
from app.storage.events import Event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExtractionParts:
    """What the extraction worker works with."""

    database: Database
    files: LocalFiles
    publisher: Publisher
    notices: Notices
    leases: LeaseKeeper
    limits: ExtractionLimits
    lease_seconds: float
    max_claims: int
    tally: Tally = field(default_factory=Tally)
    counts: SharedCounts | None = None  # publishes the tally once started
    hold_seconds: Callable[[str, str], float] = lambda _privacy, _priority: 0.0  # how long an upload waits for a batch
    traces: Traces = NO_TRACES


def extract_document(parts: ExtractionParts, analysis_id: uuid.UUID) -> None:
    """Claim, read, store, hand over. Returns silently when there is nothing to do: a duplicated message, an erased
    resume.
    """
    with parts.database.transaction() as tx:
        claim = analyses.claim(tx, analysis_id, "extraction", parts.lease_seconds)
        if claim is None:
            return
        resumes.set_status(tx, claim.resume_id, "extracting")
        started = record_event(tx, claim.tenant_id, claim.resume_id, "resume.extracting", status="extracting")
    send_notice(parts.notices, started)
    count_claim(parts.tally, claim, "extraction")
    if claim.claims > parts.max_claims:
        reason = AnalysisExhausted(
            f"Reading the document was begun {parts.max_claims} times and never finished: each time the worker "
            "was ended. Look at the log of the extraction worker, then analyse the resume again."
        )
        end_with_problem(parts.database, parts.notices, claim, reason, stage="extraction", tally=parts.tally)
        return
    with (
        parts.leases.holding(claim.token),
        parts.tally.timing(STAGE_SECONDS, "extraction"),
        trace_claimed_work(parts.traces, "extract_document", claim) as span,
    ):
        try:
            document = _read_document(parts, claim)
        except (DocumentError, NotFound) as error:
            # NotFound: the rows exist but the file is missing. Trying again cannot help.
            span.fail(error.code)
            end_with_problem(parts.database, parts.notices, claim, error, stage="extraction", tally=parts.tally)
            return
        hold_seconds = parts.hold_seconds(claim.privacy, claim.priority)
        traceparent = parts.traces.traceparent()
        event = retry_on_outage(lambda: _hand_on(parts.database, claim, document, hold_seconds, traceparent))
    if event is None:
        parts.tally.count(RESULTS_DISCARDED, "extraction")
        return
    send_notice(parts.notices, event)
    if not hold_seconds:
        parts.publisher.publish(analysis_id, "analysis", claim.priority)


def end_with_problem(
    database: Database,
    notices: Notices,
    claim: Claim,
    problem: VitaeError,
    integrity: dict[str, object] | None = None,
    *,
    stage: Stage,
    tally: Tally,
) -> None:
    """End an analysis as `failed` with its reason; the last good result of the resume, if any, stays."""

    def commit() -> Event | None:
        with database.transaction() as tx:
            documents.lock_document(tx, claim.document_id)
            return store_problem(tx, claim, problem, integrity)

    event = retry_on_outage(commit)
    log.info("analysis_failed", extra={"fields": {"resume": claim.resume_id, "problem": problem.code}})
    if event is not None:
        tally.count(ANALYSES_FAILED, stage, problem.code)
        send_notice(notices, event)


def _read_document(parts: ExtractionParts, claim: Claim) -> Document | None:
    """The document, or None when an earlier analysis has read the same file with this version."""
    with parts.database.reading() as tx:
        row = documents.get_document(tx, claim.document_id)
    if row.content is not None and row.extractor_version == EXTRACTOR_VERSION:
        return None
    content = parts.files.get(row.tenant_id, row.id)
    return extract_in_sandbox(content, row.media_type, parts.limits)


def _hand_on(
    database: Database, claim: Claim, document: Document | None, hold_seconds: float, traceparent: str | None
) -> Event | None:
    with database.transaction() as tx:
        if document is not None:
            documents.lock_document(tx, claim.document_id)
            documents.save_content(
                tx,
                claim.document_id,
                content=document.to_bytes(),
                extractor_version=EXTRACTOR_VERSION,
                page_count=len(document.pages),
                language=document.language,
            )
        if not analyses.finish_extraction(tx, claim, wait_seconds=hold_seconds, traceparent=traceparent):
            return None
        resumes.set_status(tx, claim.resume_id, "analysing")
        return record_event(tx, claim.tenant_id, claim.resume_id, "resume.analysing", status="analysing")
