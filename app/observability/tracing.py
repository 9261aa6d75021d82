"""OpenTelemetry traces: one for each upload, across every process that works on it. Disabled without a collector.

A span contains states, counts, resume ids and the names of functions, clients and models. It never contains document
text, a file name or a URL that somebody requested. `app.observability.collector` exports the spans.
"""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:  # loaded only by `app.observability.collector`, if there is a collector
    from opentelemetry.sdk.trace import TracerProvider

Attributes = Mapping[str, str | int | float | bool | None]

_CLOSE_SECONDS = 2.0  # how long an exiting process waits for its last spans to be sent


class TracedSpan:
    """An open span. Does nothing without a collector."""

    def __init__(self, span: Span | None) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        """Attributes that are None are left out."""
        if self._span is not None:
            self._span.set_attributes(_known(attributes))

    def name(self, name: str) -> None:
        if self._span is not None:
            self._span.update_name(name)

    def fail(self, error_type: str) -> None:
        """`error_type` is a short identifier: the text of an error could quote a document."""
        if self._span is not None:
            _mark_failed(self._span, error_type)


class Traces:
    """Thread-safe; created in each process. Use `NO_TRACES` without a collector."""

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
        """A child of the current span, or of `parent`, a W3C traceparent from another process."""
        if self._tracer is None:
            yield TracedSpan(None)
            return
        with self._tracer.start_as_current_span(
            name,
            context=_context(parent),
            kind=kind,
            attributes=_known(attributes or {}),
            record_exception=False,  # the exception's text could quote a document
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
        """Record a span that has already ended, below the current span or `parent`, a W3C traceparent."""
        if self._tracer is None:
            return
        span = self._tracer.start_span(
            name, _context(parent), kind=kind, attributes=_known(attributes), start_time=_nanoseconds(began)
        )
        if error_type is not None:
            _mark_failed(span, error_type)
        span.end(_nanoseconds(began + timedelta(seconds=seconds)))

    def traceparent(self) -> str | None:
        """The current span's traceparent, for another process that continues the work."""
        if self._tracer is None:
            return None
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Send the remaining spans, within two seconds. The process is about to exit."""
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
