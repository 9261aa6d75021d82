"""Runs a real Redis or Valkey server: loopback only, with a password, nothing on disk. Used by `stack`."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.embedded.accounts import Account, Say, reachable_copy
from app.embedded.binaries import RedisBinary, find_redis
from app.embedded.child_process import POLL_SECONDS, kill_group, poll_group, quiet_environment, send, spawn, wait_until
from app.embedded.data_folder import DataFolder
from app.embedded.ports import LOOPBACK, remembered_ports
from app.errors import ConfigurationError, DependencyError

START_SECONDS = 10.0
STOP_SECONDS = 2.0
ANSWER_SECONDS = 1.0


def choose_redis(prefer_bundled: bool) -> RedisBinary:  # noqa: FBT001
    found = find_redis(prefer_bundled)
    if found:
        return found
    raise ConfigurationError(
        "No Redis was found. Install one (Debian, Ubuntu: apt-get install redis-server; macOS: brew install valkey), "
        "or set VITAE_STORAGE__REDIS_URL to an existing one."
    )


class EmbeddedRedis:
    """Holds messages, circuit breaker states and caches. All of it may be lost: Postgres is authoritative."""

    name = "redis"

    def __init__(
        self,
        data: DataFolder,
        home: Path,
        binary: RedisBinary,
        port: int,
        *,
        account: Account | None = None,
        say: Say = print,
    ) -> None:
        self.port = port
        self._data = data
        self._folder = home / "redis"
        self._account = account
        self._program = reachable_copy(
            account, binary.program, root=binary.program.parent, parts=(binary.program.name,), say=say
        )
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.log_file("redis")

    @property
    def url(self) -> str:
        return f"redis://:{self._data.secret('redis-password')}@{LOOPBACK}:{self.port}/0"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Returns when the server responds. Raises `DependencyError` with its last log line."""
        self.stop()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._account:
            os.chown(self._folder, self._account.uid, self._account.gid)
        # Passed on standard input because every user of the machine can read a process's arguments.
        with tempfile.TemporaryFile() as configuration, self._log.open("ab") as log:
            configuration.write(self._configuration().encode())
            configuration.seek(0)
            process = spawn(
                [self._program, "-"],
                account=self._account,
                environment=quiet_environment(),
                folder=Path("/"),
                stdin=configuration,
                output=log,
            )
        self._process = process
        deadline = time.monotonic() + START_SECONDS
        while poll_group(process) is None and time.monotonic() < deadline:
            if self._answers(self.port):
                return
            time.sleep(POLL_SECONDS)
        self.kill()
        raise DependencyError(
            f"Redis did not start: {' '.join(self.last_lines(1)) or 'nothing was logged'}. Log: {self._log}."
        )

    def poll(self) -> int | None:
        """Exit status once the server has ended, `None` while it runs."""
        return poll_group(self._process) if self._process else None

    def ask_to_stop(self) -> None:
        if self._process:
            send(self._process, signal.SIGTERM)

    def kill(self) -> None:
        if self._process:
            kill_group(self._process)

    def stop(self) -> None:
        if self._process is None:
            return
        self.ask_to_stop()
        if not wait_until(lambda: self.poll() is not None, STOP_SECONDS):
            self.kill()
        self._process = None

    def stop_leftovers(self) -> None:
        """A Redis left by an earlier, killed Vitae is recognized by our password. It holds nothing worth keeping."""
        port = remembered_ports(self._data.ports_file).get("redis")
        if port is None or not self._answers(port):
            return
        self._say("a Redis from an earlier run is still running; stopping it first")
        with contextlib.suppress(redis.RedisError), self._client(port) as client:
            client.shutdown(nosave=True)
        if not wait_until(lambda: not self._answers(port), STOP_SECONDS):
            raise DependencyError(
                f"A Redis from an earlier run on port {port} cannot be stopped. Stop it, then start Vitae again."
            )

    def last_lines(self, count: int = 5) -> list[str]:
        with contextlib.suppress(OSError):
            return self._log.read_text("utf-8", "replace").splitlines()[-count:]
        return []

    def _configuration(self) -> str:
        return "\n".join(
            (
                f"bind {LOOPBACK}",
                "protected-mode yes",
                f"port {self.port}",
                f"requirepass {self._data.secret('redis-password')}",
                'save ""',
                "appendonly no",
                "maxmemory-policy noeviction",  # a queue must refuse new messages, not silently drop old ones
                f'dir "{str(self._folder).replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"',
                "daemonize no",
                "loglevel warning",
                'logfile ""',
                # Even with the password, nobody can make the server write arbitrary files.
                'rename-command CONFIG ""',
                'rename-command DEBUG ""',
                'rename-command MODULE ""',
                "",
            )
        )

    def _client(self, port: int) -> redis.Redis:
        return redis.Redis(
            host=LOOPBACK,
            port=port,
            password=self._data.secret("redis-password"),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def _answers(self, port: int) -> bool:
        try:
            with self._client(port) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
