"""Shows errors to browsers as pages: a mistyped address, a deleted file. Programs get the problem as JSON.

`install` runs after `app.api.problems.install`, whose responses it turns into pages.
"""

import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.dashboard.rendering import page
from app.dashboard.return_path import address_of, sign_in_address
from app.errors import VitaeError

_KEPT = ("retry-after", "allow", "www-authenticate")
_NO_SUCH_PAGE = "There is no page at this address. Check it for typing errors, or start from the candidates."


def install(app: FastAPI) -> None:
    for kind in (VitaeError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _for_browsers(app.exception_handlers[kind]))


def wants_page(request: Request) -> bool:
    """Whether a person follows a link or types an address. Page scripts and API clients do not request HTML."""
    if request.method not in {"GET", "HEAD"} or "x-part" in request.headers or "authorization" in request.headers:
        return False
    shares = dict(map(_accepted, request.headers.get("accept", "").split(",")))
    page_share = shares.get("text/html", 0.0)
    return page_share > 0 and page_share > max(
        shares.get("application/problem+json", 0), shares.get("application/json", 0)
    )


def _accepted(entry: str) -> tuple[str, float]:
    kind, _, rest = entry.partition(";")
    share = next((part.strip()[2:] for part in rest.split(";") if part.strip().startswith("q=")), "1")
    try:
        return kind.strip().lower(), float(share)
    except ValueError:
        return kind.strip().lower(), 0.0


def _for_browsers(answer: Any) -> Any:
    def respond(request: Request, error: Exception) -> Response:
        problem: Response = answer(request, error)
        if not wants_page(request):
            return problem
        if problem.status_code == 401:
            return RedirectResponse(sign_in_address(address_of(request)), 303, {"Cache-Control": "no-store"})
        body = json.loads(bytes(problem.body))
        unknown = isinstance(error, HTTPException) and error.status_code == 404
        values = {"title": body["title"], "detail": _NO_SUCH_PAGE if unknown else body["detail"], "code": body["code"]}
        shown = page("error.html", values, status=problem.status_code)
        shown.headers["Vary"] += ", Accept"
        for name in _KEPT:
            if name in problem.headers:
                shown.headers[name] = problem.headers[name]
        return shown

    return respond
