"""Builds what the API works with. Called by `app.main`."""

from dataclasses import dataclass, field

from app.analysis.strategy import STRATEGIES
from app.clock import Clock, utc_now
from app.extraction.extract import ExtractionLimits
from app.files.local import LocalFiles
from app.ledger.machines import Machine
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.observability.shared_counts import SharedCounts
from app.observability.tracing import NO_TRACES, Traces
from app.pipeline.batches.batch_lane import BatchLane
from app.pipeline.costs.cost_analysis import CostContext
from app.pipeline.costs.strategy_forecast import ForecastParts
from app.pipeline.resumes.page_images import Lanes, PageParts
from app.pipeline.resumes.submit_resumes import UploadParts
from app.routing.baml_source import installed_source
from app.routing.clients import Client, build_clients
from app.settings import LoadedSettings, Settings
from app.storage.engine import Database
from app.wiring.batch_parts import build_batch_lane
from app.wiring.cost_parts import build_cost_context, build_machines
from app.wiring.routing_parts import build_strategy
from app.wiring.shared_parts import build_counts, build_database, build_traces, extraction_limits


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the API works with."""

    database: Database
    files: LocalFiles
    publisher: Publisher
    notices: Notices
    redis_url: str
    loaded: LoadedSettings
    clock: Clock
    counts: SharedCounts
    traces: Traces = NO_TRACES
    lanes: Lanes = field(default_factory=Lanes)

    @property
    def settings(self) -> Settings:
        return self.loaded.settings

    @property
    def uploads(self) -> UploadParts:
        return UploadParts(
            database=self.database,
            files=self.files,
            publisher=self.publisher,
            notices=self.notices,
            largest_file_bytes=self.settings.limits.upload_bytes,
        )

    @property
    def pages(self) -> PageParts:
        return PageParts(self.database, self.files, self.extraction_limits, self.lanes)

    @property
    def extraction_limits(self) -> ExtractionLimits:
        return extraction_limits(self.loaded.settings.limits)

    @property
    def clients(self) -> dict[str, Client]:
        return build_clients(self.loaded.settings, self.loaded.environment)

    @property
    def machines(self) -> list[Machine]:
        return build_machines(self.loaded.settings)

    @property
    def costs(self) -> CostContext:
        return build_cost_context(self.loaded)

    @property
    def strategy_forecast(self) -> ForecastParts:
        analysis = self.loaded.settings.analysis
        return ForecastParts(
            strategies={name: build_strategy(analysis, name) for name in STRATEGIES},
            prompt=installed_source().prompt_text("ExtractProfile"),
            default_region=analysis.default_region,
        )

    @property
    def batch_lane(self) -> BatchLane | None:
        return build_batch_lane(self.loaded)


def build_api_parts(loaded: LoadedSettings) -> ApiParts:
    settings = loaded.settings
    return ApiParts(
        database=build_database(settings, pool_size=settings.server.threads, name="api"),
        files=LocalFiles(settings.files_dir),
        publisher=Publisher(make_celery(settings.redis_url)),
        notices=Notices(settings.redis_url),
        redis_url=settings.redis_url,
        loaded=loaded,
        clock=utc_now,
        counts=build_counts(settings, "api"),
        traces=build_traces(loaded, "api"),
    )
