"""The databases of one data folder, started together: for `vitae up` and for tests that need real databases."""

from pathlib import Path
from types import TracebackType
from typing import Self

from app.embedded.accounts import Say, unprivileged_account
from app.embedded.data_folder import DataFolder, database_home, erase_databases
from app.embedded.ports import pick_port
from app.embedded.postgres import EmbeddedPostgres, choose_postgres
from app.embedded.redis_server import EmbeddedRedis, choose_redis
from app.errors import DependencyError

PORT_TRIES = 3  # another program may take the port between our check and the server's start


def _silently(_line: str) -> None:
    pass


class EmbeddedStack:
    """`with EmbeddedStack(folder) as stack:` provides `stack.database_url` and `stack.redis_url`.

    The data folder is locked while the stack runs. On Linux the servers end with the thread that started them, so start
    them in a thread that stays alive. `postgres` and `redis` select which servers to run. Without `keep_data` the
    databases are deleted at the end, even if they had to be placed outside the data folder.
    """

    def __init__(
        self,
        data_dir: Path | DataFolder,
        prefer_bundled: bool = False,  # noqa: FBT001, FBT002
        *,
        postgres: bool = True,
        redis: bool = True,
        keep_data: bool = True,
        say: Say = _silently,
    ) -> None:
        self.data = data_dir if isinstance(data_dir, DataFolder) else DataFolder(data_dir)
        self.postgres: EmbeddedPostgres | None = None
        self.redis: EmbeddedRedis | None = None
        self._prefer_bundled = prefer_bundled
        self._wanted = (postgres, redis)
        self._keep_data = keep_data
        self._say = say

    @property
    def database_url(self) -> str:
        if self.postgres is None:
            raise LookupError("this stack has no Postgres")
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        if self.redis is None:
            raise LookupError("this stack has no Redis")
        return self.redis.url

    def start(self) -> None:
        """Raises `ConfigurationError` or `DependencyError`; then nothing is left running and the lock is released."""
        self.data.open()
        try:
            self._start_servers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()
        if not self._keep_data:
            erase_databases(self.data.path)
        self.data.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_servers(self) -> None:
        wants_postgres, wants_redis = self._wanted
        if not (wants_postgres or wants_redis):
            return
        account = unprivileged_account()
        home = database_home(self.data.path, account, self._say)
        # Find both before starting either, so that a missing program is reported immediately.
        binaries = choose_postgres(home, self._prefer_bundled) if wants_postgres else None
        binary = choose_redis(self._prefer_bundled) if wants_redis else None
        if binaries:
            self._say(f"starting {binaries.title}")
            self.postgres = EmbeddedPostgres(self.data, home, binaries, 0, account=account, say=self._say)
            self._start_on_a_port(self.postgres)
        if binary:
            self._say(f"starting {binary.title}")
            self.redis = EmbeddedRedis(self.data, home, binary, 0, account=account, say=self._say)
            self._start_on_a_port(self.redis)

    def _start_on_a_port(self, server: EmbeddedPostgres | EmbeddedRedis) -> None:
        server.stop_leftovers()  # before picking a port: the leftover server occupies the remembered one
        for attempt in range(1, PORT_TRIES + 1):
            server.port = pick_port(self.data.ports_file, server.name)
            try:
                server.start()
            except DependencyError:
                taken = any("address already in use" in line.lower() for line in server.last_lines(10))
                if not taken or attempt == PORT_TRIES:
                    raise
            else:
                return
