"""Decides whether a server should enforce a JSON schema; used by `app.routing.baml_client` for each call.

`clients.NAME.structured_output` sets it. Where it is unset, self-hosted servers are inspected: a recent enough vLLM
gets the schema, any other server does not. A server that refuses it is called without one for a while
(`app.routing.parameters.refused_parameters`), and so is a model that is known to have no support for schemas.
"""

import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from app.network.server_route import open_client
from app.routing.clients import Client
from app.routing.parameters.refused_parameters import RefusedParameters
from app.routing.refusals.parameter_complaints import RESPONSE_FORMAT

# `response_format` is older; since this version vLLM's engine compiles grammars next to the running batch.
OLDEST_VLLM = (0, 10)
_REMEMBER_SECONDS = 300.0  # a server that restarts with another version is noticed within this time
_REMEMBER_FAILURE_SECONDS = 15.0
_PROBE_SECONDS = 2.0  # a request waits for this probe, so it has to be short


class StructuredOutput:
    """Safe to share between threads; each server is inspected by one thread, from time to time."""

    def __init__(
        self,
        supports: Callable[[Client], bool | None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.refused = RefusedParameters(monotonic)
        self._supports = supports or is_capable_vllm
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._looking: dict[str, threading.Lock] = {}
        self._known: dict[str, tuple[float, bool]] = {}

    def wanted(self, client: Client) -> bool:
        if client.structured_output is False or not client.request_parameters.response_format:
            return False
        if RESPONSE_FORMAT in self.refused.of(client):
            return False
        if client.structured_output:
            return True
        if client.structured_output is None and (client.location != "local" or client.base_url is None):
            return False
        with self._lock:
            looking = self._looking.setdefault(client.endpoint, threading.Lock())
        with looking:  # the others of a burst wait for its result
            known = self._known.get(client.endpoint)
            if known and self._monotonic() < known[0]:
                return known[1]
            found = self._supports(client)
            seconds = _REMEMBER_FAILURE_SECONDS if found is None else _REMEMBER_SECONDS
            self._known[client.endpoint] = (self._monotonic() + seconds, found is True)
            return found is True


def is_capable_vllm(client: Client) -> bool | None:
    """By `owned_by` in `GET /v1/models` and by `GET /version`; None while the server does not respond. Never raises."""
    headers = {"Authorization": f"Bearer {client.api_key}"} if client.api_key else {}
    parts = urlsplit(client.base_url or "")
    root = parts.path.rstrip("/").removesuffix("/v1")  # `/version` is next to `/v1`, not below it
    version_url = urlunsplit((parts.scheme, parts.netloc, f"{root}/version", "", ""))
    try:
        with open_client(
            client.base_url or "",
            client.route,
            headers=headers,
            connect_seconds=client.connect_timeout_seconds,
            limit_seconds=_PROBE_SECONDS,
        ) as http:
            if not _lists_vllm(_json(http.get(f"{client.base_url}/models"))):
                return False
            version = _json(http.get(version_url)).get("version")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    found = re.match(r"v?(\d+)\.(\d+)", version) if isinstance(version, str) else None
    # A proxy may expose only `/v1`. If the guess is wrong, the server's refusal is understood.
    return found is None or (int(found[1]), int(found[2])) >= OLDEST_VLLM


def _lists_vllm(listing: dict[str, Any]) -> bool:
    entries = listing.get("data")
    models: list[Any] = entries if isinstance(entries, list) else []
    return any(isinstance(model, dict) and model.get("owned_by") == "vllm" for model in models)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        found: Any = response.json() if response.is_success else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}
