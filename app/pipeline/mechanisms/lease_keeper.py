"""Renews the leases of the work in progress while this process lives; one thread per worker process."""

import logging
import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager

from app.errors import DependencyError
from app.storage import analyses
from app.storage.engine import Database

log = logging.getLogger(__name__)


class LeaseKeeper:
    """`with keeper.holding(token):` renews that lease after every third of its duration until the block ends."""

    def __init__(self, database: Database, lease_seconds: float) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._tokens: set[uuid.UUID] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def holding(self, token: uuid.UUID) -> Generator[None]:
        with self._lock:
            self._tokens.add(token)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._renew, name="lease-keeper", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._tokens.discard(token)

    def _renew(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._lease_seconds / 3):
            with self._lock:
                tokens = list(self._tokens)
            if not tokens:
                continue
            try:
                with self._database.transaction() as tx:
                    analyses.renew_leases(tx, tokens, self._lease_seconds)
            except DependencyError:
                log.warning("lease_renewal_failed", extra={"fields": {"leases": len(tokens)}})
