"""`GET /v1/resumes/export`: the profiles of many people in one file, as a stream."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from app.analysis.exports.json_resume_export import to_json_resume
from app.analysis.exports.markdown import to_markdown
from app.analysis.exports.spreadsheet import ExportedResume, to_csv
from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.routes.resume_routes import Blind, HideSchools, Wanted, attachment
from app.errors import NotFound
from app.pipeline.resumes.blind_view import blind_resume
from app.storage import documents, resumes
from app.storage.engine import Transaction
from app.storage.profiles import resume_summaries
from app.storage.profiles.resume_list import list_page, list_profiles

router = router_for("read", "Resumes")

_MOST_IDS = 200
_ROWS_PER_READ = 200

ManyFormat = Literal["csv", "json-resume", "markdown"]


def _json_line(exported: ExportedResume) -> str:
    return json.dumps(to_json_resume(exported.profile), ensure_ascii=False) + "\n"


def _csv_line(exported: ExportedResume) -> str:
    return to_csv([exported]).removeprefix(to_csv([]))


def _markdown_part(exported: ExportedResume) -> str:
    return to_markdown(exported.profile) + "\n---\n\n"


# Format -> media type, file extension, header of the file, text of one profile.
_WRITERS: dict[ManyFormat, tuple[str, str, str, Callable[[ExportedResume], str]]] = {
    "csv": ("text/csv; charset=utf-8; header=present", ".csv", to_csv([]), _csv_line),
    "json-resume": ("application/x-ndjson", ".jsonl", "", _json_line),
    "markdown": ("text/markdown; charset=utf-8", ".md", "", _markdown_part),
}


@router.get(
    "/v1/resumes/export",
    summary="Export many profiles",
    response_class=Response,
    responses={
        200: {
            "description": "CSV with a row per person, JSON Resume with a line per person, or Markdown in sequence",
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/x-ndjson": {"schema": {"type": "string"}},
                "text/markdown": {"schema": {"type": "string"}},
            },
        }
    }
    | problems("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable"),
)
def export_many(
    request: Request,
    wanted: Wanted,
    ids: Annotated[
        list[uuid.UUID] | None,
        Query(
            alias="id", max_length=_MOST_IDS, description="Only these resumes; without ids, all that pass the filters."
        ),
    ] = None,
    export_format: Annotated[ManyFormat, Query(alias="format")] = "csv",
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """The newest first, or ids in the given order. Unknown ids and resumes without a profile are left out."""
    database, tenant_id = parts_of(request).database, caller_of(request).tenant_id
    media_type, ending, head, write = _WRITERS[export_format]

    def pages() -> Iterator[Sequence[uuid.UUID]]:
        if ids is not None:
            yield ids
            return
        cursor: str | None = None
        while True:
            with database.reading() as tx:
                items, cursor = list_page(tx, tenant_id, wanted, cursor=cursor, limit=_ROWS_PER_READ)
            yield [item.id for item in items]
            if cursor is None:
                return

    def text() -> Iterator[bytes]:
        yield head.encode()
        for page in pages():
            with database.reading() as tx:
                if blind:
                    exported = _blind_resumes(tx, tenant_id, page, hide_schools=hide_schools)
                else:
                    exported = _resumes(tx, tenant_id, page)
            yield "".join(write(exported[each]) for each in page if each in exported).encode()

    headers = {"Content-Type": media_type, "Content-Disposition": attachment(f"candidates{ending}")}
    return StreamingResponse(text(), headers=headers)


def _resumes(tx: Transaction, tenant_id: uuid.UUID, page: Sequence[uuid.UUID]) -> dict[uuid.UUID, ExportedResume]:
    filenames = {item.id: item.filename for item in resume_summaries.list_items(tx, tenant_id, list(page))}
    return {
        resume_id: ExportedResume(resume_id=str(resume_id), filename=filenames[resume_id], profile=profile)
        for resume_id, profile in list_profiles(tx, tenant_id, page).items()
        if resume_id in filenames
    }


def _blind_resumes(
    tx: Transaction, tenant_id: uuid.UUID, page: Sequence[uuid.UUID], *, hide_schools: bool
) -> dict[uuid.UUID, ExportedResume]:
    """One at a time, because the words that identify a person are looked up in the document."""
    exported: dict[uuid.UUID, ExportedResume] = {}
    for resume_id in page:
        try:
            detail = resumes.get_detail(tx, tenant_id, resume_id)
        except NotFound:
            continue
        content = documents.get_document(tx, detail.document_id).content
        blind = blind_resume(detail, content, hide_schools=hide_schools).detail
        if blind.result is not None and blind.result.profile is not None:
            exported[resume_id] = ExportedResume(
                resume_id=str(resume_id), filename=blind.item.filename, profile=blind.result.profile
            )
    return exported
