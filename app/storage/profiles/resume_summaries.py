"""Named queries for the dashboard's lists: profile summaries, recent failures, degraded results, stage times."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from app.storage.engine import Transaction
from app.storage.resumes import ResumeListItem, item_columns
from app.storage.tables import analyses, corrected_results, resumes


@dataclass(frozen=True, slots=True)
class Glance:
    """`problem` is the title of the newest failed analysis; the other fields come from the newest result."""

    position: str | None = None
    employer: str | None = None
    city: str | None = None
    experience_months: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class FailedResume:
    id: uuid.UUID
    filename: str
    code: str
    title: str
    failed_at: datetime


def list_items(tx: Transaction, tenant_id: uuid.UUID, resume_ids: Sequence[uuid.UUID]) -> list[ResumeListItem]:
    """Return those of the resumes that belong to the tenant, newest first."""
    rows = tx.execute(
        sa.select(*item_columns)
        .where(resumes.c.tenant_id == tenant_id, resumes.c.id.in_(resume_ids))
        .order_by(resumes.c.created_at.desc(), resumes.c.id.desc())
    )
    return [ResumeListItem(*row) for row in rows]


def list_glances(tx: Transaction, resume_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Glance]:
    """Return summaries of these resumes. The caller has checked who owns them."""
    profile = sa.func.coalesce(corrected_results.c.profile, analyses.c.profile, type_=analyses.c.profile.type)
    job = profile["work"][0]
    done = tx.execute(
        sa.select(
            analyses.c.resume_id,
            job["position"].astext,
            job["name"].astext,
            profile["basics"]["location"]["city"].astext,
            sa.cast(profile["x-vitae"]["total_experience_months"].astext, sa.Integer),
        )
        .outerjoin_from(analyses, corrected_results, corrected_results.c.analysis_id == analyses.c.id)
        .ext(distinct_on(analyses.c.resume_id))
        .where(analyses.c.resume_id.in_(resume_ids), analyses.c.status == "done")
        .order_by(analyses.c.resume_id, analyses.c.number.desc())
    )
    glances = {row[0]: Glance(*row[1:]) for row in done}
    failed = tx.execute(
        sa.select(analyses.c.resume_id, analyses.c.problem["title"].astext)
        .ext(distinct_on(analyses.c.resume_id))
        .where(analyses.c.resume_id.in_(resume_ids), analyses.c.status == "failed")
        .order_by(analyses.c.resume_id, analyses.c.number.desc())
    )
    for resume_id, title in failed:
        glance = glances.get(resume_id, Glance())
        glances[resume_id] = Glance(
            glance.position, glance.employer, glance.city, glance.experience_months, problem=title
        )
    return glances


def count_degraded(tx: Transaction, tenant_id: uuid.UUID, newest: int) -> tuple[int, int]:
    """Return how many of the tenant's newest resumes have a degraded result, and how many were counted."""
    recent = (
        sa.select(resumes.c.degraded, resumes.c.status)
        .where(resumes.c.tenant_id == tenant_id)
        .order_by(resumes.c.created_at.desc(), resumes.c.id.desc())
        .limit(newest)
        .subquery()
    )
    is_done = recent.c.status == "done"
    row = tx.execute(
        sa.select(
            sa.func.count().filter(sa.and_(is_done, recent.c.degraded)), sa.func.count().filter(is_done)
        ).select_from(recent)
    ).one()
    return row[0], row[1]


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Percentiles in milliseconds over the `analyses` analyses that passed through the stage."""

    analyses: int
    median_ms: float
    p95_ms: float
    p99_ms: float


def list_stage_times(tx: Transaction, tenant_id: uuid.UUID, newest: int) -> dict[str, StageTimes]:
    """Return the times of the tenant's newest finished analyses: waiting, extraction, analysis, and the total."""
    recent = (
        sa.select(resumes.c.id)
        .where(resumes.c.tenant_id == tenant_id)
        .order_by(resumes.c.created_at.desc(), resumes.c.id.desc())
        .limit(newest)
        .subquery()
    )
    newest_of = (
        sa.select(analyses)
        .ext(distinct_on(analyses.c.resume_id))
        .where(analyses.c.resume_id.in_(sa.select(recent.c.id)), analyses.c.finished_at.is_not(None))
        .order_by(analyses.c.resume_id, analyses.c.number.desc())
        .subquery()
    )
    times = newest_of.c
    waited = (times.extraction_started_at - times.created_at) + sa.func.coalesce(
        times.analysis_started_at - times.extraction_finished_at, sa.text("interval '0'")
    )
    spans: dict[str, sa.ColumnElement[Any]] = {
        "Waiting": waited,
        "Reading": times.extraction_finished_at - times.extraction_started_at,
        "Analysing": times.finished_at - times.analysis_started_at,
        "Total": times.finished_at - times.created_at,
    }
    columns: list[sa.ColumnElement[Any]] = []
    for span in spans.values():
        milliseconds = sa.cast(sa.func.extract("epoch", span) * 1000, sa.Float)
        columns.append(sa.func.count(span))
        columns += [sa.func.percentile_cont(share).within_group(milliseconds) for share in (0.5, 0.95, 0.99)]
    row = tx.execute(sa.select(*columns)).one()
    return {name: StageTimes(*row[at * 4 : at * 4 + 4]) for at, name in enumerate(spans) if row[at * 4]}


def list_failed(tx: Transaction, tenant_id: uuid.UUID, limit: int) -> list[FailedResume]:
    """Return the newest uploads whose newest analysis failed."""
    recent = (
        sa.select(resumes.c.id, resumes.c.filename, resumes.c.created_at)
        .where(resumes.c.tenant_id == tenant_id, resumes.c.status == "failed")
        .order_by(resumes.c.created_at.desc(), resumes.c.id.desc())
        .limit(limit)
        .subquery()
    )
    rows = tx.execute(
        sa.select(
            recent.c.id,
            recent.c.filename,
            analyses.c.problem["code"].astext,
            analyses.c.problem["title"].astext,
            analyses.c.finished_at,
            recent.c.created_at,
        )
        .ext(distinct_on(recent.c.created_at, recent.c.id))
        .join(analyses, analyses.c.resume_id == recent.c.id)
        .where(analyses.c.status == "failed")
        .order_by(recent.c.created_at.desc(), recent.c.id, analyses.c.number.desc())
    )
    return [FailedResume(*row[:5]) for row in rows]
