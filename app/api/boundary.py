"""The outermost layer of the API: a request id in and out, safe headers, metrics, and a problem for every surprise.

`app.main.create_app` puts it around everything else, so that not even a bug answers without `application/problem+json`.
"""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem_response, unexpected_problem
from app.observability.metrics import HTTP_REQUESTS, HTTP_SECONDS, Tally

log = logging.getLogger(__name__)

REQUEST_ID_HEADER = "X-Request-Id"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# What may pass from a stranger's header into logs and answers: letters, digits and the signs ids are made of.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Boundary:
    def __init__(self, app: ASGIApp, tally: Tally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
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
                if str(scope["path"]).startswith("/v1/"):  # personal data stays out of every cache on the way
                    headers.setdefault("Cache-Control", "no-store")
                self._count(scope, message["status"], time.perf_counter() - begun)
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:  # the last line of defence: whatever it was, it is logged and answered
            log.exception(
                "request_crashed", extra={"fields": {"request_id": request_id, "route": route_template(scope)}}
            )
            if not answered:
                await problem_response(unexpected_problem(), request_id)(scope, receive, send_marked)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = route_template(scope)
        self._tally.count(HTTP_REQUESTS, method, route, str(status))
        self._tally.observe(HTTP_SECONDS, method, route, seconds=seconds)


def route_template(scope: Scope) -> str:
    """`/v1/resumes/{resume_id}`, never the address itself: ids do not belong into labels and logs."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _request_id(given: str | None) -> str:
    return given if given and _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
