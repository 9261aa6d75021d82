"""Checks the health of model servers: up, saturated or down. Called by the scheduler through
`app.pipeline.operations.watch_clients`.

vLLM reports through `/health` and `/metrics`. Hosted providers have no such endpoints: the circuit breakers judge them
by real traffic only.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import httpx

from app.observability.vllm_metrics import ServerMetrics, read_server_metrics

Health = Literal["up", "saturated", "down"]

_SATURATED_WAITING = 1.0  # a request that waits in the server means that its batch is full
_SATURATED_CACHE = 0.98  # of the KV cache; above it vLLM preempts running requests


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """`waiting` and `running` count all of the server's requests, from any sender; None if it does not report them."""

    health: Health
    reason: str | None = None
    waiting: int | None = None
    running: int | None = None
    server: ServerMetrics | None = None  # the server's own metrics; None while it is down


def check_endpoint(
    base_url: str, api_key: str | None, *, connect_seconds: float, limit_seconds: float
) -> EndpointHealth:
    """Never raises. A server without `/health` (Ollama, LM Studio) counts as up if it lists its models."""
    root = _root_of(base_url)
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    limits = httpx.Timeout(limit_seconds, connect=min(limit_seconds, connect_seconds))
    try:
        with httpx.Client(timeout=limits, headers=headers) as http:
            answer = http.get(f"{root}/health")
            if answer.status_code == 404:
                answer = http.get(f"{base_url}/models")
            if not answer.is_success:
                return EndpointHealth("down", f"http_{answer.status_code}")
            metrics = http.get(f"{root}/metrics")
            text = metrics.text if metrics.is_success else ""
    except httpx.TimeoutException:
        return EndpointHealth("down", "timeout")
    except (httpx.HTTPError, httpx.InvalidURL):
        return EndpointHealth("down", "unreachable")
    return read_metrics(text)


def ask_for_one_word(
    base_url: str, model: str | None, api_key: str | None, *, connect_seconds: float, limit_seconds: float
) -> str | None:
    """Request a first response from a started server. Returns None on success, otherwise the reason. Never raises."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    limits = httpx.Timeout(limit_seconds, connect=min(limit_seconds, connect_seconds))
    body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "Say: ready"}]}
    try:
        answer = httpx.post(f"{base_url}/chat/completions", headers=headers, timeout=limits, json=body)
    except httpx.TimeoutException:
        return "timeout"
    except (httpx.HTTPError, httpx.InvalidURL):
        return "unreachable"
    return None if answer.is_success else f"http_{answer.status_code}"


def read_metrics(text: str) -> EndpointHealth:
    """Up unless the metrics show that the server is full. A server without metrics counts as up."""
    server = read_server_metrics(text)
    waiting, running = server.gauges.get("requests_waiting"), server.gauges.get("requests_running")
    queued = None if waiting is None else int(waiting)
    busy = None if running is None else int(running)
    if queued is not None and queued >= _SATURATED_WAITING:
        return EndpointHealth("saturated", f"{queued} requests are waiting in the server", queued, busy, server)
    if server.kv_cache_ratio is not None and server.kv_cache_ratio >= _SATURATED_CACHE:
        return EndpointHealth("saturated", "its KV cache is full", queued, busy, server)
    return EndpointHealth("up", None, queued, busy, server)


def _root_of(base_url: str) -> str:
    """The server's root: vLLM serves `/health` and `/metrics` next to `/v1`, not below it."""
    parts = urlsplit(base_url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/").removesuffix("/v1"), "", ""))
