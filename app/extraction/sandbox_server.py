"""The process beside a caller that forks a limited child for each document; started by `sandbox`, ends with it."""

import contextlib
import ctypes
import gc
import json
import math
import os
import resource
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from app.errors import DocumentError
from app.extraction.extract import extract_document
from app.extraction.language import detect_language
from app.extraction.limits import ExtractionLimits
from app.extraction.page_words import PageWords
from app.extraction.redaction import redact_pdf
from app.extraction.wire import receive_message, send_message

PR_SET_PDEATHSIG = 1  # prctl(2)
REQUEST_SECONDS = 60  # a child that gets no request ends by itself


def serve() -> None:
    """Forks a child for each channel that comes over standard input; returns when the caller is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the children
    detect_language("Loads the language model once, before the forks. " * 2)
    # What lives here lives in every child: its collector need not look at it, and so not copy its pages.
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=os.dup(0))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for descriptor in descriptors:
            if os.fork() == 0:
                control.close()
                _run(descriptor)
            os.close(descriptor)


def _run(descriptor: int) -> None:
    """The child's whole life."""
    try:
        _die_with_server()
        _silence()
        channel = socket.socket(fileno=descriptor)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, REQUEST_SECONDS)
        channel.sendall(os.getpid().to_bytes(8, "big"))
        request = json.loads(receive_message(channel))
        content = receive_message(channel)
        task = {name: request.pop(name) for name in ("media_type", "redact", "nothing_else") if name in request}
        limits = ExtractionLimits(**request)
        _limit(limits)
        outcome, answer = _answer(content, task, limits)
        channel.sendall(outcome)
        send_message(channel, answer)
    finally:
        os._exit(0)  # no clean-up of what belongs to the server


def _answer(content: bytes, task: dict[str, Any], limits: ExtractionLimits) -> tuple[bytes, bytes]:
    try:
        if "redact" in task:
            pages = {int(number): PageWords(**words) for number, words in task["redact"].items()}
            return b"D", redact_pdf(content, pages, nothing_else=task["nothing_else"])
        return b"D", extract_document(content, task["media_type"], limits).to_bytes()
    except DocumentError as error:
        return b"E", json.dumps({"code": error.code, "detail": error.detail}).encode()
    except MemoryError:
        code, detail = (
            "document_too_complex",
            (
                f"Reading the document needed more than {limits.memory_mib} MiB of memory "
                "(limits.extraction_memory_mib). Save it again as a plain PDF and send that."
            ),
        )
    except RecursionError:
        code, detail = (
            "document_too_complex",
            ("The document nests its content too deeply. Save it again as a plain PDF and send that."),
        )
    except Exception as error:  # noqa: BLE001 - whatever a hostile file provokes becomes an answer, never silence
        # The place, not the message: messages may quote the document.
        place = traceback.extract_tb(error.__traceback__)[-1]
        code, detail = (
            "document_corrupt",
            (
                f"The document breaks a rule of its format ({type(error).__name__} in "
                f"{Path(place.filename).name}:{place.lineno}). Save it again and send that."
            ),
        )
    return b"E", json.dumps({"code": code, "detail": detail}).encode()


def _die_with_server() -> None:
    """The kernel ends this process when the server ends, and the server ends when its caller does."""
    if sys.platform == "linux":
        server = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server or server == 1:
            os._exit(1)


def _silence() -> None:
    """Parsers print parts of what they read; a log must not have them."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _limit(limits: ExtractionLimits) -> None:
    """Limits that the kernel keeps, whatever the parsers do. The caller's own clock is the first to end a parse."""
    signal.setitimer(signal.ITIMER_REAL, limits.seconds + 1)
    seconds = math.ceil(limits.seconds) + 1
    wanted = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_AS: _address_space() + limits.memory_mib * 1024 * 1024,
    }
    for kind, amount in wanted.items():
        _, most = resource.getrlimit(kind)
        allowed = amount if most == resource.RLIM_INFINITY else min(amount, most)
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of the address space
            resource.setrlimit(kind, (allowed, allowed))


def _address_space() -> int:
    """Bytes of address space that this process has before it reads anything."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 1024 * 1024 * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")
