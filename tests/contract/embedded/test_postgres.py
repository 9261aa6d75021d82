"""The embedded Postgres with real programs: the installed ones and those of the wheel."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from app.embedded.accounts import unprivileged_account
from app.embedded.binaries import find_postgres, list_postgres
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.stack import EmbeddedStack
from app.errors import ConfigurationError, DependencyError

Remember = Callable[[str, str], None]
Recall = Callable[[str], list[str]]


def server(stack: EmbeddedStack) -> EmbeddedPostgres:
    assert stack.postgres is not None
    return stack.postgres


@pytest.mark.parametrize("bundled", [False, True], ids=["preferring the machine's", "preferring the wheel's"])
def test_data_survives_a_stop_and_a_start(
    data_dir: Path,
    bundled: bool,  # noqa: FBT001  # parametrized by pytest
    remember: Remember,
    recall: Recall,
) -> None:
    with EmbeddedStack(data_dir, bundled, redis=False) as stack:
        remember(stack.database_url, "kept")
    with EmbeddedStack(data_dir, bundled, redis=False) as stack:
        assert recall(stack.database_url) == ["kept"]


def test_preferring_the_wheel_uses_the_wheel(data_dir: Path) -> None:
    bundled = find_postgres(prefer_bundled=True)
    assert bundled is not None
    assert bundled.source == "wheel"
    with (
        EmbeddedStack(data_dir, prefer_bundled=True, redis=False) as stack,
        psycopg.connect(stack.database_url) as connection,
    ):
        assert connection.info.server_version // 10000 == bundled.major


def test_an_existing_database_determines_the_postgres_version(data_dir: Path) -> None:
    majors = {found.major for found in list_postgres(prefer_bundled=True)}
    if len(majors) < 2:
        pytest.skip("only one major version of Postgres is here")
    with EmbeddedStack(data_dir, prefer_bundled=True, redis=False) as stack:
        first = (server(stack).cluster / "PG_VERSION").read_text()
    with EmbeddedStack(data_dir, prefer_bundled=False, redis=False) as stack:
        assert (server(stack).cluster / "PG_VERSION").read_text() == first


def test_a_database_of_a_missing_version_is_rejected_with_the_version_to_install(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        cluster = server(stack).cluster
    (cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(ConfigurationError, match=r"created by Postgres 9, but only .* Install Postgres 9"):
        EmbeddedStack(data_dir, redis=False).start()


def test_nobody_gets_in_without_the_password(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        password = (data_dir / "postgres-password").read_text()
        assert stat.S_IMODE((data_dir / "postgres-password").stat().st_mode) == 0o600
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(stack.database_url.replace(password, "guess"))
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(stack.database_url.replace(f":{password}", ""))


def test_it_listens_only_on_loopback_with_fsync_on(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack, psycopg.connect(stack.database_url) as connection:
        rows = connection.execute("SELECT name, setting FROM pg_settings").fetchall()
        settings = {str(name): str(value) for name, value in rows}
        assert settings["listen_addresses"] == "127.0.0.1"
        assert settings["unix_socket_directories"] == ""
        assert settings["fsync"] == "on"
        assert settings["server_encoding"] == "UTF8"
        assert settings["max_connections"] == "200"
        assert settings["password_encryption"] == "scram-sha-256"


def test_a_failed_statement_leaves_none_of_its_values_in_the_log(data_dir: Path, remember: Remember) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        remember(stack.database_url, "once")
        with psycopg.connect(stack.database_url) as connection:
            connection.execute("CREATE UNIQUE INDEX one ON words (word)")
            connection.execute("ALTER TABLE words ADD CHECK (length(word) < 20)")
        for word in ("once", "Ottilie Beispiel, 0171 5550000"):
            with pytest.raises(psycopg.IntegrityError):
                remember(stack.database_url, word)
    log = (data_dir / "logs" / "postgres.log").read_text()
    assert "violates" in log
    assert "Ottilie" not in log
    assert "(word)=(once)" not in log


def test_a_killed_postmaster_is_started_again_with_its_data(data_dir: Path, remember: Remember, recall: Recall) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        postgres = server(stack)
        remember(stack.database_url, "committed")
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        postgres.start()
        assert recall(stack.database_url) == ["committed"]


def test_a_stale_lock_with_the_process_id_of_another_program_is_removed(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        cluster, account = server(stack).cluster, unprivileged_account()
    # Postgres itself would refuse to start: a process with this id is running and belongs to the database's user.
    options: dict[str, int] = {"user": account.uid, "group": account.gid} if account else {}
    other = subprocess.Popen(["/bin/sleep", "600"], cwd="/", **options)  # pyright: ignore[reportCallIssue, reportArgumentType]
    try:
        lock = cluster / "postmaster.pid"
        lock.write_text(f"{other.pid}\n{cluster}\n1\n5432\n\n127.0.0.1\n  1  1\n")
        with EmbeddedStack(data_dir, redis=False) as stack:
            assert stack.database_url
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_the_postgres_of_a_killed_owner_is_stopped_and_its_data_used(
    data_dir: Path, remember: Remember, recall: Recall
) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        remember(stack.database_url, "of the first run")
    # A server without a parent-death signal, as on systems that have none.
    owner = f"""
