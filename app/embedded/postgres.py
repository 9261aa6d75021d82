"""Runs a real Postgres for one data folder and recovers from whatever a crash left behind. Used by `stack`."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import psutil
import psycopg

from app.embedded.accounts import Account, Say, account_of, reachable_copy
from app.embedded.binaries import PostgresBinaries, find_postgres, list_postgres
from app.embedded.child_process import POLL_SECONDS, kill_group, poll_group, quiet_environment, send, spawn, wait_until
from app.embedded.data_folder import DataFolder
from app.embedded.ports import LOOPBACK
from app.errors import ConfigurationError, DependencyError

ROLE = DATABASE = "vitae"
CLUSTER_NAME = "postgres"
# C.UTF-8 covers the letters of every script and sorts the same everywhere; macOS has it only in recent versions.
LOCALES = ("C.UTF-8", "en_US.UTF-8", "C")
START_SECONDS = 300.0  # crash recovery may have a long log to replay
SHARED_MEMORY_SECONDS = 10.0  # time for the last children of a killed postmaster to exit
FAST_STOP_SECONDS = 5.0
IMMEDIATE_STOP_SECONDS = 2.0
OPTIONS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # one way in, with a password; also avoids the length limit on socket paths
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_destination": "stderr",
    # By default a failed statement is logged with its parameter values, which are people's resumes.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def choose_postgres(home: Path, prefer_bundled: bool) -> PostgresBinaries:  # noqa: FBT001
    """The programs for the databases in `home`. An existing database determines the major version."""
    cluster = home / CLUSTER_NAME
    major = cluster_major(cluster)
    found = find_postgres(prefer_bundled, major)
    if found:
        return found
    if major is None:
        raise ConfigurationError(
            "No Postgres was found. Install version 14 or newer (Debian, Ubuntu: apt-get install postgresql), or set "
            "VITAE_STORAGE__DATABASE_URL to an existing one."
        )
    others = sorted({other.major for other in list_postgres(prefer_bundled)})
    here = f"only {', '.join(map(str, others))} is installed" if others else "no Postgres is installed"
    raise ConfigurationError(
        f"The database in {cluster} was created by Postgres {major}, but {here}. Install Postgres {major}, or move "
        "that folder away to start with an empty database."
    )


def cluster_major(cluster: Path) -> int | None:
    """The major version that created the cluster, `None` if there is no cluster."""
    try:
        return int((cluster / "PG_VERSION").read_text("ascii").strip())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        owner = account_of(cluster.stat().st_uid).name
        raise ConfigurationError(
            f"The database in {cluster} belongs to user {owner}. Start Vitae as the user who started it first (root, "
            "if it was root), or choose another folder with `--data-dir`."
        ) from None
    except ValueError:
        raise ConfigurationError(f"The database in {cluster} is damaged: its PG_VERSION is not readable.") from None


class EmbeddedPostgres:
    """`start` creates the database on first use; `url` contains a password that is stored only in this data folder."""

    name = "postgres"

    def __init__(
        self,
        data: DataFolder,
        home: Path,
        binaries: PostgresBinaries,
        port: int,
        *,
        account: Account | None = None,
        say: Say = print,
    ) -> None:
        self.cluster = home / CLUSTER_NAME
        self.port = port
        self._home = home
        self._data = data
        self._account = self._owner(account)
        programs = reachable_copy(
            self._account, binaries.folder / "postgres", root=binaries.root, parts=binaries.parts, say=say
        ).parent
        self._postgres, self._initdb = programs / "postgres", programs / "initdb"
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.log_file("postgres")

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{self._data.secret('postgres-password')}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Returns when the database accepts connections. Raises `DependencyError` with the server's last error."""
        self.stop()
        self.stop_leftovers()
        if cluster_major(self.cluster) is None:
            self._create_cluster()
        elif not (self._data.path / "postgres-password").exists():
            self._renew_password()
        deadline = time.monotonic() + SHARED_MEMORY_SECONDS
        while not self._try_start():
            # Children of a killed postmaster hold its shared memory until they exit.
            if "shared memory block" not in self.last_line() or time.monotonic() > deadline:
                self._fail("did not start")
            time.sleep(0.2)
        self._make_database()

    def poll(self) -> int | None:
        """Exit status once the server has ended, `None` while it runs."""
        return poll_group(self._process) if self._process else None

    def ask_to_stop(self) -> None:
        """Fast shutdown: closes all connections; everything committed is on disk."""
        if self._process:
            send(self._process, signal.SIGINT)

    def kill(self) -> None:
        """The fastest stop that leaves no process behind; the next start runs crash recovery."""
        if self._process and poll_group(self._process) is None:
            send(self._process, signal.SIGQUIT)
            process = self._process
            wait_until(lambda: poll_group(process) is not None, IMMEDIATE_STOP_SECONDS)
            kill_group(process)

    def stop(self) -> None:
        if self._process is None:
            return
        self.ask_to_stop()
        if not wait_until(lambda: self.poll() is not None, FAST_STOP_SECONDS):
            self.kill()
        self._process = None

    def last_lines(self, count: int = 5) -> list[str]:
        with contextlib.suppress(OSError), self._log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8192))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
        return []

    def last_line(self) -> str:
        """The server's last error message, or an empty string."""
        lines = [
            line
            for line in self.last_lines(50)
            # Our own connection attempts during startup cause errors that do not count.
            if ("FATAL" in line or "PANIC" in line or "ERROR" in line) and "the database system is" not in line
        ]
        return lines[-1] if lines else ""

    def stop_leftovers(self) -> None:
        """Stop processes of an earlier, killed Vitae on this cluster and delete its stale lock file."""
        leftovers = self._leftovers()
        if leftovers:
            self._say(f"a Postgres from an earlier run still uses {self.cluster}; stopping it first")
            for number, limit_seconds in (
                (signal.SIGINT, FAST_STOP_SECONDS),
                (signal.SIGQUIT, IMMEDIATE_STOP_SECONDS),
                (signal.SIGKILL, IMMEDIATE_STOP_SECONDS),
            ):
                for process in leftovers:
                    # The children end with their postmaster, and signaling them directly does no harm.
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.send_signal(number)
                _, leftovers = psutil.wait_procs(leftovers, timeout=limit_seconds)
                leftovers = [process for process in leftovers if process.is_running() and not _is_zombie(process)]
                if not leftovers:
                    break
            else:
                raise DependencyError(
                    f"Process {leftovers[0].pid} still uses {self.cluster} and cannot be stopped. "
                    "Stop it, then start Vitae again."
                )
        # The process id in the file may have been reused, but not by Postgres on this cluster: the loop above would
        # have found it.
        with contextlib.suppress(FileNotFoundError):
            (self.cluster / "postmaster.pid").unlink()

    def _leftovers(self) -> list[psutil.Process]:
        """Every Postgres process of this cluster: all of them have the cluster as their working directory."""
        if not self.cluster.exists():
            return []
        found: list[psutil.Process] = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if self._works_on_cluster(process):
                    found.append(process)
        return found

    def _works_on_cluster(self, process: psutil.Process) -> bool:
        if "postgres" not in process.name():
            return False
        try:
            if Path(process.cwd()) == self.cluster.resolve():
                return True
        except psutil.AccessDenied:
            pass  # root in a container may not inspect another user's process, but can read its arguments
        try:
            return str(self.cluster) in process.cmdline()
        except psutil.AccessDenied:
            return False

    def _owner(self, account: Account | None) -> Account | None:
        """As root: an existing cluster runs as its owner; a cluster owned by root is handed over to the account."""
        if account is None or not self.cluster.exists():
            return account
        uid = self.cluster.stat().st_uid
        if uid not in (0, account.uid):
            return account_of(uid)
        if uid == 0:  # restored from a backup
            for path in (self.cluster, *self.cluster.rglob("*")):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)
        return account

    def _create_cluster(self) -> None:
        """Creates the cluster under a temporary name, then renames it, so that a cluster is always complete."""
        if self.cluster.exists() and any(self.cluster.iterdir()):
            raise ConfigurationError(f"{self.cluster} exists but is not a database. Move it away and start again.")
        password = self._data.secret("postgres-password")
        complaint = ""
        for locale in LOCALES:
            building = Path(tempfile.mkdtemp(dir=self._home, prefix=f".{CLUSTER_NAME}-being-made-"))
            cluster, password_file = building / "cluster", building / "password"
            cluster.mkdir()
            password_file.touch(mode=0o600)
            password_file.write_text(password, "ascii")
            if self._account:
                for path in (building, cluster, password_file):
                    os.chown(path, self._account.uid, self._account.gid)
            options = [
                "-A",
                "scram-sha-256",
                "-U",
                ROLE,
                f"--pwfile={password_file}",
                "-E",
                "UTF8",
                f"--locale={locale}",
            ]
            try:
                complaint = self._run([self._initdb, "-D", cluster, *options])
                if not complaint:
                    if self.cluster.exists():
                        self.cluster.rmdir()
                    if self._account:
                        # Renaming a folder updates its `..` entry, which requires write access; root has it.
                        os.chown(building, 0, 0)
                    cluster.rename(self.cluster)
                    return
            finally:
                password_file.unlink(missing_ok=True)
                shutil.rmtree(building, ignore_errors=True)
            if "invalid locale name" not in complaint:
                break
        raise DependencyError(f"Postgres could not create its database in {self.cluster}: {complaint}")

    def _renew_password(self) -> None:
        """The password file is missing but the data exists: set a new one in single-user mode, which needs none."""
        password = self._data.secret("postgres-password")
        complaint = self._run(
            [self._postgres, "--single", "-D", self.cluster, "postgres"],
            f"ALTER ROLE {ROLE} PASSWORD '{password}'\n",
        )
        if complaint:
            (self._data.path / "postgres-password").unlink(missing_ok=True)
            raise DependencyError(f"Postgres could not set a new password for {self.cluster}: {complaint}")

    def _run(self, command: list[str | Path], given: str | None = None) -> str:
        """Run to completion as the database's user. Returns an empty string on success, otherwise an error message."""
        with tempfile.TemporaryFile() as stdin:
            stdin.write((given or "").encode())
            stdin.seek(0)
            process = spawn(
                command,
                death_signal=signal.SIGKILL,
                account=self._account,
                environment=quiet_environment(),
                folder=Path("/"),
                stdin=stdin,
            )
            try:
                told = process.communicate()[0].decode("utf-8", "replace")
            finally:
                kill_group(process)
        lines = [line.strip() for line in told.splitlines() if line.strip()]
        errors = [line for line in lines if "error:" in line or "FATAL" in line or "ERROR" in line]
        if process.returncode == 0 and not (given and errors):
            return ""
        return (errors or lines or [f"exited with status {process.returncode}"])[0]

    def _try_start(self) -> bool:
        """False if the server ended before it accepted connections."""
        options = [
            part for key, value in {**OPTIONS, "port": str(self.port)}.items() for part in ("-c", f"{key}={value}")
        ]
        with self._log.open("ab") as log:
            process = spawn(
                [self._postgres, "-D", self.cluster, *options],
                death_signal=signal.SIGINT,  # fast shutdown if our process is killed
                account=self._account,
                environment=quiet_environment(),
                folder=Path("/"),
                output=log,
            )
        self._process = process
        try:
            deadline = time.monotonic() + START_SECONDS
            while poll_group(process) is None:
                if self._answers():
                    return True
                if time.monotonic() > deadline:
                    self.kill()
                    self._fail(f"did not accept connections within {START_SECONDS:.0f} s")
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            self.stop()
            raise
        return False

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                self.stop()
                raise DependencyError(
                    f"The Postgres in {self.cluster} rejects the password in "
                    f"{self._data.path / 'postgres-password'}. Delete that file and start again to set a new password."
                ) from None
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=ROLE,
            password=self._data.secret("postgres-password"),
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _make_database(self) -> None:
        with self._connect() as connection:
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).fetchall():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _fail(self, what: str) -> NoReturn:
        raise DependencyError(f"Postgres {what}: {self.last_line() or 'no error was logged'}. Log: {self._log}.")


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
