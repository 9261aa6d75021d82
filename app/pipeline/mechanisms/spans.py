"""The spans of a trace: work on an analysis and each model attempt, named as OpenTelemetry names them.

Called by the use cases of the workers and the scheduler. The attribute names are defined at
https://opentelemetry.io/docs/specs/semconv/gen-ai/.
"""

import uuid
from contextlib import AbstractContextManager
from datetime import datetime
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind

from app.observability.tracing import TracedSpan, Traces
from app.routing.attempt import ANSWERED, Attempt
from app.routing.clients import Client
from app.storage.analyses import Claim
from app.storage.webhook_deliveries import DueDelivery

_HTTPS_PORT, _HTTP_PORT = 443, 80


def trace_claimed_work(traces: Traces, name: str, claim: Claim) -> AbstractContextManager[TracedSpan]:
    """Spans the work on a claimed row."""
    attributes = {
        **_claimed(claim),
        "vitae.waited_seconds": round(claim.waited_seconds, 3),
        "vitae.claims": claim.claims,
    }
    return traces.span(name, SpanKind.CONSUMER, parent=claim.traceparent, attributes=attributes)


def trace_batch_line(
    traces: Traces, claim: Claim, attempt: Attempt, batch_id: uuid.UUID, *, began: datetime, ended: datetime
) -> None:
    """Spans the import of one batch line; providers do not report how long the model worked on it."""
    attributes = {
        **_claimed(claim),
        "vitae.batch.id": str(batch_id),
        "vitae.client": attempt.client,
        "vitae.location": attempt.location,
        "gen_ai.request.model": attempt.model,
        "gen_ai.usage.input_tokens": attempt.input_tokens,
        "gen_ai.usage.output_tokens": attempt.output_tokens,
    }
    traces.past(
        "collect_batch",
        SpanKind.CONSUMER,
        began=began,
        seconds=(ended - began).total_seconds(),
        attributes=attributes,
        parent=claim.traceparent,
    )


def trace_delivery(traces: Traces, due: DueDelivery) -> AbstractContextManager[TracedSpan]:
    """Spans the delivery of a webhook event. The receiver's address stays private to the tenant."""
    attributes = {
        "vitae.webhook.id": str(due.webhook_id),
        "vitae.resume.id": str(due.resume_id) if due.resume_id else None,
        "vitae.event": due.kind,
        "vitae.attempts": due.attempts,
    }
    return traces.span("deliver_webhook", SpanKind.CLIENT, parent=due.traceparent, attributes=attributes)


def _claimed(claim: Claim) -> dict[str, str]:
    return {"vitae.resume.id": str(claim.resume_id), "vitae.analysis.id": str(claim.analysis_id)}


def trace_attempt(traces: Traces, attempt: Attempt, client: Client | None) -> None:
    """`client` is the client that was called, None if unknown; only the host and port of its address are recorded."""
    failed = attempt.outcome not in ANSWERED
    worked = bool(attempt.input_tokens or attempt.output_tokens)
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": client.price_provider if client is not None else None,
        "gen_ai.request.model": attempt.model,
        "gen_ai.request.max_tokens": client.max_output_tokens if client is not None else None,
        "gen_ai.usage.input_tokens": attempt.input_tokens if worked else None,
        "gen_ai.usage.output_tokens": attempt.output_tokens if worked else None,
        "gen_ai.usage.cache_read.input_tokens": attempt.cached_tokens or None,
        "http.response.status_code": attempt.http_status,
        "vitae.function": attempt.function,
        "vitae.client": attempt.client,
        "vitae.location": attempt.location,
        "vitae.tokens_estimated": attempt.tokens_estimated or None,
        "vitae.first_token_ms": attempt.first_token_ms,
        **_server(client),
    }
    traces.past(
        f"chat {attempt.model or attempt.client}",
        SpanKind.CLIENT,
        began=attempt.started_at,
        seconds=(attempt.latency_ms or 0) / 1000,
        attributes=attributes,
        error_type=attempt.outcome if failed else None,
    )


def _server(client: Client | None) -> dict[str, str | int | None]:
    if client is None or client.base_url is None:
        return {}
    parts = urlsplit(client.base_url)
    try:
        port = parts.port or (_HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT)
    except ValueError:  # no valid port: the call has failed, but recording it must not fail
        port = None
    return {"server.address": parts.hostname, "server.port": port}
