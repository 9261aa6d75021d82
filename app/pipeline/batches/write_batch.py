"""Writes the file of a batch: one checked line per analysis. Called by app.pipeline.batches.advance_batch.

Left out and processed as usual: what must stay on the premises, what already has a result, what is not a resume, what
is too long, what needs no model (`[analysis] strategy`), and what exceeds the tenant's budget.
"""

import logging
import uuid
from dataclasses import replace

from app.errors import NotAResume
from app.extraction.document import Document
from app.ledger.entries import UnseenAttempt
from app.pipeline.batches.batch_lane import BatchParts
from app.routing.baml_client import chat_request, estimate_prompt_tokens
from app.routing.clients import Client
from app.routing.length_guard import TooSmall, check_length
from app.routing.policy import may_see
from app.routing.question import Question
from app.routing.servers.batch_lines import MalformedLine, write_line
from app.routing.tokens import estimate_tokens
from app.storage import analyses, batches
from app.storage.batches import BatchItem, BatchLease
from app.storage.ledger import budgets

log = logging.getLogger(__name__)

LEASE_SECONDS = 600.0
_RENEW_EVERY = 25  # lines
# A batch ends within 24 hours; its reservations last until its lines must have been settled.
_RESERVED_SECONDS = 48 * 3600.0


class _LeftOut(Exception):
    """Why a line is not written; a short code."""


def write_batch(parts: BatchParts, lease: BatchLease) -> tuple[bytes, int]:
    """The whole file and its number of lines; identical when a crash makes a second run necessary."""
    lines: list[bytes] = []
    size = 0
    with parts.database.reading() as tx:
        items = batches.list_items(tx, lease.row.id, ("waiting", "sent"))
    for number, item in enumerate(items, 1):
        if number % _RENEW_EVERY == 0:
            with parts.database.transaction() as tx:
                batches.renew(tx, lease, LEASE_SECONDS)
        try:
            line, input_tokens, output_tokens = _line(parts, item)
            if size + len(line) > parts.lane.settings.bytes and item.state == "waiting":
                with parts.database.transaction() as tx:
                    batches.leave_out(tx, lease.row.id, item)
                continue
            if item.state == "waiting":
                _reserve(parts, item, input_tokens, output_tokens)
        except _LeftOut as reason:
            with parts.database.transaction() as tx:
                if batches.settle_item(tx, item, "returned", str(reason)):
                    batches.return_analysis(tx, lease.row.id, item)
                    if item.reservation_id is not None:
                        budgets.settle(tx, item.reservation_id)
            continue
        lines.append(line)
        size += len(line)
    return b"".join(lines), len(lines)


def question_of(parts: BatchParts, content: bytes) -> tuple[Question, Document]:
    """Raises `NotAResume`."""
    document = Document.from_bytes(content)
    return parts.analysis.analyser.question(document), document


def _line(parts: BatchParts, item: BatchItem) -> tuple[bytes, int, int]:
    """The line, and the tokens of its most expensive case. Raises `_LeftOut`."""
    client = parts.lane.client
    if item.analysis_id is None or item.document_id is None or item.privacy is None:
        raise _LeftOut("erased")
    # The second of two checks: the query that collected the batch has already left these out.
    if not may_see("any" if item.privacy == "any" else "local_only", client):
        raise _LeftOut("local_only")
    with parts.database.reading() as tx:
        content = batches.get_content(tx, item.document_id)
        key = parts.analysis.analyser.result_key("any" if item.privacy == "any" else "local_only")
        known = None if item.fresh else analyses.find_reusable(tx, item.document_id, key)
    if content is None:
        raise _LeftOut("erased")
    if known is not None and item.state == "waiting":
        raise _LeftOut("answered_before")
    try:
        question, document = question_of(parts, content)
        if not parts.analysis.analyser.needs_model(document):
            raise _LeftOut("no_request_needed")
    except NotAResume:
        raise _LeftOut("not_a_resume") from None
    seen = question.seen_by(client)  # a hosted client may get placeholders for name and contacts
    fitted, input_tokens = _fitted(parts, client, seen)
    # A current self-hosted server enforces the schema; a hosted one does where it is requested.
    structured = client.structured_output is True or (parts.lane.local and client.structured_output is None)
    try:
        line = write_line(str(item.id), chat_request(seen, fitted, structured=structured).body)
    except MalformedLine as error:
        log.warning("batch_line_malformed", extra={"fields": {"item": item.id, "reason": str(error)}})
        raise _LeftOut("malformed") from None
    return line.encode() + b"\n", input_tokens, fitted.max_output_tokens


def _fitted(parts: BatchParts, client: Client, question: Question) -> tuple[Client, int]:
    prompt_tokens = estimate_prompt_tokens(question)
    checked = check_length(
        prompt_tokens=prompt_tokens,
        argument_tokens=sum(estimate_tokens(text) for text in question.arguments.values()),
        answer_tokens_per_input_token=question.answer_tokens_per_input_token,
        max_output_tokens=client.max_output_tokens,
        context_tokens=parts.context_tokens(client),
    )
    if isinstance(checked, TooSmall):
        raise _LeftOut("too_long")
    return replace(client, max_output_tokens=checked.answer_tokens, stream=False), prompt_tokens


def _reserve(parts: BatchParts, item: BatchItem, input_tokens: int, output_tokens: int) -> None:
    """Reserve the line's most expensive case and mark it as sent, both or neither. Raises `_LeftOut`."""
    analysis, client = parts.analysis, parts.lane.client
    usd = None
    if analysis.budget_limits and client.billing == "per_token":
        longest = UnseenAttempt(
            client=client.name,
            outcome="ok",
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            started_at=analysis.clock(),
            service_tier="batch",
        )
        usd = analysis.price(longest).cost_usd
        if usd is None:
            raise _LeftOut("unpriced_within_budget")
    with parts.database.transaction() as tx:
        reservation_id = None if usd is None else uuid.uuid4()
        over = None
        if reservation_id is not None and usd is not None:
            over = budgets.reserve(
                tx, reservation_id, item.tenant_id, usd, analysis.budget_limits, expires_in_seconds=_RESERVED_SECONDS
            )
        if over is None:
            batches.mark_sent(tx, item, reservation_id)
            return
    raise _LeftOut("over_budget")
