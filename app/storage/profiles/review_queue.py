"""Named queries on the review queue: how much of each result is doubtful, and which one to check first.

A page is read from one index, so it takes the same time for ten resumes and for a million.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.errors import InputError
from app.storage.engine import Transaction
from app.storage.tables import review_queue

MOST_COUNTED = 1000  # counting 100,000 rows takes 150 ms, and nobody reviews so many in a day
_columns = review_queue.c


@dataclass(frozen=True, slots=True)
class QueuedResume:
    resume_id: uuid.UUID
    questions: int
    expected_wrong: float

    @property
    def cursor(self) -> str:
        """The position after this resume."""
        text = json.dumps([self.expected_wrong, str(self.resume_id)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()


def save_figures(
    tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID, figures: Sequence[tuple[float, int, float]]
) -> None:
    """Replace the figures of a resume: threshold, number of questions, expected number of wrong values."""
    tx.execute(_FORGET, {"b_resume_id": resume_id})
    if figures:
        tx.execute(
            _INSERT,
            [
                {
                    "tenant_id": tenant_id,
                    "resume_id": resume_id,
                    "threshold": threshold,
                    "questions": questions,
                    "expected_wrong": expected_wrong,
                }
                for threshold, questions, expected_wrong in figures
            ],
        )


_FORGET = sa.delete(review_queue).where(_columns.resume_id == sa.bindparam("b_resume_id", type_=sa.Uuid))
_INSERT = sa.insert(review_queue)


def list_queue(
    tx: Transaction, tenant_id: uuid.UUID, threshold: float, *, cursor: str | None, limit: int
) -> list[QueuedResume]:
    """Return the resumes after the cursor, starting with the one that is expected to have the most errors."""
    conditions = [_columns.tenant_id == tenant_id, _columns.threshold == threshold]
    if cursor:
        conditions.append(sa.tuple_(_columns.expected_wrong, _columns.resume_id) < _read_cursor(cursor))
    rows = tx.execute(
        sa.select(_columns.resume_id, _columns.questions, _columns.expected_wrong)
        .where(*conditions)
        .order_by(_columns.expected_wrong.desc(), _columns.resume_id.desc())
        .limit(limit)
    )
    return [QueuedResume(*row) for row in rows]


def find_queued(tx: Transaction, tenant_id: uuid.UUID, threshold: float, resume_id: uuid.UUID) -> QueuedResume | None:
    row = tx.execute(
        sa.select(_columns.resume_id, _columns.questions, _columns.expected_wrong).where(
            _columns.tenant_id == tenant_id, _columns.threshold == threshold, _columns.resume_id == resume_id
        )
    ).one_or_none()
    return None if row is None else QueuedResume(*row)


def count_queue(tx: Transaction, tenant_id: uuid.UUID, threshold: float) -> int:
    """Return how many of the tenant's resumes have doubtful values, at most `MOST_COUNTED`."""
    found = (
        sa.select(_columns.resume_id)
        .where(_columns.tenant_id == tenant_id, _columns.threshold == threshold)
        .limit(MOST_COUNTED)
        .subquery()
    )
    return tx.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()


def _read_cursor(cursor: str) -> sa.Tuple:
    try:
        expected_wrong, resume_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return sa.tuple_(sa.literal(float(expected_wrong), sa.Double), sa.literal(uuid.UUID(resume_id), sa.Uuid))
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise InputError("The cursor is not valid. Leave it out to start from the first page.") from None
