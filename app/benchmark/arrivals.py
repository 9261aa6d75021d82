"""When requests are sent: as fast as the last ones end (closed loop), or at given moments (open loop). Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Arrivals = Literal["constant", "poisson"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the table. It ends at `requests` or after `seconds`, whichever comes first; both are limits.

    Exactly one of `concurrency` (closed loop) and `rate` (open loop, requests a second) is given.
    """

    concurrency: int | None = None
    rate: float | None = None
    arrivals: Arrivals = "constant"
    requests: int = 100
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if (self.concurrency is None) == (self.rate is None):
            raise ValueError("a stage has a concurrency or a rate")
        load = self.rate if self.concurrency is None else self.concurrency
        if load is None or load <= 0 or self.requests < 1 or self.seconds <= 0:
            raise ValueError("concurrency, rate, requests and seconds are positive")

    @property
    def name(self) -> str:
        if self.concurrency is not None:
            return f"{self.concurrency} at once"
        return f"{self.rate:g}/s {self.arrivals}"


def moments(stage: Stage, seed: int) -> Iterator[float]:
    """Seconds from the beginning at which an open stage sends; the same for the same seed."""
    if stage.rate is None:
        raise ValueError("a closed loop has no moments of its own")
    chance = random.Random(seed)  # noqa: S311 - a schedule to repeat, no secret
    at = 0.0
    for number in range(stage.requests):
        if stage.arrivals == "constant":
            at = number / stage.rate
        elif number:
            at += chance.expovariate(stage.rate)
        if at >= stage.seconds:
            return
        yield at
