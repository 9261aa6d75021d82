"""`GET /v1/resumes/{id}/export`: the profile in formats for other programs and for people."""

import json
from collections.abc import Callable
from pathlib import PurePath
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response

from app.analysis.exports.json_resume_export import to_json_resume
from app.analysis.exports.markdown import to_markdown
from app.analysis.exports.pdf_export import to_pdf
from app.analysis.exports.spreadsheet import ExportedResume, to_csv
from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.resume_ids import ResumeId
from app.api.routes.resume_routes import Blind, HideSchools, attachment
from app.errors import Conflict
from app.pipeline.resumes.blind_view import blind_resume
from app.storage import documents, resumes
from app.storage.resumes import ResumeDetail

router = router_for("read", "Resumes")

ExportFormat = Literal["json-resume", "csv", "markdown", "pdf"]


def _json_resume(detail: ResumeDetail) -> bytes:
    return (json.dumps(to_json_resume(_profile(detail)), indent=2, ensure_ascii=False) + "\n").encode()


def _csv(detail: ResumeDetail) -> bytes:
    item = detail.item
    exported = ExportedResume(resume_id=str(item.id), filename=item.filename, profile=_profile(detail))
    return to_csv([exported]).encode()


def _markdown(detail: ResumeDetail) -> bytes:
    return to_markdown(_profile(detail)).encode()


def _pdf(detail: ResumeDetail) -> bytes:
    result = detail.result
    assert result is not None  # noqa: S101 - the route answers 409 before
    day = result.finished_at.date().isoformat() if result.finished_at else ""
    return to_pdf(
        _profile(detail),
        result.evidence or {},
        title=detail.item.candidate_name or PurePath(detail.item.filename).stem,
        footer=f"Vitae · {day} · read by {result.client}",
    )


def _profile(detail: ResumeDetail) -> dict[str, Any]:
    return (detail.result and detail.result.profile) or {}


# Format -> media type, file extension, writer.
_WRITERS: dict[ExportFormat, tuple[str, str, Callable[[ResumeDetail], bytes]]] = {
    "json-resume": ("application/json", ".json", _json_resume),
    "csv": ("text/csv; charset=utf-8; header=present", ".csv", _csv),
    "markdown": ("text/markdown; charset=utf-8", ".md", _markdown),
    "pdf": ("application/pdf", ".pdf", _pdf),
}


@router.get(
    "/v1/resumes/{resume_id}/export",
    summary="Export the profile",
    response_class=Response,
    responses={
        200: {
            "description": "The profile in the requested format",
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
                "application/pdf": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    }
    | problems("invalid_request", "unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"),
)
def export_resume(
    request: Request,
    resume_id: ResumeId,
    export_format: Annotated[
        ExportFormat,
        Query(
            alias="format", description="`json-resume` is JSON Resume 1.0.0; `pdf` shows the evidence of each value."
        ),
    ] = "json-resume",
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """The last good result, without its cost. 409 while there is none."""
    with parts_of(request).database.reading() as tx:
        detail = resumes.get_detail(tx, caller_of(request).tenant_id, resume_id)
        content = documents.get_document(tx, detail.document_id).content if blind else None
    if detail.result is None or detail.result.profile is None:
        raise Conflict(_no_result(detail.analysis.status))
    if blind:
        detail = blind_resume(detail, content, hide_schools=hide_schools).detail
    media_type, ending, write = _WRITERS[export_format]
    name = (PurePath(detail.item.filename).stem or "resume") + ending
    headers = {"Content-Type": media_type, "Content-Disposition": attachment(name)}
    return Response(write(detail), headers=headers)


def _no_result(status: str) -> str:
    if status == "failed":
        return "The analysis failed, so there is no profile to export. The resume's `problem` gives the reason."
    return "There is no profile to export yet. Wait until the resume is `done`; its events report when."
