"""Checks the health of model servers: up, saturated or down; lists their models; requests one word.

Called by the scheduler through `app.pipeline.operations.watch_clients`, by `vitae doctor` and `vitae clients test`.

vLLM reports through `/health` and `/metrics`. Hosted providers have no such endpoints: the circuit breakers judge them
by real traffic only.
"""

import functools
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
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


@dataclass(frozen=True, slots=True)
class FirstWord:
    """The result of a tiny request. `failure` None means that the model answered it."""

    failure: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class ModelListing:
    """What `GET {base_url}/models` returned. `failure` None means that it was a list of models."""

    failure: str | None
    names: tuple[str, ...] = ()
    context_tokens: int | None = None  # of the requested model, where the server reports it (vLLM, SGLang)


def check_endpoint(
    base_url: str, api_key: str | None, *, connect_seconds: float, limit_seconds: float
) -> EndpointHealth:
    """Never raises. A server without `/health` (Ollama, LM Studio) counts as up if it lists its models."""
    root = root_of(base_url)
    try:
        with connect(_bearer(api_key), connect_seconds=connect_seconds, limit_seconds=limit_seconds) as http:
            answer = http.get(f"{root}/health")
            if answer.status_code == 404:
                answer = http.get(f"{base_url}/models")
            if not answer.is_success:
                return EndpointHealth("down", f"http_{answer.status_code}")
            metrics = http.get(f"{root}/metrics")
            text = metrics.text if metrics.is_success else ""
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return EndpointHealth("down", _failure(error))
    return read_metrics(text)


def ask_for_one_word(
    base_url: str, model: str | None, api_key: str | None, *, connect_seconds: float, limit_seconds: float
) -> FirstWord:
    """Request a first response from a self-hosted server. Never raises."""
    body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "Say: ready"}]}
    began = time.monotonic()
    failure = None
    try:
        with connect(_bearer(api_key), connect_seconds=connect_seconds, limit_seconds=limit_seconds) as http:
            answer = http.post(f"{base_url}/chat/completions", json=body)
        if not answer.is_success:
            failure = f"http_{answer.status_code}"
        elif not _json_of(answer).get("choices"):
            failure = "not_a_completion"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        failure = _failure(error)
    return FirstWord(failure, time.monotonic() - began)


def list_models(
    base_url: str,
    model: str | None,
    headers: Mapping[str, str],
    *,
    connect_seconds: float,
    limit_seconds: float,
    direct: bool = True,
) -> ModelListing:
    """`direct` as in `connect`. Never raises."""
    try:
        with connect(headers, connect_seconds=connect_seconds, limit_seconds=limit_seconds, direct=direct) as http:
            answer = http.get(f"{base_url}/models")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return ModelListing(_failure(error))
    if not answer.is_success:
        return ModelListing(f"http_{answer.status_code}")
    entries = _json_of(answer).get("data")
    if not isinstance(entries, list):
        return ModelListing("not_a_list")
    models: list[dict[str, Any]] = [entry for entry in entries if isinstance(entry, dict)]
    size = next((entry.get("max_model_len") for entry in models if entry.get("id") == model), None)
    names = tuple(str(entry["id"]) for entry in models if entry.get("id"))
    return ModelListing(None, names, size if isinstance(size, int) and size > 0 else None)


def connect(
    headers: Mapping[str, str], *, connect_seconds: float, limit_seconds: float, direct: bool = True
) -> httpx.Client:
    """`direct`: without a proxy, as calls to self-hosted servers must be."""
    limits = httpx.Timeout(limit_seconds, connect=min(limit_seconds, connect_seconds))
    return httpx.Client(timeout=limits, headers=dict(headers), trust_env=not direct, verify=_tls())


def root_of(base_url: str) -> str:
    """The server's root: vLLM serves `/health` and `/metrics` next to `/v1`, not below it."""
    parts = urlsplit(base_url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/").removesuffix("/v1"), "", ""))


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


def _bearer(api_key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def _failure(error: Exception) -> str:
    return "timeout" if isinstance(error, httpx.TimeoutException) else "unreachable"


def _json_of(answer: httpx.Response) -> dict[str, Any]:
    try:
        found: Any = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@functools.cache
def _tls() -> ssl.SSLContext:
    """The certificates of httpx or of SSL_CERT_FILE, for direct connections too."""
    return httpx.create_ssl_context()
