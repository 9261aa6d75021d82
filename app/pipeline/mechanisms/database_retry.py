"""Retries a transaction while Postgres is unavailable, where giving up would lose something already paid for."""

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
    """Run `action` again while it raises `DependencyError`, for at most `seconds`; then re-raise the error.

    `action` is one whole transaction. A commit whose confirmation was lost may run twice, so `action` must be
    idempotent.
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
