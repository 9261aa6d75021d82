"""Routes that read, reanalyse and erase resumes, and show the pages of their documents.

Uploads are in `app.api.routes.upload_routes`, events in `app.api.routes.event_routes`.
"""

import uuid
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Depends, Header, Path, Query, Request, Response

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import ResumeId
from app.api.schemas.resume_responses import detail_answer, item_answer, links_of
from app.api.schemas.resume_schemas import (
    DocumentPage,
    DocumentPages,
    PageWord,
    Reanalysis,
    ResumeDetail,
    ResumePage,
    Status,
)
from app.errors import Conflict, InputError
from app.pipeline.costs.attempt_costs import with_provisional_costs
from app.pipeline.resumes.blind_view import blind_file, blind_item, blind_name, blind_resume
from app.pipeline.resumes.erase_resume import erase_resume
from app.pipeline.resumes.page_images import View, get_page_image, list_pages, why_not_blind
from app.pipeline.resumes.reanalyse_resume import reanalyse_resume
from app.storage import documents, resumes
from app.storage.ledger import attempts
from app.storage.profiles.resume_list import Filters, Order, list_page

reading = router_for("read", "Resumes")
writing = router_for("write", "Resumes")

Blind = Annotated[
    bool,
    Query(
        description="Without what tells who the person is: name, contacts, photo, address, age, gender words, "
        "nationality and family, references."
    ),
]
HideSchools = Annotated[bool, Query(description="With `blind`: also hide the names of schools.")]

_LONGEST_QUERY = 200  # characters
_LONGEST_CURSOR = 500  # characters; generated ones have 100 and a name
_LONGEST_NAME = 200  # characters
_MOST_SKILLS = 20  # requested at once
_PAGE_FAILURES = (
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "document_corrupt",
    "document_encrypted",
    "document_too_complex",
    "dependency_unavailable",
    "too_busy",
)
# An image lasts as long as its document, but no longer than a day in the browser of somebody who saw it once.
_LASTING_IMAGE = "private, max-age=86400, immutable"
_CHANGING_IMAGE = "private, no-cache"


def read_filters(
    status: Annotated[Status | None, Query(description="Only resumes in this state.")] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=_LONGEST_QUERY,
            description="Words; each must begin a word of the file name, the reference, or any text of the profile.",
            examples=["python berlin"],
        ),
    ] = None,
    skill: Annotated[
        list[str] | None,
        Query(
            max_length=_MOST_SKILLS, description="A skill as the profile names it; with several, all must be present."
        ),
    ] = None,
    min_years: Annotated[int | None, Query(ge=0, le=100, description="Least years of work experience.")] = None,
    max_years: Annotated[int | None, Query(ge=0, le=100, description="Most whole years of work experience.")] = None,
    language: Annotated[
        str | None, Query(max_length=_LONGEST_NAME, description="Language of the document.", examples=["de"])
    ] = None,
    client: Annotated[str | None, Query(max_length=_LONGEST_NAME, description="Who answered.")] = None,
    degraded: Annotated[bool | None, Query(description="Whether the result is a fallback result.")] = None,
) -> Filters:
    return Filters(
        query=q,
        status=status,
        skills=tuple(skill or ()),
        least_months=None if min_years is None else 12 * min_years,
        most_months=None if max_years is None else 12 * max_years + 11,
        language=language,
        client=client,
        degraded=degraded,
    )


Wanted = Annotated[Filters, Depends(read_filters)]


@reading.get(
    "/v1/resumes",
    summary="List and search resumes",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable"),
)
def list_resumes(
    request: Request,
    wanted: Wanted,
    order: Annotated[Order, Query(description="`experience`: the most first; `name`: alphabetical.")] = "newest",
    cursor: Annotated[
        str | None, Query(max_length=_LONGEST_CURSOR, description="`next_cursor` of the previous page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Most items on a page.")] = 50,
    blind: Blind = False,  # noqa: FBT002 - a query parameter
) -> ResumePage:
    """Pages stay stable while new resumes arrive, and the last page is as fast as the first."""
    if blind and order == "name":
        raise InputError(
            "A blind list cannot be sorted by name: the order would reveal the names. Choose another `order`."
        )
    with parts_of(request).database.reading() as tx:
        items, next_cursor = list_page(
            tx, caller_of(request).tenant_id, wanted, order=order, cursor=cursor, limit=limit
        )
    if blind:
        items = [blind_item(item) for item in items]
    return ResumePage(items=[item_answer(item) for item in items], next_cursor=next_cursor)


