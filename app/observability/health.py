"""Checks the health of model servers: up, saturated or down; lists their models; requests one word.

Called by the scheduler through `app.pipeline.operations.watch_clients`, by `vitae doctor` and `vitae clients test`.

vLLM reports through `/health` and `/metrics`. Hosted providers have no such endpoints: the circuit breakers judge them
by real traffic only.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import httpx

from app.network.server_route import DIRECT, ServerRoute, open_client
from app.observability.vllm_metrics import ServerMetrics, read_server_metrics

Health = Literal["up", "saturated", "down"]

_SATURATED_WAITING = 1.0  # a request that waits in the server means that its batch is full
_SATURATED_CACHE = 0.98  # of the KV cache; above it vLLM preempts running requests
_TINY_SCHEMA = {
    "type": "object",
    "properties": {"fruit": {"type": "string", "maxLength": 12}},
    "required": ["fruit"],
    "additionalProperties": False,
}
# `ValueError`: the address, the proxy or the file of certificates cannot be used.
_NOT_REACHED = (httpx.HTTPError, httpx.InvalidURL, ValueError)
_ABOUT_SCHEMA = re.compile(r"response_format|json_schema|schema|grammar", re.IGNORECASE)


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
class JsonWord:
    """The result of a tiny request with a JSON schema. `is_json`: the server enforced it."""

    failure: str | None
    seconds: float
    is_json: bool = False
    schema_refused: bool = False


@dataclass(frozen=True, slots=True)
class ModelListing:
    """What `GET {base_url}/models` returned. `failure` None means that it was a list of models."""

    failure: str | None
    names: tuple[str, ...] = ()
    context_tokens: int | None = None  # of the requested model, where the server reports it (vLLM, SGLang)


def check_endpoint(
    base_url: str,
    api_key: str | None,
    *,
    connect_seconds: float,
    limit_seconds: float,
    route: ServerRoute = DIRECT,
) -> EndpointHealth:
    """Never raises. A server without `/health` (Ollama, LM Studio) counts as up if it lists its models."""
    root = root_of(base_url)
    try:
        with open_client(
            base_url, route, headers=_bearer(api_key), connect_seconds=connect_seconds, limit_seconds=limit_seconds
        ) as http:
            answer = http.get(f"{root}/health")
            if answer.status_code == 404:
                answer = http.get(f"{base_url}/models")
            if not answer.is_success:
                return EndpointHealth("down", f"http_{answer.status_code}")
            metrics = http.get(f"{root}/metrics")
            text = metrics.text if metrics.is_success else ""
    except _NOT_REACHED as error:
        return EndpointHealth("down", _failure(error))
    return read_metrics(text)


def ask_for_one_word(
    base_url: str,
    model: str | None,
    api_key: str | None,
    *,
    connect_seconds: float,
    limit_seconds: float,
    route: ServerRoute = DIRECT,
) -> FirstWord:
    """Request a first response from a self-hosted server. Never raises."""
    body = {"model": model, "max_tokens": 1, "messages": [{"role": "user", "content": "Say: ready"}]}
    began = time.monotonic()
    failure = None
    try:
        with open_client(
            base_url, route, headers=_bearer(api_key), connect_seconds=connect_seconds, limit_seconds=limit_seconds
        ) as http:
            answer = http.post(f"{base_url}/chat/completions", json=body)
        if not answer.is_success:
            failure = f"http_{answer.status_code}"
        elif not _json_of(answer).get("choices"):
            failure = "not_a_completion"
    except _NOT_REACHED as error:
        failure = _failure(error)
    return FirstWord(failure, time.monotonic() - began)


def ask_for_json(
    base_url: str,
    model: str | None,
    api_key: str | None,
    *,
    connect_seconds: float,
    limit_seconds: float,
    route: ServerRoute = DIRECT,
) -> JsonWord:
    """Request a tiny answer with a JSON schema that the prompt does not mention. Never raises.

    A server that enforces the schema returns JSON, one that ignores it a word, one that knows none refuses.
    """
    body = {
        "model": model,
        "max_tokens": 16,
        "temperature": 0,
        "messages": [{"role": "user", "content": "Name a fruit. Reply with one word."}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "tiny", "schema": _TINY_SCHEMA}},
    }
    began = time.monotonic()
    try:
        with open_client(
            base_url, route, headers=_bearer(api_key), connect_seconds=connect_seconds, limit_seconds=limit_seconds
        ) as http:
            answer = http.post(f"{base_url}/chat/completions", json=body)
    except _NOT_REACHED as error:
        return JsonWord(_failure(error), time.monotonic() - began)
    seconds = time.monotonic() - began
    if not answer.is_success:
        refused = answer.status_code in {400, 422} and _ABOUT_SCHEMA.search(answer.text) is not None
        return JsonWord(f"http_{answer.status_code}", seconds, schema_refused=refused)
    return JsonWord(None, seconds, is_json=_is_tiny_json(_json_of(answer)))


def _is_tiny_json(body: dict[str, Any]) -> bool:
    try:
        text = body["choices"][0]["message"]["content"]
        return isinstance(json.loads(text), dict)
    except (LookupError, TypeError, ValueError):
        return False


def list_models(
    base_url: str,
    model: str | None,
    headers: Mapping[str, str],
    *,
    connect_seconds: float,
    limit_seconds: float,
    route: ServerRoute = DIRECT,
) -> ModelListing:
    """Never raises."""
    try:
        with open_client(
            base_url, route, headers=headers, connect_seconds=connect_seconds, limit_seconds=limit_seconds
        ) as http:
            answer = http.get(f"{base_url}/models")
    except _NOT_REACHED as error:
        return ModelListing(_failure(error))
    if not answer.is_success:
        return ModelListing(f"http_{answer.status_code}")
    entries = _json_of(answer).get("data")
    if not isinstance(entries, list):
        return ModelListing("not_a_list")
    models: list[dict[str, Any]] = [entry for entry in entries if isinstance(entry, dict)]
    named = [entry for entry in models if entry.get("id") == model] or (models if len(models) == 1 else [])
    size = named[0].get("max_model_len") if named else None
    names = tuple(str(entry["id"]) for entry in models if entry.get("id"))
    return ModelListing(None, names, size if isinstance(size, int) and size > 0 else None)


def read_loaded_context(
    base_url: str,
    model: str | None,
    headers: Mapping[str, str],
    *,
    connect_seconds: float,
    limit_seconds: float,
    route: ServerRoute = DIRECT,
) -> int | None:
    """The context that a self-hosted server has loaded its model with, from its own API; None if it has none.

    It may be far smaller than what the model could do: Ollama's default is 4,096 tokens on most computers.
    """
    root = root_of(base_url)
    try:
        with open_client(
            base_url, route, headers=headers, connect_seconds=connect_seconds, limit_seconds=limit_seconds
        ) as http:
            for path, read in _LOADED_CONTEXTS:
                answer = http.get(f"{root}{path}")
                size = read(_json_of(answer), model) if answer.is_success else None
                if isinstance(size, int) and size > 0:
                    return size
    except _NOT_REACHED:
        return None
    return None


def _llama_cpp_context(body: dict[str, Any], _: str | None) -> Any:
    settings = body.get("default_generation_settings")
    return settings.get("n_ctx") if isinstance(settings, dict) else None


def _ollama_context(body: dict[str, Any], model: str | None) -> Any:
    return _of_model(body.get("models"), "name", model, "context_length")


def _lm_studio_context(body: dict[str, Any], model: str | None) -> Any:
    return _of_model(body.get("data"), "id", model, "loaded_context_length")


def _of_model(entries: Any, name_key: str, model: str | None, size_key: str) -> Any:
    models: list[dict[str, Any]] = (
        [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    )
    wanted = {model, f"{model}:latest"}  # Ollama's name for a model without a tag
    return next((each.get(size_key) for each in models if each.get(name_key) in wanted), None)


_LOADED_CONTEXTS: tuple[tuple[str, Callable[[dict[str, Any], str | None], Any]], ...] = (
    ("/props", _llama_cpp_context),
    ("/api/ps", _ollama_context),
    ("/api/v0/models", _lm_studio_context),
)


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
