"""Hands spans over to an OpenTelemetry collector, OTLP over HTTP; loaded only where one is configured.

A collector that is away, slow or hanging costs its spans and nothing else: they are sent by a thread of its own, from a
queue that forgets what it has no room for.
"""

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.util.re import parse_env_headers

from app.observability.tracing import Traces

log = logging.getLogger(__name__)

_SEND_SECONDS = 5.0  # for one batch, its repetitions included
_PATH = "/v1/traces"


def connect(url: str, headers: str, process: str) -> Traces:
    """For one process of that kind (api, extraction, analysis), to be called in it and never before a fork.

    `headers` may hold a key, written as in OTEL_EXPORTER_OTLP_HEADERS. How many traces are kept says
    OTEL_TRACES_SAMPLER, more words for each span OTEL_RESOURCE_ATTRIBUTES, as everywhere with OpenTelemetry.
    """
    # Its own words come with every batch that is not taken.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    resource = Resource.create({"service.namespace": "vitae", "service.name": f"vitae-{process}"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # `Traces.close` has a limit, that has none
    exporter = _Exporter(_address(url), headers)
    provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=_SEND_SECONDS * 1000))
    return Traces(provider)


def _address(url: str) -> str:
    """A collector takes spans below its own address."""
    base = url.rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH


class _Exporter(SpanExporter):
    """Says once that the collector takes nothing, and once that it does again."""

    def __init__(self, url: str, headers: str) -> None:
        self._exporter = OTLPSpanExporter(url, headers=parse_env_headers(headers, liberal=True), timeout=_SEND_SECONDS)
        self._host = urlsplit(url).hostname
        self._taken = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        taken = result is SpanExportResult.SUCCESS
        if taken != self._taken:
            self._taken = taken
            event = "traces_taken_again" if taken else "traces_not_taken"
            log.warning(event, extra={"fields": {"collector": self._host}})
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()
