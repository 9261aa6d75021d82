"""The OpenAPI document: what FastAPI derives from the routes, plus problems and event streams, which it cannot know.

Routes declare their errors with `problems(...)`; `app.main` calls `describe` once.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from app import errors
from app.api import problems as catalogue
from app.api.problems import MEDIA_TYPE, STATUS_OF_CODE, problem_type
from app.api.schemas import evaluation_schemas, resume_schemas, review_schemas

_SCHEMAS = (resume_schemas, evaluation_schemas, review_schemas)
Responses = dict[int | str, dict[str, Any]]


class Problem(BaseModel):
    """RFC 9457. `type` leads to a page about the code; `request_id` also appears in the log of the service."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Reference to the page about this code.", examples=["/docs/problems/not_found"])
    title: str
    status: int
    detail: str = Field(description="What happened and what to do next.")
    code: str = Field(description="Stable; programs should branch on it.", examples=["not_found"])
    request_id: str = Field(examples=["0b0d8a6f4b7a4b0f9a4f0a3c1f1e2d3c"])


_EXAMPLE_DETAILS = {
    "invalid_request": "The field `privacy`: Input should be 'any' or 'local_only'.",
    "unauthenticated": "Send the header `Authorization: Bearer <key>`. `vitae keys create` creates a key.",
    "forbidden": "This needs a key with the scope `write`. `vitae keys create NAME --scope write` creates one.",
    "not_found": "No resume with the id 4f6c1f0e-8f0b-4d1c-9a52-3e5d8c0b7a11. It may have been deleted.",
    "conflict": "This resume is being analysed right now. Wait until it is done, then try again.",
    "precondition_failed": "The profile was changed since you read it, by somebody else or by a new analysis. Read it "
    "again, then send your change.",
    "idempotency_conflict": "This Idempotency-Key was used before with different files or fields. "
    "Use a new key for a new request.",
    "too_many_files": "Too many files. Maximum number of files is 50. Send them in several uploads "
    "(setting limits.files_per_upload).",
    "no_file_accepted": "None of the 2 files was accepted; `errors` lists the reasons.",
    "payload_too_large": "The body is larger than 525,336,576 bytes, the most that is accepted here.",
    "empty_file": "The file is empty. Check that it was saved and copied completely, and send it again.",
    "file_too_large": "The file has 12,582,912 bytes; at most 10,485,760 are accepted (setting limits.upload_bytes).",
    "unsupported_file_type": "The file is an unknown binary format. PDF, DOCX, DOC, ODT, RTF, "
    "TXT, MD, HTML, PNG, JPG, TIFF, WebP and JSON Resume are accepted. Save it as PDF or DOCX and send that.",
    "dependency_unavailable": "Postgres is not reachable. Vitae retries automatically.",
}


def _titles() -> dict[str, str]:
    modules = (errors, catalogue)
    classes = [item for module in modules for item in vars(module).values() if isinstance(item, type)]
    return {item.code: item.title for item in classes if issubclass(item, errors.VitaeError)}


TITLE_OF_CODE = _titles()


def problems(*codes: str) -> Responses:
    """The `responses` of a route that can return these codes, by status, each with an example."""
    responses: Responses = {}
    for code in codes:
        status = STATUS_OF_CODE[code]
        example = {
            "type": problem_type(code),
            "title": TITLE_OF_CODE[code],
            "status": status,
            "detail": _EXAMPLE_DETAILS.get(code, TITLE_OF_CODE[code]),
            "code": code,
            "request_id": "0b0d8a6f4b7a4b0f9a4f0a3c1f1e2d3c",
        }
        response = responses.setdefault(
            status, {"description": "", "content": {MEDIA_TYPE: {"schema": _PROBLEM, "examples": {}}}}
        )
        response["content"][MEDIA_TYPE]["examples"][code] = {"value": example}
        response["description"] = f"{response['description']} · {TITLE_OF_CODE[code]}".removeprefix(" · ")
    return responses


_PROBLEM = {"$ref": "#/components/schemas/Problem"}

EVENT_STREAM: Responses = {
    200: {
        "description": "Events, as text/event-stream",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": "id: 1207\nevent: resume.done\n"
                'data: {"id": "4f6c1f0e-8f0b-4d1c-9a52-3e5d8c0b7a11", "status": "done", "degraded": false, '
                '"at": "2026-05-04T09:30:02.118Z"}\n\n',
            }
        },
    }
}


def describe(app: FastAPI) -> None:
    """Make `/openapi.json` describe what the service really returns."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            definitions: dict[str, Any] = document.setdefault("components", {}).setdefault("schemas", {})
            definitions["Problem"] = Problem.model_json_schema()
            _drop_default_validation_errors(document)
            _restore_examples(definitions)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # pyright: ignore[reportAttributeAccessIssue] - the way that FastAPI documents


def _drop_default_validation_errors(document: dict[str, Any]) -> None:
    """FastAPI adds its own 422 to every route with a parameter; ours are declared where they can occur."""
    for operations in document["paths"].values():
        for operation in operations.values():
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)


def _restore_examples(definitions: dict[str, Any]) -> None:
    """FastAPI drops null from the whole document, and so from the examples, too."""
    for name, definition in definitions.items():
        model = next((vars(module)[name] for module in _SCHEMAS if name in vars(module)), None)
        extra = getattr(model, "model_config", {}).get("json_schema_extra")
        if extra:
            definition.update(extra)
