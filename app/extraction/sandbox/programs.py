"""Starts the programs that some documents need (tesseract, LibreOffice), within limits; for readers in the sandbox."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.extraction.limits import ExtractionLimits
from app.extraction.sandbox.confinement import allow_files, limit_program


class ProgramFailed(Exception):
    """The program ended with an error or was killed by a limit; the message has no text of the document."""


class ProgramTimeout(ProgramFailed):
    """The program took longer than the time left for the document."""


def name_folder() -> Path:
    """Name a folder for the programs of one document. `Programs` creates it if needed; the caller removes it."""
    return Path(tempfile.gettempdir()) / f"vitae-{secrets.token_hex(8)}"


class Programs:
    """Runs the programs of one document. All of them together get `limits.program_seconds`."""

    def __init__(self, limits: ExtractionLimits, folder: Path, announce: Callable[[], None] | None = None) -> None:
        """`announce` is called before the first start: from then on, the sandbox's clock grants the extra time.

        `folder` must not exist yet; it is created when a program needs it. The caller that named it removes it.
        """
        self._limits = limits
        self._folder = folder
        self._made = False
        self._announce = announce
        self._deadline: float | None = None

    @property
    def seconds_left(self) -> float:
        if self._deadline is None:
            return self._limits.program_seconds
        return self._deadline - time.monotonic()

    @property
    def folder(self) -> Path:
        """The folder in which the programs of this document may write."""
        if not self._made:
            self._folder.mkdir(mode=0o700)
            allow_files()
            self._made = True
        return self._folder

    def remove_folder(self) -> None:
        if self._made:
            shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, command: Sequence[str], *, stdin: bytes = b"", seconds: float) -> bytes:
        """Return the standard output. Raises ProgramTimeout after `seconds` or when the document's time is up."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._limits.program_seconds
            if self._announce is not None:
                self._announce()
        allowed = min(seconds, self.seconds_left)
        if allowed <= 0:
            raise ProgramTimeout
        memory_mib = self._limits.memory_mib
        home = str(self.folder)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "TMPDIR": home,
            "LANG": "C.UTF-8",
            "OMP_THREAD_LIMIT": "1",  # threads cost tesseract more than they gain, and other documents wait
        }
        if "TESSDATA_PREFIX" in os.environ:
            environment["TESSDATA_PREFIX"] = os.environ["TESSDATA_PREFIX"]
        try:
            done = subprocess.run(
                command,
                input=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=home,
                env=environment,
                timeout=allowed,
                check=False,
                preexec_fn=lambda: limit_program(allowed, memory_mib),
            )
        except subprocess.TimeoutExpired:
            raise ProgramTimeout from None
        except OSError as error:
            raise ProgramFailed(f"{Path(command[0]).name} could not be started: {error.strerror}") from None
        if done.returncode != 0:
            raise ProgramFailed(f"{Path(command[0]).name} ended with status {done.returncode}")
        return done.stdout


def find_program(name: str) -> str | None:
    """Return the path, or None if it is not installed."""
    return shutil.which(name)
