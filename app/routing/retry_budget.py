"""Keeps retries a small share of a client's calls, so that they cannot multiply the load of a struggling server.

One budget per process, shared by its threads; the router checks it before it calls the same client again.
"""

import threading


class RetryBudget:
    """A bucket per client: each first attempt adds `share` of a retry, up to `burst`."""

    def __init__(self, *, share: float, burst: float) -> None:
        self._share = share
        self._burst = burst
        self._lock = threading.Lock()
        self._saved: dict[str, float] = {}

    def earn(self, endpoint: str) -> None:
        with self._lock:
            self._saved[endpoint] = min(self._burst, self._saved.get(endpoint, self._burst) + self._share)

    def spend(self, endpoint: str) -> bool:
        """Take one retry; False when none is left."""
        with self._lock:
            saved = self._saved.get(endpoint, self._burst)
            if saved < 1:
                return False
            self._saved[endpoint] = saved - 1
            return True

    def is_empty(self, endpoint: str) -> bool:
        with self._lock:
            return self._saved.get(endpoint, self._burst) < 1
