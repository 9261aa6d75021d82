"""Named queries on analyses: claiming work by lease, moving it through its stages, and its result.

A worker claims a row by a conditional UPDATE and gets a token; every later change names the token, so that a worker
that lost its lease changes nothing. Times come from the database's clock, which all workers share.
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
    """A piece of work that is ours until the lease ends."""

    analysis_id: uuid.UUID
    token: uuid.UUID
    tenant_id: uuid.UUID
    resume_id: uuid.UUID
    document_id: uuid.UUID
    privacy: str
    priority: str
    fresh: bool
    claims: int
    waited_seconds: float = 0.0  # in this stage, until it was claimed
    age_seconds: float = 0.0  # since the analysis was created
    traceparent: str | None = None  # of the span that it goes on with
    earlier_attempts: int = 0  # of earlier claims, in the ledger
    twin_in_progress: bool = (
        False  # another analysis of the same document is being worked on: its result may serve both
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
    asked = {"privacy": privacy, "priority": priority, "fresh": fresh, "traceparent": traceparent}
    tx.execute(_INSERT, {**values, **asked})
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
    """The unfinished analysis of a resume; there is at most one."""
    return tx.execute(
        sa.select(analyses.c.id).where(analyses.c.resume_id == resume_id, analyses.c.status.in_(OPEN_STATUSES))
    ).scalar_one_or_none()


def claim(
    tx: Transaction, analysis_id: uuid.UUID, stage: Stage, lease_seconds: float, *, batch_id: uuid.UUID | None = None
) -> Claim | None:
    """Take the work if it is waiting in that stage and nobody holds it; None otherwise (a duplicated message).

    What a batch asks for is taken by that batch alone.
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
    """Made once, as all statements of every analysis are: putting one together takes longer than sending it."""
    started_at = f"{stage}_started_at"
    values: dict[str, Any] = {
        "lease_token": sa.bindparam("b_token"),
        "lease_until": _in(sa.bindparam("b_lease_seconds", type_=sa.Float)),
        "claims": analyses.c.claims + 1,
        started_at: sa.func.coalesce(analyses.c[started_at], sa.func.now()),
    }
    attempts, twin = model_attempts.alias(), analyses.alias()
    extras: list[sa.ColumnElement[Any]] = []
    if stage == "extraction":
        values["status"] = "extracting"
    else:
        counted = sa.select(sa.func.count()).where(attempts.c.analysis_id == analyses.c.id)
        same = sa.exists().where(
            twin.c.document_id == analyses.c.document_id,
            twin.c.id != analyses.c.id,
            twin.c.status == "analysing",
            twin.c.lease_until > sa.func.now(),
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
    """Show that this worker is alive and still at these pieces of work."""
    tx.execute(sa.update(analyses).where(analyses.c.lease_token.in_(tokens)).values(lease_until=_in(lease_seconds)))


def release(tx: Transaction, claim: Claim, *, due_in_seconds: float, counts: bool) -> None:
    """Give the work back to be claimed later; `counts` False takes the claim off the count (no fault of the work)."""
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


def take_waiting_twins(tx: Transaction, document_id: uuid.UUID) -> list[OpenAnalysis]:
    """Analyses that were given back while another one of their document was under way, marked as published now.

    The other one's end must have been stored under the document's lock: then none is given back unseen meanwhile.
    """
    rows = tx.execute(_TAKE_WAITING_TWINS, {"b_document_id": document_id})
    return [OpenAnalysis(row.id, "analysis", row.priority) for row in rows]


# One that has been started was claimed and given back; what waits for a batch was not.
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
    """Move on to the analysis stage, as part of that span. False when the lease was lost or the resume erased.

    With `wait_seconds` it waits so long for a batch to take it, before it is analysed by itself.
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
) -> bool:
    """Store the one final result. False when the lease was lost or the resume erased: nothing is changed then."""
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
    )


def finish_failed(
    tx: Transaction, claim: Claim, problem: dict[str, Any], integrity: dict[str, Any] | None = None
) -> bool:
    """End with a problem. False when the lease was lost or the resume erased."""
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
    """The newest full result for exactly the same document, asked in exactly the same way."""
    row = tx.execute(_FIND_REUSABLE, {"b_document_id": document_id, "b_result_key": result_key}).one_or_none()
    return None if row is None else ReusableResult(*row)


@dataclass(frozen=True, slots=True)
class OlderResult:
    """A full result for the same document that another configuration gave, with its age."""

    result: ReusableResult
    age_seconds: float


def find_older(tx: Transaction, document_id: uuid.UUID) -> OlderResult | None:
    """The newest full answer of a model for exactly the same document of the same tenant, asked in whatever way."""
    row = tx.execute(
        sa.select(*_reusable_columns(), sa.func.extract("epoch", sa.func.now() - analyses.c.finished_at))
        .where(
            analyses.c.document_id == document_id,
            analyses.c.status == "done",
            analyses.c.degraded.is_(False),
            analyses.c.location.is_not(None),  # a model's; the built-in parser can answer anew
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
    """Resumes with a stand-in result, the oldest first, whose next try is due.

    The pause doubles with each stand-in result in a row of tries; after `most_tries` of them the resume is left alone.
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
    """Waiting work without a fresh message: never published, published long ago, or its worker's lease ran out.

    Marks the rows as published now; interactive work first, the oldest first.
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
    """Per stage: how many analyses wait or run, and the age in seconds of the oldest."""
    stage = sa.case((analyses.c.status == "analysing", "analysis"), else_="extraction")
    age = sa.func.extract("epoch", sa.func.now() - sa.func.min(analyses.c.created_at))
    rows = tx.execute(
        sa.select(stage, sa.func.count(), age).where(analyses.c.status.in_(OPEN_STATUSES)).group_by(stage)
    )
    return {row[0]: (row[1], float(row[2])) for row in rows}


def find_document_id(tx: Transaction, analysis_id: uuid.UUID) -> uuid.UUID | None:
    return tx.execute(sa.select(analyses.c.document_id).where(analyses.c.id == analysis_id)).scalar_one_or_none()


def _finish(tx: Transaction, claim: Claim, *moments: str, **values: Any) -> bool:
    """`moments` are columns that are now."""
    wanted = {"b_id": claim.analysis_id, "b_token": claim.token, "b_resume_id": claim.resume_id}
    return tx.execute(_finish_statement(moments, tuple(values)), {**wanted, **values}).rowcount == 1


@functools.cache
def _finish_statement(moments: tuple[str, ...], names: tuple[str, ...]) -> sa.Update:
    # The resume's row is locked first, in the order an erasure takes them, so that the two cannot deadlock.
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
