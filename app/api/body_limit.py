"""Ends a request whose body is too large or stops arriving, before its bytes fill memory or disk.

An ASGI layer inside `app.api.boundary`. A `Content-Length` that is too large is refused before the first byte is read;
a chunked body is refused at the first byte beyond the limit.
"""

from collections.abc import Mapping

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import STATUS_OF_CODE, RequestTimeout, problem_response
from app.errors import InputError, PayloadTooLarge, VitaeError

# After a refusal the rest of the body is still read and discarded for a moment: closing the connection while the client
# is sending would destroy the response before the client reads it.
_DISCARD_SECONDS = 2.0
_DISCARD_BYTES = 64 * 1024 * 1024
# A body that stops arriving for this long is given up: the client is gone or hostile.
STALL_SECONDS = 30.0


class BodyLimit:
    """`limits_bytes` maps (method, path) to its own limit; every other request has `limit_bytes`."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit_bytes: int,
        limits_bytes: Mapping[tuple[str, str], int],
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._limits_bytes = dict(limits_bytes)
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits_bytes.get((scope["method"], scope["path"]), self._limit_bytes)
        announced = Headers(scope=scope).get("content-length")
        refusal = None if announced is None else _refusal(announced, limit)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        taken = 0
        complete = False  # the body; after it only the client's disconnect arrives, which has no time limit
        answered = False  # by the application
        refused = False  # by us

        async def refuse(problem: VitaeError) -> HTTPException:
            """Stops the parser inside; nothing more that the application writes is sent."""
            nonlocal refused
            refused = True
            await _refuse(problem, scope, receive, send)
            return HTTPException(STATUS_OF_CODE[problem.code])

        async def receive_counted() -> Message:
            nonlocal taken, complete
            if complete or answered:
                return await receive()
            message: Message | None = None
            with anyio.move_on_after(self._stall_seconds):
                message = await receive()
            if message is None:
                raise await refuse(_stalled(self._stall_seconds))
            complete = message["type"] != "http.request" or not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > limit:
                raise await refuse(_too_large(limit))
            return message

        async def send_unless_refused(message: Message) -> None:
            nonlocal answered
            if not refused:
                answered = True
                await send(message)

        await self._app(scope, receive_counted, send_unless_refused)


def _refusal(announced: str, limit: int) -> VitaeError | None:
    if not announced.isdigit():
        return InputError("The header Content-Length is not a number.")
    return _too_large(limit) if int(announced) > limit else None


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"The body is larger than {limit:,} bytes, the most that is accepted here. Send fewer or smaller files "
        "(settings limits.upload_bytes and limits.files_per_upload)."
    )


def _stalled(seconds: float) -> RequestTimeout:
    return RequestTimeout(f"The body stopped arriving for {seconds:g} seconds. Send the request again.")


async def _refuse(problem: VitaeError, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(problem, scope.get("state", {}).get("request_id", ""), headers={"Connection": "close"})
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    # A client that waits for "100 Continue" has sent nothing yet; reading more would make it send the body.
    if "expect" not in Headers(scope=scope) and not isinstance(problem, RequestTimeout):
        with anyio.move_on_after(_DISCARD_SECONDS):
            await _discard(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _discard(receive: Receive) -> None:
    discarded = 0
    while discarded < _DISCARD_BYTES:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            return
        discarded += len(message.get("body", b""))
