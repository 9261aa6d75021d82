"""Which programs are chosen, using scripts that can only print a version."""

from pathlib import Path

import pytest

from app.embedded import binaries
from app.embedded.binaries import find_postgres, find_redis


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def postgres(folder: Path, version: str) -> Path:
    program(folder / "initdb", "initdb")
    program(folder / "postgres", f"postgres (PostgreSQL) {version}")
    return folder


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with one folder, and no other place where Postgres might be installed."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    monkeypatch.setattr(binaries, "POSTGRES_FOLDERS", ())
    monkeypatch.setattr(binaries, "POSTGRES_WHEEL", "a_postgres_wheel")
    monkeypatch.setattr(binaries, "REDIS_WHEELS", (("a_redis_wheel", "bin/redis-server"),))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    return folder


@pytest.fixture
def packages(tmp_path: Path, on_path: Path) -> Path:
    """Wheels that record whether they were imported."""
    for name in ("a_postgres_wheel", "a_redis_wheel"):
        package = tmp_path / "packages" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    return tmp_path / "packages"


def test_an_installed_postgres_comes_before_the_wheel_unless_the_wheel_is_preferred(
    on_path: Path, packages: Path
) -> None:
    postgres(on_path, "17.2 (Debian 17.2-1)")
    postgres(packages / "a_postgres_wheel" / "pginstall" / "bin", "16.14")
    installed, bundled = find_postgres(prefer_bundled=False), find_postgres(prefer_bundled=True)
    assert installed is not None
    assert bundled is not None
    assert (installed.source, installed.version) == ("installed", (17, 2))
    assert (bundled.source, bundled.version) == ("wheel", (16, 14))


def test_a_requested_version_overrides_every_preference(on_path: Path, packages: Path) -> None:
    postgres(on_path, "15.1")
    postgres(packages / "a_postgres_wheel" / "pginstall" / "bin", "16.14")
    postgres(packages / "a_postgres_wheel" / "pginstall18" / "bin", "18.4")
    found = find_postgres(prefer_bundled=False, major=18)
    assert found is not None
    assert found.folder.parent.name == "pginstall18"
    assert find_postgres(prefer_bundled=False, major=12) is None


def test_a_postgres_that_is_too_old_or_incomplete_is_skipped(on_path: Path, packages: Path) -> None:
    program(on_path / "postgres", "postgres (PostgreSQL) 17.1")  # its initdb is in a package that is not installed
    assert find_postgres(prefer_bundled=False) is None
    postgres(on_path, "13.9")
    assert find_postgres(prefer_bundled=False) is None


def test_a_symlink_to_one_program_leads_to_the_folder_of_all_programs(on_path: Path, tmp_path: Path) -> None:
    home = postgres(tmp_path / "real" / "bin", "17.1")
    (on_path / "postgres").symlink_to(home / "postgres")
    found = find_postgres(prefer_bundled=False)
    assert found is not None
    assert found.folder == home


def test_the_newest_of_several_installed_versions_is_used(
    on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for major in ("9", "14", "16"):
        postgres(tmp_path / "installed" / major / "bin", f"{major}.1")
    monkeypatch.setattr(binaries, "POSTGRES_FOLDERS", (f"{tmp_path}/installed/*/bin",))
    monkeypatch.setattr(binaries, "_number_in", lambda path: int(path.parent.name))  # pyright: ignore[reportUnknownLambdaType]
    found = find_postgres(prefer_bundled=False)
    assert found is not None
    assert found.major == 16


def test_redis_or_valkey_on_the_path_comes_before_the_wheel(on_path: Path, packages: Path) -> None:
    bundled = program(packages / "a_redis_wheel" / "bin" / "redis-server", "Redis server v=6.2.14 sha=0 bits=64")
    found = find_redis(prefer_bundled=False)
    assert found is not None
    assert found.program == bundled
    program(on_path / "valkey-server", "Valkey server v=9.1.2 sha=0 bits=64")
    found = find_redis(prefer_bundled=False)
    assert found is not None
    assert (found.source, found.version) == ("installed", (9, 1))
    assert found.title.startswith("Valkey 9.1")


@pytest.mark.parametrize("says", ["Redis server v=5.0.7 sha=0", "GLIBC_2.38 not found", ""])
def test_a_redis_that_is_too_old_or_does_not_run_is_skipped(on_path: Path, packages: Path, says: str) -> None:
    program(on_path / "redis-server", says)
    assert find_redis(prefer_bundled=False) is None


def test_nothing_is_found_on_an_empty_machine(on_path: Path) -> None:
    assert find_postgres(prefer_bundled=False) is None
    assert find_redis(prefer_bundled=True) is None
