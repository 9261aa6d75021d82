"""The upload page; its script sends the files one by one to `POST /v1/resumes`."""

from fastapi import Request, Response

from app.dashboard.access import full_page, page_router, parts_of, visitor_of
from app.errors import Forbidden

router = page_router()


@router.get("/upload")
def upload_page(request: Request) -> Response:
    if not visitor_of(request).may_write:
        raise Forbidden("Your sign-in can only read. To upload, ask for a link from a key with the scope `write`.")
    limits = parts_of(request).settings.limits
    return full_page(request, "upload.html", "Upload", largest_bytes=limits.upload_bytes, most_pages=limits.pages)
