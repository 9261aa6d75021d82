"""What the routing rules look at beside the document: the hour, and the work waiting. Made by `app.wiring`."""

from collections.abc import Callable
from dataclasses import dataclass

from app.clock import Clock


@dataclass(frozen=True, slots=True)
class Situation:
    """`hour` is 0 to 23 on the server's clock; `waiting` None when nobody can tell."""

    hour: int = 12
    waiting: int | None = None


def always_calm() -> Situation:
    """For single files from the command line, and tests."""
    return Situation()


class Watch:
    """Tells the situation at this moment; safe to share between threads."""

    def __init__(self, clock: Clock, waiting: Callable[[], int | None]) -> None:
        self._clock = clock
        self._waiting = waiting

    def __call__(self) -> Situation:
        return Situation(self._clock().astimezone().hour, self._waiting())
