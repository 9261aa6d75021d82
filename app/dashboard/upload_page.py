"""The page that takes files in; the files themselves go to `POST /v1/resumes`, one by one, from the page's script."""

from fastapi import Request, Response

from app.dashboard.access import full_page, page_router, parts_of, visitor_of
from app.errors import Forbidden

router = page_router()


@router.get("/upload")
def upload_page(request: Request) -> Response:
    if not visitor_of(request).may_write:
        raise Forbidden("Your sign-in may read only. Ask for a link made with a key of the scope `write` to upload.")
    limits = parts_of(request).settings.limits
    return full_page(request, "upload.html", "Upload", largest_bytes=limits.upload_bytes, most_pages=limits.pages)
