"""Named queries on calls under way: written before a call is sent, gone when its ledger row is written.

A call and its ledger row have the same id, so that a call which was written off and then ends after all, or a commit
whose answer was lost and which runs again, leaves one row.
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
    """Tokens are estimates. `lost_after_seconds` from now the call has ended for certain, one way or the other."""

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


# Built once: this lies on the way of every call.
_INSERT = sa.insert(model_calls).values(
    {column.name: sa.bindparam(column.name, type_=column.type) for column in model_calls.c if column.name != "lost_at"}
    | {"lost_at": sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.bindparam("lost_after_seconds"))}
)
# The setting is changed in the statement itself, so that it costs no round trip of its own.
_INSERT_NOT_DURABLE = _INSERT.returning(sa.func.set_config("synchronous_commit", "off", True))


def insert_call(tx: Transaction, call: CallUnderWay, *, durable: bool) -> None:
    """Not `durable`: the commit does not wait for the disk.

    The row outlives every process of ours. Only a Postgres that crashes within a second of this may forget it, and
    then a call is left without a row only if its worker dies, too.
    """
    tx.execute(_INSERT if durable else _INSERT_NOT_DURABLE, asdict(call))


def list_calls(tx: Transaction, analysis_id: uuid.UUID) -> list[CallUnderWay]:
    return _list(tx, sa.select(*_fields).where(model_calls.c.analysis_id == analysis_id))


def list_lost_calls(tx: Transaction, limit: int) -> list[CallUnderWay]:
    """Calls that must have ended and that nobody settled."""
    return _list(tx, sa.select(*_fields).where(model_calls.c.lost_at < sa.func.now()).limit(limit))


_fields = [model_calls.c[name] for name in CallUnderWay.__dataclass_fields__ if name != "lost_after_seconds"]


def _list(tx: Transaction, query: sa.Select[Any]) -> list[CallUnderWay]:
    return [CallUnderWay(*row, lost_after_seconds=0.0) for row in tx.execute(query)]
