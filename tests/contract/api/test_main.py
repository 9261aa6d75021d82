"""The API as a process: started from its settings, stopped by a signal, refused when the settings are wrong."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.contract.api.conftest import Tenant
from tests.contract.api.event_reader import listening

_ROOT = Path(__file__).resolve().parents[3]
_START_SECONDS = 60
_STOP_SECONDS = 20


def _start(folder: Path, **variables: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "app.main"], cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_stops_on_a_signal_even_if_a_stream_is_open(
    database_url: str, redis_url: str, tenant: Tenant, tmp_path: Path, number: signal.Signals
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = _start(
        tmp_path,
        VITAE_SERVER__PORT=str(port),
        VITAE_STORAGE__DATABASE_URL=database_url,
        VITAE_STORAGE__REDIS_URL=redis_url,
        VITAE_LOGS__FORMAT="json",
    )
    try:
        _wait_for(process, f"http://127.0.0.1:{port}/readyz")
        with listening(f"http://127.0.0.1:{port}/v1/events", tenant.read) as stream:
            assert stream.next() is not None
            process.send_signal(number)
            assert stream.rest() == []
        _, log = process.communicate(timeout=_STOP_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0
    events = log.decode().splitlines()
    assert '"event": "api_starting"' in events[0]
    assert '"event": "api_stopped"' in events[-1]
    assert len(events) == 2, log.decode()


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    process = _start(tmp_path, VITAE_SERVER__PORT="many")
    _, log = process.communicate(timeout=_START_SECONDS)
    assert process.returncode == 2
    assert log.decode().count("\n") == 1
    assert "server.port" in log.decode()


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the API did not become ready")
