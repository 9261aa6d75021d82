"""Runs extraction in a process that may crash, hang or run out of memory without harm; called by the pipeline and CLI.

Each calling process has one idle server process (`sandbox_server`), started with a fresh interpreter and never as a
fork of the caller, whose threads and model client would not survive it. The server has the readers loaded and forks one
child for each document, which costs about 10 ms. Documents are returned as JSON, never as pickles: a child that a
hostile file has taken over must not be able to run code in the caller.
"""

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.errors import CorruptDocument, DependencyError, DocumentError, DocumentTooComplex, NotFound, VitaeError
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.pdf.page_words import PageWords
from app.extraction.sandbox.programs import name_folder
from app.extraction.sandbox.wire import HEADER, MAX_ANSWER_BYTES, PROGRAMS_BEGIN, receive_exactly, send_message

__all__ = [
    "ExtractionLimits",
    "convert_in_sandbox",
    "draw_page_in_sandbox",
    "extract_in_sandbox",
    "measure_in_sandbox",
    "redact_in_sandbox",
    "start_sandbox",
]

_PID_BYTES = 8
START_SECONDS = 60.0  # loading the readers takes about 1 s; a machine under load takes longer
ERRORS: dict[str, type[VitaeError]] = {
    error.code: error for error in (*DocumentError.__subclasses__(), DocumentError, NotFound)
}
_ROOT = Path(__file__).resolve().parents[3]


def extract_in_sandbox(content: bytes, media_type: str, limits: ExtractionLimits) -> Document:
    """Call `extract_document` with its limits enforced from outside; safe from threads and from daemonic workers.

    Raises the same DocumentErrors, and DocumentTooComplex if the child was ended by a limit or died.
    """
    with _server.new_child() as channel:
        return Document.from_bytes(_ask(channel, content, {"media_type": media_type}, limits))


def redact_in_sandbox(
    content: bytes, pages: Mapping[int, PageWords], limits: ExtractionLimits, *, nothing_else: bool = False
) -> bytes:
    """Call `redaction.redact_pdf` within the same limits, and with the same errors, as extraction."""
    words = {str(number): {"kept": page.kept, "hidden": page.hidden} for number, page in pages.items()}
    with _server.new_child() as channel:
        return _ask(channel, content, {"redact": words, "nothing_else": nothing_else}, limits)


def draw_page_in_sandbox(
    content: bytes,
    media_type: str,
    number: int,
    limits: ExtractionLimits,
    words: PageWords | None = None,
    *,
    nothing_else: bool = False,
) -> bytes:
    """`page_image.draw_page` within the limits. Raises NotFound when there is no such page, and DocumentErrors."""
    shown = None if words is None else {"kept": words.kept, "hidden": words.hidden}
    task = {"draw": number, "media_type": media_type, "words": shown, "nothing_else": nothing_else}
    with _server.new_child() as channel:
        return _ask(channel, content, task, limits)


def measure_in_sandbox(content: bytes, media_type: str, limits: ExtractionLimits) -> list[tuple[float, float]]:
    """Width and height of each page in points, within the limits; for a document that was not read."""
    with _server.new_child() as channel:
        sizes = json.loads(_ask(channel, content, {"measure": True, "media_type": media_type}, limits))
    return [(float(width), float(height)) for width, height in sizes]


def convert_in_sandbox(content: bytes, media_type: str, limits: ExtractionLimits) -> bytes:
    """`office_pdf.convert_to_pdf` within the limits: a word processor's file as a PDF."""
    with _server.new_child() as channel:
        return _ask(channel, content, {"convert": True, "media_type": media_type}, limits)


def start_sandbox() -> None:
    """Start the server ahead of the first request, which otherwise takes about two seconds longer."""
    _server.start()


