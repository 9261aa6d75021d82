"""Checks that prompt and answer fit a client's context before anything is sent; nothing is ever shortened.

Called by the router for each client it is about to call. The room for the answer is what the context leaves, at most
the client's `max_output_tokens`; a client with too little room for the answer is skipped.
"""

import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from app.network.server_route import open_client
from app.routing.clients import Client

# Input and output together, as OpenAI publishes them; the first matching pattern counts.
_KNOWN_CONTEXT_TOKENS: tuple[tuple[str, int], ...] = (
    (r"gpt-4\.1", 1_047_576),
    (r"(chatgpt-)?gpt-?4o", 128_000),
    (r"gpt-5", 400_000),
    (r"o[134](-|$)", 200_000),
    (r"gpt-4-turbo", 128_000),
    (r"gpt-4", 8_192),
    (r"gpt-3\.5-turbo", 16_385),
)
_LEAST_ANSWER_TOKENS = 256  # room for a very short profile
_CHAT_FRAME_TOKENS = 16  # role markers that a chat template adds around two messages
_REMEMBER_SECONDS = 300.0  # a server that restarts with another limit is noticed within this time
_REMEMBER_FAILURE_SECONDS = 15.0
_PROBE_SECONDS = 2.0  # a request waits for this probe, so it has to be short


@dataclass(frozen=True, slots=True)
class Fits:
    """`answer_tokens` is the longest answer that may be requested."""

    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class TooSmall:
    """`needed_tokens` is an estimate for prompt and answer together."""

    needed_tokens: int
    context_tokens: int

    @property
    def reason(self) -> str:
        return f"holds {self.context_tokens:,} tokens, about {self.needed_tokens:,} are needed"


def check_length(
    *,
    prompt_tokens: int,
    argument_tokens: int,
    answer_tokens_per_input_token: float,
    max_output_tokens: int,
    context_tokens: int | None,
) -> Fits | TooSmall:
    """`context_tokens` None means unknown: then the server decides (its refusal is the outcome too_long)."""
    expected = max(_LEAST_ANSWER_TOKENS, math.ceil(argument_tokens * answer_tokens_per_input_token))
    prompt = prompt_tokens + _CHAT_FRAME_TOKENS
    if context_tokens is None:
        return Fits(prompt, max_output_tokens)
    needed = prompt + min(expected, max_output_tokens)
    if needed > context_tokens:
        return TooSmall(needed, context_tokens)
    return Fits(prompt, min(max_output_tokens, context_tokens - prompt))


class ContextSizes:
    """How many tokens a client's prompt and answer may have together: configured, known, or reported by its server."""

    def __init__(
        self, fetch: Callable[[Client], int | None] | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch or fetch_context_tokens
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}
        self._known: dict[str, tuple[float, int | None]] = {}

    def __call__(self, client: Client) -> int | None:
        if client.context_tokens is not None:
            return client.context_tokens
        if client.base_url is None:
            return known_context_tokens(client.model)
        key = f"{client.endpoint} {client.model}"
        with self._lock:
            asking = self._asking.setdefault(key, threading.Lock())
        with asking:  # one thread asks the server, the others wait for its answer
            remembered = self._known.get(key)
            if remembered and self._monotonic() < remembered[0]:
                return remembered[1]
            size = self._fetch(client)
            lasting = _REMEMBER_SECONDS if size is not None else _REMEMBER_FAILURE_SECONDS
            self._known[key] = (self._monotonic() + lasting, size)
            return size


def known_context_tokens(model: str | None) -> int | None:
    """The published context of an OpenAI model; None for any other."""
    name = (model or "").lower()
    return next((tokens for pattern, tokens in _KNOWN_CONTEXT_TOKENS if re.match(pattern, name)), None)


def fetch_context_tokens(client: Client) -> int | None:
    """Read `GET {base_url}/models` (vLLM reports `max_model_len`), else what is known about the model. Never raises."""
    headers = {"Authorization": f"Bearer {client.api_key}"} if client.api_key else {}
    address = client.base_url or ""
    try:
        with open_client(
            address,
            client.route,
            headers=headers,
            connect_seconds=client.connect_timeout_seconds,
            limit_seconds=_PROBE_SECONDS,
        ) as http:
            response = http.get(f"{address}/models")
        listing: Any = response.json() if response.is_success else {}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        listing = {}
    entries = listing.get("data") if isinstance(listing, dict) else None
    models: list[dict[str, Any]] = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    named = [m for m in models if m.get("id") == client.model] or (models if len(models) == 1 else [])
    size = named[0].get("max_model_len") if named else None
    return size if isinstance(size, int) and size > 0 else known_context_tokens(client.model)
