"""Builds the batch lane for every program that reads batches or works on them."""

from app.files.local import LocalFiles
from app.pipeline.batches.batch_lane import BatchLane, BatchParts, build_lane
from app.pipeline.resumes.analyse_resume import AnalysisParts
from app.routing.clients import build_clients
from app.settings import LoadedSettings


def build_batch_lane(loaded: LoadedSettings) -> BatchLane | None:
    """Raises `ConfigurationError` for a client that cannot process batches."""
    return build_lane(loaded.settings.batch, build_clients(loaded.settings, loaded.environment))


def build_batch_parts(loaded: LoadedSettings, analysis: AnalysisParts) -> BatchParts | None:
    lane = build_batch_lane(loaded)
    return None if lane is None else BatchParts(analysis, lane, LocalFiles(loaded.settings.files_dir))
