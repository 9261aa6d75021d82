"""Use case: check the health of self-hosted model servers, share it with the workers, announce changes.

Called every 30 s by the scheduler.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from app.errors import DependencyError
from app.messaging.notices import Notices
from app.observability.gpu_metrics import read_gpus
from app.observability.health import EndpointHealth, check_endpoint
from app.observability.machine_board import MachineBoard, Machines
from app.pipeline.operations.client_control import announce_client
from app.routing.breakers.redis_breaker import RedisBreaker
from app.routing.clients import Client
from app.routing.policy import configured_order
from app.routing.servers.balancer import Health, RedisBalancer
from app.routing.servers.expectations import is_expected
from app.settings import RoutingSettings
from app.storage import endpoint_states
from app.storage.engine import Database

log = logging.getLogger(__name__)

WATCH_EVERY_SECONDS = 30.0
_LIMIT_SECONDS = 5.0
_REMEMBERED_SECONDS = 3 * WATCH_EVERY_SECONDS  # so that a dead scheduler leaves no outdated health behind
_MOST_AT_ONCE = 8


def is_watched(client: Client) -> bool:
    """Only self-hosted servers: they are known to serve `/health`, and checking it costs nothing."""
    return client.location == "local" and client.base_url is not None and client.not_configured is None


def _check(client: Client) -> EndpointHealth:
    return check_endpoint(
        client.base_url or "",
        client.api_key,
        connect_seconds=client.connect_timeout_seconds,
        limit_seconds=_LIMIT_SECONDS,
        route=client.route,
    )


class ClientWatch:
    """Remembers the last state of each endpoint, so that each change is announced once."""

    def __init__(
        self,
        routing: RoutingSettings,
        clients: Mapping[str, Client],
        balancer: RedisBalancer,
        check: Callable[[Client], EndpointHealth] | None = None,
        *,
        breaker: RedisBreaker | None = None,
        board: MachineBoard | None = None,
        gpu_metrics_urls: Sequence[str] = (),
    ) -> None:
        orders = [
            configured_order("", routing),
            *(item.clients for item in routing.functions.values()),
            *(rule.clients for rule in routing.rules),
        ]
        asked = dict.fromkeys(name for order in orders for name in order if name in clients)
        everything = [one for name in asked for one in clients[name].endpoints()]
        self._endpoints = [one for one in everything if is_watched(one)]
        self._all_endpoints = [one.endpoint for one in everything]
        self._balancer = balancer
        self._breaker = breaker
        self._check = check or _check
        self._known: dict[str, Health] = {}
        self._board = board
        self._gpu_metrics_urls = gpu_metrics_urls

    def _compare_breakers(self, database: Database, notices: Notices) -> None:
        """Announces what a worker could not, and that breakers closed because Redis lost its data."""
        for endpoint in self._all_endpoints if self._breaker is not None else ():
            state = self._breaker.state(endpoint) if self._breaker is not None else None
            if state is not None:
                announce_client(
                    database, notices, endpoint, "breaker", down=state.state != "closed", reason=state.reason
                )

    def _drained(self) -> set[str]:
        return {one.endpoint for one in self._endpoints if self._balancer.load(one.endpoint).drained}

    @staticmethod
    def _list_answered(database: Database) -> Collection[str]:
        """Endpoints that have ever responded; none while Postgres is unavailable."""
        try:
            with database.reading() as tx:
                return endpoint_states.list_seen_up(tx)
        except DependencyError:
            return ()

    def look(self, database: Database, notices: Notices) -> dict[str, EndpointHealth]:
        """The findings by endpoint."""
        self._compare_breakers(database, notices)
        if not self._endpoints:
            return {}
        drained = self._drained()
        with ThreadPoolExecutor(min(_MOST_AT_ONCE, len(self._endpoints))) as pool:
            states = list(pool.map(self._check, self._endpoints))
        drained |= self._drained()  # a restart may have ended during the check
        answered = self._list_answered(database)
        unexpected = {one.endpoint for one in self._endpoints if not is_expected(one, answered)}
        found = {one.endpoint: state for one, state in zip(self._endpoints, states, strict=True)}
        for endpoint, seen in found.items():
            shared = self._balancer.set_health(endpoint, seen.health, for_seconds=_REMEMBERED_SECONDS)
            before = shared or self._known.get(endpoint)
            self._known[endpoint] = seen.health
            # A drained server may be stopped: that is not announced until it is to take calls again. Nor is a server
            # that nobody set up and that has never answered.
            if seen.health != "down" or endpoint not in drained | unexpected:
                announce_client(database, notices, endpoint, "health", down=seen.health == "down", reason=seen.reason)
            if before != seen.health and not (seen.health == "down" and endpoint in unexpected):
                fields = {"endpoint": endpoint, "before": before, "health": seen.health, "reason": seen.reason}
                log.info("client_health", extra={"fields": fields})
        if self._board is not None:
            servers = {endpoint: seen.server for endpoint, seen in found.items() if seen.server is not None}
            machines = Machines(servers, read_gpus(self._gpu_metrics_urls))
            self._board.write(machines, for_seconds=_REMEMBERED_SECONDS)
        return found
