"""The tallies of all processes add up in Redis, each batch counts once, and an outage loses nothing."""

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from app.observability.metrics import (
    LEASES_LOST,
    MODEL_CALL_SECONDS,
    PROCESS_CPU_SECONDS,
    Cell,
    Tally,
)
from app.observability.shared_counts import SharedCounts

_LOST: Cell = (LEASES_LOST.name, ("extraction",), "")
_SCAN = "vitae:process:*"


@pytest.fixture(autouse=True)
def nothing_counted(redis_url: str) -> Iterator[None]:
    with redis.Redis.from_url(redis_url) as client:
        client.delete("vitae:metrics:1", *client.keys(_SCAN))  # pyright: ignore[reportGeneralTypeIssues]
        yield


def _sums(redis_url: str) -> dict[Cell, float]:
    sums = SharedCounts.connect(redis_url, "api").sums()
    assert sums is not None
    return sums


def _count_in_a_process(redis_url: str, times: int) -> None:
    counts = SharedCounts.connect(redis_url, "extraction")
    counts.start()
    for _ in range(times):
        counts.tally.count(LEASES_LOST, "extraction")
        counts.tally.observe(MODEL_CALL_SECONDS, "LocalVLLM", "ok", seconds=0.3)
    counts.close()


def test_counts_of_several_processes_and_threads_add_up(redis_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    children: list[Any] = [spawn.Process(target=_count_in_a_process, args=(redis_url, 50)) for _ in range(3)]
    for child in children:
        child.start()
    counts = SharedCounts.connect(redis_url, "analysis")
    threads = [
        threading.Thread(target=lambda: [counts.tally.count(LEASES_LOST, "extraction") for _ in range(100)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for running in (*threads, *children):
        running.join()
    counts.close()
    sums = _sums(redis_url)
    assert sums[_LOST] == 3 * 50 + 4 * 100
    bucket = MODEL_CALL_SECONDS.buckets.index(0.5)
    assert sums[(MODEL_CALL_SECONDS.name, ("LocalVLLM", "ok"), str(bucket))] == 150
    assert sums[(MODEL_CALL_SECONDS.name, ("LocalVLLM", "ok"), "sum")] == pytest.approx(45)
    assert sums[(PROCESS_CPU_SECONDS.name, ("extraction",), "")] > 0


class Unreliable(redis.Redis):
    """A real Redis whose connection breaks before or after a script runs."""

    away = False
    loses_answers = False

    def evalsha(self, sha: str, numkeys: int, *keys_and_args: Any) -> Any:
        if self.away:
            raise redis.ConnectionError
        answer = super().evalsha(sha, numkeys, *keys_and_args)
        if self.loses_answers:
            raise redis.TimeoutError
        return answer


def _unreliable(redis_url: str) -> tuple[Unreliable, SharedCounts]:
    client = Unreliable(connection_pool=redis.ConnectionPool.from_url(redis_url, decode_responses=True))
    return client, SharedCounts(client, Tally(), "analysis")


def test_a_redis_outage_loses_no_counts(redis_url: str) -> None:
    client, counts = _unreliable(redis_url)
    client.away = True
    for _ in range(2):
        counts.tally.count(LEASES_LOST, "extraction")
        assert counts.flush() is False
    client.away = False
    assert counts.flush() is True
    assert _sums(redis_url)[_LOST] == 2


def test_without_redis_nothing_is_known_and_nothing_is_raised() -> None:
    counts = SharedCounts.connect("redis://127.0.0.1:1/0", "api")
    counts.tally.count(LEASES_LOST, "extraction")
    assert counts.flush() is False
    assert counts.sums() is None
    assert counts.processes() == []
    counts.show_life()
    counts.close()


def test_a_batch_whose_reply_is_lost_counts_once(redis_url: str) -> None:
    client, counts = _unreliable(redis_url)
    counts.tally.count(LEASES_LOST, "extraction", by=7)
    client.loses_answers = True
    assert counts.flush() is False
    client.loses_answers = False
    assert counts.flush() is True
    assert _sums(redis_url)[_LOST] == 7


def test_a_live_process_is_listed_with_its_memory_until_it_exits(redis_url: str) -> None:
    counts = SharedCounts.connect(redis_url, "scheduler")
    counts.show_life()
    (seen,) = counts.processes()
    assert seen.process == "scheduler"
    assert seen.resident_bytes > 1024 * 1024
    counts.close()
    assert SharedCounts.connect(redis_url, "api").processes() == []


def test_cpu_time_of_an_extraction_processs_children_is_counted_while_they_run(redis_url: str) -> None:
    program = "import sys, time\nwhile time.process_time() < 0.5: pass\nprint(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as beside:
        assert beside.stdout is not None
        beside.stdout.readline()
        own = sum(os.times()[:2])
        SharedCounts.connect(redis_url, "extraction").flush()
        assert _sums(redis_url)[(PROCESS_CPU_SECONDS.name, ("extraction",), "")] > own + 0.4
        beside.communicate()


def test_a_tally_grows_with_its_labels_and_not_with_what_is_counted() -> None:
    tally = Tally()
    for _ in range(1000):
        tally.observe(MODEL_CALL_SECONDS, "LocalVLLM", "ok", seconds=0.2)
    assert len(tally.take()) == 2
    assert tally.take() == {}
