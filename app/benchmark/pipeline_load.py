"""Uploads files to a running service and waits until their results are stored. For `vitae bench pipeline`.

A request lasts from the moment its upload was due to the moment the service stored the result. The time from accepted
to stored comes from the service's own clock. Results are found by paging through the list of resumes, which costs the
service little.
"""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.benchmark.raw_connection import Address, Connections, Exchange, ExchangeFailed, request_bytes
from app.benchmark.sample import Sample
from app.benchmark.variants import vary

_LOOK_SECONDS = 0.25
_PAGE = 200
_GATHER_SECONDS = 0.25  # how long a file waits for others to share its upload
_PAUSE_FACTOR = 5  # polls pause for this many times as long as the last one took, so as not to load the service
_ERASE_AT_ONCE = 4  # deletions sent in parallel after the run
_FINAL = {"done", "failed"}
_MEDIA_TYPES = {"pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "html": "text/html"}


@dataclass(frozen=True, slots=True)
class SourceFile:
    name: str
    content: bytes


@dataclass(slots=True)
class _Watched:
    """An accepted upload. `accepted_at` is on the load generator's clock."""

    accepted_at: float
    stored: asyncio.Future[tuple[float, str, str | None]]


@dataclass(slots=True)
class _Gathered:
    """A file waiting for its upload. The entry in `answer` is None if the whole upload was refused."""

    filename: str
    content: bytes
    answer: asyncio.Future[tuple[Exchange, dict[str, Any] | None]]


@dataclass(kw_only=True)
class PipelineLoad:
    """`send` uploads one file and waits until its result is stored.

    If `files_per_upload` is over 1, files that are due at about the same time share one upload, as in a bulk import.
    """

    files: Sequence[SourceFile]
    address: Address
    key: str
    privacy: str
    priority: str
    timeout_seconds: float
    files_per_upload: int = 1
    reference: str = field(default_factory=lambda: f"bench-{secrets.token_hex(4)}")
    resume_ids: list[str] = field(default_factory=list[str])
    upload_seconds: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self._connections = Connections(self.address)
        self._loop = asyncio.get_running_loop()
        self._watched: dict[str, _Watched] = {}
        self._first = secrets.randbits(40)
        self._gathered: list[_Gathered] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._watching = self._loop.create_task(self._watch())

    async def send(self, number: int, due: float) -> Sample:
        sample = Sample(due, self._loop.time())
        try:
            async with asyncio.timeout(self.timeout_seconds):
                await self._upload_and_wait(number, sample)
        except TimeoutError:
            sample.outcome, sample.ended_at = "timeout", self._loop.time()
        except ExchangeFailed as failed:
            sample.outcome, sample.ended_at = failed.kind, self._loop.time()
        return sample

    async def stop_watching(self) -> None:
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching

    def close(self) -> None:
        self._connections.close()

    async def erase(self) -> int:
        """Delete the uploaded resumes. Returns the number that could not be deleted."""
        async with asyncio.TaskGroup() as group:
            ids = iter(self.resume_ids)
            left = [0]

            async def some() -> None:
                for resume_id in ids:
                    try:
                        exchange = await self._ask("DELETE", f"/v1/resumes/{resume_id}")
                        left[0] += exchange.status not in {204, 404}
                    except ExchangeFailed:
                        left[0] += 1

            for _ in range(_ERASE_AT_ONCE):
                group.create_task(some())
        return left[0]

    async def _upload_and_wait(self, number: int, sample: Sample) -> None:
        source = self.files[number % len(self.files)]
        content = vary(source.content, source.name, self._first + number)
        place = _Gathered(source.name, content, self._loop.create_future())
        self._gathered.append(place)
        if len(self._gathered) >= self.files_per_upload:
            self._send_gathered()
        elif len(self._gathered) == 1:
            self._loop.call_later(_GATHER_SECONDS, self._send_gathered)
        exchange, entry = await place.answer
        if entry is None or "problem" in entry:
            code = f"upload_{exchange.status}" if entry is None else str(entry["problem"].get("code"))
            sample.outcome, sample.ended_at = code, exchange.ended_at
            return
        resume_id = str(entry["id"])
        self.resume_ids.append(resume_id)
        stored: asyncio.Future[tuple[float, str, str | None]] = self._loop.create_future()
        self._watched[resume_id] = _Watched(exchange.ended_at, stored)
        try:
            sample.ended_at, status, sample.answered_by = await stored
        finally:
            self._watched.pop(resume_id, None)
        if status != "done":
            sample.outcome = status

    def _send_gathered(self) -> None:
        if self._gathered:
            task = self._loop.create_task(self._upload(self._gathered))
            self._gathered = []
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _upload(self, places: "list[_Gathered]") -> None:
        fields = {"privacy": self.privacy, "priority": self.priority, "reference": self.reference}
        body, media_type = _form([(place.filename, place.content) for place in places], fields)
        began = self._loop.time()
        try:
            exchange = await self._ask("POST", "/v1/resumes", body, media_type)
        except ExchangeFailed as failed:
            for place in places:
                if not place.answer.done():
                    place.answer.set_exception(failed)
            return
        self.upload_seconds.append(exchange.ended_at - began)
        taken = exchange.status == 202
        entries: list[Any] = json.loads(exchange.body)["resumes"] if taken else [None] * len(places)
        for place, entry in zip(places, entries, strict=True):
            if not place.answer.done():
                place.answer.set_result((exchange, entry))

    async def _watch(self) -> None:
        while True:
            began = self._loop.time()
            with contextlib.suppress(ExchangeFailed, ValueError, KeyError):
                await self._look()
            await asyncio.sleep(max(_LOOK_SECONDS, _PAUSE_FACTOR * (self._loop.time() - began)))

    async def _look(self) -> None:
        """Page through the list, newest first, until every watched upload has been seen."""
        unseen = set(self._watched)
        cursor = ""
        while unseen:
            exchange = await self._ask("GET", f"/v1/resumes?limit={_PAGE}{cursor}")
            if exchange.status != 200:
                return
            page = json.loads(exchange.body)
            for item in page["items"]:
                unseen.discard(item["id"])
                watched = self._watched.get(item["id"])
                if watched is not None and item["status"] in _FINAL and not watched.stored.done():
                    took = _moment(item["updated_at"]) - _moment(item["created_at"])
                    watched.stored.set_result((watched.accepted_at + max(0.0, took), item["status"], item["client"]))
            if not page["next_cursor"]:
                return
            cursor = f"&cursor={page['next_cursor']}"

    async def _ask(self, method: str, path: str, body: bytes = b"", media_type: str | None = None) -> Exchange:
        headers = {"authorization": f"Bearer {self.key}"}
        if media_type:
            headers["content-type"] = media_type
        return await self._connections.exchange(
            request_bytes(method, self.address, f"{self.address.path}{path}", headers, body)
        )


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _form(files: Sequence[tuple[str, bytes]], fields: dict[str, str]) -> tuple[bytes, str]:
    boundary = "vitae-bench-7f1d0c2b9a"
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for filename, content in files:
        media_type = _MEDIA_TYPES.get(filename.rsplit(".", 1)[-1].lower(), "application/octet-stream")
        head = (
            f'--{boundary}\r\ncontent-disposition: form-data; name="files"; filename="{filename}"\r\n'
            f"content-type: {media_type}\r\n\r\n"
        )
        parts.append(head.encode() + content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
