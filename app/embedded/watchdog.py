"""Ends the process groups of a supervisor that was killed, which its own signal handlers cannot do.

Started by `Watchdog` as `python -I -S watchdog.py`. Reads lines of the form `+GROUP SIGNAL` and `-GROUP`. When the
supervisor dies, its end of the pipe closes: every group still listed gets its signal and, if it does not exit, SIGKILL.
This reaches grandchildren and works on systems without a parent-death signal. Uses only the standard library.
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
            # If the watchdog was killed, the kernel's parent-death signal still applies.
            with contextlib.suppress(OSError):
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
