"""Picks the unprivileged user that runs the databases when Vitae is started by root, and checks what it can reach."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.errors import ConfigurationError

CANDIDATES = ("postgres", "nobody")  # in order of preference; Postgres refuses to run as root
CACHE_PARENTS = (Path("/var/cache"), Path("/var/lib"))
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int

    @property
    def switch(self) -> dict[str, int | list[int]]:
        """Keyword arguments for `subprocess` that run a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_of(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(f"user {uid}", uid, uid)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def unprivileged_account() -> Account | None:
    """The user to run the databases as; `None` means the current user, because it is not root."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "Postgres refuses to run as root, and this machine has no user `postgres` or `nobody` to run it as. "
        "Start Vitae as an ordinary user, or set VITAE_STORAGE__DATABASE_URL to an existing Postgres."
    )


def can_reach(account: Account | None, path: Path) -> bool:
    """Whether the account may enter the folder or execute the file. The system decides, so ACLs count too."""
    if account is None:
        return os.access(path, os.X_OK)
    # `extra_groups` is empty because root's groups could grant access that the account itself does not have.
    try:
        asked = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            check=False,
            cwd="/",
            capture_output=True,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        )
    except OSError as error:
        raise ConfigurationError(
            f"Vitae was started as root, but this machine does not let it run programs as user {account.name} "
            f"({error.strerror}). "
            "Start Vitae as an ordinary user, or configure VITAE_STORAGE__DATABASE_URL and VITAE_STORAGE__REDIS_URL."
        ) from None
    return asked.returncode == 0


def reachable_copy(
    account: Account | None,
    program: Path,
    *,
    root: Path,
    parts: tuple[str, ...],
    say: Say,
    cache_parents: tuple[Path, ...] = CACHE_PARENTS,
) -> Path:
    """The path of `program` that the account can execute: the original, or a permanent copy made on first use.

    A virtual environment below /root is closed to every other user. `parts` are the folders or files below `root` that
    belong together (a program and its libraries). The copy preserves their relative paths, so relative library paths
    still work.
    """
    if can_reach(account, program):
        return program
    if account is None:
        raise ConfigurationError(f"{program} is not executable. Reinstall the packages: make clean setup.")
    stat = program.stat()
    stamp = hashlib.sha256(f"{program}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:12]
    for parent in cache_parents:
        copy = parent / f"vitae-programs-{stamp}"
        inside = copy / program.relative_to(root)
        if _is_ours(copy) and can_reach(account, inside):
            return inside
        try:
            _copy_open(root, parts, copy)
        except OSError:
            continue
        if can_reach(account, inside):
            say(f"user {account.name} cannot access {program.name} below {root}; using a copy in {copy}")
            return inside
    raise ConfigurationError(
        f"{program.name} must not run as root, and user {account.name} cannot reach {program}. Move the project out of "
        "private folders such as /root, start Vitae as an ordinary user, or configure existing databases."
    )


def _is_ours(folder: Path) -> bool:
    """True only if nobody but root can write there: programs in this folder will be executed."""
    return folder.is_dir() and folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o022


def _copy_open(root: Path, parts: tuple[str, ...], target: Path) -> None:
    """Copies under a temporary name, then renames, so that an existing copy is always complete."""
    building = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        for part in parts:
            source, place = root / part, building / part
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, place, symlinks=True, ignore=shutil.ignore_patterns("include", "__pycache__"))
            else:
                shutil.copy2(source, place)
        for folder, _, files in os.walk(building):
            Path(folder).chmod(0o755)
            for name in files:
                file = Path(folder, name)
                if not file.is_symlink():
                    file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        if target.exists():
            shutil.rmtree(target)
        building.rename(target)
    except OSError:
        shutil.rmtree(building, ignore_errors=True)
        raise
