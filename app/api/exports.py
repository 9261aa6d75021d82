"""`GET /v1/resumes/{id}/export`: the profile in a form that other programs and people read."""

import json
from collections.abc import Callable
from pathlib import PurePath
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response

from app.analysis.export_csv import to_csv
from app.analysis.export_json_resume import to_json_resume
from app.analysis.export_markdown import to_markdown
from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import ResumeId
from app.api.resumes import attachment
from app.errors import Conflict
from app.storage import resumes

router = router_for("read", "Resumes")

ExportFormat = Literal["json-resume", "csv", "markdown"]


def _json_resume(profile: dict[str, Any]) -> str:
    return json.dumps(to_json_resume(profile), indent=2, ensure_ascii=False) + "\n"


def _csv(profile: dict[str, Any]) -> str:
    return to_csv([profile])


# Format -> media type, ending of the file's name, writer.
_WRITERS: dict[ExportFormat, tuple[str, str, Callable[[dict[str, Any]], str]]] = {
    "json-resume": ("application/json", ".json", _json_resume),
    "csv": ("text/csv; charset=utf-8; header=present", ".csv", _csv),
    "markdown": ("text/markdown; charset=utf-8", ".md", to_markdown),
}


@router.get(
    "/v1/resumes/{resume_id}/export",
    summary="Export the profile",
    response_class=Response,
    responses={
        200: {
            "description": "The profile in the format asked for",
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {
                        "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
                        "basics": {"name": "Ana López", "email": "ana@lopez.example"},
                    },
                },
                "text/csv": {"schema": {"type": "string"}},
                "text/markdown": {"schema": {"type": "string"}},
            },
        }
    }
    | problems("invalid_request", "unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"),
)
def export_resume(
    request: Request,
    resume_id: ResumeId,
    export_format: Annotated[
        ExportFormat, Query(alias="format", description="`json-resume` is JSON Resume 1.0.0.")
    ] = "json-resume",
) -> Response:
    """The last good result, without evidence and cost. 409 while there is none."""
    with parts_of(request).database.reading() as tx:
        detail = resumes.get_detail(tx, caller_of(request).tenant_id, resume_id)
    if detail.result is None or detail.result.profile is None:
        raise Conflict(_no_result(detail.analysis.status))
    media_type, ending, write = _WRITERS[export_format]
    name = (PurePath(detail.item.filename).stem or "resume") + ending
    headers = {"Content-Type": media_type, "Content-Disposition": attachment(name)}
    return Response(write(detail.result.profile).encode(), headers=headers)


def _no_result(status: str) -> str:
    if status == "failed":
        return "The analysis failed, so there is no profile to export. `problem` of the resume says why."
    return "There is no profile to export yet. Wait until the resume is `done`; its events tell."
