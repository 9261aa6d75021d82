"""Restarts the servers of one client one at a time while the others serve; used by `vitae vllm restart`.

For each server: drain it, wait until no call is in flight, restart it, wait until it is healthy and has answered a
short call, undo the drain. If a step fails, that server stays drained and the restart stops. The other servers keep
serving, and running the same command again continues where it stopped.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_POLL_SECONDS = 0.5
_RESUME_WITHIN_SECONDS = 24 * 3600.0  # servers restarted longer ago than this are restarted again


class RestartStopped(Exception):
    """The message names the server, what happened, the current state and what to do. Services may raise it too."""


@dataclass(frozen=True, slots=True)
class Server:
    """One endpoint as the running service sees it; None for values that are unknown while Redis is unavailable."""

    base_url: str
    drained: bool | None
    in_flight: int | None
    serves: bool  # takes calls and is not known to be down


@dataclass(frozen=True, slots=True)
class Look:
    """A server's health; `started_at` is None if the server does not report it."""

    up: bool
    reason: str | None = None
    started_at: str | None = None


class Service(Protocol):
    """The running service's view of one client."""

    def servers(self) -> Sequence[Server]: ...

    def drain(self, base_url: str, *, drained: bool) -> None: ...

    def close_breaker(self, base_url: str) -> None: ...

    def warm_up(self, base_url: str) -> Look: ...


class Progress:
    """The servers already restarted, stored in a file until all are done."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    def done(self) -> list[str]:
        """Return the servers already restarted; empty if there is no restart to continue."""
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            began, done = float(kept["began"]), [str(url) for url in kept["done"]]
        except (OSError, ValueError, LookupError, TypeError):
            return []
        return done if self._clock() - began < _RESUME_WITHIN_SECONDS else []

    def add(self, base_url: str) -> None:
        done = self.done()
        began = self._clock()
        if done:
            began = float(json.loads(self._path.read_text("utf-8"))["began"])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps({"began": began, "done": [*done, base_url]}), "utf-8")

    def forget(self) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()


@dataclass(frozen=True, slots=True)
class Limits:
    drain_seconds: float
    start_seconds: float


class RollingRestart:
    """Restarts servers one at a time.

    `restart` takes a server's URL and its position (from 0), and may return before the server is back. `require` is
    called before a server is drained, and raises `RestartStopped` if there is no way to restart it.
    """

    def __init__(
        self,
        client: str,
        service: Service,
        restart: Callable[[str, int], None],
        limits: Limits,
        say: Callable[[str], None],
        *,
        require: Callable[[str], object] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._service = service
        self._restart = restart
        self._limits = limits
        self._say = say
        self._require = require
        self._monotonic = monotonic
        self._sleep = sleep

    def run(self, progress: Progress) -> None:
        """Restart all servers. Raises `RestartStopped`."""
        every = [server.base_url for server in self._service.servers()]
        done = [url for url in progress.done() if url in every]
        if done:
            self._say(f"continuing an interrupted restart: {len(done)} of {len(every)} servers are done")
        left = [server for server in self._service.servers() if server.base_url not in done]
        # Servers that take no calls cost nothing to restart, and may then take over for the others.
        for server in sorted(left, key=lambda server: server.serves):
            self.run_one(server.base_url)
            progress.add(server.base_url)
        progress.forget()
        self._say(f"all {len(every)} servers of {self._client} were restarted")

    def run_one(self, base_url: str) -> None:
        """Restart one server. Raises `RestartStopped`."""
        servers = list(self._service.servers())
        position = next((n for n, server in enumerate(servers) if server.base_url == base_url), None)
        if position is None:
            known = ", ".join(server.base_url for server in servers)
            raise RestartStopped(f"{self._client} has no server {base_url}; it has {known}.")
        if servers[position].drained is None:
            raise RestartStopped(
                "Redis cannot be reached, so no server can be drained. Nothing was restarted. Retry when Redis is up."
            )
        others = [server for server in servers if server.serves and server.base_url != base_url]
        if servers[position].serves and not others:
            raise RestartStopped(
                f"{base_url} is the last server of {self._client} that takes calls, so it was not drained. Bring "
                "another server back first (`vitae clients` lists them)."
            )
        self._require(base_url)
        before = self._service.warm_up(base_url)
        self._service.drain(base_url, drained=True)
        try:
            self._say(f"{base_url}: drained")
            self._wait_until_idle(base_url)
            self._say(f"{base_url}: nothing in flight; restarting")
            self._restart_drained(base_url, position, before)
        except KeyboardInterrupt:
            raise RestartStopped(f"Interrupted. {self._how_it_stands(base_url)}") from None
        self._service.close_breaker(base_url)
        self._service.drain(base_url, drained=False)
        self._say(f"{base_url}: back and serving")

    def _restart_drained(self, base_url: str, position: int, before: Look) -> None:
        try:
            self._restart(base_url, position)
            self._wait_until_back(base_url, before)
        except RestartStopped as stopped:
            raise RestartStopped(f"{stopped} {self._how_it_stands(base_url)}") from None

    def _wait_until_idle(self, base_url: str) -> None:
        deadline = self._monotonic() + self._limits.drain_seconds
        while True:
            in_flight = next((s.in_flight for s in self._service.servers() if s.base_url == base_url), None)
            if in_flight == 0:
                return
            if self._monotonic() >= deadline:
                self._service.drain(base_url, drained=False)
                calls = (
                    "calls are" if in_flight is None else "1 call is" if in_flight == 1 else f"{in_flight} calls are"
                )
                raise RestartStopped(
                    f"{base_url}: {calls} still in flight after {self._limits.drain_seconds:g} s. It was not restarted "
                    "and takes calls again. Allow more time with --drain-seconds."
                )
            self._sleep(_POLL_SECONDS)

    def _wait_until_back(self, base_url: str, before: Look) -> None:
        """Wait until the server is healthy, warm and, if it reports its start time, a new process."""
        deadline = self._monotonic() + self._limits.start_seconds
        while True:
            look = self._service.warm_up(base_url)
            same = before.started_at is not None and look.started_at == before.started_at
            if look.up and not same:
                return
            if self._monotonic() >= deadline:
                found = "the old process is still running" if look.up else f"it is down ({look.reason})"
                raise RestartStopped(f"{base_url} did not come back within {self._limits.start_seconds:g} s: {found}.")
            self._sleep(_POLL_SECONDS)

    def _how_it_stands(self, base_url: str) -> str:
        return (
            "It stays drained; the other servers keep serving. Fix it and run the same command again, or use it as it "
            "is: "
            f"vitae clients drain {self._client} --endpoint {base_url} --undo"
        )
