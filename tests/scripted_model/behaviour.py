"""How the scripted model handles calls, and in which order: values for tests and script files."""

import json
import threading
import time
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

Kind = Literal[
    "ok",  # a truthful answer, or `answer` if set
    "lies",  # a well-formed answer full of invented values
    "prose",  # a polite sentence instead of JSON
    "malformed",  # the HTTP body is not JSON
    "truncated",  # half an answer, or all of `answer`, with finish_reason "length"
    "wrong_model",  # a truthful answer that names a different model
    "error",  # `status` with an error body; `retry_after` becomes a header
    "too_long",  # a 400 in vLLM's words for a prompt and answer beyond the context
    "hang_before_headers",  # no byte at all
    "hang_after_headers",  # headers, then nothing
    "cut_body",  # half the body, then the connection closes
    "stall",  # half the answer of a stream, then nothing
    "trickle",  # the body byte by byte, `latency_seconds` apart
    "reset",  # the connection is reset as soon as the request has been read
]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One kind of response. `answer` is the text of the message, or a value that is dumped as JSON."""

    kind: Kind = "ok"
    latency_seconds: float = 0.0  # before the first byte; for `trickle`, between two bytes
    token_seconds: float = 0.0  # between two chunks of a streamed answer
    status: int = 500
    retry_after: str | None = None
    error_message: str = "scripted failure"
    answer: Any = None
    prompt_tokens: int | None = None  # None: estimated by the server
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    report_usage: bool = True

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Behaviour":
        known = {f.name for f in fields(cls)}
        unknown = set(value) - known
        if unknown:
            raise ValueError(f"unknown behaviour fields {sorted(unknown)}; known are {sorted(known)}")
        if value.get("kind", "ok") not in get_args(Kind):
            raise ValueError(f"unknown kind {value['kind']!r}; known are {get_args(Kind)}")
        return cls(**value)


@dataclass(frozen=True, slots=True)
class Step:
    """A behaviour for a number of calls, for a number of seconds from the start of the step, or forever."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    calls: int | None = None
    seconds: float | None = None


class Script:
    """Runs the steps in order and repeats the last one. Thread-safe, and replaceable at run time."""

    def __init__(self, *steps: Step | Behaviour) -> None:
        self._lock = threading.Lock()
        self._steps: list[Step] = []
        self.replace(*steps)

    def replace(self, *steps: Step | Behaviour) -> None:
        """Restart with these steps; without any, every answer is truthful."""
        with self._lock:
            self._steps = [s if isinstance(s, Step) else Step(s) for s in steps] or [Step()]
            self._position = 0
            self._taken = 0
            self._step_began = time.monotonic()

    def next(self) -> Behaviour:
        with self._lock:
            while self._position < len(self._steps) - 1 and self._is_over(self._steps[self._position]):
                self._position += 1
                self._taken = 0
                self._step_began = time.monotonic()
            self._taken += 1
            return self._steps[self._position].behaviour

    def _is_over(self, step: Step) -> bool:
        if step.calls is not None and self._taken >= step.calls:
            return True
        return step.seconds is not None and time.monotonic() - self._step_began >= step.seconds

    @staticmethod
    def steps_from_json(text: str) -> list[Step]:
        """`[{"kind": "error", "status": 500, "calls": 5}, {"kind": "ok"}]`, or a single object."""
        raw: Any = json.loads(text)
        items: list[dict[str, Any]] = raw if isinstance(raw, list) else [raw]
        return [
            Step(
                Behaviour.from_json({k: v for k, v in item.items() if k not in {"calls", "seconds"}}),
                item.get("calls"),
                item.get("seconds"),
            )
            for item in items
        ]
