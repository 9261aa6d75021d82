"""Collects the answers of a batch: each line is checked, priced and stored in one transaction, exactly once.

Called by app.pipeline.batches.advance_batch. It may start again at any line: settled lines are skipped.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from app.analysis.analyse import Analysed
from app.analysis.integrity import report_integrity
from app.errors import NotAResume
from app.extraction.document import Document
from app.ledger.entries import LedgerEntry
from app.observability.metrics import ANALYSES, ANALYSES_FAILED
from app.pipeline.batches.batch_lane import BatchParts
from app.pipeline.batches.write_batch import LEASE_SECONDS, question_of
from app.pipeline.mechanisms.database_retry import retry_on_outage
from app.pipeline.mechanisms.ledger_rows import attempt_row
from app.pipeline.mechanisms.metric_counts import NOBODY, count_attempt
from app.pipeline.mechanisms.resume_events import send_notice
from app.pipeline.mechanisms.spans import trace_batch_line
from app.pipeline.mechanisms.store_result import FinalResult, store_problem, store_result
from app.pipeline.resumes.analyse_resume import store_reused
from app.routing.attempt import Attempt, ModelResult, TokenUsage
from app.routing.baml_client import prompt_version, read_batch_answer
from app.routing.failure import Failure
from app.routing.servers.batch_lines import read_line
from app.routing.servers.chat_completion import Completion
from app.storage import analyses, batches
from app.storage.analyses import Claim, ReusableResult
from app.storage.batches import BatchItem, BatchLease
from app.storage.engine import Transaction
from app.storage.events import Event
from app.storage.ledger import attempts, budgets

log = logging.getLogger(__name__)

FUNCTION = "ExtractProfile"
_RENEW_EVERY = 20  # lines


@dataclass(frozen=True, slots=True)
class _Judged:
    """The outcome of a line: `returned` is processed as usual, `failed` is not a resume, `answered` has a result."""

    end: Literal["answered", "failed", "returned"]
    result: ModelResult
    analysed: Analysed | None = None
    problem: NotAResume | None = None
    document: Document | None = None


def collect_lines(parts: BatchParts, lease: BatchLease, lines: Iterable[str]) -> None:
    """Settle every line that was sent; a line without an answer counts as failed."""
    with parts.database.reading() as tx:
        open_items = {str(item.id): item for item in batches.list_items(tx, lease.row.id, ("sent",))}
    if not open_items:
        return  # everything was settled before a crash; the files may be deleted
    unknown = 0
    for number, line in enumerate(lines, 1):
        if number % _RENEW_EVERY == 0:
            with parts.database.transaction() as tx:
                batches.renew(tx, lease, LEASE_SECONDS)
        answered = read_line(line) if line.strip() else None
        item = open_items.pop(answered.custom_id, None) if answered else None
        if answered is None or item is None:
            unknown += 1  # invalid, a duplicate, or settled before a crash
            continue
        settle_line(parts, lease, item, answered.completion)
    for item in open_items.values():
        settle_line(parts, lease, item, _nothing(Failure("server_error", "missing_in_output")))
    if unknown:
        log.info("batch_lines_passed_over", extra={"fields": {"batch": lease.row.id, "lines": unknown}})


def return_lines(parts: BatchParts, lease: BatchLease, failure: Failure) -> None:
    """Process all remaining lines as usual: the batch produced nothing."""
    with parts.database.reading() as tx:
        items = batches.list_items(tx, lease.row.id, ("waiting", "sent"))
    for item in items:
        if item.state == "sent":
            settle_line(parts, lease, item, _nothing(failure))
            continue
        with parts.database.transaction() as tx:
            if batches.settle_item(tx, item, "returned", failure.error):
                batches.return_analysis(tx, lease.row.id, item)


def _nothing(failure: Failure) -> Completion:
    """No answer, and no tokens except those that the provider may have used."""
    return Completion(
        "",
        usage=None if failure.may_be_billed else TokenUsage(input_tokens=0, cached_tokens=0, output_tokens=0),
        failure=failure,
    )


def settle_line(parts: BatchParts, lease: BatchLease, item: BatchItem, completion: Completion) -> None:
    began = parts.analysis.clock()
    judged = _judge(parts, item, completion)
    attempt = _attempt(parts, judged.result)
    entry = parts.analysis.price(attempt)
    stored = retry_on_outage(lambda: _store(parts, lease, item, judged, attempt, entry))
    if stored is None:
        return
    event, claim = stored
    if claim is not None:
        trace_batch_line(parts.analysis.traces, claim, attempt, lease.row.id, began=began, ended=parts.analysis.clock())
    count_attempt(parts.analysis.tally, attempt, entry)
    if event is not None:
        send_notice(parts.analysis.notices, event)
    if claim is not None and judged.analysed is not None:
        served = judged.analysed
        parts.analysis.tally.count(ANALYSES, served.client, served.location or NOBODY, served.tier)
        _serve_duplicates(parts, claim, served)
    if judged.problem is not None and event is not None:
        parts.analysis.tally.count(ANALYSES_FAILED, "analysis", judged.problem.code)


def _judge(parts: BatchParts, item: BatchItem, completion: Completion) -> _Judged:
    content = None
    if item.document_id is not None:
        with parts.database.reading() as tx:
            content = batches.get_content(tx, item.document_id)
    if content is None:
        # The resume was erased while the batch ran; the line is paid for all the same.
        usage = completion.usage or TokenUsage(input_tokens=0, cached_tokens=0, output_tokens=0)
        usage = replace(usage, service_tier="batch")
        return _Judged("returned", ModelResult("cancelled", 0, usage, error="erased"))
    question, document = question_of(parts, content)
    client = parts.lane.client
    result = read_batch_answer(question.seen_by(client), client, completion)
    if result.value is None:
        return _Judged("returned", result)
    result = replace(result, value=question.restored(result.value, client))
    as_of = parts.analysis.today()
    try:
        analysed = parts.analysis.analyser.check_batch_answer(
            document,
            result.value or {},
            client,
            prompt_version(FUNCTION),
            as_of=as_of,
            complete=result.outcome == "ok",
        )
    except NotAResume as problem:
        return _Judged("failed", result, problem=problem, document=document)
    if analysed.degraded:
        return _Judged("returned", result)  # the model missed the person; another one may not
    return _Judged("answered", result, analysed, document=document)


def _attempt(parts: BatchParts, result: ModelResult) -> Attempt:
    client = parts.lane.client
    return Attempt(
        number=1,
        function=FUNCTION,
        client=client.name,
        model=client.model,
        location=client.location,
        billing=client.billing,
        outcome=result.outcome,
        http_status=result.http_status,
        error=result.error,
        input_tokens=result.usage.input_tokens,
        cached_tokens=result.usage.cached_tokens,
        output_tokens=result.usage.output_tokens,
        tokens_estimated=result.usage.estimated,
        started_at=parts.analysis.clock(),
        latency_ms=None,  # providers do not report the time of a single line
        prompt_version=prompt_version(FUNCTION),
        service_tier="batch",
        cache_write_tokens=result.usage.cache_write_tokens,
        reasoning_tokens=result.usage.reasoning_tokens,
    )


def _store(
    parts: BatchParts, lease: BatchLease, item: BatchItem, judged: _Judged, attempt: Attempt, entry: LedgerEntry
) -> tuple[Event | None, Claim | None] | None:
    """Write ledger row, reservation and result together. None when the line was already settled."""
    with parts.database.transaction() as tx:
        # Locks in the same order as an erasure.
        alive = item.analysis_id is not None and batches.lock_resume(tx, item.analysis_id)
        if not batches.settle_item(tx, item, judged.end, judged.result.error):
            return None
        if item.reservation_id is not None:
            budgets.settle(tx, item.reservation_id)
        claim = None
        if alive and item.analysis_id is not None and judged.end != "returned":
            claim = analyses.claim(tx, item.analysis_id, "analysis", LEASE_SECONDS, batch_id=lease.row.id)
        number = attempts.count_attempts(tx, item.analysis_id) + 1 if item.analysis_id else 1
        attempts.insert_attempt(
            tx,
            attempt_row(number, attempt, entry),
            tenant_id=item.tenant_id,
            resume_id=batches.find_resume_id(tx, item.analysis_id) if item.analysis_id else None,
            analysis_id=item.analysis_id,
        )
        if judged.end == "returned" or claim is None:
            batches.return_analysis(tx, lease.row.id, item)
            return None, None
        return _finish(parts, tx, claim, judged), claim


def _finish(parts: BatchParts, tx: Transaction, claim: Claim, judged: _Judged) -> Event | None:
    if judged.problem is not None and judged.document is not None:
        return store_problem(tx, claim, judged.problem, report_integrity(judged.document))
    analysed = judged.analysed
    assert analysed is not None  # noqa: S101 - an answered line has its result
    privacy = "any" if claim.privacy == "any" else "local_only"
    key = None if analysed.replaceable else parts.analysis.analyser.batch_key(parts.lane.client, privacy)
    return store_result(tx, claim, FinalResult.from_analysis(analysed, key))


def _serve_duplicates(parts: BatchParts, served: Claim, analysed: Analysed) -> None:
    """Give the result to other uploads of the same file that wait for a batch, at no cost."""
    with parts.database.reading() as tx:
        duplicates = batches.list_waiting_duplicates(tx, served.document_id, privacy=served.privacy)
    checked = analysed.checked
    result = ReusableResult(
        served.analysis_id,
        analysed.client,
        analysed.model,
        analysed.location,
        analysed.prompt_version,
        checked.profile,
        {pointer: place.to_json() for pointer, place in checked.evidence.items()},
        analysed.integrity,
        list(analysed.warnings),
        checked.dropped,
        analysed.readings,
    )
    for analysis_id in duplicates:
        with parts.database.transaction() as tx:
            claim = analyses.claim(tx, analysis_id, "analysis", LEASE_SECONDS)
        if claim is None:
            continue
        event = store_reused(parts.analysis, claim, result)
        if event is not None:
            send_notice(parts.analysis.notices, event)
