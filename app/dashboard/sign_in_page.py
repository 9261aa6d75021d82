"""Signing in with a one-time link, and signing out."""

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.command_name import installed_command
from app.dashboard.access import error_page, find_visitor, parts_of
from app.dashboard.rendering import page
from app.dashboard.return_path import HOME, NEXT_COOKIE, NEXT_SECONDS, SIGN_IN, local_path
from app.errors import Forbidden
from app.pipeline.access.sign_in import SESSION_COOKIE, SESSION_SECONDS, csrf_token_fits, end_session, open_session

router = APIRouter(include_in_schema=False)

_NO_STORE = {"Cache-Control": "no-store"}
_LONGEST_TOKEN = 200  # characters; generated ones have 43
# The cookie outlives its session, so that the page can say that the session has ended.
_COOKIE_SECONDS = int(SESSION_SECONDS) + 30 * 24 * 3600


@router.get("/")
def home(request: Request) -> Response:
    return RedirectResponse(SIGN_IN if find_visitor(request) is None else HOME, 303, _NO_STORE)


@router.get(SIGN_IN)
def sign_in_page(request: Request, wanted: Annotated[str, Query(alias="next", max_length=4000)] = "") -> Response:
    path = local_path(wanted)
    if find_visitor(request) is not None:
        return RedirectResponse(path or HOME, 303, _NO_STORE)
    ended = bool(request.cookies.get(SESSION_COOKIE))
    response = _shown(ended=ended, path=path)
    if path is not None:
        _set_cookie(request, response, NEXT_COOKIE, path, NEXT_SECONDS, below=SIGN_IN)
    elif NEXT_COOKIE in request.cookies:
        _set_cookie(request, response, NEXT_COOKIE, "", 0, below=SIGN_IN)
    return response


def _shown(*, ended: bool = False, path: str | None = None, problem: str | None = None) -> Response:
    values = {
        "title": "Sign in",
        "ended": ended,
        "returns": path is not None,
        "problem": problem,
        "command": installed_command(),
    }
    return page("sign_in.html", values, status=200 if problem is None else 401)


@router.get(SIGN_IN + "/{token}")
def sign_in(request: Request, token: str) -> Response:
    """Starts the session at once when the reader opened the address directly.

    Behind a link on another site someone else may have chosen the account, and the browser would not send the new
    cookie; there the reader presses a button first.
    """
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return page("confirm_sign_in.html", {"title": "Sign in", "address": f"{SIGN_IN}/{token[:_LONGEST_TOKEN]}"})
    return _open(request, token)


@router.post(SIGN_IN + "/{token}")
def confirm_sign_in(request: Request, token: str) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return error_page(Forbidden("This request came from a page of another site. Open the link yourself."))
    return _open(request, token)


@router.post("/sign-out")
def sign_out(request: Request, csrf: Annotated[str, Form(max_length=200)] = "") -> Response:
    secret = request.cookies.get(SESSION_COOKIE)
    if secret:
        if not csrf_token_fits(secret, csrf):
            return error_page(Forbidden("This form does not belong to your session. Reload the page, then sign out."))
        end_session(parts_of(request).database, secret)
    response = RedirectResponse(SIGN_IN, 303, _NO_STORE)
    _set_cookie(request, response, SESSION_COOKIE, "", 0)
    response.headers["Clear-Site-Data"] = '"storage"'  # names of files that were being uploaded
    return response


def _open(request: Request, token: str) -> Response:
    secret = open_session(parts_of(request).database, token[:_LONGEST_TOKEN])
    if secret is None:
        if find_visitor(request) is not None:  # the same link again, in the browser that used it
            return RedirectResponse(HOME, 303, _NO_STORE)
        return _shown(problem="This link was used before, or it is older than 15 minutes. Create a new one.")
    path = local_path(unquote(request.cookies.get(NEXT_COOKIE, "")))
    response = RedirectResponse(path or HOME, 303, _NO_STORE)
    _set_cookie(request, response, SESSION_COOKIE, secret, _COOKIE_SECONDS)
    if NEXT_COOKIE in request.cookies:
        _set_cookie(request, response, NEXT_COOKIE, "", 0, below=SIGN_IN)
    return response


def _set_cookie(
    request: Request, response: Response, name: str, value: str, lifetime_seconds: int, *, below: str = "/"
) -> None:
    response.set_cookie(
        name,
        quote(value),
        max_age=lifetime_seconds,
        path=below,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