import os, sys
from pathlib import Path
from app.embedded import child_process, stack
child_process.LAUNCHER = Path({str(_launcher_without_death_signal(data_dir))!r})
stack.EmbeddedStack(Path(sys.argv[1]), redis=False).start()
print("up", flush=True)
os.kill(os.getpid(), 9)
"""
    ended = subprocess.run(
        [sys.executable, "-c", owner, data_dir], check=False, stdout=subprocess.PIPE, cwd=Path.cwd(), timeout=60
    )
    assert ended.stdout == b"up\n"
    orphan = psutil.Process(int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))
    assert orphan.is_running()
    said: list[str] = []
    with EmbeddedStack(data_dir, redis=False, say=said.append) as stack:
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
        assert recall(stack.database_url) == ["of the first run"]
    assert any("earlier run" in line for line in said)


def _launcher_without_death_signal(data_dir: Path) -> Path:
    from app.embedded import launch  # noqa: PLC0415

    copy = data_dir / "launch.py"
    copy.write_text(Path(launch.__file__).read_text().replace('sys.platform == "linux"', "False"))
    return copy


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals children when their parent dies")
def test_it_shuts_down_cleanly_when_its_owner_is_killed(
    data_dir: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    owner = """
import os, sys
from pathlib import Path
from app.embedded.stack import EmbeddedStack
stack = EmbeddedStack(Path(sys.argv[1]))
stack.start()
print(stack.postgres.pid, stack.redis.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    ended = subprocess.run(
        [sys.executable, "-c", owner, data_dir], check=False, stdout=subprocess.PIPE, cwd=Path.cwd(), timeout=60
    )
    servers = [int(word) for word in ended.stdout.split()]
    assert len(servers) == 2
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in servers))
    assert not (data_dir / "postgres" / "postmaster.pid").exists(), "a fast shutdown removes it"


def test_a_lost_password_file_is_replaced_and_the_data_is_kept(
    data_dir: Path, remember: Remember, recall: Recall
) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack:
        remember(stack.database_url, "kept")
        before = stack.database_url
    (data_dir / "postgres-password").unlink()
    with EmbeddedStack(data_dir, redis=False) as stack:
        assert stack.database_url != before
        assert recall(stack.database_url) == ["kept"]


def test_a_wrong_password_file_is_reported_immediately(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, redis=False):
        pass
    (data_dir / "postgres-password").write_text("changed")
    with pytest.raises(DependencyError, match="Delete that file"):
        EmbeddedStack(data_dir, redis=False).start()


def test_a_partly_created_database_is_never_used(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "base").mkdir()
    with pytest.raises(ConfigurationError, match="is not a database"):
        EmbeddedStack(data_dir, redis=False).start()


def test_letters_of_every_script_are_lowercased(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, redis=False) as stack, psycopg.connect(stack.database_url) as connection:
        assert connection.execute("SELECT 'ÉLODIE Ωmega' ILIKE 'élodie ωMEGA'").fetchone() == (True,)
