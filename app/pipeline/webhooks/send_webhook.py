"""Sends one event to one webhook and returns the outcome. Called by `app.pipeline.webhooks.deliver_webhooks` in
threads.

The name is resolved and the connection made here, to a checked address, so that a name that changes its address between
check and call (DNS rebinding) gains nothing. Redirects are not followed.
"""

import ipaddress
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.clock import Clock
from app.messaging.public_address import Network, is_allowed, lies_in
from app.messaging.webhook_signature import signed_headers
from app.network.limited_stream import LimitReached, Limits, NotConnected, system_addresses
from app.routing.servers.chat_completion import read_retry_after
from app.routing.servers.http_exchange import Exchange
from app.storage.webhook_deliveries import DueDelivery, message_id

_CONNECT_SECONDS = 5.0
_GONE = 410


@dataclass(frozen=True, slots=True)
class Sent:
    """`error` None: the receiver accepted it. `gone`: it wants no more events."""

    latency_ms: int
    status: int | None = None
    error: str | None = None
    retry_after_seconds: float | None = None

    @property
    def gone(self) -> bool:
        return self.status == _GONE


class WebhookSender:
    """Safe to share between threads."""

    def __init__(self, clock: Clock, *, timeout_seconds: float, allowed_networks: Sequence[Network]) -> None:
        self._clock = clock
        self._limits = Limits(
            connect_seconds=min(_CONNECT_SECONDS, timeout_seconds),
            first_token_seconds=timeout_seconds,
            stall_seconds=timeout_seconds,
            total_seconds=timeout_seconds,
        )
        self._allowed = allowed_networks

    def send(self, due: DueDelivery) -> Sent:
        """Never raises for anything the receiver or the network does."""
        body = payload(due.kind, due.body, due.happened_at.isoformat())
        headers = {
            "content-type": "application/json",
            "user-agent": "Vitae-Webhooks/1",
            **signed_headers(message_id(due.id), self._clock(), body, due.secrets),
        }
        secure = urlsplit(due.url).scheme == "https"
        began = time.perf_counter()

        def resolve(host: str, port: int) -> Sequence[tuple[Any, ...]]:
            found = system_addresses(host, port)
            # Unencrypted only to networks that belong to the operator.
            kept = [one for one in found if self._may_reach(one[4][0], secure=secure)]
            if found and not kept:
                raise NotConnected("address_not_allowed")
            return kept

        status: int | None = None
        retry_after: float | None = None
        try:
            with Exchange(due.url, headers, body, self._limits, resolve) as exchange:
                head = exchange.open(None)
            status, retry_after = head.status, read_retry_after(head.headers)
            error = None if 200 <= status < 300 else "redirected" if 300 <= status < 400 else f"http_{status}"
        except NotConnected as failure:
            error = failure.code
        except LimitReached:
            error = "timeout"
        except (OSError, ValueError):
            error = "connection_broken"
        return Sent(round((time.perf_counter() - began) * 1000), status, error, retry_after)

    def _may_reach(self, address: str, *, secure: bool) -> bool:
        if secure:
            return is_allowed(address, self._allowed)
        try:
            literal = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return lies_in(literal, self._allowed)


def payload(kind: str, body: Mapping[str, Any], happened_at: str) -> bytes:
    """`{"type", "timestamp", "data"}`: ids, states and links, never resume text."""
    told: dict[str, Any] = dict(body)
    if kind.startswith("resume."):
        resume_id = body["id"]
        told["links"] = {"self": f"/v1/resumes/{resume_id}", "document": f"/v1/resumes/{resume_id}/document"}
    return json.dumps({"type": kind, "timestamp": happened_at, "data": told}, separators=(",", ":")).encode()
