"""`POST /v1/sign-in-links`: a one-time link into the dashboard for the holder of a key. Used by the command line."""

from fastapi import Request

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.schemas.resume_schemas import SignInLink
from app.pipeline.access.sign_in import make_link

router = router_for("read", "Keys")


@router.post(
    "/v1/sign-in-links",
    status_code=201,
    summary="Create a sign-in link",
    responses=problems("unauthenticated", "forbidden", "dependency_unavailable"),
)
def make_sign_in_link(request: Request) -> SignInLink:
    """Opens the dashboard once, in one browser, with the tenant and scopes of the calling key."""
    path, expires_at = make_link(parts_of(request).database, caller_of(request).key_id)
    return SignInLink(path=path, url=str(request.base_url).rstrip("/") + path, expires_at=expires_at)
