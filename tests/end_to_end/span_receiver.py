"""A trace collector on a real socket: accepts OpenTelemetry spans by OTLP over HTTP and keeps them."""

import gzip
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class ReceivedSpan:
    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    failed: bool
    began_ns: int
    ended_ns: int


class SpanReceiver:
    """After `hold`, it accepts a request but does not respond until `release`."""

    def __init__(self, port: int = 0) -> None:
        self.bodies: list[bytes] = []
        self.paths: set[str] = set()
        self.headers: dict[str, str] = {}
        self.held = threading.Event()
        self._free = threading.Event()
        self._free.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def spans(self) -> list[ReceivedSpan]:
        return [
            ReceivedSpan(
                service={one.key: one.value.string_value for one in resource.resource.attributes}["service.name"],
                name=span.name,
                kind=span.kind,
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent_id=span.parent_span_id.hex(),
                attributes={one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes},
                failed=span.status.code == span.status.STATUS_CODE_ERROR,
                began_ns=span.start_time_unix_nano,
                ended_ns=span.end_time_unix_nano,
            )
            for body in list(self.bodies)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                if not receiver._free.is_set():
                    receiver.held.set()
                    receiver._free.wait()
                receiver.paths.add(self.path)
                receiver.headers = dict(self.headers.items())
                receiver.bodies.append(body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the class above
                """Log nothing."""

        return Handler


@contextmanager
def receiving_spans(port: int = 0) -> Generator[SpanReceiver]:
    receiver = SpanReceiver(port)
    try:
        yield receiver
    finally:
        receiver.close()
