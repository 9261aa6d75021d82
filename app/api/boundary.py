"""The outermost layer of the API: request ids, security headers, metrics, and a problem for every unexpected error.

`app.main.create_app` wraps everything else in it, so that even a bug is answered with `application/problem+json`.
"""

import logging
import re
import time
import uuid

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem_response, unexpected_problem
from app.observability.metrics import HTTP_REQUESTS, HTTP_SECONDS, Tally
from app.observability.tracing import NO_TRACES, TracedSpan, Traces

log = logging.getLogger(__name__)

REQUEST_ID_HEADER = "X-Request-Id"
_SERVER_ERROR = 500
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# What may pass from a request header into logs and responses: letters, digits and the punctuation of ids.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Boundary:
    def __init__(self, app: ASGIApp, tally: Tally, traces: Traces = NO_TRACES) -> None:
        self._app = app
        self._tally = tally
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        traces = self._traces if _is_of_the_api(scope) else NO_TRACES  # probes and pages are not traced
        with traces.span(_method(scope), SpanKind.SERVER, parent=asked.get("traceparent")) as span:
            await self._answer(scope, receive, send, asked, span)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, asked: Headers, span: TracedSpan) -> None:
        request_id = _request_id(asked.get(REQUEST_ID_HEADER))
        scope.setdefault("state", {})["request_id"] = request_id
        begun = time.perf_counter()
        answered = False

        async def send_marked(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Referrer-Policy", "no-referrer")
                if _is_of_the_api(scope):  # keeps personal data out of every cache on the way
                    headers.setdefault("Cache-Control", "no-store")
                self._count(scope, message["status"], time.perf_counter() - begun)
                _describe(span, scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:  # the last line of defence: any error is logged and answered
            log.exception(
                "request_crashed", extra={"fields": {"request_id": request_id, "route": route_template(scope)}}
            )
            if not answered:
                await problem_response(unexpected_problem(), request_id)(scope, receive, send_marked)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = _method(scope)
        route = route_template(scope)
        self._tally.count(HTTP_REQUESTS, method, route, str(status))
        self._tally.observe(HTTP_SECONDS, method, route, seconds=seconds)


def _is_of_the_api(scope: Scope) -> bool:
    return str(scope["path"]).startswith("/v1/")


def _method(scope: Scope) -> str:
    return str(scope["method"]) if scope["method"] in _METHODS else "other"


def _describe(span: TracedSpan, scope: Scope, status: int) -> None:
    """Named by the route, as in the metrics: the address itself may contain an id or search words."""
    method, route = _method(scope), route_template(scope)
    span.name(f"{method} {route}")
    span.note({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= _SERVER_ERROR:
        span.fail(str(status))


def route_template(scope: Scope) -> str:
    """`/v1/resumes/{resume_id}`, never the address itself: ids do not belong in labels and logs."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _request_id(given: str | None) -> str:
    return given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
