"""What `vitae logs` shows of the files that `vitae up` writes."""

import contextlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.embedded.read_logs import LogLine, follow_lines, has_logs, last_lines
from app.embedded.service_log import ServiceLog

ENDED_AT = datetime(2026, 12, 2, 0, 10, tzinfo=UTC)


def write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    os.utime(path, (ENDED_AT.timestamp(), ENDED_AT.timestamp()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path / "vitae.log",
        "api        | 23:58:00 INFO    api_starting\n"
        "analysis   | 23:59:59 WARNING breaker_changed\n"
        "analysis   |   no time of its own | with a bar\n"
        "api        | 00:00:02 INFO    request_failed\n"
        "vitae      | 00:10:00 stopped\n",
    )
    write(tmp_path / "vitae.log.1", "api        | 10:00:00 INFO    older\n")
    write(
        tmp_path / "postgres.log",
        "2026-12-01 23:59:00.123 UTC [7] LOG:  database system is ready\n"
        "2026-12-02 00:00:01.000 UTC [7] ERROR:  deadlock detected\n"
        "\tits second line\n",
    )
    moment = datetime(2026, 12, 1, 23, 58, 30, tzinfo=UTC).astimezone()
    write(tmp_path / "redis.log", f"12:M {moment:%d %b %Y %H:%M:%S}.001 # WARNING memory\n")
    return tmp_path


def shown(lines: list[LogLine]) -> list[str]:
    return [f"{line.name}: {line.text.split()[-1]}" for line in lines]


def test_the_lines_of_all_processes_are_merged_by_time(folder: Path) -> None:
    assert shown(last_lines(folder, 100)) == [
        "api: older",
        "api: api_starting",
        "redis: memory",
        "postgres: ready",
        "analysis: breaker_changed",
        "analysis: bar",
        "postgres: detected",
        "postgres: line",
        "api: request_failed",
        "vitae: stopped",
    ]
    assert shown(last_lines(folder, 2)) == ["api: request_failed", "vitae: stopped"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("api", ["api: older", "api: api_starting", "api: request_failed"]),
        ("analysis", ["analysis: breaker_changed", "analysis: bar"]),
        ("postgres", ["postgres: ready", "postgres: detected", "postgres: line"]),
        ("scheduler", []),
    ],
)
def test_one_process_has_its_own_lines(folder: Path, name: str, lines: list[str]) -> None:
    assert shown(last_lines(folder, 100, name)) == lines


def test_lines_as_json_have_their_own_time(tmp_path: Path) -> None:
    write(
        tmp_path / "vitae.log",
        'api        | {"time": "2026-12-01T23:58:00.001Z", "event": "first"}\n'
        'api        | {"time": "2026-12-01T23:59:30.001Z", "event": "last"}\n',
    )
    write(tmp_path / "postgres.log", "2026-12-01 23:59:00.123 UTC [7] LOG:  between\n")
    assert [line.name for line in last_lines(tmp_path, 10)] == ["api", "postgres", "api"]


def test_a_folder_without_logs_is_known(tmp_path: Path, folder: Path) -> None:
    assert has_logs(folder)
    assert not has_logs(tmp_path / "nothing")


def test_new_lines_are_followed_over_a_file_that_is_turned_over(tmp_path: Path) -> None:
    def open_log() -> ServiceLog:
        return ServiceLog(tmp_path / "vitae.log", lambda _name, _line: None)

    log = open_log()
    log.write("api", "before")
    rounds = 0

    def pause(_seconds: float) -> None:
        nonlocal rounds, log
        rounds += 1
        if rounds == 1:
            log.write("api", "first")
            log.write("analysis", "another's")
        elif rounds == 2:
            log.close()
            log.file.replace(tmp_path / "vitae.log.1")
            log = open_log()
            log.write("api", "second")
        elif rounds > 20:
            raise AssertionError("the line did not come")

    with contextlib.closing(follow_lines(tmp_path, "api", pause=pause)) as followed:
        assert [next(followed).text, next(followed).text] == ["first", "second"]
    log.close()


def test_a_line_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "redis.log"
    path.write_text("", "utf-8")
    pieces = iter(["half a ", "line\n"])

    def pause(_seconds: float) -> None:
        with path.open("a") as file:
            file.write(next(pieces))

    with contextlib.closing(follow_lines(tmp_path, "redis", pause=pause)) as followed:
        assert next(followed).text == "half a line"


def test_a_long_log_is_read_quickly(tmp_path: Path) -> None:
    start = datetime(2026, 12, 1, tzinfo=UTC)
    lines = (
        f"{'api':<10} | {start + timedelta(seconds=number // 2):%H:%M:%S} INFO    event number={number}\n"
        for number in range(150_000)
    )
    write(tmp_path / "vitae.log", "".join(lines))
    began = time.perf_counter()
    assert last_lines(tmp_path, 1)[0].text.endswith("number=149999")
    assert time.perf_counter() - began < 5
