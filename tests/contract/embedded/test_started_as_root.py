"""Cases for root only: Postgres refuses to run as root, and its unprivileged user cannot enter every folder."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.embedded.accounts import can_reach, reachable_copy, unprivileged_account
from app.embedded.binaries import find_postgres, find_redis
from app.embedded.data_folder import DataFolder, database_home, find_database_home
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.stack import EmbeddedStack
from app.errors import ConfigurationError

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to switch users")


@pytest.fixture
def private_folder() -> Iterator[Path]:
    """A folder that only root can enter, like /root."""
    folder = Path(tempfile.mkdtemp())
    assert folder.stat().st_mode & 0o777 == 0o700
    yield folder
    shutil.rmtree(folder)


def test_the_servers_run_as_an_unprivileged_user(data_dir: Path) -> None:
    with EmbeddedStack(data_dir) as stack:
        for server in (stack.postgres, stack.redis):
            assert server is not None
            process = psutil.Process(server.pid)
            assert 0 not in process.uids()
            assert 0 not in process.gids()
            status = Path(f"/proc/{process.pid}/status")
            if status.exists():
                groups = next(line for line in status.read_text().splitlines() if line.startswith("Groups:"))
                assert "0" not in groups.split()


def test_a_data_folder_below_a_closed_folder_keeps_its_databases_outside_and_reports_it(
    private_folder: Path, remember: Callable[[str, str], None], recall: Callable[[str], list[str]]
) -> None:
    data_dir, said = private_folder / "data", list[str]()
    stack = EmbeddedStack(data_dir, redis=False, say=said.append)
    with stack:
        remember(stack.database_url, "kept")
        home = find_database_home(data_dir)
        assert home != data_dir
        assert home.stat().st_uid == 0
    try:
        assert any(str(home) in line for line in said)
        # Even if the folder is opened later: a changed mode must not make data disappear.
        private_folder.chmod(0o755)
        with EmbeddedStack(data_dir, redis=False, keep_data=False) as stack:
            assert recall(stack.database_url) == ["kept"]
        assert not home.exists()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test_a_database_in_a_closed_folder_is_not_silently_recreated_elsewhere(private_folder: Path) -> None:
    private_folder.chmod(0o755)
    data_dir = private_folder / "data"
    with EmbeddedStack(data_dir, redis=False):
        pass
    private_folder.chmod(0o700)
    with pytest.raises(ConfigurationError, match="can no longer enter"):
        EmbeddedStack(data_dir, redis=False).start()


def test_deleted_outside_databases_are_not_silently_recreated(private_folder: Path, tmp_path: Path) -> None:
    data = DataFolder(private_folder / "data")
    data.open()
    try:
        home = database_home(data.path, unprivileged_account(), print, tmp_path)
        assert home.parent == tmp_path
        home.rmdir()
        with pytest.raises(ConfigurationError, match="that folder does not exist"):
            database_home(data.path, unprivileged_account(), print, tmp_path)
    finally:
        data.close()


def test_a_folder_that_another_user_prepared_is_not_trusted(private_folder: Path, tmp_path: Path) -> None:
    data_dir = private_folder / "data"
    data_dir.mkdir()
    home = database_home(data_dir, unprivileged_account(), print, tmp_path)
    (data_dir / "databases-are-in").unlink()
    account = unprivileged_account()
    assert account is not None
    os.chown(home, account.uid, account.gid)
    with pytest.raises(ConfigurationError, match="not root's alone"):
        database_home(data_dir, account, print, tmp_path)


def test_wheel_programs_below_a_closed_folder_run_from_a_single_copy(private_folder: Path, data_dir: Path) -> None:
    bundled, account = find_postgres(prefer_bundled=True), unprivileged_account()
    if bundled is None or bundled.source != "wheel":
        pytest.skip("no Postgres wheel for this platform")
    for part in bundled.parts:
        shutil.copytree(bundled.root / part, private_folder / part, symlinks=True)
    program = private_folder / bundled.folder.relative_to(bundled.root) / "postgres"
    cache = data_dir.parent
    assert not can_reach(account, program)

    def copy(said: list[str]) -> Path:
        return reachable_copy(
            account, program, root=private_folder, parts=bundled.parts, say=said.append, cache_parents=(cache,)
        )

    first, second = list[str](), list[str]()
    inside = copy(first)
    assert inside.is_relative_to(cache)
    assert can_reach(account, inside)
    assert len(first) == 1
    assert copy(second) == inside
    assert second == []
    data = DataFolder(data_dir)
    data.open()
    moved = type(bundled)(inside.parent, bundled.version, "wheel", cache, bundled.parts)
    server = EmbeddedPostgres(data, data_dir, moved, 0, account=account)
    server.port = 0
    try:
        from app.embedded.ports import pick_port  # noqa: PLC0415

        server.port = pick_port(data.ports_file, "postgres")
        server.start()
        assert server.poll() is None
    finally:
        server.stop()
        data.close()


def test_a_copy_that_another_user_could_change_is_replaced(private_folder: Path, data_dir: Path) -> None:
    found, account = find_redis(prefer_bundled=True), unprivileged_account()
    if found is None:
        pytest.skip("Redis is not installed")
    program = private_folder / found.program.name
    shutil.copy2(found.program, program)
    cache = data_dir.parent
    options = {"root": private_folder, "parts": (program.name,), "say": list[str]().append, "cache_parents": (cache,)}
    inside = reachable_copy(account, program, **options)  # pyright: ignore[reportArgumentType]
    inside.write_bytes(b"#!/bin/sh\necho something else\n")
    inside.parent.chmod(0o777)
    again = reachable_copy(account, program, **options)  # pyright: ignore[reportArgumentType]
    assert again.read_bytes() == program.read_bytes()
    assert again.parent.stat().st_mode & 0o022 == 0


def test_a_cluster_restored_by_root_from_a_backup_runs_again(
    data_dir: Path, remember: Callable[[str, str], None], recall: Callable[[str], list[str]]
) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        remember(stack.database_url, "restored")
    for path in ((data_dir / "postgres"), *(data_dir / "postgres").rglob("*")):
        os.chown(path, 0, 0)
    with EmbeddedStack(data_dir, redis=False) as stack:
        assert recall(stack.database_url) == ["restored"]
