"""Knows how often people found each client's doubtful values wrong; asked by the analysis worker for each result."""

import logging
import threading
import time
from collections.abc import Callable

from app.analysis.review.judged_values import JudgedValues, error_factor
from app.errors import DependencyError
from app.storage.engine import Database
from app.storage.profiles.corrections import judged_of_clients

log = logging.getLogger(__name__)

_REFRESH_SECONDS = 300.0


class ReviewedClients:
    """Safe to share between threads. Decisions count a few minutes later."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._judged: dict[str, JudgedValues] = {}
        self._read_at: float | None = None

    def error_factor(self, client: str) -> float:
        """By how much to multiply the probability that a value of this client is wrong."""
        with self._lock:
            now = self._monotonic()
            if self._read_at is None or now - self._read_at > _REFRESH_SECONDS:
                self._read_at = now
                try:
                    with self._database.reading() as tx:
                        self._judged = {name: JudgedValues(*sums) for name, sums in judged_of_clients(tx).items()}
                except DependencyError:
                    log.warning("client_reviews_not_read")  # the figures read before stay in use
            return error_factor(self._judged.get(client, JudgedValues()))
