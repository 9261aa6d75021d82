"""When requests are sent: as soon as earlier ones end (closed loop) or on a schedule (open loop). Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Arrivals = Literal["constant", "poisson"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the results table. It ends after `requests` or `seconds`, whichever comes first.

    Exactly one of `concurrency` (closed loop) and `rate` (open loop, requests per second) is set.
    """

    concurrency: int | None = None
    rate: float | None = None
    arrivals: Arrivals = "constant"
    requests: int = 100
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if (self.concurrency is None) == (self.rate is None):
            raise ValueError("a stage has either a concurrency or a rate")
        load = self.rate if self.concurrency is None else self.concurrency
        if load is None or load <= 0 or self.requests < 1 or self.seconds <= 0:
            raise ValueError("concurrency, rate, requests and seconds must be positive")

    @property
    def name(self) -> str:
        if self.concurrency is not None:
            return f"{self.concurrency} at once"
        return f"{self.rate:g}/s {self.arrivals}"


def moments(stage: Stage, seed: int) -> Iterator[float]:
    """Send times of an open-loop stage, in seconds from its start. The same seed gives the same times."""
    if stage.rate is None:
        raise ValueError("a closed-loop stage has no schedule")
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
