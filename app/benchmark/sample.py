"""What became of one request of a benchmark. Made by the loads, added up by `app.benchmark.load_summary`."""

from dataclasses import dataclass

OK = "ok"
UNFINISHED = "unfinished"  # the run ended first


@dataclass(slots=True)
class Sample:
    """Moments in seconds on one clock. `scheduled_at` is when the request was due, `started_at` when it was sent.

    Latency counts from `scheduled_at`: a server that holds up the generator must not improve its own figures
    (coordinated omission). In a closed loop both moments are the same.
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
