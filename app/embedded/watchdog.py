"""Ends the process groups of a supervisor that was killed: what no signal handler of the supervisor can do itself.

Started by `Watchdog` as `python -I -S watchdog.py`. Reads `+GROUP SIGNAL` and `-GROUP` lines; when the supervisor is
gone its end of the pipe closes, and every group still listed gets its signal, then, if it stays, SIGKILL. This reaches
grandchildren, and works where the kernel knows no parent-death signal. Uses the standard library alone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE_SECONDS = 6.0
POLL_SECONDS = 0.05


class Watchdog:
    """The supervisor's side."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", Path(__file__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def add(self, group: int, number: signal.Signals) -> None:
        self._tell(f"+{group} {int(number)}\n")

    def remove(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def close(self) -> None:
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin:
            with contextlib.suppress(OSError):  # it was killed: the kernel's parent-death signal remains
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def watch(lines: list[bytes] | None = None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin.buffer if lines is None else lines:
        words = line[1:].split()
        if line.startswith(b"+"):
            groups[int(words[0])] = int(words[1])
        else:
            groups.pop(int(words[0]), None)
    for group, number in groups.items():
        _signal(group, number)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(_signal(group, 0) for group in groups):
        time.sleep(POLL_SECONDS)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Whether there was a process to signal."""
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    watch()
