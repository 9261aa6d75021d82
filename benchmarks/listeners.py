"""Checks that no event is lost: a hundred pages listen to one API process while fifty resumes finish per second.

`python -m benchmarks.listeners` starts its own Postgres, Redis and API process, opens the streams, writes final states
with the workers' own functions, and prints the table in benchmarks/pages.md. Exit status 1: an event was missed.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from app.embedded.ports import pick_port
from app.embedded.stack import EmbeddedStack
from app.messaging.notices import Notices
from app.pipeline.mechanisms.resume_events import record_event, send_notice
from app.storage import documents, resumes, tenants
from app.storage.engine import Database
from migrations.migrate import migrate

_MIB = 1024 * 1024
_START_SECONDS = 60
_LAST_EVENT_SECONDS = 20  # after the last result, every page must have received its event within this time


@dataclass
class Page:
    """The events received by one listener: resume id -> seconds after its commit."""

    ready: asyncio.Event = field(default_factory=asyncio.Event)
    received: dict[str, float] = field(default_factory=dict[str, float])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--rate", type=int, default=50, help="resumes finished per second")
    parser.add_argument("--seconds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vitae-bench-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedStack(Path(folder) / "data", keep_data=False) as stack:
            migrate(stack.database_url)
            port = pick_port(Path(folder) / "ports.json", "api")
            environment = {
                **os.environ,
                "VITAE_STORAGE__DATA_DIR": folder,
                "VITAE_STORAGE__DATABASE_URL": stack.database_url,
                "VITAE_STORAGE__REDIS_URL": stack.redis_url,
                "VITAE_SERVER__PORT": str(port),
            }
            with subprocess.Popen(
                [sys.executable, "-m", "app.main"], env=environment, stdout=subprocess.DEVNULL
            ) as process:
                try:
                    return asyncio.run(_measure(stack, process.pid, port, given.pages, given.rate, given.seconds))
                finally:
                    process.terminate()


async def _measure(stack: EmbeddedStack, pid: int, port: int, count: int, rate: int, seconds: int) -> int:
    database = Database(stack.database_url, pool_size=4)
    notices = Notices(stack.redis_url)
    with database.transaction() as tx:
        tenant_id = tenants.ensure_tenant(tx, "benchmark")
        _, key = tenants.create_key(tx, tenant_id, "benchmark", ["admin"])
        document_id = documents.ensure_document(
            tx, tenant_id, new_id=uuid.uuid4(), sha256="0" * 64, size_bytes=10, media_type="text/plain"
        )
    committed: dict[str, float] = {}
    limits = httpx.Limits(max_connections=count + 5)
    async with httpx.AsyncClient(  # streams are silent while nothing happens
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {key}"},
        limits=limits,
        timeout=httpx.Timeout(60, read=None),
    ) as client:
        await _wait_until_ready(client)
        api = psutil.Process(pid)
        before = api.memory_info().rss
        pages = [Page() for _ in range(count)]
        listening = [asyncio.create_task(_listen(client, page, committed)) for page in pages]
        await asyncio.gather(*(page.ready.wait() for page in pages))
        silent = api.memory_info().rss
        cpu = sum(api.cpu_times()[:2])
        begun = time.monotonic()

        def finish_one() -> None:
            with database.transaction() as tx:
                resume_id, _ = resumes.insert_resume(
                    tx, tenant_id, document_id, filename="cv.txt", reference=None, privacy="any", priority="batch"
                )
                resumes.set_status(tx, resume_id, "done")
                event = record_event(tx, tenant_id, resume_id, "resume.done", status="done", degraded=False)
            committed[str(resume_id)] = time.monotonic()
            send_notice(notices, event)

        finishing: list[asyncio.Task[None]] = []
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
            finishing.append(asyncio.create_task(asyncio.to_thread(finish_one)))
        await asyncio.gather(*finishing)
        took = time.monotonic() - begun
        end = time.monotonic() + _LAST_EVENT_SECONDS
        while time.monotonic() < end and any(len(page.received) < len(committed) for page in pages):  # noqa: ASYNC110 - counts
            await asyncio.sleep(0.1)
        cpu = sum(api.cpu_times()[:2]) - cpu
        after = api.memory_info().rss
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    database.close()
    missed = sum(len(committed) - len(page.received) for page in pages)
    delays = [delay * 1000 for page in pages for delay in page.received.values()]
    quantiles = statistics.quantiles(delays, n=100)
    print("| | |\n|---|---:|")
    print(f"| listening pages | {count} |")
    print(f"| finished resumes | {len(committed):,} in {took:.1f} s |")
    print(f"| final states received | {len(delays):,} |")
    print(f"| final states missed | {missed:,} |")
    print(f"| from commit to page, median / p99 | {quantiles[49]:.0f} / {quantiles[98]:.0f} ms |")
    print(f"| memory of the API process | {before / _MIB:.0f} MiB |")
    print(f"| with the pages, before the first event | {silent / _MIB:.0f} MiB |")
    print(f"| after the last event | {after / _MIB:.0f} MiB |")
    print(f"| per page, on average | {(after - before) / count / 1024:.0f} KiB |")
    print(f"| CPU of the API process | {100 * cpu / took:.0f} % of a core |")
    return 1 if missed else 0


async def _wait_until_ready(client: httpx.AsyncClient) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise SystemExit("the API did not start")


async def _listen(client: httpx.AsyncClient, page: Page, committed: dict[str, float]) -> None:
    kind = ""
    async with client.stream("GET", "/v1/events") as stream:
        stream.raise_for_status()
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "ready":
                page.ready.set()
            elif line.startswith("data: ") and kind == "resume.done":
                resume_id = json.loads(line.removeprefix("data: "))["id"]
                page.received[resume_id] = time.monotonic() - committed.get(resume_id, time.monotonic())


if __name__ == "__main__":
    sys.exit(main())
