"""The sandbox gives the same results as direct extraction, and no file harms its caller or outlives it."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import psutil
import pytest

from app.errors import DependencyError, DocumentError, DocumentTooComplex, EncryptedDocument, NoText, TooManyPages
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.sandbox import sandbox
from app.extraction.sandbox.confinement import MAX_FILE_BYTES
from app.extraction.sandbox.sandbox import extract_in_sandbox
from tests.unit.extraction.made_docx import make_docx, paragraph
from tests.unit.extraction.made_pdfs import column, make_pdf

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LIMITS = ExtractionLimits()
A_PDF = make_pdf(column(60, 60, "Mira Halvorsen", "Guided large vessels into the harbour in all weathers"))
ROOT = Path(__file__).resolve().parents[3]
WAIT_SECONDS = 20.0  # an upper limit for something immediate; never waited for in full


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def bomb(stream: bytes) -> bytes:
    """A PDF whose page content is `stream`, compressed."""
    packed = io.BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.obj["/Resources"] = pikepdf.Dictionary(Font=pikepdf.Dictionary(T=font))
        content = pdf.make_stream(zlib.compress(stream, 9))
        content["/Filter"] = pikepdf.Name.FlateDecode
        page.obj["/Contents"] = content
        pdf.save(packed, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return packed.getvalue()


def test_the_time_of_extraction_is_charged_to_the_calling_process() -> None:
    """Readers live for milliseconds; the time they used is counted at the process that started them."""

    def of_readers() -> float:
        return sum(child.cpu_times().children_user for child in psutil.Process().children())

    before = of_readers()
    for _ in range(5):
        extract_in_sandbox(A_PDF, PDF, LIMITS)
    assert wait_until(lambda: of_readers() > before)


def test_the_sandbox_gives_the_same_document_as_reading_directly() -> None:
    document = extract_in_sandbox(A_PDF, PDF, LIMITS)
    assert document == extract_document(A_PDF, PDF, LIMITS)
    assert document.language == "en"


@pytest.mark.parametrize(
    ("content", "media_type", "limits", "error"),
    [
        (make_pdf([]), PDF, LIMITS, NoText),
        (make_pdf([], []), PDF, ExtractionLimits(pages=1), TooManyPages),
        (b"%PDF-1.4 nothing", PDF, LIMITS, DocumentError),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), DOCX, LIMITS, EncryptedDocument),
        (make_docx(paragraph("a" * 60_000_000)), DOCX, LIMITS, DocumentTooComplex),
    ],
)
def test_errors_leave_the_sandbox_as_they_were_raised(
    content: bytes, media_type: str, limits: ExtractionLimits, error: type[DocumentError]
) -> None:
    with pytest.raises(error) as inside:
        extract_document(content, media_type, limits)
    with pytest.raises(error) as outside:
        extract_in_sandbox(content, media_type, limits)
    assert (outside.value.code, outside.value.detail, type(outside.value)) == (
        inside.value.code,
        inside.value.detail,
        type(inside.value),
    )


def test_a_flate_bomb_is_stopped_by_a_limit() -> None:
    content = bomb(b"q 1 0 0 1 0 0 cm Q " * 12_000_000)
    with pytest.raises(DocumentTooComplex):
        extract_in_sandbox(content, PDF, ExtractionLimits(seconds=20, memory_mib=300))
    assert extract_in_sandbox(A_PDF, PDF, LIMITS).lines


def test_an_extraction_that_takes_too_long_is_stopped() -> None:
    content = bomb(b"BT /T 10 Tf 60 700 Td (Harbour) Tj ET " * 400_000)
    with pytest.raises(DocumentTooComplex, match=r"longer than 0\.3 s"):
        extract_in_sandbox(content, PDF, ExtractionLimits(seconds=0.3))


def test_many_threads_can_read_at_once() -> None:
    contents = [make_pdf(column(60, 60, f"Harbour pilot number {number}")) for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        documents = list(pool.map(lambda content: extract_in_sandbox(content, PDF, LIMITS), contents))
    assert [document.text for document in documents] == [f"Harbour pilot number {number}" for number in range(24)]


def _servers() -> list[psutil.Process]:
    """Return the sandbox servers of this process; other tests keep databases below it as well."""
    return [child for child in psutil.Process(os.getpid()).children() if "sandbox_server" in " ".join(child.cmdline())]


def test_no_child_is_left_behind() -> None:
    extract_in_sandbox(A_PDF, PDF, LIMITS)
    servers = _servers()
    with pytest.raises(DocumentTooComplex):
        extract_in_sandbox(bomb(b"BT /T 10 Tf (Harbour) Tj ET " * 400_000), PDF, ExtractionLimits(seconds=0.3))
    assert wait_until(lambda: all(server.children() == [] for server in servers))
    assert [process.status() == psutil.STATUS_ZOMBIE for process in servers] == [False]


def test_a_killed_server_is_replaced() -> None:
    extract_in_sandbox(A_PDF, PDF, LIMITS)
    servers = _servers()
    for process in servers:
        process.kill()
    assert wait_until(lambda: all(process.status() == psutil.STATUS_ZOMBIE for process in servers))
    assert extract_in_sandbox(A_PDF, PDF, LIMITS).lines


@pytest.fixture
def caller(tmp_path: Path) -> Iterator["Caller"]:
    started = Caller(tmp_path)
    yield started
    started.end()


class Caller:
    """Another process that calls the sandbox."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        (folder / "cv.pdf").write_bytes(A_PDF)
        slow = bomb(b"BT /T 10 Tf 60 700 Td (Harbour) Tj ET " * 3_000_000)
        (folder / "slow.pdf").write_bytes(slow)

    def start(self, script: str) -> subprocess.Popen[str]:
        path = self._folder / "caller.py"
        path.write_text(textwrap.dedent(script))
        self._process = subprocess.Popen(
            [sys.executable, str(path)],
            cwd=self._folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        return self._process

    def run(self, script: str) -> list[str]:
        process = self.start(script)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        return output.splitlines()

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def test_a_script_without_a_main_guard_is_not_run_again(caller: Caller) -> None:
    output = caller.run("""
        from pathlib import Path
        from app.extraction.sandbox.sandbox import extract_in_sandbox, ExtractionLimits
        print("started")
        print(extract_in_sandbox(Path("cv.pdf").read_bytes(), "application/pdf", ExtractionLimits()).lines[0].text)
    """)
    assert output == ["started", "Mira Halvorsen"]


def test_daemonic_pool_workers_can_call_it(caller: Caller) -> None:
    """Celery's prefork workers are daemonic billiard processes, forked from a parent that may use the sandbox too."""
    output = caller.run("""
        import json, os
        from pathlib import Path
        import billiard
        from app.extraction.sandbox.sandbox import extract_in_sandbox, ExtractionLimits

        content = Path("cv.pdf").read_bytes()

        def work(number):
            assert billiard.current_process().daemon
            return extract_in_sandbox(content, "application/pdf", ExtractionLimits()).lines[0].text

        if __name__ == "__main__":
            before = extract_in_sandbox(content, "application/pdf", ExtractionLimits()).lines[0].text
            pool = billiard.Pool(2)
            inside = pool.map(work, range(6))
            pool.close()
            pool.join()
            after = extract_in_sandbox(content, "application/pdf", ExtractionLimits()).lines[0].text
            print(json.dumps([before, *inside, after]))
    """)
    assert json.loads(output[-1]) == ["Mira Halvorsen"] * 8


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_everything_ends_when_the_caller_is_killed_midway(caller: Caller, how: signal.Signals) -> None:
    process = caller.start("""
        from pathlib import Path
        from app.extraction.sandbox.sandbox import extract_in_sandbox, ExtractionLimits
        limits = ExtractionLimits(seconds=100, memory_mib=8000)
        extract_in_sandbox(Path("slow.pdf").read_bytes(), "application/pdf", limits)
    """)
    assert wait_until(lambda: len(below(process.pid)) == 2), "a server and one child"
    family = below(process.pid)
    process.send_signal(how)
    process.wait()
    assert wait_until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family))


