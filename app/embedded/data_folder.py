"""The data folder: made private, held by one Vitae at a time, with its secrets and the place of its databases."""

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
    """`open` makes the folder and takes the lock; `close` gives the lock back. So does the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self._lock: IO[str] | None = None

    def open(self) -> None:
        """Raises `ConfigurationError` if the folder cannot be written or another Vitae uses it."""
        if self._lock is not None:
            return
        try:
            existed = self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            if not existed or (os.geteuid() == 0 and self.path.stat().st_uid == 0):
                # Databases of a root-started Vitae run as another user, who has to pass through but not to look around.
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
                f"The data folder {self.path} cannot be written ({error.strerror}). Give this user the right to, or "
                "choose another folder with `--data-dir` or VITAE_STORAGE__DATA_DIR."
            ) from None
        # A moment of patience: `vitae doctor` may just be looking, and a Vitae that was killed may just be ending.
        if not wait_until(lambda: _try_lock(lock), LOCK_SECONDS):
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise ConfigurationError(
                f"Another Vitae{f' (process {holder})' if holder else ''} already runs on {self.path}. Stop it first, "
                "or start this one on a folder and port of its own with `--data-dir` and `--port`."
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
        """A password that is made once and kept in a file that only this user can read."""
        path = self.path / name
        try:
            kept = path.read_text("ascii").strip()
        except FileNotFoundError:
            kept = ""
        except PermissionError:
            raise ConfigurationError(
                f"{path} cannot be read by this user. Start Vitae as the user who started it first."
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
        """Where a database writes its messages; an overlong file of earlier runs is moved aside."""
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
    """Whether a Vitae holds this data folder now."""
    try:
        with (data_dir / LOCK_NAME).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def find_database_home(data_dir: Path) -> Path:
    """Where the databases of this data folder lie, whether or not they exist yet; changes nothing."""
    pointer = data_dir / POINTER_NAME
    try:
        return Path(pointer.read_text("utf-8").strip())
    except OSError:
        return data_dir


def database_home(data_dir: Path, account: Account | None, say: Say, fallback_parent: Path = FALLBACK_PARENT) -> Path:
    """The folder for databases: the data folder, or one outside if the account cannot get into the data folder.

    Once chosen outside, the place is written down and kept: data must not disappear because a mode changed.
    """
    home = find_database_home(data_dir)
    if home != data_dir:
        if not home.is_dir():
            raise ConfigurationError(
                f"{data_dir / POINTER_NAME} says that the databases are in {home}, but that folder is gone. Bring it "
                "back, or delete that file to begin with empty databases."
            )
        return home
    if account is None or (can_reach(account, data_dir) and _can_be_given(data_dir, account)):
        return data_dir
    if (data_dir / "postgres" / "PG_VERSION").exists():
        raise ConfigurationError(
            f"There is a database in {data_dir}, but user {account.name}, who has to run it because root must not, can "
            "no longer enter that folder. Let others pass through the folders above it again (chmod o+x), or move it."
        )
    try:
        home, found = _folder_outside(data_dir, fallback_parent)
        (data_dir / POINTER_NAME).write_text(str(home), "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"User {account.name}, who has to run Postgres because root must not, cannot enter {data_dir}, and no "
            f"folder can be made outside it ({error.strerror}). Choose one that others may enter with `--data-dir`."
        ) from None
    say(
        f"user {account.name}, who runs the databases, cannot enter {data_dir}: "
        + (f"the databases of an earlier run in {home} are used" if found else f"the databases are kept in {home}")
    )
    return home


def _folder_outside(data_dir: Path, parent: Path) -> tuple[Path, bool]:
    """A folder of root's that others may pass through, and whether it was there before."""
    temporary = Path(tempfile.gettempdir())
    if data_dir.is_relative_to(temporary) and parent == FALLBACK_PARENT:
        # What is temporary stays among the temporary. Everybody may write there, so the name must not be foreseeable.
        home = Path(tempfile.mkdtemp(dir=temporary, prefix="vitae-"))
        home.chmod(0o711)
        return home, False
    home = parent / f"vitae-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]}"
    found = home.exists()
    if not found:
        home.mkdir(mode=0o711)
        home.chmod(0o711)  # whatever the umask
    state = home.lstat()
    if state.st_uid != 0 or not stat.S_ISDIR(state.st_mode) or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(f"{home} is not root's alone, so no database is put there. Delete it and start again.")
    return home, found


def _can_be_given(folder: Path, account: Account) -> bool:
    """Whether the file system knows owners at all: shared folders of virtual machines and NFS may refuse them."""
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
    """Delete the databases of a data folder whose servers are stopped."""
    home = find_database_home(data_dir)
    for name in ("postgres", "redis", "redis-password", "postgres-password"):
        shutil.rmtree(home / name, ignore_errors=True)
        with contextlib.suppress(OSError):
            (data_dir / name).unlink(missing_ok=True)
    if home != data_dir:
        shutil.rmtree(home, ignore_errors=True)
        (data_dir / POINTER_NAME).unlink(missing_ok=True)
