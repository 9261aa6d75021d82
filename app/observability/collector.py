"""Exports spans to an OpenTelemetry collector with OTLP over HTTP. Loaded only if a collector is configured.

An unreachable, slow or hanging collector costs only its spans: a separate thread sends them, and a full queue drops
spans.
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

_SEND_SECONDS = 5.0  # for one batch, including retries
_PATH = "/v1/traces"


def connect(url: str, headers: str, process: str) -> Traces:
    """Traces of one process (api, extraction or analysis). Call it in that process, never before a fork.

    `headers` may contain a key, in the format of OTEL_EXPORTER_OTLP_HEADERS. As usual with OpenTelemetry,
    OTEL_TRACES_SAMPLER sets the sampling and OTEL_RESOURCE_ATTRIBUTES adds attributes to every span.
    """
    # The exporter logs an error for every rejected batch.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    resource = Resource.create({"service.namespace": "vitae", "service.name": f"vitae-{process}"})
    # The exit hook has no time limit, `Traces.close` has one.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = _Exporter(_address(url), headers)
    provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=_SEND_SECONDS * 1000))
    return Traces(provider)


def _address(url: str) -> str:
    """The collector's endpoint for traces, below its base URL."""
    base = url.rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH


class _Exporter(SpanExporter):
    """Logs once when the collector stops accepting spans, and once when it accepts them again."""

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
