"""Hostile files alternate with good ones: each stays within its limits, and none reaches the network."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.errors import DocumentError
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import PDF
from app.extraction.sandbox.sandbox import extract_in_sandbox
from tests.contract.extraction.hostile import HOSTILE
from tests.unit.extraction.made_pdfs import column, make_pdf

# Tighter than the defaults to keep the test quick.
LIMITS = ExtractionLimits(seconds=6, memory_mib=512, program_seconds=20)
GRACE_SECONDS = 30  # time for a loaded machine to start and end processes
ROOT = Path(__file__).resolve().parents[3]
A_GOOD_ONE = make_pdf(column(60, 60, "Mira Halvorsen", "Guided large vessels into the harbour in all weathers"))


def test_there_are_enough_hostile_files() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_file_is_contained_and_the_next_good_one_is_read(name: str) -> None:
    hostile = HOSTILE[name]
    content = hostile.make()
    begun = time.monotonic()
    try:
        document = extract_in_sandbox(content, hostile.media_type, LIMITS)
    except DocumentError:
        pass
    else:
        assert hostile.may_be_read, "this file has no harmless text"
        assert len(document.text) <= LIMITS.text_characters
        assert "root:" not in document.text
    assert time.monotonic() - begun < LIMITS.seconds + LIMITS.program_seconds + GRACE_SECONDS
    assert extract_in_sandbox(A_GOOD_ONE, PDF, LIMITS).lines[0].text == "Mira Halvorsen"


@pytest.mark.skipif(sys.platform != "linux", reason="the system call filter needs Linux")
def test_no_process_that_reads_a_document_can_open_a_connection() -> None:
    """Tries the sandbox's system call filter against a listener that must receive nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        script = f"""
import socket, subprocess, sys
from app.extraction.sandbox.confinement import close_network
assert close_network(local_sockets={{local}}), "the kernel takes the filter"
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        socket.socket(family)
    except PermissionError:
        continue
    sys.exit("a socket was opened")
inner = "import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
ended = subprocess.run([sys.executable, "-c", inner], capture_output=True, text=True)
assert ended.returncode != 0 and "PermissionError" in ended.stderr, ended.stderr
"""
        for local in (True, False):
            ended = subprocess.run(
                [sys.executable, "-c", script.replace("{local}", str(local))],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                check=False,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert ended.returncode == 0, ended.stderr
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()
