"""Routes that show a document's pages: as images, and the words with their places on them."""

import uuid
from typing import Annotated, Literal

from fastapi import Header, Path, Request, Response

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import ResumeId
from app.api.routes.resume_routes import Blind, HideSchools
from app.api.schemas.resume_schemas import DocumentPage, DocumentPages, PageWord
from app.pipeline.resumes.page_images import View, get_page_image, list_pages

router = router_for("read", "Resumes")

_FAILURES = (
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
_LASTING = "private, max-age=86400, immutable"
_CHANGING = "private, no-cache"


@router.get("/v1/resumes/{resume_id}/pages", summary="Get the pages and their words", responses=problems(*_FAILURES))
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


@router.get(
    "/v1/resumes/{resume_id}/pages/{number}.webp",
    summary="Get a page as an image",
    response_class=Response,
    responses={
        200: {"description": "The page", "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The image with the ETag of `If-None-Match` is still right"},
    }
    | problems(*_FAILURES, "invalid_request"),
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
        "Cache-Control": _LASTING if image.lasting else _CHANGING,
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