def _ask(channel: socket.socket, content: bytes, task: dict[str, Any], limits: ExtractionLimits) -> bytes:
    child = _started_child(channel)
    deadline = time.monotonic() + limits.seconds
    folder: Path | None = None
    try:
        channel.settimeout(limits.seconds)
        # The child creates the folder if a program needs it, and may be killed at any time, so this side removes it.
        named = name_folder()
        request = {**task, "folder": str(named), "limits": asdict(limits)}
        send_message(channel, json.dumps(request).encode())
        send_message(channel, content)
        outcome = receive_exactly(channel, 1, deadline)
        if outcome == PROGRAMS_BEGIN:
            folder = named
            deadline += limits.program_seconds
            outcome = receive_exactly(channel, 1, deadline)
        length = int.from_bytes(receive_exactly(channel, HEADER, deadline), "big")
        if length > MAX_ANSWER_BYTES:
            raise DocumentTooComplex("Reading the document gave more text than any resume has.")
        answer = receive_exactly(channel, length, deadline)
    except TimeoutError:
        allowed = f"{limits.seconds:g} s (limits.extraction_seconds)"
        if folder is not None:
            allowed += f" and {limits.program_seconds:g} s for the programs it needs (limits.program_seconds)"
        raise DocumentTooComplex(
            f"Reading the document took longer than {allowed}. Save it again as a plain PDF and send that."
        ) from None
    except (EOFError, ConnectionError):
        raise DocumentTooComplex(
            f"Reading the document needed more than {limits.memory_mib} MiB of memory "
            "(limits.extraction_memory_mib), too much processor time, or broke the reader. "
            "Save it again as a plain PDF and send that."
        ) from None
    finally:
        child.end()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    if outcome == b"D":
        return answer
    problem = json.loads(answer)
    raise ERRORS.get(problem["code"], CorruptDocument)(problem["detail"])


def _started_child(channel: socket.socket) -> "_Child":
    """The child at the other end. Raises `DependencyError`: the document is not to blame, and may be read later."""
    channel.settimeout(START_SECONDS)
    try:
        first = channel.recv(_PID_BYTES)
    except OSError:
        first = b""
    if len(first) != _PID_BYTES:
        raise DependencyError("The process that reads documents did not start: this machine may be out of memory.")
    return _Child(int.from_bytes(first, "big"))


class _Child:
    """The process that reads one document. It is still alive at this point, so the handle is certainly its own."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._handle: int | None = None
        with contextlib.suppress(OSError, AttributeError):
            self._handle = os.pidfd_open(pid)

    def end(self) -> None:
        """End the process if it is still running. It is the server's child, and the server reaps it."""
        with contextlib.suppress(OSError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            elif sys.platform != "linux":
                # Without process handles, the child's own timer kills it.
                return
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class _Server:
    """The server process of this process; started on first use, again if it died, and anew after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def new_child(self) -> socket.socket:
        """Return a channel to a child that waits for one request."""
        for last in (False, True):
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    with self._lock:
                        control = self._running()
                        socket.send_fds(control, [b"c"], [theirs.fileno()])
                except OSError:
                    ours.close()
                    self.stop()
                    if last:
                        raise
                else:
                    return ours
        raise AssertionError("unreachable")

    def start(self) -> None:
        """Returns at once."""
        with contextlib.suppress(OSError), self._lock:  # the next request reports the reason
            self._running()

    def _running(self) -> socket.socket:
        if self._control is not None and self._process is not None and self._process.poll() is None:
            return self._control
        self._discard()
        ours, theirs = socket.socketpair()
        load = "from app.extraction.sandbox.sandbox_server import serve"
        start = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); {load}; serve()"
        with theirs:
            # Standard input is the control channel: when this process ends in any way, the server reads its end.
            self._process = subprocess.Popen(
                [sys.executable, "-c", start],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"},
            )
        self._control = ours
        return ours

    def stop(self) -> None:
        """End the server; its children die with it."""
        with self._lock:
            self._discard()

    def _discard(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def forget(self) -> None:
        """After a fork the server belongs to the parent, so close our copy of its channel and start a new one."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0  # not our child: nothing to wait for
        self._lock, self._control, self._process = threading.Lock(), None, None


_server = _Server()
os.register_at_fork(after_in_child=_server.forget)
atexit.register(_server.stop)
