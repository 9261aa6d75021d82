"""The embedded Redis with a real server."""

import os
import signal
import stat
from pathlib import Path

import psutil
import pytest
import redis

from app.embedded.redis_server import EmbeddedRedis
from app.embedded.stack import EmbeddedStack
from app.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _needs_a_program() -> None:
    from app.embedded.redis_server import choose_redis  # noqa: PLC0415

    try:
        choose_redis(prefer_bundled=False)
    except ConfigurationError as error:
        pytest.skip(error.detail)


def server(stack: EmbeddedStack) -> EmbeddedRedis:
    assert stack.redis is not None
    return stack.redis


def test_it_responds_only_with_its_password(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, postgres=False) as stack:
        with redis.Redis.from_url(stack.redis_url) as client:
            assert client.ping()
        assert stat.S_IMODE((data_dir / "redis-password").stat().st_mode) == 0o600
        with (
            redis.Redis(host="127.0.0.1", port=server(stack).port) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()


def test_the_password_is_not_among_the_arguments(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, postgres=False) as stack:
        password = (data_dir / "redis-password").read_text()
        arguments = psutil.Process(server(stack).pid).cmdline()
        assert password not in " ".join(arguments)


def test_full_memory_refuses_writes_instead_of_evicting_and_nothing_is_saved(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, postgres=False) as stack, redis.Redis.from_url(stack.redis_url) as client:
        memory = client.info("memory")
        persistence = client.info("persistence")
        client.set("word", "here")
    assert memory["maxmemory_policy"] == "noeviction"
    assert persistence["aof_enabled"] == 0
    assert list((data_dir / "redis").iterdir()) == []


def test_a_killed_server_starts_again_on_the_same_port(data_dir: Path) -> None:
    with EmbeddedStack(data_dir, postgres=False) as stack:
        before = stack.redis_url
        pid = server(stack).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        server(stack).start()
        assert stack.redis_url == before
        with redis.Redis.from_url(before) as client:
            assert client.ping()


def test_a_server_left_by_an_earlier_run_is_recognized_and_stopped(data_dir: Path) -> None:
    first = EmbeddedStack(data_dir, postgres=False)
    first.start()
    left = server(first)
    assert left.pid is not None
    first.data.close()  # as if its owner had been killed: the lock is free, the server still runs
    said: list[str] = []
    with EmbeddedStack(data_dir, postgres=False, say=said.append) as second:
        assert left.poll() is not None
        assert server(second).port == left.port
    assert any("earlier run" in line for line in said)


def test_configuration_cannot_be_changed_over_the_wire(data_dir: Path) -> None:
    with (
        EmbeddedStack(data_dir, postgres=False) as stack,
        redis.Redis.from_url(stack.redis_url) as client,
        pytest.raises(redis.ResponseError, match="unknown command"),
    ):
        client.config_set("dir", "/")
