import io
from pathlib import Path

import pytest

from app.embedded.service_log import LINE_BYTES, LINES_REMEMBERED, ServiceLog


@pytest.fixture
def shown() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def log(tmp_path: Path, shown: list[tuple[str, str]]) -> ServiceLog:
    return ServiceLog(tmp_path / "logs" / "vitae.log", lambda name, line: shown.append((name, line)))


def test_lines_of_a_process_carry_its_name_on_the_console_and_in_the_file(
    log: ServiceLog, shown: list[tuple[str, str]]
) -> None:
    log.follow("api", io.BytesIO("eins\nzwei ä\n\nlast without end".encode())).join()
    log.close()
    assert shown == [("api", "eins"), ("api", "zwei ä"), ("api", "last without end")]
    assert log.file.read_text("utf-8").splitlines()[1] == "api        | zwei ä"


def test_a_process_cannot_send_control_codes_to_the_terminal(log: ServiceLog, shown: list[tuple[str, str]]) -> None:
    log.follow("api", io.BytesIO(b"\x1b[2Jgone\rback \xff\n")).join()
    log.close()
    assert shown == [("api", "?[2Jgone?back \N{REPLACEMENT CHARACTER}")]


def test_an_endless_line_is_split(log: ServiceLog, shown: list[tuple[str, str]]) -> None:
    log.follow("api", io.BytesIO(b"x" * (LINE_BYTES + 1) + b"\n")).join()
    log.close()
    assert [len(line) for _, line in shown] == [LINE_BYTES, 1]


def test_the_last_lines_of_one_process_are_remembered(log: ServiceLog) -> None:
    for number in range(LINES_REMEMBERED + 5):
        log.write("api", f"line {number}")
        log.write("other", "noise")
    log.close()
    assert log.last_lines("api", 2) == [f"line {LINES_REMEMBERED + 3}", f"line {LINES_REMEMBERED + 4}"]
    assert log.last_lines("nobody") == []


def test_a_closed_terminal_does_not_stop_the_log(tmp_path: Path) -> None:
    def closed(_name: str, _line: str) -> None:
        raise BrokenPipeError

    log = ServiceLog(tmp_path / "vitae.log", closed)
    log.write("api", "first")
    log.write("api", "second")
    log.close()
    assert log.file.read_text().splitlines() == ["api        | first", "api        | second"]