@reading.get(
    "/v1/resumes/{resume_id}",
    summary="Get one resume with its result",
    responses=problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def get_resume(
    request: Request,
    resume_id: ResumeId,
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> ResumeDetail:
    """State, profile, evidence, findings, cost and times. The last good result stays visible during a reanalysis."""
    with parts_of(request).database.reading() as tx:
        detail = resumes.get_detail(tx, caller_of(request).tenant_id, resume_id)
        rows = with_provisional_costs(tx, attempts.list_attempts(tx, resume_id), parts_of(request).machines)
        content = documents.get_document(tx, detail.document_id).content if blind else None
    if not blind:
        return detail_answer(detail, rows)
    answer = detail_answer(blind_resume(detail, content, hide_schools=hide_schools).detail, rows)
    seen = "?blind=true&hide_schools=true" if hide_schools else "?blind=true"
    links = answer.links.model_copy(update={"self": answer.links.self + seen, "document": answer.links.document + seen})
    return answer.model_copy(update={"links": links})


@reading.get(
    "/v1/resumes/{resume_id}/document",
    summary="Get the original file",
    response_class=Response,
    responses={
        200: {
            "description": "The uploaded bytes; with `blind` a PDF without anything that identifies the person",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    }
    | problems(
        "unauthenticated",
        "forbidden",
        "not_found",
        "conflict",
        "document_corrupt",
        "document_too_complex",
        "dependency_unavailable",
    ),
)
def get_document(
    request: Request,
    resume_id: ResumeId,
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Always sent as an attachment: no uploaded file is opened inside this service's pages.

    `blind` removes words and pictures from the file instead of covering them. 409 until the document has been read.
    """
    parts, tenant_id = parts_of(request), caller_of(request).tenant_id
    with parts.database.reading() as tx:
        detail = resumes.get_detail(tx, tenant_id, resume_id)
        document = documents.get_document(tx, detail.document_id)
    content = parts.files.get(tenant_id, document.id)
    media_type, filename = document.media_type, detail.item.filename
    if blind:
        if document.content is None or (detail.result or detail.analysis).profile is None:
            raise Conflict(why_not_blind(detail.analysis.status))
        content = blind_file(detail, document.content, content, parts.extraction_limits, hide_schools=hide_schools)
        media_type, filename = "application/pdf", f"{blind_name(resume_id).replace(' ', '-').lower()}.pdf"
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": attachment(filename),
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, headers=headers)


@reading.get(
    "/v1/resumes/{resume_id}/pages", summary="Get the pages and their words", responses=problems(*_PAGE_FAILURES)
)
def get_pages(
    request: Request,
    resume_id: ResumeId,
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> DocumentPages:
    """Sizes, words with boxes, and the address of each image.

    The pages of DOC, DOCX, ODT and RTF come from LibreOffice; where that is not installed there are none.
    """
    view = View(blind=blind, hide_schools=hide_schools)
    pages = list_pages(parts_of(request).pages, caller_of(request).tenant_id, resume_id, view)
    return DocumentPages(
        pages=[
            DocumentPage(
                number=page.number,
                width=page.width,
                height=page.height,
                image=image_address(resume_id, page.number, view),
                words=[PageWord(text=word.text, box=word.box, line=word.line) for word in page.words],
            )
            for page in pages
        ]
    )


@reading.get(
    "/v1/resumes/{resume_id}/pages/{number}.webp",
    summary="Get a page as an image",
    response_class=Response,
    responses={
        200: {"description": "The page", "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The image with the ETag of `If-None-Match` is still right"},
    }
    | problems(*_PAGE_FAILURES, "invalid_request"),
)
def get_page(
    request: Request,
    resume_id: ResumeId,
    number: Annotated[int, Path(description="Counted from 1.")],
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """1,600 pixels wide, at most 200 KB. With `blind`, words and pictures are painted over, not covered."""
    view = View(blind=blind, hide_schools=hide_schools)
    image = get_page_image(
        parts_of(request).pages, caller_of(request).tenant_id, resume_id, number, view, known_etag=if_none_match
    )
    headers = {
        "Cache-Control": _LASTING_IMAGE if image.lasting else _CHANGING_IMAGE,
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "ETag": image.etag,
        "Vary": "Authorization, Cookie",
    }
    if image.content is None:
        return Response(status_code=304, headers=headers)
    return Response(image.content, media_type="image/webp", headers=headers)


def image_address(resume_id: uuid.UUID, number: int, view: View) -> str:
    query: dict[Literal["blind", "hide_schools"], bool] = {"blind": view.blind, "hide_schools": view.hide_schools}
    asked = "&".join(f"{name}=true" for name, wanted in query.items() if wanted)
    return f"/v1/resumes/{resume_id}/pages/{number}.webp" + (f"?{asked}" if asked else "")


@writing.post(
    "/v1/resumes/{resume_id}/reanalyse",
    status_code=202,
    summary="Analyse again",
    responses=problems("unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"),
)
def reanalyse(request: Request, resume_id: ResumeId) -> Reanalysis:
    """With the current configuration. The earlier result stays visible until the new one is stored."""
    parts = parts_of(request)
    reanalyse_resume(
        parts.database,
        parts.publisher,
        parts.notices,
        caller_of(request).tenant_id,
        resume_id,
        traceparent=parts.traces.traceparent(),
    )
    return Reanalysis(id=resume_id, status="queued", links=links_of(resume_id))


@writing.delete(
    "/v1/resumes/{resume_id}",
    status_code=204,
    summary="Erase for good",
    responses=problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def delete_resume(request: Request, resume_id: ResumeId) -> None:
    """Rows, results, events and the file are deleted; the ledger keeps the amounts without the person."""
    parts = parts_of(request)
    erase_resume(parts.database, parts.files, caller_of(request).tenant_id, resume_id)


def attachment(filename: str) -> str:
    """A Content-Disposition for any name: plain ASCII for old clients, RFC 5987 for the real name."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
