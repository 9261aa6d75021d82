"""The batch lane: what it works with, and when a batch begins or is looked at. Called by scheduler, API and workers.

An upload with priority=batch is read at once and then waits (`hold_seconds`). `start_batch` gathers what waits;
`advance_batch`, in the analysis worker, writes the file, sends it, watches it and stores the answers.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from app.errors import ConfigurationError, NotFound
from app.files.local import LocalFiles
from app.messaging.broker import Publisher
from app.pipeline.resumes.analyse_resume import AnalysisParts
from app.routing.clients import Client
from app.routing.length_guard import ContextSizes
from app.routing.policy import may_see, within_hours
from app.routing.servers.batch_api import BatchApi
from app.settings import BatchSettings
from app.storage import batches
from app.storage.batches import Runner
from app.storage.engine import Database

# Where the files of a batch lie in the file store, under the batch's id.
INPUT_FILE = uuid.UUID(int=1)
OUTPUT_FILE = uuid.UUID(int=2)
_MESSAGE_SECONDS = 30.0  # a message that got lost is sent again after this


@dataclass(frozen=True, slots=True)
class BatchLane:
    """Which client answers batches, and when."""

    settings: BatchSettings
    client: Client

    @property
    def runner(self) -> Runner:
        return "run_batch" if self.client.location == "local" else "batch_api"

    @property
    def local(self) -> bool:
        return self.client.location == "local"

    def hold_seconds(self, privacy: str, priority: str) -> float:
        """How long such an upload waits for a batch; 0 when none may take it."""
        allowed = priority == "batch" and may_see("any" if privacy == "any" else "local_only", self.client)
        return self.settings.wait_hours * 3600 if allowed else 0.0

    def is_open(self, hour: int) -> bool:
        return self.settings.hours is None or within_hours(self.settings.hours, hour)


@dataclass(frozen=True, slots=True)
class BatchParts:
    """What the worker advances a batch with."""

    analysis: AnalysisParts
    lane: BatchLane
    files: LocalFiles
    make_api: Callable[[Client], BatchApi] = BatchApi
    context_tokens: Callable[[Client], int | None] = field(default_factory=ContextSizes)

    @property
    def database(self) -> Database:
        return self.analysis.database


def build_lane(settings: BatchSettings, clients: dict[str, Client]) -> BatchLane | None:
    """None without a batch lane. Raises `ConfigurationError` for a client that cannot answer one."""
    if settings.client is None:
        return None
    client = clients.get(settings.client)
    if client is None:
        raise ConfigurationError(
            f"batch.client names `{settings.client}`, which no client of baml_src/clients.baml is called."
        )
    if client.not_configured:
        return None  # without its key the lane is closed, and such uploads go the usual way
    if client.provider not in {"openai", "openai-generic"}:
        raise ConfigurationError(
            f"batch.client names `{client.name}`, a client of `{client.provider}`: batches need an OpenAI-shaped one."
        )
    return BatchLane(settings, client.endpoints()[0])


def start_batch(database: Database, lane: BatchLane, publisher: Publisher) -> uuid.UUID | None:
    """Gather what waits into a new batch; None when nothing does."""
    with database.transaction() as tx:
        batch_id = batches.create(
            tx,
            client=lane.client.name,
            model=lane.client.model,
            runner=lane.runner,
            local=lane.local,
            limit=lane.settings.requests,
        )
    if batch_id is not None:
        publisher.publish_batch(batch_id)
    return batch_id


def hurry_batch(database: Database, publisher: Publisher, batch_id: uuid.UUID, *, cancel: bool) -> None:
    """Have a batch looked at now, or cancelled. Raises `NotFound`; one that has ended stays as it is."""
    with database.transaction() as tx:
        row = batches.hurry(tx, batch_id, cancel=cancel)
    if row is None:
        raise NotFound("There is no batch with this id. `vitae batch status` shows all.")
    if row.ended_at is None:
        publisher.publish_batch(batch_id)


def tend_batches(database: Database, lane: BatchLane | None, publisher: Publisher, *, hour: int) -> int:
    """Start what may be started at this hour, and have those under way looked at. Returns how many were called up."""
    if lane is not None and lane.is_open(hour):
        with database.reading() as tx:
            waiting, oldest_seconds = batches.count_waiting(tx, local=lane.local)
        if waiting >= lane.settings.requests or oldest_seconds >= lane.settings.gather_minutes * 60:
            start_batch(database, lane, publisher)
    with database.transaction() as tx:
        due = batches.take_due(tx, again_in_seconds=_MESSAGE_SECONDS)
        if lane is None:  # it was taken out of the settings while batches were under way
            for batch_id in due:
                batches.abandon(tx, batch_id, "no_batch_lane")
            return 0
    for batch_id in due:
        publisher.publish_batch(batch_id)
    return len(due)
