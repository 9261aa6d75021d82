"""Fixtures for the use cases of the analysis worker and the scheduler, and the model that they call."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.engine import Database
from tests.contract.pipeline.service import Service
from tests.scripted_model import ScriptedModel


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest.fixture
def service(database: Database, redis_url: str, model: ScriptedModel, tmp_path: Path) -> Service:
    return Service(database, redis_url, model, tmp_path)
