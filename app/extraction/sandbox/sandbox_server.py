"""The process that forks a limited child for each document; started by `sandbox`, ends with its caller."""

import contextlib
import gc
import json
import os
import signal
import socket
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

from app.errors import DocumentError, NotFound
from app.extraction.extract import CONVERTED, extract_document
from app.extraction.language import share_language_model
from app.extraction.limits import ExtractionLimits
from app.extraction.pages.office_pdf import convert_to_pdf
from app.extraction.pages.page_image import draw_page, page_sizes
from app.extraction.pdf.page_words import PageWords
from app.extraction.pdf.redaction import redact_pdf
from app.extraction.sandbox.confinement import close_network, die_with_parent, limit_process
from app.extraction.sandbox.practice import practise
from app.extraction.sandbox.programs import Programs
from app.extraction.sandbox.wire import PROGRAMS_BEGIN, receive_message, send_message

REQUEST_SECONDS = 60  # a child that gets no request ends by itself


def serve() -> None:
    """Fork a child for each channel received over standard input; return when the caller is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller handles Ctrl-C
    signal.signal(signal.SIGCHLD, _reap)
    share_language_model()
    practise()
    # Objects that exist here exist in every child; freezing them keeps the collector from copying their pages.
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


def _reap(_signal: int, _frame: FrameType | None) -> None:
    """Reap children, so that their processor time counts for this process, which its caller reports."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _run(descriptor: int) -> None:
    """Run the child from start to end."""
    try:
        die_with_parent()
        _silence()
        channel = socket.socket(fileno=descriptor)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # this process waits for the programs it starts
        signal.setitimer(signal.ITIMER_REAL, REQUEST_SECONDS)
        channel.sendall(os.getpid().to_bytes(8, "big"))
        request = json.loads(receive_message(channel))
        content = receive_message(channel)
        limits = ExtractionLimits(**request["limits"])
        limit_process(limits)
        close_network(local_sockets=_needs_libreoffice(request))
        programs = Programs(limits, Path(request["folder"]), lambda: _grant_time(channel, limits))
        outcome, answer = _answer(content, request, limits, programs)
        channel.sendall(outcome)
        send_message(channel, answer)
    finally:
        os._exit(0)  # no clean-up of the server's objects


def _needs_libreoffice(task: dict[str, Any]) -> bool:
    if "draw" in task or "measure" in task:
        return False
    return "convert" in task or task.get("media_type") in CONVERTED


def _grant_time(channel: socket.socket, limits: ExtractionLimits) -> None:
    """Before the first program starts, notify the caller and extend this process's own alarm."""
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, left + limits.program_seconds)
    channel.sendall(PROGRAMS_BEGIN)


def _answer(content: bytes, task: dict[str, Any], limits: ExtractionLimits, programs: Programs) -> tuple[bytes, bytes]:
    try:
        if "redact" in task:
            pages = {int(number): PageWords(**words) for number, words in task["redact"].items()}
            return b"D", redact_pdf(content, pages, nothing_else=task["nothing_else"])
        if "draw" in task:
            words = None if task["words"] is None else PageWords(**task["words"])
            return b"D", draw_page(content, task["media_type"], task["draw"], words, nothing_else=task["nothing_else"])
        if "measure" in task:
            return b"D", json.dumps(page_sizes(content, task["media_type"], limits.pages)).encode()
        if "convert" in task:
            return b"D", convert_to_pdf(content, task["media_type"], limits, programs)
        return b"D", extract_document(content, task["media_type"], limits, programs).to_bytes()
    except (DocumentError, NotFound) as error:
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
    except Exception as error:  # noqa: BLE001 - any error that a hostile file provokes becomes a response, never silence
        # The location, not the message: messages may quote the document.
        place = traceback.extract_tb(error.__traceback__)[-1]
        code, detail = (
            "document_corrupt",
            (
                f"The document breaks a rule of its format ({type(error).__name__} in "
                f"{Path(place.filename).name}:{place.lineno}). Save it again and send that."
            ),
        )
    return b"E", json.dumps({"code": code, "detail": detail}).encode()


def _silence() -> None:
    """Silence parsers that print parts of what they read, which must not appear in a log."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
