"""Turns every error into `application/problem+json` (RFC 9457); the only module that maps codes to HTTP statuses.

`install` registers it with the application; `app.api.boundary` and `app.api.body_limit` call `problem_response`.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.errors import InputError, NotFound, PayloadTooLarge, TooManyFiles, VitaeError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
PROBLEM_PAGES = "/docs/problems"
_RETRY_AFTER_SECONDS = 5  # most outages are restarts; the sweeps run at the same interval


class MethodNotAllowed(InputError):
    code = "method_not_allowed"
    title = "Method not allowed"


class RequestTimeout(InputError):
    code = "request_timeout"
    title = "The body of the request did not arrive in time"


class NoFileAccepted(InputError):
    """Every one of several uploaded files had a problem; `errors` lists them."""

    code = "no_file_accepted"
    title = "None of the files can be analysed"


# Reusing an Idempotency-Key for a different request is 422 in the IETF draft
# (draft-ietf-httpapi-idempotency-key-header); its 409 is for a request in progress, which here waits for the first.
STATUS_OF_CODE: dict[str, int] = {
    "invalid_request": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "precondition_failed": 412,
    "idempotency_conflict": 422,
    "too_many_files": 422,
    "no_file_accepted": 422,
    "payload_too_large": 413,
    "request_timeout": 408,
    "document_unreadable": 422,
    "empty_file": 422,
    "file_too_large": 413,
    "unsupported_file_type": 415,
    "document_encrypted": 422,
    "document_corrupt": 422,
    "too_many_pages": 422,
    "document_too_complex": 422,
    "no_text": 422,
    "converter_missing": 422,
    "not_a_resume": 422,
    "text_too_long": 422,
    "analysis_exhausted": 500,
    "configuration_error": 500,
    "no_client_available": 503,
    "dependency_unavailable": 503,
    "too_busy": 503,
    "internal_error": 500,
}


def problem_type(code: str) -> str:
    """The `type` member: a relative reference to the page that explains the code."""
    return f"{PROBLEM_PAGES}/{code}"


def problem_body(error: VitaeError, request_id: str, **extensions: Any) -> dict[str, Any]:
    status = STATUS_OF_CODE.get(error.code, 500)
    return {
        "type": problem_type(error.code),
        "title": error.title,
        "status": status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
        **extensions,
    }


def problem_response(
    error: VitaeError, request_id: str, *, headers: Mapping[str, str] | None = None, **extensions: Any
) -> JSONResponse:
    body = problem_body(error, request_id, **extensions)
    all_headers = {"Cache-Control": "no-store", **_headers_of(error, body["status"]), **(headers or {})}
    return JSONResponse(body, body["status"], all_headers, media_type=MEDIA_TYPE)


def unexpected_problem() -> VitaeError:
    """What a caller is told about an unforeseen error: nothing internal."""
    return VitaeError(
        "Something broke that should not. Nothing about it is your fault; the log of the service has the details "
        "under this request_id."
    )


def request_id_of(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


def install(app: FastAPI) -> None:
    app.add_exception_handler(VitaeError, _on_vitae_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


def _headers_of(error: VitaeError, status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="vitae"'}
    if status == 503:
        return {"Retry-After": str(_RETRY_AFTER_SECONDS)}
    # A parser that is stopped in the middle of a body leaves a connection that cannot be used again.
    return {"Connection": "close"} if error.code == PayloadTooLarge.code else {}


def _on_vitae_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, VitaeError)  # noqa: S101 - the table of handlers says so
    if STATUS_OF_CODE.get(error.code, 500) >= 500:
        fields = {"request_id": request_id_of(request), "code": error.code, "retryable": error.retryable}
        log.warning("request_failed", extra={"fields": fields})
    headers: dict[str, str] = getattr(error, "headers", {})
    extensions: dict[str, Any] = getattr(error, "extensions", {})
    return problem_response(error, request_id_of(request), headers=headers, **extensions)


def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the table of handlers says so
    errors = [_invalid_field(item) for item in error.errors()]
    detail = " ".join(item["detail"] for item in errors[:3])
    return problem_response(InputError(detail), request_id_of(request), errors=errors)


def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Errors raised by Starlette itself: unknown addresses and methods, bodies that are not multipart or too long."""
    assert isinstance(error, HTTPException)  # noqa: S101 - the table of handlers says so
    return problem_response(
        _as_vitae_error(error.status_code, str(error.detail)), request_id_of(request), headers=error.headers
    )


def _as_vitae_error(status: int, detail: str) -> VitaeError:
    if status == 404:
        return NotFound("There is no such address. /docs lists all addresses.")
    if status == 405:
        return MethodNotAllowed(
            "This address does not support that method. The header Allow lists the methods it supports."
        )
    if status == 413:
        return PayloadTooLarge(detail)
    if detail.startswith("Too many files"):  # the multipart parser stops at the limit, before anything is stored
        return TooManyFiles(f"{detail.rstrip('.')}. Split them into several uploads (setting limits.files_per_upload).")
    if status < 500:
        return InputError(
            "The body of the request cannot be read. Uploads are multipart/form-data with the files in the field "
            "`files`; everything else is JSON."
        )
    return unexpected_problem()


_PLACES = {"query": "query parameter", "path": "part of the address", "header": "header", "body": "field"}


def _invalid_field(item: Mapping[str, Any]) -> dict[str, str]:
    """Which field is wrong and why; the sent value is never repeated."""
    location: Sequence[Any] = item.get("loc", ())
    place = str(location[0]) if location else "body"
    field = ".".join(str(part) for part in location[1:])
    if item.get("type") == "json_invalid":
        return {"field": "", "in": "body", "detail": "The body is not valid JSON."}
    reason = str(item.get("msg", "is not valid")).removeprefix("Value error, ").rstrip(".")
    if item.get("type") == "uuid_parsing":
        reason = "This is not an id; ids look like 4f6c1f0e-8f0b-4d1c-9a52-3e5d8c0b7a11"
    if place == "body" and field.split(".")[0] == "files":
        reason = "Send one or more files as multipart/form-data in the field `files`, each with a file name"
        return {"field": "files", "in": "body", "detail": f"{reason}."}
    if not field:
        return {"field": "", "in": place, "detail": f"The body: {reason}."}
    return {"field": field, "in": place, "detail": f"The {_PLACES.get(place, place)} `{field}`: {reason}."}
