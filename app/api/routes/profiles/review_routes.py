"""`GET /v1/review`: the resumes with doubtful values, starting with the one that is expected to have the most errors.

People decide with `PATCH /v1/resumes/{id}/profile` (`app.api.routes.profiles.correction_routes`).
"""

from typing import Annotated

from fastapi import Query, Request

from app.analysis.review.review_questions import DEFAULT_THRESHOLD, THRESHOLDS, Question
from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import parse_id
from app.api.routes.resume_routes import Blind, HideSchools
from app.api.schemas.resume_responses import links_of
from app.api.schemas.review_schemas import OtherCandidate, ReviewCandidate, ReviewField, ReviewQueue
from app.pipeline.resumes.review_resumes import ReviewItem, ReviewView, read_review_of, read_review_queue

router = router_for("write", "Corrections")

_LONGEST_CURSOR = 200  # characters; generated ones have about 80
_LONGEST_ID = 100  # characters


@router.get(
    "/v1/review",
    summary="List doubtful values to review",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def get_review_queue(
    request: Request,
    below: Annotated[
        float,
        Query(description=f"Values whose confidence is below this: one of {', '.join(map(str, THRESHOLDS))}."),
    ] = DEFAULT_THRESHOLD,
    resume: Annotated[str | None, Query(max_length=_LONGEST_ID, description="Only this resume.")] = None,
    cursor: Annotated[
        str | None, Query(max_length=_LONGEST_CURSOR, description="`next_cursor` of the previous page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="Most resumes on a page.")] = 10,
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> ReviewQueue:
    """The resume that is expected to have the most errors comes first. Each has only its doubtful values, in the order
    of the document.

    A value that somebody entered, confirmed or removed is not listed again, and a resume without doubtful values leaves
    the queue. With `blind`, values that are hidden or masked are left out, so a page can have fewer items than `limit`.
    """
    parts, tenant_id = parts_of(request), caller_of(request).tenant_id
    view = ReviewView(below=below, blind=blind, hide_schools=hide_schools)
    if resume is not None:
        page = read_review_of(parts.database, tenant_id, view, parse_id(resume, "resume"))
    else:
        page = read_review_queue(parts.database, tenant_id, view, cursor=cursor, limit=limit)
    return ReviewQueue(
        below=below,
        candidates=page.candidates,
        items=[_candidate(item) for item in page.items],
        next_cursor=page.next_cursor,
    )


def _candidate(item: ReviewItem) -> ReviewCandidate:
    shown = item.detail.item
    return ReviewCandidate(
        id=shown.id,
        candidate_name=shown.candidate_name,
        filename=shown.filename,
        profile_version=item.detail.profile_version or "",
        expected_wrong=item.expected_wrong,
        fields=[_field(question) for question in item.questions],
        links=links_of(shown.id),
    )


def _field(question: Question) -> ReviewField:
    return ReviewField(
        kind=question.kind,
        pointer=question.pointer,
        value=question.value,
        confidence=question.confidence,
        expected_wrong=round(question.expected_wrong, 4),
        evidence=dict(question.evidence),
        reading=question.reading,  # pyright: ignore[reportArgumentType] - readings have one of these names
        candidates=[
            OtherCandidate(value=other.value, line=other.line, reading=other.reading)  # pyright: ignore[reportArgumentType]
            for other in question.others
        ],
        doubtful=list(question.doubtful),
    )
