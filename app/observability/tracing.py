"""OpenTelemetry traces: one for each upload, through every process that works on it. None without a collector.

A span carries states, names of functions, clients and models, counts, and ids of resumes: never a word of a document, a
file's name, or an address that somebody asked for. `app.observability.collector` hands spans over.
"""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:  # loaded by `app.observability.collector`, where there is a collector
    from opentelemetry.sdk.trace import TracerProvider

Attributes = Mapping[str, str | int | float | bool | None]

_CLOSE_SECONDS = 2.0  # a process that ends waits so long for its last spans to be taken


class TracedSpan:
    """A span under way; nothing at all without a collector."""

    def __init__(self, span: Span | None) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        """Those that are None are left out."""
        if self._span is not None:
            self._span.set_attributes(_known(attributes))

    def name(self, name: str) -> None:
        if self._span is not None:
            self._span.update_name(name)

    def fail(self, error_type: str) -> None:
        """A short code-like word; the text of an error could quote a document."""
        if self._span is not None:
            _mark_failed(self._span, error_type)


class Traces:
    """Safe to share between threads; made anew in each process. `NO_TRACES` is the one without a collector."""

    def __init__(self, provider: "TracerProvider | None" = None) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("vitae") if provider is not None else None

    @contextmanager
    def span(
        self,
        name: str,
        kind: SpanKind = SpanKind.INTERNAL,
        *,
        parent: str | None = None,
        attributes: Attributes | None = None,
    ) -> Generator[TracedSpan]:
        """Under the span under way, or under `parent`, a W3C traceparent of another process."""
        if self._tracer is None:
            yield TracedSpan(None)
            return
        with self._tracer.start_as_current_span(
            name,
            context=_context(parent),
            kind=kind,
            attributes=_known(attributes or {}),
            record_exception=False,  # its text could quote a document
            set_status_on_exception=False,
        ) as span:
            try:
                yield TracedSpan(span)
            except Exception as error:
                _mark_failed(span, type(error).__name__)
                raise

    def past(
        self,
        name: str,
        kind: SpanKind,
        *,
        began: datetime,
        seconds: float,
        attributes: Attributes,
        parent: str | None = None,
        error_type: str | None = None,
    ) -> None:
        """A span of what has ended, under the one under way, or under `parent`, a W3C traceparent."""
        if self._tracer is None:
            return
        span = self._tracer.start_span(
            name, _context(parent), kind=kind, attributes=_known(attributes), start_time=_nanoseconds(began)
        )
        if error_type is not None:
            _mark_failed(span, error_type)
        span.end(_nanoseconds(began + timedelta(seconds=seconds)))

    def traceparent(self) -> str | None:
        """Of the span under way, for whoever goes on with it in another process."""
        if self._tracer is None:
            return None
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Hand over what is left, within two seconds; the process is about to end."""
        if self._provider is None:
            return
        closing = threading.Thread(target=self._provider.shutdown, name="traces-close", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


NO_TRACES = Traces()
_PROPAGATOR = TraceContextTextMapPropagator()


def _context(parent: str | None) -> Context | None:
    return None if parent is None else _PROPAGATOR.extract({"traceparent": parent})


def _mark_failed(span: Span, error_type: str) -> None:
    span.set_attribute("error.type", error_type)
    span.set_status(StatusCode.ERROR)


def _known(attributes: Attributes) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1e9)
