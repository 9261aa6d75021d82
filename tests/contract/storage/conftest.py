import pytest

from app.storage.engine import Database
from tests.contract.storage.rows import Rows


@pytest.fixture
def rows(database: Database) -> Rows:
    return Rows(database)
