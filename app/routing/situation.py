"""What the routing rules consider besides the document: the hour and the waiting work. Created by `app.wiring`."""

from collections.abc import Callable
from dataclasses import dataclass

from app.clock import Clock


@dataclass(frozen=True, slots=True)
class Situation:
    """`hour` is 0 to 23 on the server's clock. Work waiting for a worker, and in the model servers; None: unknown."""

    hour: int = 12
    waiting: int | None = None
    server_waiting: int | None = None


def default_situation() -> Situation:
    """For single files on the command line, and tests."""
    return Situation()


def _unknown() -> None:
    return None


class Watch:
    """Returns the current situation; safe to share between threads."""

    def __init__(
        self,
        clock: Clock,
        waiting: Callable[[], int | None] = _unknown,
        server_waiting: Callable[[], int | None] = _unknown,
    ) -> None:
        self._clock = clock
        self._waiting = waiting
        self._server_waiting = server_waiting

    def __call__(self) -> Situation:
        return Situation(self._clock().astimezone().hour, self._waiting(), self._server_waiting())
