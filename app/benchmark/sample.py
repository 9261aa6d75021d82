"""The outcome of one benchmark request. Created by the loads, summarized by `app.benchmark.load_summary`."""

from dataclasses import dataclass

OK = "ok"
UNFINISHED = "unfinished"  # the run ended first


@dataclass(slots=True)
class Sample:
    """Times in seconds on one clock. `scheduled_at` is when the request was due, `started_at` when it was sent.

    Latency counts from `scheduled_at`: a server that delays the load generator must not improve its own figures
    (coordinated omission). In a closed loop both times are the same.
    """

    scheduled_at: float
    started_at: float
    ended_at: float = 0.0
    first_token_at: float | None = None
    outcome: str = OK
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    tokens_estimated: bool = False
    answered_by: str | None = None

    @property
    def ok(self) -> bool:
        return self.outcome == OK

    @property
    def latency_seconds(self) -> float:
        return self.ended_at - self.scheduled_at

    @property
    def first_token_seconds(self) -> float | None:
        return None if self.first_token_at is None else self.first_token_at - self.scheduled_at
