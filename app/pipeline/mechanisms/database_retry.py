"""Waits for Postgres to come back when giving up would lose something that was paid for."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from app.errors import DependencyError

log = logging.getLogger(__name__)
T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0


def retry_on_outage(action: Callable[[], T], *, seconds: float = 120) -> T:
    """Run `action` again while it raises `DependencyError`, for at most `seconds`; then let the error through.

    `action` is one whole transaction: either nothing of it happened or all. A commit whose answer was lost may run
    twice, so what it writes must be the same the second time.
    """
    end = time.monotonic() + seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return action()
        except DependencyError:
            if time.monotonic() + pause > end:
                raise
            log.warning("waiting_for_database", extra={"fields": {"pause_seconds": round(pause, 1)}})
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
