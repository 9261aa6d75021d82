"""Measures what the load generator itself can do on this machine, in one or two seconds against a null server."""

import asyncio
import subprocess
import sys
from contextlib import suppress

from app.benchmark.arrivals import Stage
from app.benchmark.drive import drive
from app.benchmark.load_summary import Limits, summarise
from app.benchmark.model_load import ModelLoad, Prompt
from app.benchmark.raw_connection import Address, request_bytes

_SECONDS = 1.5
_AT_ONCE = 50
_START_SECONDS = 20  # for the server to print its port, on a busy machine
_PROMPT_BYTES = 4000  # a request of a few kilobytes, like one with a resume


async def measure_ceiling(stop: asyncio.Event) -> float | None:
    """Streamed responses of 300 tokens per second; None if the measurement failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.benchmark.null_server",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that only this process handles Ctrl-C
    )
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS) if process.stdout else b""
        if not line.strip().isdigit():
            return None
        address = Address.of(f"http://127.0.0.1:{int(line)}")
        prompt = Prompt(request_bytes("POST", address, "/", {}, b"x" * _PROMPT_BYTES))
        load = ModelLoad([prompt], address, timeout_seconds=10)
        stage = Stage(concurrency=_AT_ONCE, requests=1_000_000, seconds=_SECONDS)
        measured = await drive(stage, load.send, stop=stop, drain_seconds=5)
        load.close()
        return summarise(measured, Limits()).requests_per_second or None
    except (TimeoutError, OSError):
        return None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
