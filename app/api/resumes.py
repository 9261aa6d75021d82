"""Routes that read, repeat and erase resumes; uploading is in `app.api.uploads`, following in `app.api.events`."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request, Response

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_answers import detail_answer, item_answer, links_of
from app.api.resume_ids import ResumeId
from app.api.schemas import Reanalysis, ResumeDetail, ResumePage, Status
from app.pipeline.attempt_costs import with_provisional_costs
from app.pipeline.erase_resume import erase_resume
from app.pipeline.reanalyse_resume import reanalyse_resume
from app.storage import attempts, documents, resumes

reading = router_for("read", "Resumes")
writing = router_for("write", "Resumes")

_LONGEST_QUERY = 200  # characters
_LONGEST_CURSOR = 200  # characters; ours have about 100


@reading.get(
    "/v1/resumes",
    summary="List and search resumes",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable"),
)
def list_resumes(
    request: Request,
    status: Annotated[Status | None, Query(description="Only those in this state.")] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=_LONGEST_QUERY,
            description="Words, each of which begins a word of the file's name, reference, or profile "
            "(name, title, employers, positions, schools, skills, languages, place).",
            examples=["python berlin"],
        ),
    ] = None,
    cursor: Annotated[
        str | None, Query(max_length=_LONGEST_CURSOR, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Most items on this page.")] = 50,
) -> ResumePage:
    """The newest first. Pages are stable while new resumes come in."""
    with parts_of(request).database.reading() as tx:
        items, next_cursor = resumes.list_page(
            tx, caller_of(request).tenant_id, status=status, query=q, cursor=cursor, limit=limit
        )
    return ResumePage(items=[item_answer(item) for item in items], next_cursor=next_cursor)


@reading.get(
    "/v1/resumes/{resume_id}",
    summary="Get one resume with its result",
    responses=problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def get_resume(request: Request, resume_id: ResumeId) -> ResumeDetail:
    """State, profile, evidence, findings, cost and times. The last good result stays while a reanalysis runs."""
    with parts_of(request).database.reading() as tx:
        detail = resumes.get_detail(tx, caller_of(request).tenant_id, resume_id)
        rows = with_provisional_costs(tx, attempts.list_attempts(tx, resume_id), parts_of(request).machines)
    return detail_answer(detail, rows)


@reading.get(
    "/v1/resumes/{resume_id}/document",
    summary="Get the original file",
    response_class=Response,
    responses={
        200: {
            "description": "The bytes as they were uploaded",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
    | problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def get_document(request: Request, resume_id: ResumeId) -> Response:
    """Always as an attachment: a stranger's file is not opened inside this service's pages."""
    parts, tenant_id = parts_of(request), caller_of(request).tenant_id
    with parts.database.reading() as tx:
        item = resumes.get_item(tx, tenant_id, resume_id)
        document = documents.get_document(tx, resumes.get_document_id(tx, tenant_id, resume_id))
    content = parts.files.get(tenant_id, document.id)
    headers = {
        "Content-Type": document.media_type,
        "Content-Disposition": attachment(item.filename),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, headers=headers)


@writing.post(
    "/v1/resumes/{resume_id}/reanalyse",
    status_code=202,
    summary="Analyse again",
    responses=problems("unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"),
)
def reanalyse(request: Request, resume_id: ResumeId) -> Reanalysis:
    """With today's configuration. The earlier result stays visible until the new one is there."""
    parts = parts_of(request)
    reanalyse_resume(parts.database, parts.publisher, parts.notices, caller_of(request).tenant_id, resume_id)
    return Reanalysis(id=resume_id, status="queued", links=links_of(resume_id))


@writing.delete(
    "/v1/resumes/{resume_id}",
    status_code=204,
    summary="Erase for good",
    responses=problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def delete_resume(request: Request, resume_id: ResumeId) -> None:
    """Rows, results, events and the file are gone; the ledger keeps the amounts without the person."""
    parts = parts_of(request)
    erase_resume(parts.database, parts.files, caller_of(request).tenant_id, resume_id)


def attachment(filename: str) -> str:
    """A Content-Disposition for any name: plain ASCII for old clients, RFC 5987 for the real one."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
