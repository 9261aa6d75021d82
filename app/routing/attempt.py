"""The outcome of one attempt to call a model: filled by the router, priced by the ledger, stored by the pipeline."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock
from typing import Any, Literal

Outcome = Literal[
    "ok",
    "partial",  # the answer was cut off or repeated itself; its complete entries are used
    "parse_error",  # an answer came, but not in the agreed shape
    "cut_off",  # the same, and too little of it is usable (any finish reason but "stop")
    "timeout",  # no complete answer in time; the provider may bill it
    "unreachable",  # no connection: nothing was sent, nothing is billed
    "rate_limited",  # 429, 529, or an overloaded server: a later request may succeed
    "server_error",  # 5xx, a broken connection, or a body that is not a completion
    "rejected",  # another 4xx: the same request would be refused again
    "unauthorised",  # the key is wrong, or its account has no credit: no request will succeed
    "cancelled",  # the caller disconnected
    "too_long",  # the server reports that prompt and answer exceed its context
    "lost",  # the worker died: sent, perhaps billed, the answer never seen
]
Location = Literal["local", "hosted"]
Billing = Literal["per_token", "self_hosted"]

# The outcomes of attempts whose answer is used.
ANSWERED: frozenset[Outcome] = frozenset({"ok", "partial"})
# A request refused with a status is not billed; these outcomes may have made the model work.
WORKED: frozenset[Outcome] = frozenset({*ANSWERED, "parse_error", "cut_off", "timeout", "cancelled", "lost"})


class ModelCallsUnavailable(RuntimeError):
    """No model can be called from this process, whatever the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """As providers bill them: cached and cache-write tokens are part of the input, reasoning tokens of the output.

    `service_tier` is the one the response names: `standard`, `flex`, `priority`, `batch`, or a word without a price.
    """

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    estimated: bool = False
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    service_tier: str = "standard"

    def __post_init__(self) -> None:
        parts = (self.cached_tokens, self.cache_write_tokens, self.reasoning_tokens, self.output_tokens)
        of_input = self.cached_tokens + self.cache_write_tokens
        if min(parts) < 0 or of_input > self.input_tokens or self.reasoning_tokens > self.output_tokens:
            raise ValueError(f"impossible token counts: {self}")


@dataclass(frozen=True, slots=True)
class ModelResult:
    """The return value of a model caller, also for a failed call; `error` never contains words of prompt or answer."""

    outcome: Outcome
    latency_ms: int
    usage: TokenUsage
    value: dict[str, Any] | None = None  # set exactly when the outcome is ok or partial
    http_status: int | None = None
    error: str | None = None  # short and code-like, such as "http_503" or "connection_reset"
    retry_after_seconds: float | None = None
    first_token_ms: int | None = None  # None: nothing came, or the answer was not streamed
    broken_by: Outcome | None = None  # of a partial answer: its outcome if nothing of it had been usable
    first_token_limit_seconds: float | None = None  # set where it was not the configured one
    refused_parameter: str | None = None  # the call may succeed without it


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One row of the ledger before it is priced. `number` counts from 1 within one `Router.ask`."""

    number: int
    function: str
    client: str
    model: str | None
    location: Location
    billing: Billing
    outcome: Outcome
    http_status: int | None
    error: str | None
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    tokens_estimated: bool
    started_at: datetime
    latency_ms: int | None  # None: answered in a batch, or its end was not observed
    prompt_version: str
    service_tier: str = "standard"
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    first_token_ms: int | None = None
    first_token_limit_seconds: float | None = None  # set where it was not the configured one


class Cancellation:
    """Lets another thread end running model calls and pauses between them (a worker that has to stop)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cancelled = Event()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def pause(self, seconds: float) -> None:
        """Like `time.sleep`, but cancelling ends it."""
        self._cancelled.wait(seconds)

    def cancel(self) -> None:
        with self._lock:
            self._cancelled.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def attach(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` on `cancel` (at once if already cancelled); returns a function that detaches it again."""
        with self._lock:
            already = self._cancelled.is_set()
            if not already:
                self._callbacks.append(callback)
        if already:
            callback()
        return lambda: self._detach(callback)

    def _detach(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
