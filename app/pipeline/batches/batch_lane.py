"""The batch lane: its parts, and when a batch starts or is checked. Called by the scheduler, the API and the workers.

An upload with priority=batch is extracted at once and then waits (`hold_seconds`). `start_batch` collects waiting
uploads; `advance_batch`, in the analysis worker, writes the file, sends it, checks it and stores the answers.
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

# Where a batch's files are in the file store, under the batch's id.
INPUT_FILE = uuid.UUID(int=1)
OUTPUT_FILE = uuid.UUID(int=2)
_MESSAGE_SECONDS = 30.0  # after this time a lost message is sent again


@dataclass(frozen=True, slots=True)
class BatchLane:
    """Which client handles batches, and when."""

    settings: BatchSettings
    client: Client

    @property
    def runner(self) -> Runner:
        return "run_batch" if self.client.location == "local" else "batch_api"

    @property
    def local(self) -> bool:
        return self.client.location == "local"

    def hold_seconds(self, privacy: str, priority: str) -> float:
        """How long such an upload waits for a batch; 0 when no batch may take it."""
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
    """None without a batch lane. Raises `ConfigurationError` for a client that cannot process batches."""
    if settings.client is None:
        return None
    client = clients.get(settings.client)
    if client is None:
        raise ConfigurationError(
            f"batch.client is `{settings.client}`, but baml_src/clients.baml has no client with that name."
        )
    if client.not_configured:
        return None  # without its key the lane is closed, and such uploads are processed as usual
    if client.provider not in {"openai", "openai-generic"}:
        raise ConfigurationError(
            f"batch.client is `{client.name}`, a client of the provider `{client.provider}`; batches need an "
            "OpenAI-compatible client."
        )
    return BatchLane(settings, client.endpoints()[0])


def start_batch(database: Database, lane: BatchLane, publisher: Publisher) -> uuid.UUID | None:
    """Collect waiting uploads into a new batch; None when there are none."""
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
    """Have a batch checked now, or cancelled. Raises `NotFound`; a batch that has ended stays as it is."""
    with database.transaction() as tx:
        row = batches.hurry(tx, batch_id, cancel=cancel)
    if row is None:
        raise NotFound("There is no batch with this id. `vitae batch status` lists all batches.")
    if row.ended_at is None:
        publisher.publish_batch(batch_id)


def tend_batches(database: Database, lane: BatchLane | None, publisher: Publisher, *, hour: int) -> int:
    """Start the batches that may start at this hour and check the running ones. Returns how many messages were sent."""
    if lane is not None and lane.is_open(hour):
        with database.reading() as tx:
            waiting, oldest_seconds = batches.count_waiting(tx, local=lane.local)
        if waiting >= lane.settings.requests or oldest_seconds >= lane.settings.gather_minutes * 60:
            start_batch(database, lane, publisher)
    with database.transaction() as tx:
        due = batches.take_due(tx, again_in_seconds=_MESSAGE_SECONDS)
        if lane is None:  # removed from the settings while batches were running
            for batch_id in due:
                batches.abandon(tx, batch_id, "no_batch_lane")
            return 0
    for batch_id in due:
        publisher.publish_batch(batch_id)
    return len(due)
