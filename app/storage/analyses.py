"""Named queries on analyses: leases, the stages of an analysis, and its result. Called by app.pipeline.

A worker claims a row with a conditional UPDATE and receives a token. Every later change must present the token, so a
worker that has lost its lease cannot change anything. All times come from the database clock, which all workers share.
"""

import functools
import uuid
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL

from app.storage.engine import Transaction
from app.storage.tables import analyses, model_attempts, resumes

Stage = Literal["extraction", "analysis"]
OPEN_STATUSES = ("queued", "extracting", "analysing")
_STAGE_STATUSES: dict[Stage, tuple[str, ...]] = {
    "extraction": ("queued", "extracting"),
    "analysis": ("analysing",),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed analysis; the claim is valid until its lease expires."""

    analysis_id: uuid.UUID
    token: uuid.UUID
    tenant_id: uuid.UUID
    resume_id: uuid.UUID
    document_id: uuid.UUID
    privacy: str
    priority: str
    fresh: bool
    claims: int
    waited_seconds: float = 0.0  # time in this stage before it was claimed
    age_seconds: float = 0.0  # since the analysis was created
    traceparent: str | None = None  # the span to continue
    earlier_attempts: int = 0  # ledger rows of earlier claims
    duplicate_in_progress: bool = (
        False  # another analysis of the same document is in progress; its result may serve both
    )


@dataclass(frozen=True, slots=True)
class OpenAnalysis:
    id: uuid.UUID
    stage: Stage
    priority: str


@dataclass(frozen=True, slots=True)
class ReusableResult:
    analysis_id: uuid.UUID
    client: str
    model: str | None
    location: str | None
    prompt_version: str | None
    profile: dict[str, Any]
    evidence: dict[str, Any]
    integrity: dict[str, Any] | None
    warnings: list[str]
    dropped_values: int | None
    readings: dict[str, Any] | None


def insert_analysis(
    tx: Transaction,
    tenant_id: uuid.UUID,
    resume_id: uuid.UUID,
    document_id: uuid.UUID,
    *,
    privacy: str,
    priority: str,
    fresh: bool,
    traceparent: str | None = None,
) -> uuid.UUID:
    analysis_id = uuid.uuid4()
    values = {"id": analysis_id, "tenant_id": tenant_id, "resume_id": resume_id, "document_id": document_id}
    options = {"privacy": privacy, "priority": priority, "fresh": fresh, "traceparent": traceparent}
    tx.execute(_INSERT, {**values, **options})
    return analysis_id


_others = analyses.alias()
_INSERT = sa.insert(analyses).values(
    number=sa.select(sa.func.coalesce(sa.func.max(_others.c.number), 0) + 1)
    .where(_others.c.resume_id == sa.bindparam("resume_id"))
    .scalar_subquery(),
    **{
        name: sa.bindparam(name)
        for name in ("id", "tenant_id", "resume_id", "document_id", "privacy", "priority", "fresh", "traceparent")
    },
)


def find_open(tx: Transaction, resume_id: uuid.UUID) -> uuid.UUID | None:
    """Return the unfinished analysis of a resume; there is at most one."""
    return tx.execute(
        sa.select(analyses.c.id).where(analyses.c.resume_id == resume_id, analyses.c.status.in_(OPEN_STATUSES))
    ).scalar_one_or_none()


def claim(
    tx: Transaction, analysis_id: uuid.UUID, stage: Stage, lease_seconds: float, *, batch_id: uuid.UUID | None = None
) -> Claim | None:
    """Claim the analysis if it is waiting in this stage and is not leased; otherwise (a duplicate message) return None.

    An analysis assigned to a batch can only be claimed by that batch.
    """
    wanted = {
        "b_id": analysis_id,
        "b_token": uuid.uuid4(),
        "b_lease_seconds": lease_seconds,
        "b_batch_id": batch_id,
    }
    row = tx.execute(_claim_statement(stage), wanted).one_or_none()
    return None if row is None else Claim(*row)


@functools.cache
def _claim_statement(stage: Stage) -> sa.Executable:
    """Cached, like every statement used for each analysis: building it takes longer than sending it."""
    started_at = f"{stage}_started_at"
    values: dict[str, Any] = {
        "lease_token": sa.bindparam("b_token"),
        "lease_until": _in(sa.bindparam("b_lease_seconds", type_=sa.Float)),
        "claims": analyses.c.claims + 1,
        started_at: sa.func.coalesce(analyses.c[started_at], sa.func.now()),
    }
    attempts, duplicate = model_attempts.alias(), analyses.alias()
    extras: list[sa.ColumnElement[Any]] = []
    if stage == "extraction":
        values["status"] = "extracting"
    else:
        counted = sa.select(sa.func.count()).where(attempts.c.analysis_id == analyses.c.id)
        same = sa.exists().where(
            duplicate.c.document_id == analyses.c.document_id,
            duplicate.c.id != analyses.c.id,
            duplicate.c.status == "analysing",
            duplicate.c.lease_until > sa.func.now(),
        )
        extras = [counted.scalar_subquery(), same]
    return (
        sa.update(analyses)
        .where(
            analyses.c.id == sa.bindparam("b_id"),
            analyses.c.status.in_(_STAGE_STATUSES[stage]),
            sa.or_(analyses.c.lease_until.is_(None), analyses.c.lease_until < sa.func.now()),
            analyses.c.batch_id.is_not_distinct_from(sa.bindparam("b_batch_id", type_=sa.Uuid)),
        )
        .values(**values)
        .returning(
            analyses.c.id,
            analyses.c.lease_token,
            analyses.c.tenant_id,
            analyses.c.resume_id,
            analyses.c.document_id,
            analyses.c.privacy,
            analyses.c.priority,
            analyses.c.fresh,
            analyses.c.claims,
            _seconds_since(analyses.c.due_at),
            _seconds_since(analyses.c.created_at),
            analyses.c.traceparent,
            *extras,
        )
    )


def renew_leases(tx: Transaction, tokens: list[uuid.UUID], lease_seconds: float) -> None:
    """Extend the leases that this worker still holds."""
    tx.execute(sa.update(analyses).where(analyses.c.lease_token.in_(tokens)).values(lease_until=_in(lease_seconds)))


def release(tx: Transaction, claim: Claim, *, due_in_seconds: float, counts: bool) -> None:
    """Return the work to the queue. With `counts` False this claim does not count, because the work is not at fault."""
    tx.execute(
        sa.update(analyses)
        .where(analyses.c.id == claim.analysis_id, analyses.c.lease_token == claim.token)
        .values(
            lease_token=None,
            lease_until=None,
            published_at=None,
            due_at=_in(due_in_seconds),
            claims=analyses.c.claims - (0 if counts else 1),
        )
    )


def take_waiting_duplicates(tx: Transaction, document_id: uuid.UUID) -> list[OpenAnalysis]:
    """Mark as published, and return, analyses released while another one of their document was in progress.

    The result of that other analysis must have been stored while the document was locked, so that no analysis is
    released unnoticed in between.
    """
    rows = tx.execute(_TAKE_WAITING_TWINS, {"b_document_id": document_id})
    return [OpenAnalysis(row.id, "analysis", row.priority) for row in rows]


# Only an analysis that was claimed and released has a start time; one that waits for a batch has none.
_TAKE_WAITING_TWINS = (
    sa.update(analyses)
    .where(
        analyses.c.document_id == sa.bindparam("b_document_id"),
        analyses.c.status == "analysing",
        analyses.c.analysis_started_at.is_not(None),
        analyses.c.lease_token.is_(None),
        analyses.c.published_at.is_(None),
        analyses.c.batch_id.is_(None),
    )
    .values(due_at=sa.func.now(), published_at=sa.func.now())
    .returning(analyses.c.id, analyses.c.priority)
)


def finish_extraction(
    tx: Transaction, claim: Claim, *, wait_seconds: float = 0, traceparent: str | None = None
) -> bool:
    """Move the analysis to its second stage, as part of that span. False if the lease was lost or the resume erased.

    With `wait_seconds`, it waits that long for a batch to pick it up before it is analysed on its own.
    """
    traced = {} if traceparent is None else {"traceparent": traceparent}
    moved = _finish(
        tx, claim, "extraction_finished_at", "published_at", "due_at", status="analysing", claims=0, **traced
    )
    if moved and wait_seconds:
        mine = analyses.c.id == claim.analysis_id
        tx.execute(sa.update(analyses).where(mine).values(published_at=None, due_at=_in(wait_seconds)))
    return moved


def finish_done(
    tx: Transaction,
    claim: Claim,
    *,
    result_key: str | None,
    client: str,
    model: str | None,
    location: str | None,
    prompt_version: str | None,
    degraded: bool,
    profile: dict[str, Any],
    evidence: dict[str, Any],
    integrity: dict[str, Any] | None,
    warnings: list[str],
    dropped_values: int | None,
    readings: dict[str, Any] | None = None,
) -> bool:
    """Store the final result. Returns False, and changes nothing, if the lease was lost or the resume erased."""
    return _finish(
        tx,
        claim,
        "finished_at",
        status="done",
        result_key=result_key,
        client=client,
        model=model,
        location=location,
        prompt_version=prompt_version,
        degraded=degraded,
        profile=profile,
        evidence=evidence,
        integrity=integrity,
        warnings=warnings,
        dropped_values=dropped_values,
        readings=sa.null() if readings is None else readings,
    )


def finish_failed(
    tx: Transaction, claim: Claim, problem: dict[str, Any], integrity: dict[str, Any] | None = None
) -> bool:
    """Finish with a problem. Returns False if the lease was lost or the resume erased."""
    return _finish(tx, claim, "finished_at", status="failed", problem=problem, integrity=integrity)


def _reusable_columns() -> list[sa.Column[Any]]:
    return [
        analyses.c.id,
        analyses.c.client,
        analyses.c.model,
        analyses.c.location,
        analyses.c.prompt_version,
        analyses.c.profile,
        analyses.c.evidence,
        analyses.c.integrity,
        analyses.c.warnings,
        analyses.c.dropped_values,
        analyses.c.readings,
    ]


_FIND_REUSABLE = (
    sa.select(*_reusable_columns())
    .where(
        analyses.c.document_id == sa.bindparam("b_document_id"),
        analyses.c.result_key == sa.bindparam("b_result_key"),
        analyses.c.status == "done",
        analyses.c.degraded.is_(False),
    )
    .order_by(analyses.c.finished_at.desc())
    .limit(1)
)


def find_reusable(tx: Transaction, document_id: uuid.UUID, result_key: str) -> ReusableResult | None:
    """Return the newest full result for the same document and the same `result_key`."""
    row = tx.execute(_FIND_REUSABLE, {"b_document_id": document_id, "b_result_key": result_key}).one_or_none()
    return None if row is None else ReusableResult(*row)


@dataclass(frozen=True, slots=True)
class OlderResult:
    """A full result for the same document, produced with any configuration, and its age."""

    result: ReusableResult
    age_seconds: float


def find_older(tx: Transaction, document_id: uuid.UUID) -> OlderResult | None:
    """Return the newest full result of a model for the same document, whatever the configuration."""
    row = tx.execute(
        sa.select(*_reusable_columns(), sa.func.extract("epoch", sa.func.now() - analyses.c.finished_at))
        .where(
            analyses.c.document_id == document_id,
            analyses.c.status == "done",
            analyses.c.degraded.is_(False),
            analyses.c.location.is_not(None),  # produced by a model; the built-in parser can simply run again
        )
        .order_by(analyses.c.finished_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else OlderResult(ReusableResult(*list(row)[:-1]), float(row[-1]))


@dataclass(frozen=True, slots=True)
class DegradedResume:
    tenant_id: uuid.UUID
    resume_id: uuid.UUID


def find_degraded(
    tx: Transaction, *, privacy: str, pause_seconds: float, most_tries: int, limit: int
) -> list[DegradedResume]:
    """Return resumes with a fallback result whose next retry is due, oldest first.

    The pause doubles with each consecutive fallback result. After `most_tries` of them, the resume is no longer
    retried.
    """
    degraded = (
        sa.select(
            analyses.c.resume_id,
            sa.func.count().label("tries"),
            sa.func.max(analyses.c.finished_at).label("last"),
        )
        .where(analyses.c.status == "done", analyses.c.degraded)
        .group_by(analyses.c.resume_id)
        .subquery()
    )
    pause = sa.func.make_interval(
        0, 0, 0, 0, 0, 0, sa.cast(pause_seconds, sa.Float) * sa.func.power(2.0, degraded.c.tries - 1)
    )
    rows = tx.execute(
        sa.select(resumes.c.tenant_id, resumes.c.id)
        .join(degraded, degraded.c.resume_id == resumes.c.id)
        .where(
            resumes.c.status == "done",
            resumes.c.degraded.is_(True),
            resumes.c.privacy == privacy,
            degraded.c.tries < most_tries,
            degraded.c.last < sa.func.now() - pause,
        )
        .order_by(degraded.c.last)
        .limit(limit)
    )
    return [DegradedResume(*row) for row in rows]


def take_overdue(tx: Transaction, *, republish_seconds: float, limit: int) -> list[OpenAnalysis]:
    """Take waiting work that has no current message: never published, published long ago, or its lease has expired.

    Marks the rows as published now. Interactive work comes first, then the oldest.
    """
    now = sa.func.now()
    due = (
        sa.select(analyses.c.id)
        .where(
            analyses.c.status.in_(OPEN_STATUSES),
            analyses.c.due_at <= now,
            sa.or_(analyses.c.lease_until.is_(None), analyses.c.lease_until < now),
            sa.or_(analyses.c.published_at.is_(None), analyses.c.published_at < _in(-republish_seconds)),
            analyses.c.batch_id.is_(None),
        )
        .order_by(analyses.c.priority.desc(), analyses.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = tx.execute(
        sa.update(analyses)
        .where(analyses.c.id.in_(due))
        .values(published_at=now)
        .returning(analyses.c.id, analyses.c.status, analyses.c.priority)
    )
    return [
        OpenAnalysis(row.id, "analysis" if row.status == "analysing" else "extraction", row.priority) for row in rows
    ]


def mark_published(tx: Transaction, analysis_ids: list[uuid.UUID]) -> None:
    tx.execute(_MARK_PUBLISHED, {"b_ids": analysis_ids})


_MARK_PUBLISHED = (
    sa.update(analyses)
    .where(analyses.c.id == sa.any_(sa.bindparam("b_ids", type_=ARRAY(sa.Uuid))))
    .values(published_at=sa.func.now())
)


def queue_state(tx: Transaction) -> dict[Stage, tuple[int, float]]:
    """For each stage, return the number of waiting and running analyses and the age of the oldest in seconds."""
    stage = sa.case((analyses.c.status == "analysing", "analysis"), else_="extraction")
    age = sa.func.extract("epoch", sa.func.now() - sa.func.min(analyses.c.created_at))
    rows = tx.execute(
        sa.select(stage, sa.func.count(), age).where(analyses.c.status.in_(OPEN_STATUSES)).group_by(stage)
    )
    return {row[0]: (row[1], float(row[2])) for row in rows}


def find_document_id(tx: Transaction, analysis_id: uuid.UUID) -> uuid.UUID | None:
    return tx.execute(sa.select(analyses.c.document_id).where(analyses.c.id == analysis_id)).scalar_one_or_none()


def _finish(tx: Transaction, claim: Claim, *moments: str, **values: Any) -> bool:
    """Finish the claimed analysis; the columns named in `moments` are set to the current time."""
    wanted = {"b_id": claim.analysis_id, "b_token": claim.token, "b_resume_id": claim.resume_id}
    return tx.execute(_finish_statement(moments, tuple(values)), {**wanted, **values}).rowcount == 1


@functools.cache
def _finish_statement(moments: tuple[str, ...], names: tuple[str, ...]) -> sa.Update:
    # Lock the resume's row first, in the same order as an erasure does, so that the two cannot deadlock.
    locked = sa.select(resumes.c.id).where(resumes.c.id == sa.bindparam("b_resume_id")).with_for_update().cte("locked")
    return (
        sa.update(analyses)
        .where(
            analyses.c.resume_id == locked.c.id,
            analyses.c.id == sa.bindparam("b_id"),
            analyses.c.lease_token == sa.bindparam("b_token"),
        )
        .values(
            lease_token=None,
            lease_until=None,
            batch_id=None,
            **dict.fromkeys(moments, sa.func.now()),
            **{name: sa.bindparam(name, type_=analyses.c[name].type) for name in names},
        )
    )


def _seconds_since(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[float]:
    return sa.cast(sa.func.extract("epoch", sa.func.now() - moment), sa.Float)


def _in(seconds: float | sa.ColumnElement[float]) -> sa.ColumnElement[Any]:
    return sa.func.now() + sa.cast(sa.func.concat(seconds, " seconds"), INTERVAL)
