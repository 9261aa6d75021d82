"""One readable log of many processes, written to the console and to a rotated file. Used by the supervisor."""

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from app.clock import utc_now

FILE_BYTES = 10 * 1024 * 1024
FILES_KEPT = 5
LINE_BYTES = 64 * 1024  # longer lines are split
LINES_REMEMBERED = 40
NAME_WIDTH = 10
OWN_NAME = "vitae"
Echo = Callable[[str, str], None]  # process name, line

# Process output must not move the cursor or change the colors of the reader's terminal.
_CONTROL = {code: "?" for code in (*range(32), 127) if code != ord("\t")}


def print_line(name: str, line: str) -> None:
    sys.stderr.write(f"{name:<{NAME_WIDTH}} | {line}\n")
    sys.stderr.flush()


class ServiceLog:
    """`write` may be called from any thread."""

    def __init__(self, file: Path, echo: Echo = print_line) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._handler = RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
        self._echo = echo
        self._lock = threading.Lock()
        self._last: dict[str, deque[str]] = {}

    def say(self, line: str) -> None:
        """Logs a line from the supervisor itself."""
        self.write(OWN_NAME, f"{utc_now():%H:%M:%S} {line}")

    def write(self, name: str, line: str) -> None:
        clean = line.translate(_CONTROL)
        with self._lock:
            self._last.setdefault(name, deque(maxlen=LINES_REMEMBERED)).append(clean)
            self._handler.emit(logging.makeLogRecord({"msg": f"{name:<{NAME_WIDTH}} | {clean}"}))
            try:
                self._echo(name, clean)
            except (OSError, ValueError):
                # The terminal was closed. The service keeps running, and the file still gets every line.
                self._echo = _nowhere

    def last_lines(self, name: str, count: int = 10) -> list[str]:
        with self._lock:
            return list(self._last.get(name, ()))[-count:]

    def follow(self, name: str, stream: IO[bytes]) -> threading.Thread:
        """Log every line of a process's output until the process closes it."""
        thread = threading.Thread(target=self._pump, args=(name, stream), name=f"log of {name}", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        self._handler.close()

    def _pump(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(LINE_BYTES):
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self.write(name, text)


def _nowhere(_name: str, _line: str) -> None:
    pass
