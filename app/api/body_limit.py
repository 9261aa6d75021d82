"""Ends a request whose body is too long while its bytes arrive, before they fill memory or disk.

An ASGI layer inside `app.api.boundary`. A `Content-Length` that is too big is answered before the first byte is read;
a chunked body is answered at the byte that is too many.
"""

from collections.abc import Mapping

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem_response
from app.errors import InputError, PayloadTooLarge, VitaeError

# After the answer the rest of a refused body is still taken in and thrown away for a moment: a connection that is
# closed while the client is sending would destroy the answer before it is read.
_DISCARD_SECONDS = 2.0
_DISCARD_BYTES = 64 * 1024 * 1024


class BodyLimit:
    """`limits_bytes` maps (method, path) to its own limit; all else has `limit_bytes`."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int, limits_bytes: Mapping[tuple[str, str], int]) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._limits_bytes = dict(limits_bytes)

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
        answered = False  # by the application
        refused = False  # by us

        async def receive_counted() -> Message:
            nonlocal taken, refused
            message = await receive()
            if message["type"] == "http.request" and not answered:
                taken += len(message.get("body", b""))
                if taken > limit:
                    refused = True
                    await _refuse(_too_large(limit), scope, receive, send)
                    # Ends the parser inside; what the application still says is not sent any more.
                    raise HTTPException(413)
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
        f"The body has more than {limit:,} bytes, the most that is accepted here. Send fewer or smaller files "
        "(settings limits.upload_bytes and limits.files_per_upload)."
    )


async def _refuse(problem: VitaeError, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_response(problem, scope.get("state", {}).get("request_id", ""), headers={"Connection": "close"})
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    # A client that waits for "100 Continue" has sent nothing and will not; asking for more would make it send.
    if "expect" not in Headers(scope=scope):
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
