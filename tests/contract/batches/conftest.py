"""The batch lane on a real Postgres and real HTTP; one scripted model is both the Batch API and an ordinary client."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.extraction.extract import extract_document
from app.files.local import LocalFiles
from app.messaging.broker import Publisher, make_celery
from app.pipeline.batches.advance_batch import advance_batch
from app.pipeline.batches.batch_lane import BatchLane, BatchParts, start_batch
from app.pipeline.resumes.analyse_resume import analyse_resume
from app.settings import load_settings
from app.storage import analyses, batches, documents
from app.storage.batches import BatchRow
from app.storage.engine import Database
from app.storage.ledger import attempts
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.tables import analyses as analyses_table
from app.wiring.analysis_parts import build_analysis_parts
from app.wiring.batch_parts import build_batch_lane
from app.wiring.shared_parts import extraction_limits
from tests.contract.storage.rows import Rows, UploadedResume
from tests.scripted_model import ScriptedModel

SAMPLE = Path(__file__).parents[3] / "samples" / "marcus-delhaye.txt"


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel(model="gpt-4o") as running:
        yield running


class Lane:
    """GPT4o serves both batches and single calls; uploads are extracted and then wait."""

    def __init__(
        self, database: Database, database_url: str, redis_url: str, model: ScriptedModel, folder: Path, **more: str
    ) -> None:
        environment = {
            "VITAE_CLIENTS__GPT4O__BASE_URL": model.base_url,
            "VITAE_CLIENTS__GPT4O__API_KEY": "key",
            "VITAE_ROUTING__CLIENTS": "GPT4o",
            "VITAE_BATCH__CLIENT": "GPT4o",
            "VITAE_STORAGE__DATABASE_URL": database_url,
            "VITAE_STORAGE__REDIS_URL": redis_url,
            "VITAE_STORAGE__FILES_DIR": str(folder / "files"),
            **more,
        }
        self.database = database
        self.model = model
        self.rows = Rows(database)
        self.loaded = load_settings(folder, environment)
        self.publisher = Publisher(make_celery(redis_url))
        self.analysis = build_analysis_parts(self.loaded)
        lane = build_batch_lane(self.loaded)
        assert lane is not None
        self.lane: BatchLane = lane
        self.parts = BatchParts(self.analysis, lane, LocalFiles(folder / "files"))

    def upload(self, *, sha256: str | None = None, privacy: str = "any", text: str | None = None) -> UploadedResume:
        """Upload and extract a resume; it waits for a batch if it is allowed in one."""
        made = self.rows.resume(sha256=sha256, priority="batch")
        content = (text or SAMPLE.read_text("utf-8")).encode()
        document = extract_document(content, "text/plain", extraction_limits(self.loaded.settings.limits))
        with self.database.transaction() as tx:
            tx.execute(sa.update(analyses_table).where(analyses_table.c.id == made.analysis_id).values(privacy=privacy))
            claim = analyses.claim(tx, made.analysis_id, "extraction", 30)
            assert claim is not None
            documents.save_content(
                tx, claim.document_id, content=document.to_bytes(), extractor_version="t", page_count=1, language="en"
            )
            hold = self.lane.hold_seconds(claim.privacy, claim.priority)
            assert analyses.finish_extraction(tx, claim, wait_seconds=hold)
        return made

    def start(self) -> uuid.UUID:
        batch_id = start_batch(self.database, self.lane, self.publisher)
        assert batch_id is not None
        return batch_id

    def advance(self, batch_id: uuid.UUID, times: int = 1, parts: BatchParts | None = None) -> BatchRow:
        for _ in range(times):
            advance_batch(parts or self.parts, batch_id)
        with self.database.reading() as tx:
            row = batches.find_batch(tx, batch_id)
        assert row is not None
        return row

    def run(self, batch_id: uuid.UUID) -> BatchRow:
        """Advance the batch until it has ended."""
        row = self.advance(batch_id)
        for _ in range(6):
            if row.ended_at is not None:
                return row
            row = self.advance(batch_id)
        raise AssertionError(f"the batch did not end: {row.state}")

    def items(self, batch_id: uuid.UUID) -> dict[str, int]:
        with self.database.reading() as tx:
            return {str(state): count for state, count in batches.count_items(tx, [batch_id])[batch_id].items()}

    def analysis_of(self, made: UploadedResume) -> Any:
        with self.database.reading() as tx:
            return tx.execute(sa.select(analyses_table).where(analyses_table.c.id == made.analysis_id)).one()

    def ledger(self, made: UploadedResume) -> list[AttemptRow]:
        with self.database.reading() as tx:
            return attempts.list_attempts(tx, made.resume_id)

    def analyse_as_usual(self, made: UploadedResume) -> Any:
        analyse_resume(self.analysis, made.analysis_id)
        return self.analysis_of(made)

    def is_due(self, made: UploadedResume) -> bool:
        """Return whether the scheduler would publish it."""
        with self.database.transaction() as tx:
            due = {item.id for item in analyses.take_overdue(tx, republish_seconds=0.001, limit=1000)}
        return made.analysis_id in due

    def with_budget(self, limits: Any) -> None:
        self.analysis = replace(self.analysis, budget_limits=limits)
        self.parts = replace(self.parts, analysis=self.analysis)


@pytest.fixture(autouse=True)
def _nothing_waits(database: Database) -> None:  # pyright: ignore[reportUnusedFunction]
    """End what other tests left waiting, so that it does not join a batch."""
    with database.transaction() as tx:
        tx.execute(sa.text("update analyses set priority = 'interactive' where priority = 'batch'"))


MakeLane = Callable[..., Lane]


@pytest.fixture
def make_lane(
    database: Database, database_url: str, redis_url: str, model: ScriptedModel, tmp_path: Path
) -> Iterator[MakeLane]:
    made: list[Lane] = []

    def make(**more: str) -> Lane:
        made.append(Lane(database, database_url, redis_url, model, tmp_path, **more))
        return made[-1]

    yield make
    for lane in made:
        lane.analysis.database.close()
        lane.publisher.close()


@pytest.fixture
def lane(make_lane: MakeLane) -> Lane:
    return make_lane()
