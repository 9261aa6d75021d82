"""Remembers in Postgres which model servers have ever answered, for all processes and over restarts.

`app.routing.servers.expectations` says what that is for.
"""

import logging
from collections.abc import Collection, Mapping

from app.errors import DependencyError
from app.pipeline.mechanisms.database_retry import retry_on_outage
from app.routing.clients import Client
from app.routing.servers.expectations import is_expected
from app.storage import endpoint_states
from app.storage.engine import Database, Transaction

log = logging.getLogger(__name__)


class DatabaseMemory:
    """The `AnswerMemory` of the workers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_answered(self) -> Collection[str]:
        def read() -> list[str]:
            with self._database.reading() as tx:
                return endpoint_states.list_seen_up(tx)

        return set(retry_on_outage(read))

    def note_answer(self, endpoint: str) -> None:
        try:
            with self._database.transaction() as tx:
                endpoint_states.note_answer(tx, endpoint)
        except DependencyError as error:  # the health monitor or the next process notes it
            log.info("answer_not_noted", extra={"fields": {"endpoint": endpoint, "error": error.code}})


def find_expected(tx: Transaction, clients: Mapping[str, Client]) -> frozenset[str]:
    """Names of the clients that should answer."""
    answered = set(endpoint_states.list_seen_up(tx))
    return frozenset(name for name, client in clients.items() if is_expected(client, answered))
