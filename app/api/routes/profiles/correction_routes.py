"""`/v1/resumes/{id}/profile`: the profile as it is shown, corrections and confirmations, their history, and undo.

`/v1/evaluation-set` returns the corrected resumes as labelled documents.
"""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Body, Header, Path, Query, Request, Response

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import ResumeId
from app.api.schemas.evaluation_schemas import EvaluationSet, LabelledItem
from app.api.schemas.resume_schemas import CorrectionItem, Corrections, ShownProfile
from app.errors import Conflict, InputError
from app.pipeline.operations import evaluation_set
from app.pipeline.resumes.correct_profile import correct_profile, undo_correction
from app.storage import resumes
from app.storage.profiles import corrections

reading = router_for("read", "Corrections")
writing = router_for("write", "Corrections")
administering = router_for("admin", "Corrections")

_LONGEST_TAG = 200  # characters; generated ones have about 10
_ERRORS = ("unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable")

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=_LONGEST_TAG,
        description="The `profile_version` that you read, as an entity tag. The change is refused (412) when the "
        "profile is another one by now. Without it the change applies to whatever the profile says.",
        examples=['"2-5"'],
    ),
]


@reading.get("/v1/resumes/{resume_id}/profile", summary="Get the profile", responses=problems(*_ERRORS))
def get_profile(request: Request, response: Response, resume_id: ResumeId) -> ShownProfile:
    """The last good result with people's corrections applied. The header `ETag` is its version."""
    return _shown(request, response, resume_id)


@writing.patch(
    "/v1/resumes/{resume_id}/profile",
    summary="Correct values of the profile",
    responses=problems("invalid_request", "precondition_failed", *_ERRORS),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json-patch+json": {
                    "schema": {"type": "array", "items": {"type": "object"}},
                    "example": [
                        {"op": "test", "path": "/basics/name", "value": "Ana Lopes"},
                        {"op": "replace", "path": "/basics/name", "value": "Ana López"},
                        {"op": "add", "path": "/skills/0/keywords/-", "value": "Kubernetes"},
                        {"op": "remove", "path": "/work/2"},
                        {"op": "confirm", "path": "/work/0/position", "value": "Senior Engineer"},
                    ],
                },
                "application/merge-patch+json": {
                    "schema": {"type": "object"},
                    "example": {"basics": {"name": "Ana López", "location": {"city": "Madrid"}, "label": None}},
                },
            },
        }
    },
)
def patch_profile(
    request: Request,
    response: Response,
    resume_id: ResumeId,
    body: Annotated[Any, Body()] = None,
    if_match: IfMatch = None,
) -> ShownProfile:
    """JSON Patch (`add`, `replace`, `remove`, `test`), or an object of plain fields as JSON Merge Patch.

    Two more operations record decisions. `confirm` says that a value, or a whole entry, is right: it is treated like a
    corrected value from then on. `leave_out` (path `/work/-`, with the entry as value) says that an entry which one
    reading of the document has does not belong in the profile. Repeating either changes nothing.

    The whole patch is applied or nothing. Corrected values survive every later analysis, carry `"source": "human"` in
    their evidence, and are what exports and search use. `x-vitae` is recomputed from them.
    """
    parts = parts_of(request)
    correct_profile(
        parts.database,
        parts.notices,
        parts.clock,
        caller_of(request),
        resume_id,
        body,
        expected_version=_version(if_match),
    )
    return _shown(request, response, resume_id)


