"""The migrations build exactly the schema of the code, and the database itself refuses invalid rows."""

import os
import re
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from app.storage import analyses
from app.storage.engine import Database
from app.storage.tables import analyses as analyses_table
from app.storage.tables import metadata, model_attempts
from tests.contract.storage.rows import Rows

ROOT = Path(__file__).resolve().parents[3]


def test_the_migrations_build_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.reading() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((r"//(\w+):[^@]*@", r"//\1:wrong@"), "rejects the user, the password or the database"),
        ((r"/test_\w+", "/nowhere"), "rejects the user, the password or the database"),
        ((r"@[^/]*/", "@127.0.0.1:1/"), "is not reachable. Start it, then migrate again."),
    ],
)
def test_migrating_reports_whether_postgres_is_down_or_refuses_the_login(
    database_url: str, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "migrations.migrate"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "VITAE_STORAGE__DATABASE_URL": re.sub(*change, database_url)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert told in line
    assert "wrong" not in line


def _attempt(tenant_id: uuid.UUID) -> dict[str, object]:
    return {
        "id": uuid.uuid4(),
        "tenant_id": tenant_id,
        "number": 1,
        "function": "ExtractProfile",
        "client": "GPT4o",
        "location": "hosted",
        "billing": "per_token",
        "outcome": "ok",
        "started_at": datetime.now(UTC),
        "latency_ms": 5,
        "input_tokens": 700,
        "cached_tokens": 0,
        "output_tokens": 100,
        "cost_usd": Decimal("0.00275"),
        "cost_basis": "list_price",
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("cached_tokens", 701),
        ("input_tokens", -1),
        ("cost_usd", Decimal("-0.01")),
        ("location", "moon"),
        ("latency_ms", -1),
    ],
)
def test_an_impossible_ledger_row_is_refused(database: Database, rows: Rows, column: str, value: object) -> None:
    with pytest.raises(IntegrityError), database.transaction() as tx:
        tx.execute(sa.insert(model_attempts).values(**{**_attempt(rows.tenant_id), column: value}))


def test_a_resume_has_at_most_one_unfinished_analysis(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    with pytest.raises(IntegrityError), database.transaction() as tx:
        analyses.insert_analysis(
            tx,
            rows.tenant_id,
            resume.resume_id,
            resume.document_id,
            privacy="any",
            priority="interactive",
            fresh=True,
        )


@pytest.mark.parametrize("values", [{"status": "done"}, {"status": "failed"}, {"problem": {"code": "x"}}])
def test_a_final_status_without_its_outcome_is_refused(
    database: Database, rows: Rows, values: dict[str, object]
) -> None:
    resume = rows.resume()
    with pytest.raises(IntegrityError), database.transaction() as tx:
        tx.execute(sa.update(analyses_table).where(analyses_table.c.id == resume.analysis_id).values(**values))


def test_a_resume_cannot_reference_another_tenants_document(database: Database, rows: Rows) -> None:
    resume = rows.resume()
    stranger = Rows(database)
    with pytest.raises(IntegrityError), database.transaction() as tx:
        rows.insert_resume(tx, stranger.tenant_id, resume.document_id)
