"""Builds what the extraction worker works with. Called by `workers.celery_app`."""

from app.files.local import LocalFiles
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.pipeline.mechanisms.lease_keeper import LeaseKeeper
from app.pipeline.resumes.extract_document import ExtractionParts
from app.settings import LoadedSettings
from app.wiring.batch_parts import build_batch_lane
from app.wiring.shared_parts import build_counts, build_database, build_traces, extraction_limits


def build_extraction_parts(loaded: LoadedSettings) -> ExtractionParts:
    settings = loaded.settings
    # One process reads one document at a time; the second connection renews the lease.
    database = build_database(settings, pool_size=2, name="extraction")
    counts = build_counts(settings, "extraction")
    lane = build_batch_lane(loaded)
    return ExtractionParts(
        database=database,
        files=LocalFiles(settings.files_dir),
        publisher=Publisher(make_celery(settings.redis_url)),
        notices=Notices(settings.redis_url),
        leases=LeaseKeeper(database, settings.workers.lease_seconds),
        limits=extraction_limits(settings.limits),
        lease_seconds=settings.workers.lease_seconds,
        max_claims=settings.workers.max_claims,
        tally=counts.tally,
        counts=counts,
        hold_seconds=lane.hold_seconds if lane is not None else lambda _privacy, _priority: 0.0,
        traces=build_traces(loaded, "extraction"),
    )
