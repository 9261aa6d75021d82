"""Use case: show the resumes with doubtful values, the most doubtful one first. Called by the API and the dashboard.

People decide with the same call as for corrections (`app.pipeline.resumes.correct_profile`). A value that somebody
confirmed, corrected or removed leaves the queue; so does a resume without doubtful values.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.analysis.review.review_questions import THRESHOLDS, Question, expected_wrong, list_questions
from app.errors import InputError, NotFound
from app.pipeline.mechanisms.shown_profile import in_effect
from app.pipeline.resumes.blind_view import blind_resume
from app.storage import documents, resumes
from app.storage.engine import Database, Transaction
from app.storage.profiles import corrections, review_queue
from app.storage.profiles.review_queue import QueuedResume
from app.storage.resumes import ResumeDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """What a reviewer may see. `below` is the confidence threshold, one of `THRESHOLDS`."""

    below: float
    blind: bool = False
    hide_schools: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A resume with its questions. `cursor` is the position after it; None if it is not in the queue."""

    detail: ResumeDetail
    questions: Sequence[Question]
    cursor: str | None

    @property
    def expected_wrong(self) -> float:
        return expected_wrong(self.questions)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """`candidates` counts the resumes in the queue, up to 1,000."""

    items: Sequence[ReviewItem]
    candidates: int
    next_cursor: str | None


def read_review_queue(
    database: Database, tenant_id: uuid.UUID, view: ReviewView, *, cursor: str | None, limit: int
) -> ReviewPage:
    """One page of the queue. Raises `InputError` for a threshold that has no figures."""
    _check(view)
    with database.reading() as tx:
        queued = review_queue.list_queue(tx, tenant_id, view.below, cursor=cursor, limit=limit + 1)
        count = review_queue.count_queue(tx, tenant_id, view.below)
        items = [item for each in queued[:limit] if (item := _find_item(tx, tenant_id, each, view))]
    more = len(queued) > limit
    return ReviewPage(items=items, candidates=count, next_cursor=queued[limit - 1].cursor if more else None)


def read_review_of(database: Database, tenant_id: uuid.UUID, view: ReviewView, resume_id: uuid.UUID) -> ReviewPage:
    """The queue with only this resume; no item if it has no doubtful values. Raises `NotFound`."""
    _check(view)
    with database.reading() as tx:
        resumes.get_item(tx, tenant_id, resume_id)
        queued = review_queue.find_queued(tx, tenant_id, view.below, resume_id)
        count = review_queue.count_queue(tx, tenant_id, view.below)
        item = None if queued is None else _find_item(tx, tenant_id, queued, view)
    return ReviewPage(items=[] if item is None else [item], candidates=count, next_cursor=None)


def questions_of(tx: Transaction, detail: ResumeDetail, *, below: float) -> list[Question]:
    """The questions about the displayed result of a resume."""
    result = detail.result
    if result is None or result.profile is None:
        return []
    log = in_effect(corrections.list_corrections(tx, detail.item.id))
    return list_questions(result.profile, result.evidence or {}, result.readings, log, below=below)


def _check(view: ReviewView) -> None:
    if view.below not in THRESHOLDS:
        raise InputError(f"`below` must be one of {', '.join(map(str, THRESHOLDS))}.")


def _find_item(tx: Transaction, tenant_id: uuid.UUID, queued: QueuedResume, view: ReviewView) -> ReviewItem | None:
    """None if the resume was erased since the queue was read, or if nothing of it may be shown."""
    try:
        detail = resumes.get_detail(tx, tenant_id, queued.resume_id)
        questions = questions_of(tx, detail, below=view.below)
        if view.blind:
            content = documents.get_document(tx, detail.document_id).content
            detail = blind_resume(detail, content, hide_schools=view.hide_schools).detail
            questions = _blind_questions(questions, questions_of(tx, detail, below=view.below))
    except NotFound:
        return None
    return ReviewItem(detail=detail, questions=questions, cursor=queued.cursor) if questions else None


def _blind_questions(questions: Sequence[Question], blind: Sequence[Question]) -> list[Question]:
    """The questions whose values are the same in the blind view: nobody can decide about a value that is masked."""
    open_ones = [_without_evidence(question) for question in questions]
    return [question for question in blind if _without_evidence(question) in open_ones]


def _without_evidence(question: Question) -> Question:
    return replace(question, evidence={})
