"""Live notices over Redis publish/subscribe for the API's server-sent events, and which resumes are being watched.

A lost notice does no harm: readers also poll the row from time to time.
"""

import contextlib
import json
import logging
import uuid
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.client import PubSub

from app.errors import DependencyError
from app.messaging.messages import queues_of

log = logging.getLogger(__name__)

_CONFIRMATION_SECONDS = 2.0
# The kind of a notice that is not an event: a response that is still being written has grown.
PARTIAL = "partial"
_WATCHED_SECONDS = 15  # a reader renews this every few seconds
_CHECK_KEY = "vitae:check"
_CHECK_SECONDS = 60
_STILL_ACCEPTED = "Uploads are still accepted; their analysis waits."


def channel_of(tenant_id: uuid.UUID) -> str:
    return f"vitae:events:{tenant_id}"


def _watched_key(resume_id: uuid.UUID) -> str:
    return f"vitae:watched:{resume_id}"


class Notices:
    """Publishes an event's JSON after its transaction. Never raises when Redis is unavailable."""

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=2)

    def publish(self, tenant_id: uuid.UUID, message: dict[str, Any]) -> None:
        try:
            self._redis.publish(channel_of(tenant_id), json.dumps(message))
        except (redis.RedisError, OSError) as error:
            log.warning("notice_failed", extra={"fields": {"error": type(error).__name__}})

    def watch(self, resume_id: uuid.UUID) -> None:
        """Mark this resume as being watched for the next 15 seconds."""
        with contextlib.suppress(redis.RedisError, OSError):
            self._redis.set(_watched_key(resume_id), 1, ex=_WATCHED_SECONDS)

    def find_watched(self, resume_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """The resumes that somebody is watching; empty if Redis is unavailable."""
        asked = list(resume_ids)
        try:
            told: list[bytes | None] = self._redis.mget([_watched_key(each) for each in asked]) if asked else []  # pyright: ignore[reportAssignmentType]
        except (redis.RedisError, OSError):
            return set()
        return {each for each, said in zip(asked, told, strict=True) if said is not None}

    def check(self) -> None:
        """Raise `DependencyError` unless Redis responds and takes data: a replica or a full one only responds."""
        try:
            self._redis.set(_CHECK_KEY, 1, ex=_CHECK_SECONDS)
        except (redis.ResponseError, redis.BusyLoadingError):
            raise DependencyError(
                f"Redis responds, but takes no data: it is loading, full, or a replica. {_STILL_ACCEPTED}"
            ) from None
        except (redis.RedisError, OSError):
            raise DependencyError(f"Redis is not reachable. {_STILL_ACCEPTED}") from None

    def queue_length(self, queue: str) -> int | None:
        """Messages waiting in a queue; None if Redis is unavailable."""
        try:
            return int(self._redis.llen(queue))  # pyright: ignore[reportArgumentType]
        except (redis.RedisError, OSError):
            return None

    def close(self) -> None:
        self._redis.close()


def waiting_analyses(notices: Notices) -> int | None:
    """Analyses waiting for a worker; None if Redis is unavailable."""
    lengths = [notices.queue_length(queue) for queue in queues_of("analysis")]
    return None if None in lengths else sum(length or 0 for length in lengths)


class Subscription:
    """The notices of one tenant as they arrive. `next` returns None after the timeout or if Redis is unavailable.

    `alive` becomes False when the connection breaks or cannot be opened: subscribe again after a pause.
    """

    def __init__(self, pubsub: PubSub, *, alive: bool) -> None:
        self._pubsub = pubsub
        self.alive = alive

    async def next(self, timeout_seconds: float) -> dict[str, Any] | None:
        if not self.alive:
            return None
        try:
            message = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=timeout_seconds)
        except (redis.RedisError, OSError):
            self.alive = False
            return None
        data: Any = message["data"] if message and message["type"] == "message" else None
        return None if data is None else json.loads(data)


@asynccontextmanager
async def subscribe(redis_url: str, tenant_id: uuid.UUID) -> AsyncGenerator[Subscription, None]:
    client = redis.asyncio.Redis.from_url(redis_url, socket_connect_timeout=1)
    pubsub = client.pubsub()
    alive = False
    try:
        try:
            await pubsub.subscribe(channel_of(tenant_id))
            # Redis confirms the subscription; no notice is missed after that.
            alive = await pubsub.get_message(timeout=_CONFIRMATION_SECONDS) is not None
        except (redis.RedisError, OSError) as error:
            log.warning("subscribe_failed", extra={"fields": {"error": type(error).__name__}})
        yield Subscription(pubsub, alive=alive)
    finally:
        await pubsub.aclose()
        await client.aclose()
