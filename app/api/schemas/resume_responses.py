"""Builds the API's responses from rows; called by the resume and upload routes."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from app.api.problems import problem_type
from app.api.schemas.resume_schemas import DocumentFile, Links, ResumeDetail, ResumeItem, ResumeProblem, Timings
from app.pipeline.costs.attempt_view import cost_view
from app.storage import resumes
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.resumes import AnalysisResult, ResumeListItem

_MILLISECOND = timedelta(milliseconds=1)


def links_of(resume_id: uuid.UUID) -> Links:
    address = f"/v1/resumes/{resume_id}"
    return Links(self=address, events=f"{address}/events", document=f"{address}/document")


def item_answer(item: ResumeListItem) -> ResumeItem:
    return ResumeItem(
        id=item.id,
        filename=item.filename,
        reference=item.reference,
        status=item.status,  # pyright: ignore[reportArgumentType] - the database checks it
        degraded=item.degraded,
        candidate_name=item.candidate_name,
        client=item.client,
        privacy=item.privacy,  # pyright: ignore[reportArgumentType]
        priority=item.priority,  # pyright: ignore[reportArgumentType]
        duplicate_of=item.duplicate_of,
        experience_months=item.experience_months,
        language=item.language,
        created_at=item.created_at,
        updated_at=item.updated_at,
        links=links_of(item.id),
    )


def detail_answer(detail: resumes.ResumeDetail, attempts: Sequence[AttemptRow]) -> ResumeDetail:
    """The last good result stays during a reanalysis or after a failed one; status and times are the newest's."""
    item, analysis, result = detail.item, detail.analysis, detail.result
    told = result or analysis  # a failed first analysis has findings (integrity) but no profile
    values: dict[str, Any] = {
        "id": item.id,
        "filename": item.filename,
        "reference": item.reference,
        "privacy": item.privacy,
        "priority": item.priority,
        "status": analysis.status,
        "degraded": told.degraded,
        "duplicate_of": item.duplicate_of,
        "analysis_number": analysis.number,
        "result_number": None if result is None else result.number,
        "profile_version": detail.profile_version,
        "changed_in_document": told.changed,
        "document": DocumentFile(
            media_type=detail.media_type, size=detail.size_bytes, sha256=detail.sha256, pages=detail.page_count
        ),
        "profile": told.profile,
        "evidence": told.evidence,
        "integrity": told.integrity,
        "warnings": told.warnings,
        "readings": told.readings,
        "client": told.client,
        "model": told.model,
        "location": told.location,
        "cost": cost_view(attempts),
        "timings": _timings(item.created_at, analysis),
        "problem": _problem(analysis.problem),
        "links": links_of(item.id),
    }
    return ResumeDetail.model_validate(values)


def _problem(problem: dict[str, Any] | None) -> ResumeProblem | None:
    if problem is None:
        return None
    return ResumeProblem(
        type=problem_type(problem["code"]),
        code=problem["code"],
        title=problem["title"],
        detail=problem["detail"],
    )


def _timings(uploaded_at: datetime, analysis: AnalysisResult) -> Timings:
    started, read = analysis.extraction_started_at, analysis.extraction_finished_at
    asked, finished = analysis.analysis_started_at, analysis.finished_at
    waits = [_between(analysis.created_at, started), _between(read, asked)]
    known_waits = [wait for wait in waits if wait is not None]
    return Timings(
        created_at=uploaded_at,
        requested_at=analysis.created_at,
        started_at=started,
        finished_at=finished,
        queue_ms=sum(known_waits) if known_waits else None,
        extraction_ms=_between(started, read or finished),
        analysis_ms=_between(asked, finished),
    )


def _between(begin: datetime | None, end: datetime | None) -> int | None:
    """Whole milliseconds; never negative, although the two times come from different transactions."""
    return None if begin is None or end is None else max(0, (end - begin) // _MILLISECOND)
