"""Runs `vitae` commands as a shell would: on a terminal of a given width, into files, or into a pipe without a reader.

Each is a process forked from one that has preloaded the slow imports, so that hundreds of them take only seconds.
"""

import fcntl
import multiprocessing
import os
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_SECONDS = 60
_END = b"<end>"
_WARM = ["typer", "rich.progress", "httpx", "app.settings", "app.wiring.command_line_parts", "app.benchmark.model_load"]
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(_WARM)

Output = Literal["file", "terminal", "nobody"]


@dataclass(frozen=True, slots=True)
class Typed:
    status: int
    stdout: str  # the content of the terminal, if there is one
    stderr: str


def type_command(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    output: Output = "file",
    columns: int = 80,
    errors: Literal["file", "terminal"] = "file",
    interrupt_at: str | None = None,
) -> Typed:
    """Run one command. `nobody` is a pipe whose reader has left; `terminal` has colors.

    Ctrl-C is pressed when the word `interrupt_at` appears on the terminal.
    """
    with tempfile.TemporaryDirectory() as kept:
        out, err = Path(kept) / "out", Path(kept) / "err"
        out.touch()
        err.touch()
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        outputs = {"file": str(out), "terminal": os.ttyname(slave), "nobody": None}
        notes = str(err) if errors == "file" else os.ttyname(slave)
        arguments = (list(words), dict(environment), str(folder), outputs[output], notes)
        process = _processes.Process(target=_run, args=arguments)
        process.start()
        shown = b""
        end = time.monotonic() + _SECONDS
        while process.is_alive():
            if select.select([master], [], [], 0.01)[0]:
                shown += os.read(master, 65536)
            if interrupt_at is not None and interrupt_at.encode() in shown:
                os.kill(process.pid or 0, signal.SIGINT)
                interrupt_at = None
            if time.monotonic() > end:
                process.kill()
                raise AssertionError(f"vitae {' '.join(words)} did not end: {err.read_text(errors='replace')}")
        os.write(slave, _END)  # terminal output arrives in order, but slightly later
        while _END not in shown:
            shown += os.read(master, 65536)
        process.join()
        status = process.exitcode
        process.close()
        os.close(slave)
        os.close(master)
        seen = shown.removesuffix(_END).decode("utf-8").replace("\r\n", "\n")
        return Typed(
            -1 if status is None else status,
            seen if output == "terminal" else out.read_bytes().decode("utf-8"),
            seen if errors == "terminal" else err.read_bytes().decode("utf-8"),
        )


def _run(words: list[str], environment: dict[str, str], folder: str, output: str | None, errors: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # may be ignored by the process that runs the tests
    if output is None:
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, 1)
    else:
        os.dup2(os.open(output, os.O_WRONLY), 1)
    os.dup2(os.open(errors, os.O_WRONLY), 2)
    os.close(0)
    # Created as a fresh interpreter would; those of the first process keep the state of its start.
    sys.stdin, sys.stdout, sys.stderr = None, open(1, "w", encoding="utf-8"), open(2, "w", encoding="utf-8")  # noqa: SIM115
    sys.argv = ["vitae", *words]
    from app.cli.main import main  # noqa: PLC0415 - it checks standard output while it is imported

    main()
