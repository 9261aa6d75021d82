"""Both databases of one data folder, started together as `vitae up` and other tests do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.embedded.connections import ask_postgres, ask_redis
from app.embedded.data_folder import is_running
from app.embedded.ports import remembered_ports
from app.embedded.stack import EmbeddedStack
from app.errors import ConfigurationError, DependencyError


def test_both_databases_respond_and_nothing_is_left_afterwards(data_dir: Path) -> None:
    with EmbeddedStack(data_dir) as stack:
        assert int(ask_postgres(stack.database_url).split(".")[0]) >= 14
        assert ask_redis(stack.redis_url)
        urls = stack.database_url, stack.redis_url
    with pytest.raises(DependencyError, match=r"Postgres at 127\.0"):
        ask_postgres(urls[0])
    with pytest.raises(DependencyError, match=r"Redis at 127\.0"):
        ask_redis(urls[1])


def test_an_unreachable_database_is_reported_in_one_line_without_its_password() -> None:
    with pytest.raises(DependencyError) as caught:
        ask_postgres("postgresql+psycopg://someone:geheim@127.0.0.1:1/vitae")
    assert "127.0.0.1:1" in caught.value.detail
    assert "geheim" not in caught.value.detail
    assert "\n" not in caught.value.detail


def test_a_second_stack_on_the_same_folder_is_rejected_with_the_first_process_id(data_dir: Path) -> None:
    with EmbeddedStack(data_dir):
        assert is_running(data_dir)
        with pytest.raises(ConfigurationError, match=rf"process {os.getpid()}.*already runs"):
            EmbeddedStack(data_dir).start()
    assert not is_running(data_dir)


def test_ports_are_remembered_and_replaced_when_another_program_uses_them(data_dir: Path) -> None:
    with EmbeddedStack(data_dir) as stack:
        first = remembered_ports(stack.data.ports_file)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections keep the port in TIME_WAIT
        other.bind(("127.0.0.1", first["postgres"]))
        other.listen()
        with EmbeddedStack(data_dir) as stack:
            second = remembered_ports(stack.data.ports_file)
            assert ask_postgres(stack.database_url)
    assert second["postgres"] != first["postgres"]
    assert second["redis"] == first["redis"]


def test_data_is_deleted_without_keep_data(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, keep_data=False):
        assert (data_dir / "postgres").is_dir()
    assert not (data_dir / "postgres").exists()
    assert not (data_dir / "postgres-password").exists()


def test_a_read_only_folder_is_rejected_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"/proc/nowhere is not writable.*--data-dir"):
        EmbeddedStack(Path("/proc/nowhere")).start()


def test_a_failed_start_releases_the_folder_and_leaves_nothing_running(data_dir: Path) -> None:
    with EmbeddedStack(data_dir):
        pass
    (data_dir / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(DependencyError, match="Postgres did not start"):
        EmbeddedStack(data_dir).start()
    assert not is_running(data_dir)
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


ORDINARY_USER = """
import os, signal, sys, time
from pathlib import Path
import psycopg
from app.embedded.stack import EmbeddedStack
from app.errors import ConfigurationError
folder = Path(sys.argv[1])
for expected in ([], [("kept",)], [("kept",), ("kept",)]):
    with EmbeddedStack(folder, prefer_bundled=sys.argv[2] == "wheel") as stack:
        with psycopg.connect(stack.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
            assert connection.execute("SELECT * FROM words").fetchall() == expected
            connection.execute("INSERT INTO words VALUES ('kept')")
        os.kill(stack.postgres.pid, signal.SIGKILL)
assert (folder / "postgres").stat().st_uid == os.getuid() != 0
assert oct(folder.stat().st_mode)[-3:] == "700"
closed = Path(sys.argv[1]).parent / "closed"
try:
    EmbeddedStack(closed / "data").start()
except ConfigurationError as error:
    print(error.detail)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to switch to an ordinary user")
@pytest.mark.parametrize("source", ["machine", "wheel"])
def test_an_ordinary_user_runs_the_databases_as_themselves(data_dir: Path, source: str) -> None:
    import pwd  # noqa: PLC0415

    from app.embedded.accounts import account_of, can_reach  # noqa: PLC0415

    nobody = account_of(pwd.getpwnam("nobody").pw_uid)
    pythons = [Path(sys.executable), Path("/usr/bin/python3")]
    version = "import sys; print(sys.version_info[:2] == " + repr(tuple(sys.version_info[:2])) + ")"
    python = next(
        (
            path
            for path in pythons
            if can_reach(nobody, path)
            and subprocess.run([path, "-c", version], check=True, capture_output=True).stdout == b"True\n"
        ),
        None,
    )
    if python is None:
        pytest.skip(f"an ordinary user cannot run Python {sys.version_info[:2]} on this machine")
    packages = next(path for path in map(Path, sys.path) if (path / "psycopg").is_dir())
    if not can_reach(nobody, packages):
        pytest.skip(f"an ordinary user cannot enter {packages}")
    os.chown(data_dir.parent, nobody.uid, nobody.gid)
    closed = data_dir.parent / "closed"
    closed.mkdir(mode=0o755)
    # Pythons before 3.11.3 need a package that the environment of a newer Python lacks; only its name is imported.
    extra = data_dir.parent / "extra"
    extra.mkdir(mode=0o755)
    (extra / "async_timeout.py").write_text("from asyncio import timeout\n")
    ran = subprocess.run(
        [python, "-B", "-c", ORDINARY_USER, data_dir, source],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        user=nobody.uid,
        group=nobody.gid,
        extra_groups=[],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{Path.cwd()}:{packages}:{extra}"},
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert "is not writable" in ran.stdout