@reading.get(
    "/v1/resumes/{resume_id}/profile/corrections",
    summary="List corrections",
    responses=problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def list_corrections(request: Request, resume_id: ResumeId) -> Corrections:
    """Who changed what, and when: the newest first, undone corrections included."""
    with parts_of(request).database.reading() as tx:
        detail = resumes.get_detail(tx, caller_of(request).tenant_id, resume_id)
        rows = corrections.list_corrections(tx, resume_id)
    return Corrections(items=correction_items(detail, rows))


def correction_items(detail: resumes.ResumeDetail, rows: Sequence[corrections.CorrectionRow]) -> list[CorrectionItem]:
    """The newest first."""
    unplaced = set(detail.result.unplaced) if detail.result else set[int]()
    return [
        CorrectionItem(
            number=row.number,
            action=row.action,  # pyright: ignore[reportArgumentType] - the database checks it
            pointer=row.pointer,
            old_value=row.old_value,
            new_value=row.new_value,
            document_value=row.document_value,
            by=row.by,
            made_at=row.made_at,
            undone_by=row.undone_by,
            undone_at=row.undone_at,
            placed=row.number not in unplaced,
        )
        for row in reversed(rows)
    ]


@writing.delete(
    "/v1/resumes/{resume_id}/profile/corrections/{number}",
    summary="Undo a correction",
    responses=problems("precondition_failed", "invalid_request", *_ERRORS),
)
def delete_correction(
    request: Request,
    response: Response,
    resume_id: ResumeId,
    number: Annotated[int, Path(description="From the list of corrections.", ge=1, le=1_000_000)],
    if_match: IfMatch = None,
) -> ShownProfile:
    """The previous value is shown again: an earlier correction or the document's value. The correction stays in the
    list.
    """
    parts = parts_of(request)
    undo_correction(
        parts.database,
        parts.notices,
        caller_of(request),
        resume_id,
        number,
        clock=parts.clock,
        expected_version=_version(if_match),
    )
    return _shown(request, response, resume_id)


@administering.get(
    "/v1/evaluation-set",
    summary="Read reviewed resumes as labelled documents",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "conflict", "dependency_unavailable"),
)
def get_evaluation_set(
    request: Request,
    pseudonymise: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(description="Replace name, contacts and street in text and truth; the file is left out.")
    ] = False,
    min_age_days: Annotated[
        int, Query(ge=0, le=3650, description="Only resumes that nobody has corrected for this many days.")
    ] = 0,
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the previous page.")] = None,
    limit: Annotated[int, Query(ge=1, le=50, description="Most documents on a page.")] = 10,
) -> EvaluationSet:
    """Each document has a corrected profile, which counts as the truth about it. 409 unless the service allows it
    (`privacy.evaluation_sets`).

    One item per file, in a fixed order. Uploads past their retention period are left out. `document` is the address of
    the file, or null if the item is pseudonymised; then `text` replaces it.
    """
    parts = parts_of(request)
    privacy = parts.settings.privacy
    page = evaluation_set.read_evaluation_set(
        parts.database,
        caller_of(request).tenant_id,
        evaluation_set.Wanted(
            pseudonymise=pseudonymise,
            min_age_days=min_age_days,
            retention_days=privacy.retention_days,
            default_region=parts.settings.analysis.default_region,
        ),
        allowed=privacy.evaluation_sets,
        now=parts.clock(),
        cursor=cursor,
        limit=limit,
    )
    return EvaluationSet(
        tenant=page.tenant,
        items=[
            LabelledItem(
                part=each.part,
                name=each.name,
                filename=each.filename,
                document=f"/v1/resumes/{each.id}/document" if each.text is None else None,
                text=each.text,
                truth=each.truth,
                evidence=each.evidence,
            )
            for each in page.items
        ],
        skipped=page.skipped,
        next_cursor=page.next_cursor,
    )


def _shown(request: Request, response: Response, resume_id: uuid.UUID) -> ShownProfile:
    with parts_of(request).database.reading() as tx:
        detail = resumes.get_detail(tx, caller_of(request).tenant_id, resume_id)
    if detail.result is None or detail.result.profile is None or detail.profile_version is None:
        raise Conflict("There is no profile yet. Wait until the resume is `done`; its events report when.")
    response.headers["ETag"] = f'"{detail.profile_version}"'
    return ShownProfile(
        id=resume_id,
        profile_version=detail.profile_version,
        result_number=detail.result.number,
        profile=detail.result.profile,
        evidence=detail.result.evidence or {},
        changed_in_document=detail.result.changed,
    )


def _version(if_match: str | None) -> str | None:
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip().removeprefix("W/")
    if not (tag.startswith('"') and tag.endswith('"')) or len(tag) < 3:
        raise InputError('The header If-Match takes one entity tag in quotes, such as "2-5", or *.')
    return tag[1:-1]
