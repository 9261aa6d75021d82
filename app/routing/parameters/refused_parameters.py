"""Remembers which parameters a server refused, so that the next calls leave them out; one per process.

Used by `app.routing.baml_client` and, for the JSON schema, by `app.routing.servers.structured_output`.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable

from app.routing.clients import Client
from app.routing.refusals.parameter_complaints import RESPONSE_FORMAT

log = logging.getLogger(__name__)

_REMEMBER_SECONDS = 300.0  # a server that restarts with another version is noticed within this time
# Without them there is no request.
_NEEDED = {"model", "messages"}
# The limit of the answer is never left out: it gets its other name.
_OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


class RefusedParameters:
    """Safe to share between threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._until: dict[tuple[str, str], float] = {}
        self._told: set[tuple[str, str]] = set()

    def of(self, client: Client) -> frozenset[str]:
        now = self._monotonic()
        with self._lock:
            return frozenset(
                name for (endpoint, name), until in self._until.items() if endpoint == client.endpoint and now < until
            )

    def note(self, client: Client, parameter: str) -> None:
        """The log has one line per server and parameter, however often it is refused."""
        key = (client.endpoint, parameter)
        with self._lock:
            self._until[key] = self._monotonic() + _REMEMBER_SECONDS
            is_new = key not in self._told
            self._told.add(key)
        if is_new and parameter == RESPONSE_FORMAT:
            log.warning("structured_output_refused", extra={"fields": {"endpoint": client.endpoint}})
        elif is_new:
            log.warning("parameter_refused", extra={"fields": {"endpoint": client.endpoint, "parameter": parameter}})


def refused_of(named: Iterable[str], sent: Collection[str], left_out: Collection[str]) -> str | None:
    """The first of the named parameters that the request had and that can be left out, or sent under another name."""
    return next(
        (name for name in named if name in sent and name not in _NEEDED and _OTHER_NAME.get(name) not in left_out), None
    )


def other_name(parameter: str) -> str | None:
    """Of the limit of an answer's tokens; None for a parameter that is left out instead."""
    return _OTHER_NAME.get(parameter)