def test_the_child_can_neither_write_files_nor_dump_core(caller: Caller) -> None:
    process = caller.start("""
        from pathlib import Path
        from app.extraction.sandbox.sandbox import extract_in_sandbox, ExtractionLimits
        limits = ExtractionLimits(seconds=60, memory_mib=700, program_seconds=5)
        extract_in_sandbox(Path("slow.pdf").read_bytes(), "application/pdf", limits)
    """)

    def limits_are_set() -> bool:
        for child in below(process.pid):
            try:
                if child.rlimit(psutil.RLIMIT_FSIZE) == (0, MAX_FILE_BYTES) and child.rlimit(psutil.RLIMIT_CORE) == (
                    0,
                    0,
                ):
                    return child.rlimit(psutil.RLIMIT_CPU) == (61, 66) and child.rlimit(psutil.RLIMIT_AS)[0] > 700 << 20
            except psutil.NoSuchProcess:
                continue
        return False

    assert wait_until(limits_are_set)


@pytest.mark.parametrize("sent", [None, b"", b"\x00\x01"], ids=["silent", "closed", "broken off"])
def test_a_reader_that_does_not_start_is_no_fault_of_the_document(
    sent: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(sandbox, "START_SECONDS", 0.2)
    monkeypatch.setattr(sandbox._server, "new_child", lambda: ours)  # pyright: ignore[reportPrivateUsage]
    with theirs:
        if sent is not None:
            theirs.sendall(sent)
            theirs.close()
        with pytest.raises(DependencyError, match="did not start"):
            extract_in_sandbox(b"Ilse Varga", "text/plain", ExtractionLimits())
