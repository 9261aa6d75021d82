"""The spans of a trace: work on an analysis, and each attempt of a model client with OpenTelemetry's words for it.

Called by the use cases of the workers. https://opentelemetry.io/docs/specs/semconv/gen-ai/ says what the words mean.
"""

from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind

from app.observability.tracing import TracedSpan, Traces
from app.routing.attempt import Attempt
from app.routing.clients import Client
from app.storage.analyses import Claim

_HTTPS_PORT, _HTTP_PORT = 443, 80


def working(traces: Traces, name: str, claim: Claim) -> AbstractContextManager[TracedSpan]:
    """While a worker is at what it claimed."""
    attributes = {
        "vitae.resume.id": str(claim.resume_id),
        "vitae.analysis.id": str(claim.analysis_id),
        "vitae.waited_seconds": round(claim.waited_seconds, 3),
        "vitae.claims": claim.claims,
    }
    return traces.span(name, SpanKind.CONSUMER, parent=claim.traceparent, attributes=attributes)


def trace_attempt(traces: Traces, attempt: Attempt, client: Client | None) -> None:
    """`client` is the one that was asked, None where it is not known; of its address host and port alone are told."""
    failed = attempt.outcome != "ok"
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
        seconds=attempt.latency_ms / 1000,
        attributes=attributes,
        error_type=attempt.outcome if failed else None,
    )


def _server(client: Client | None) -> dict[str, str | int | None]:
    if client is None or client.base_url is None:
        return {}
    parts = urlsplit(client.base_url)
    try:
        port = parts.port or (_HTTPS_PORT if parts.scheme == "https" else _HTTP_PORT)
    except ValueError:  # no port at all: the call has failed, and its record must not
        port = None
    return {"server.address": parts.hostname, "server.port": port}
