"""A hundred pages follow one process while many resumes finish. Each page receives each final state."""

import asyncio
import json
from collections.abc import Callable

import httpx

from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import Pipeline

PAGES = 100
RESUMES = 30
WAIT_SECONDS = 60


def test_a_hundred_pages_receive_every_final_state(
    served: str, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    uploaded = [upload(tenant) for _ in range(RESUMES)]
    heard = asyncio.run(_listen_while(served, tenant, uploaded, pipeline))
    assert len(heard) == PAGES
    assert all(page == set(uploaded) for page in heard)


async def _listen_while(url: str, tenant: Tenant, uploaded: list[str], pipeline: Pipeline) -> list[set[str]]:
    ready = [asyncio.Event() for _ in range(PAGES)]
    timeout, limits = httpx.Timeout(WAIT_SECONDS), httpx.Limits(max_connections=PAGES)
    async with httpx.AsyncClient(base_url=url, headers=tenant.headers(), timeout=timeout, limits=limits) as client:
        pages = [asyncio.create_task(_page(client, event, len(uploaded))) for event in ready]
        await asyncio.gather(*(event.wait() for event in ready))
        for resume_id in uploaded:
            await asyncio.to_thread(pipeline.finish, resume_id)
        return await asyncio.wait_for(asyncio.gather(*pages), WAIT_SECONDS)


async def _page(client: httpx.AsyncClient, ready: asyncio.Event, expected: int) -> set[str]:
    done: set[str] = set()
    kind = ""
    async with client.stream("GET", "/v1/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind == "ready":
                ready.set()
            elif line.startswith("data: ") and kind == "resume.done":
                done.add(json.loads(line.removeprefix("data: "))["id"])
                if len(done) == expected:
                    return done
    return done
