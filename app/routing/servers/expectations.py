"""Decides whether a model should have answered. Results of the built-in parser are degraded only where one should.

A client is *expected* to respond once it is set up (a key, or the address or model of a server) or has responded. The
shipped settings name a server that most new installations do not have. Until something responds there, no call is made,
nothing is recorded, and the built-in parser is simply the reader in use.

`app.routing.router` checks this before each request; `app.pipeline.mechanisms.answer_memory` stores it in Postgres.
"""

import socket
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Protocol
from urllib.parse import urlsplit

from app.routing.clients import Client
from app.settings import BUILTIN

_RECHECK_SECONDS = 5.0  # how long a server that was not listening counts as absent


class AnswerMemory(Protocol):
    """Which endpoints have ever answered a call or the health monitor, as all processes know it."""

    def list_answered(self) -> Collection[str]: ...

    def note_answer(self, endpoint: str) -> None:
        """Never raises: the caller has just received an answer that must not be lost."""
        ...


class NoMemory:
    """For single files on the command line, where there is no database."""

    def list_answered(self) -> Collection[str]:
        return ()

    def note_answer(self, endpoint: str) -> None:
        del endpoint


def is_expected(client: Client, answered: Collection[str]) -> bool:
    """Whether the client should answer; `answered` are the endpoints that have answered at least once."""
    return client.is_set_up or any(one.endpoint in answered for one in client.endpoints())


def first_expected(order: Iterable[str], clients: Mapping[str, Client], answered: Collection[str]) -> str | None:
    """The preferred client of an order: the first that should answer, or the first named where none should."""
    names = list(order)
    for name in names:
        if name == BUILTIN or (name in clients and is_expected(clients[name], answered)):
            return name
    return next(iter(names), None)


def is_listening(client: Client) -> bool:
    """Whether anything accepts connections at the client's address. Sends nothing."""
    place = urlsplit(client.base_url or "")
    try:
        address = (place.hostname or "", place.port or (443 if place.scheme == "https" else 80))
        socket.create_connection(address, timeout=client.connect_timeout_seconds).close()
    except (OSError, ValueError):
        return False
    return True


@dataclass(slots=True)
class _Absence:
    """The last check of a client that is not set up."""

    listening: bool
    expected: bool
    checked_at: float


class Expectations:
    """Safe to share between threads. Clients that are set up, and those that have answered, cost no lookup."""

    def __init__(
        self,
        memory: AnswerMemory | None = None,
        *,
        is_listening: Callable[[Client], bool] = is_listening,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = memory or NoMemory()
        self._is_listening = is_listening
        self._monotonic = monotonic
        self._lock = Lock()
        self._answered: set[str] = set()
        self._absences: dict[str, _Absence] = {}

    def is_expected(self, client: Client) -> bool:
        if is_expected(client, self._answered):
            return True
        return self._look(client).expected

    def is_absent(self, client: Client) -> bool:
        """Nobody set it up, it has never answered, and nothing listens at its address: a call would be pointless."""
        if not client.as_shipped or is_expected(client, self._answered):
            return False
        found = self._look(client)
        return not found.expected and not found.listening

    def note_answer(self, endpoint: str) -> None:
        """Remembered in Postgres once by each process."""
        if endpoint in self._answered:
            return
        self._answered.add(endpoint)
        self._memory.note_answer(endpoint)

    def _look(self, client: Client) -> _Absence:
        with self._lock:  # one look for all threads
            known = self._absences.get(client.name)
            now = self._monotonic()
            if known is not None and now - known.checked_at < _RECHECK_SECONDS:
                return known
            expected = is_expected(client, self._memory.list_answered())
            if expected:
                self._answered.update(one.endpoint for one in client.endpoints())
            listening = not expected and client.as_shipped and self._is_listening(client)
            found = self._absences[client.name] = _Absence(listening, expected, now)
            return found
