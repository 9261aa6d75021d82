"""Named queries on calls in progress: written before a call is sent, deleted when its ledger row is written.

A call and its ledger row share one id. A call that was written off and then finishes after all, or a commit that is
retried because its confirmation was lost, therefore leaves only one row.
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.storage.engine import Transaction
from app.storage.tables import model_calls


@dataclass(frozen=True, slots=True)
class CallUnderWay:
    """A call in progress. Token counts are estimates; after `lost_after_seconds` the call has certainly ended."""

    id: uuid.UUID
    tenant_id: uuid.UUID
    resume_id: uuid.UUID
    analysis_id: uuid.UUID
    number: int
    function: str
    client: str
    model: str | None
    location: str
    billing: str
    prompt_version: str | None
    input_tokens: int
    output_tokens: int
    started_at: datetime
    lost_after_seconds: float


# Built once, because it runs before every call.
_INSERT = sa.insert(model_calls).values(
    {column.name: sa.bindparam(column.name, type_=column.type) for column in model_calls.c if column.name != "lost_at"}
    | {"lost_at": sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.bindparam("lost_after_seconds"))}
)
# The setting changes in the same statement, which saves a round trip.
_INSERT_NOT_DURABLE = _INSERT.returning(sa.func.set_config("synchronous_commit", "off", True))


def insert_call(tx: Transaction, call: CallUnderWay, *, durable: bool) -> None:
    """Record the call. If it is not `durable`, the commit does not wait for the disk.

    The row survives the death of any Vitae process. It can be lost only if Postgres itself crashes within a second, and
    the call then goes unrecorded only if its worker dies as well.
    """
    tx.execute(_INSERT if durable else _INSERT_NOT_DURABLE, asdict(call))


def list_calls(tx: Transaction, analysis_id: uuid.UUID) -> list[CallUnderWay]:
    return _list(tx, sa.select(*_fields).where(model_calls.c.analysis_id == analysis_id))


def list_lost_calls(tx: Transaction, limit: int) -> list[CallUnderWay]:
    """Return calls that must have ended but were never settled."""
    return _list(tx, sa.select(*_fields).where(model_calls.c.lost_at < sa.func.now()).limit(limit))


_fields = [model_calls.c[name] for name in CallUnderWay.__dataclass_fields__ if name != "lost_after_seconds"]


def _list(tx: Transaction, query: sa.Select[Any]) -> list[CallUnderWay]:
    return [CallUnderWay(*row, lost_after_seconds=0.0) for row in tx.execute(query)]
