"""Coming in by a one-time link and going out again."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.dashboard.access import SIGN_IN, error_page, find_visitor, parts_of
from app.dashboard.rendering import page
from app.errors import Forbidden
from app.pipeline.access.sign_in import SESSION_COOKIE, SESSION_SECONDS, csrf_token_fits, end_session, open_session

router = APIRouter(include_in_schema=False)

_HOME = "/candidates"
_NO_STORE = {"Cache-Control": "no-store"}
_LONGEST_TOKEN = 200  # characters; ours have 43


@router.get("/")
def home(request: Request) -> Response:
    return RedirectResponse(SIGN_IN if find_visitor(request) is None else _HOME, 303, _NO_STORE)


@router.get(SIGN_IN)
def sign_in_page(request: Request) -> Response:
    if find_visitor(request) is not None:
        return RedirectResponse(_HOME, 303, _NO_STORE)
    return page("sign_in.html", {"title": "Sign in", "reason": None})


@router.get(SIGN_IN + "/{token}")
def sign_in(request: Request, token: str) -> Response:
    """Opens the session at once when the reader came by the address itself.

    Behind a link of another site somebody else may have chosen the account, and the browser would not send the new
    cookie on the way; there the reader presses a button first.
    """
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return page("confirm_sign_in.html", {"title": "Sign in", "address": f"{SIGN_IN}/{token[:_LONGEST_TOKEN]}"})
    return _open(request, token)


@router.post(SIGN_IN + "/{token}")
def confirm_sign_in(request: Request, token: str) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return error_page(Forbidden("This came from a page of another site. Open the link yourself."))
    return _open(request, token)


@router.post("/sign-out")
def sign_out(request: Request, csrf: Annotated[str, Form(max_length=200)] = "") -> Response:
    secret = request.cookies.get(SESSION_COOKIE)
    if secret:
        if not csrf_token_fits(secret, csrf):
            return error_page(Forbidden("This form does not belong to your session. Reload the page, then sign out."))
        end_session(parts_of(request).database, secret)
    response = RedirectResponse(SIGN_IN, 303, _NO_STORE)
    _set_cookie(request, response, "", 0)
    response.headers["Clear-Site-Data"] = '"storage"'  # names of files that were being uploaded
    return response


def _open(request: Request, token: str) -> Response:
    secret = open_session(parts_of(request).database, token[:_LONGEST_TOKEN])
    if secret is None:
        if find_visitor(request) is not None:  # the same link once more, in the browser that used it
            return RedirectResponse(_HOME, 303, _NO_STORE)
        reason = "This link was used before, or it is older than 15 minutes."
        return page("sign_in.html", {"title": "Sign in", "reason": reason}, status=401)
    response = RedirectResponse(_HOME, 303, _NO_STORE)
    _set_cookie(request, response, secret, int(SESSION_SECONDS))
    return response


def _set_cookie(request: Request, response: Response, secret: str, lifetime_seconds: int) -> None:
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=lifetime_seconds,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
