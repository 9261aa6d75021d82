"""Use cases: show the state of model clients, disable and re-enable one, drain an endpoint, announce changes.

Called by `GET /v1/clients` and the admin routes beside it; breakers and the health monitor announce changes.
"""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.errors import Conflict, DependencyError, NotFound
from app.messaging.notices import Notices
from app.observability.health import EndpointHealth, ask_for_one_word, check_endpoint
from app.pipeline.mechanisms.answer_memory import find_expected
from app.pipeline.mechanisms.resume_events import send_notice
from app.routing.breakers.redis_breaker import BreakerState, RedisBreaker, Transition
from app.routing.clients import Client
from app.routing.servers.balancer import EndpointLoad, RedisBalancer
from app.routing.servers.first_token_patience import FirstTokenMemory, Observed
from app.storage import endpoint_states, events
from app.storage.endpoint_states import Source
from app.storage.engine import Database
from app.storage.ledger import attempts
from app.storage.ledger.attempts import ClientTraffic, Pace

log = logging.getLogger(__name__)

BreakerAction = Literal["open", "close", "reset"]
_TRAFFIC_SECONDS = 3600.0
_CHECK_SECONDS = 5.0
_WARM_UP_SECONDS = 60.0  # a server that has just started may compile during its first answer
_REMEMBERED_SECONDS = 90.0  # until the health monitor has checked it
_RECENT_SECONDS = 2 * 3600.0
_EARLIER_SECONDS = 3 * 86400.0


@dataclass(frozen=True, slots=True)
class EndpointView:
    """`breaker` None: Redis is unavailable, so each worker uses its own breaker."""

    base_url: str | None
    breaker: BreakerState | None
    load: EndpointLoad


@dataclass(frozen=True, slots=True)
class ClientControl:
    """What is needed to inspect the clients and to act on them. A warm-up is noted in `first_tokens`."""

    database: Database
    clients: Mapping[str, Client]
    breaker: RedisBreaker
    balancer: RedisBalancer
    first_tokens: FirstTokenMemory | None = None

    def endpoints(self, name: str) -> list[EndpointView]:
        return [
            EndpointView(one.base_url, self.breaker.state(one.endpoint), self.balancer.load(one.endpoint))
            for one in self.clients[name].endpoints()
        ]

    def traffic(self, tenant_id: uuid.UUID) -> dict[str, ClientTraffic]:
        """Over the last hour, from the ledger."""
        with self.database.reading() as tx:
            return attempts.count_by_client(tx, tenant_id, seconds=_TRAFFIC_SECONDS)

    def expected(self) -> frozenset[str]:
        """Names of the clients that should answer."""
        with self.database.reading() as tx:
            return find_expected(tx, self.clients)

    def pace(self, name: str) -> Pace:
        """How fast the client responded in the last two hours and in the three days before."""
        self._chosen(name, None)
        with self.database.reading() as tx:
            return attempts.read_pace(tx, name, recent_seconds=_RECENT_SECONDS, earlier_seconds=_EARLIER_SECONDS)

    def warm_up(self, name: str, base_url: str) -> EndpointHealth:
        """Check one server and let it generate a word; a server that responds counts as up from now on.

        Raises `NotFound`, and `Conflict` for a client that is not self-hosted.
        """
        (one,) = self._chosen(name, base_url)
        if one.location != "local" or one.base_url is None:
            raise Conflict(f"{name} is not a self-hosted server, so there is nothing to warm up.")
        found = check_endpoint(
            one.base_url,
            one.api_key,
            connect_seconds=one.connect_timeout_seconds,
            limit_seconds=_CHECK_SECONDS,
            route=one.route,
        )
        if found.health == "down":
            return found
        word = ask_for_one_word(
            one.base_url,
            one.model,
            one.api_key,
            connect_seconds=one.connect_timeout_seconds,
            limit_seconds=_WARM_UP_SECONDS,
            route=one.route,
        )
        if word.failure is not None:
            return EndpointHealth("down", f"the server is reachable, but its first request failed ({word.failure})")
        if self.first_tokens is not None:
            self.first_tokens.note(one.endpoint, Observed(word.seconds, word.seconds, 1))
        self.balancer.set_health(one.endpoint, found.health, for_seconds=_REMEMBERED_SECONDS)
        return found

    def set_breaker(self, name: str, base_url: str | None, action: BreakerAction) -> None:
        """At one endpoint, or at all of the client's. Raises `NotFound`, and `Conflict` while Redis is unavailable."""
        for one in self._chosen(name, base_url):
            if not self.breaker.force(one.endpoint, "open" if action == "open" else "closed"):
                raise Conflict("Redis is not reachable, so the breaker cannot be changed for all workers. Try again.")

    def drain(self, name: str, base_url: str | None, *, drained: bool) -> None:
        """Raises `NotFound`, and `Conflict` while Redis is unavailable."""
        for one in self._chosen(name, base_url):
            if not self.balancer.drain(one.endpoint, drained=drained):
                raise Conflict("Redis is not reachable, so no endpoint can be drained. Try again.")
            log.info("endpoint_drained", extra={"fields": {"endpoint": one.endpoint, "drained": drained}})

    def _chosen(self, name: str, base_url: str | None) -> tuple[Client, ...]:
        client = self.clients.get(name)
        if client is None:
            raise NotFound(f"There is no client {name}. `vitae clients` lists them.")
        wanted = None if base_url is None else base_url.rstrip("/")
        found = tuple(one for one in client.endpoints() if wanted in (None, one.base_url))
        if not found:
            known = ", ".join(str(one.base_url) for one in client.endpoints())
            raise NotFound(f"{name} has no such endpoint; its endpoints are {known}.")
        return found


def announce_transition(database: Database, notices: Notices, change: Transition) -> None:
    """`client.down` when a breaker opens, `client.up` when it closes again; failed probes are not announced."""
    fields = {"endpoint": change.endpoint, "before": change.before, "after": change.after, "reason": change.reason}
    log.warning("breaker_changed", extra={"fields": fields})
    if change.after in {"open", "closed"}:
        announce_client(
            database, notices, change.endpoint, "breaker", down=change.after == "open", reason=change.reason
        )


def announce_client(
    database: Database, notices: Notices, endpoint: str, source: Source, *, down: bool, reason: str | None
) -> None:
    """Record `client.down` or `client.up` for every tenant if breaker and health monitor together show a change.

    Never raises while Postgres is unavailable: the caller may be in the middle of a model call, and the monitor
    compares again every 30 s.
    """
    client, _, address = endpoint.partition("@")
    body: dict[str, Any] = {"client": client, "endpoint": address or None, "reason": reason if down else None}
    try:
        with database.transaction() as tx:
            is_down = endpoint_states.note(tx, endpoint, source, down=down)
            if is_down is None:
                return
            kind = "client.down" if is_down else "client.up"
            written = events.insert_event_for_every_tenant(tx, kind, body)
    except DependencyError as error:
        log.warning("client_event_postponed", extra={"fields": {"endpoint": endpoint, "error": error.code}})
        return
    log.warning(kind.replace(".", "_"), extra={"fields": {"endpoint": endpoint, "reason": body["reason"]}})
    for event in written:
        send_notice(notices, event)
