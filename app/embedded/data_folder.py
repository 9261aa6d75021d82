"""The data folder: private, locked by one Vitae at a time. Holds the secrets and the location of the databases."""

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from pathlib import Path
from typing import IO

from app.embedded.accounts import Account, Say, can_reach
from app.embedded.child_process import wait_until
from app.errors import ConfigurationError

LOCK_NAME = "vitae.lock"
POINTER_NAME = "databases-are-in"
FALLBACK_PARENT = Path("/var/lib")
SECRET_BYTES = 24
LOG_FILE_BYTES = 10 * 1024 * 1024


LOCK_SECONDS = 1.0


class DataFolder:
    """`open` creates the folder and takes the lock; `close` or the end of the process releases it."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Raises `ConfigurationError` if the folder is not writable or another Vitae uses it."""
        if self._lock is not None:
            return
        try:
            existed = self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            if not existed or (os.geteuid() == 0 and self.path.stat().st_uid == 0):
                # When root starts Vitae, the databases run as another user, who must be able to traverse the folder but
                # not list it.
                self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            lock = (self.path / LOCK_NAME).open("a+", encoding="utf-8")
        except FileExistsError:
            raise ConfigurationError(
                f"The data folder {self.path} is a file. Choose another folder with `--data-dir` or "
                "VITAE_STORAGE__DATA_DIR."
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"The data folder {self.path} is not writable ({error.strerror}). Give this user write access, or "
                "choose another folder with `--data-dir` or VITAE_STORAGE__DATA_DIR."
            ) from None
        # Wait briefly: `vitae doctor` may be checking the lock, and a killed Vitae may still be exiting.
        if not wait_until(lambda: _try_lock(lock), LOCK_SECONDS):
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise ConfigurationError(
                f"Another Vitae{f' (process {holder})' if holder else ''} already runs on {self.path}. Stop it first, "
                "or give this one a different folder and port with `--data-dir` and `--port`."
            )
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def ports_file(self) -> Path:
        return self.path / "ports.json"

    def secret(self, name: str) -> str:
        """A password that is generated once and stored in a file that only this user can read."""
        path = self.path / name
        try:
            kept = path.read_text("ascii").strip()
        except FileNotFoundError:
            kept = ""
        except PermissionError:
            raise ConfigurationError(
                f"{path} is not readable by this user. Start Vitae as the user who started it first."
            ) from None
        if kept:
            return kept
        made = secrets.token_hex(SECRET_BYTES)
        partial = path.with_name(f".{name}.partial")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made)
        partial.replace(path)
        return made

    def log_file(self, name: str) -> Path:
        """The log file of a database. An oversized file from earlier runs is moved aside."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_FILE_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_running(data_dir: Path) -> bool:
    """Whether a running Vitae holds the lock on this data folder."""
    try:
        with (data_dir / LOCK_NAME).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def find_database_home(data_dir: Path) -> Path:
    """The location of this data folder's databases, whether or not they exist yet. Changes nothing."""
    pointer = data_dir / POINTER_NAME
    try:
        return Path(pointer.read_text("utf-8").strip())
    except OSError:
        return data_dir


def database_home(data_dir: Path, account: Account | None, say: Say, fallback_parent: Path = FALLBACK_PARENT) -> Path:
    """The folder for the databases: the data folder, or one outside it if the account cannot enter the data folder.

    An outside location is recorded and used from then on: a changed file mode must never make data disappear.
    """
    home = find_database_home(data_dir)
    if home != data_dir:
        if not home.is_dir():
            raise ConfigurationError(
                f"{data_dir / POINTER_NAME} says that the databases are in {home}, but that folder does not exist. "
                "Restore it, or delete that file to start with empty databases."
            )
        return home
    if account is None or (can_reach(account, data_dir) and _can_be_given(data_dir, account)):
        return data_dir
    if (data_dir / "postgres" / "PG_VERSION").exists():
        raise ConfigurationError(
            f"There is a database in {data_dir}. It must not run as root, and user {account.name} can no longer enter "
            "that folder. Give others access to the folders above it again (chmod o+x), or move it."
        )
    try:
        home, found = _folder_outside(data_dir, fallback_parent)
        (data_dir / POINTER_NAME).write_text(str(home), "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"Postgres must not run as root, user {account.name} cannot enter {data_dir}, and no folder can be created "
            f"outside it ({error.strerror}). With `--data-dir`, choose a folder that others may enter."
        ) from None
    say(
        f"user {account.name}, who runs the databases, cannot enter {data_dir}: "
        + (f"using the databases of an earlier run in {home}" if found else f"storing the databases in {home}")
    )
    return home


def _folder_outside(data_dir: Path, parent: Path) -> tuple[Path, bool]:
    """A folder that is owned by root and that others may traverse, and whether it already existed."""
    temporary = Path(tempfile.gettempdir())
    if data_dir.is_relative_to(temporary) and parent == FALLBACK_PARENT:
        # A temporary data folder keeps its databases in the temporary folder too. Anyone can write there, so the name
        # must be unpredictable.
        home = Path(tempfile.mkdtemp(dir=temporary, prefix="vitae-"))
        home.chmod(0o711)
        return home, False
    home = parent / f"vitae-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]}"
    found = home.exists()
    if not found:
        home.mkdir(mode=0o711)
        home.chmod(0o711)  # regardless of the umask
    state = home.lstat()
    if state.st_uid != 0 or not stat.S_ISDIR(state.st_mode) or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(f"{home} is not root's alone, so no database is put there. Delete it and start again.")
    return home, found


def _can_be_given(folder: Path, account: Account) -> bool:
    """Whether the file system supports changing owners; virtual machines' shared folders and NFS may not."""
    probe = folder / ".owner-probe"
    try:
        probe.touch()
        os.chown(probe, account.uid, account.gid)
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)
    return True


def erase_databases(data_dir: Path) -> None:
    """Delete the databases of a data folder. Their servers must be stopped."""
    home = find_database_home(data_dir)
    for name in ("postgres", "redis", "redis-password", "postgres-password"):
        shutil.rmtree(home / name, ignore_errors=True)
        with contextlib.suppress(OSError):
            (data_dir / name).unlink(missing_ok=True)
    if home != data_dir:
        shutil.rmtree(home, ignore_errors=True)
        (data_dir / POINTER_NAME).unlink(missing_ok=True)
