"""`/v1/person`: everything stored about one person, to show, to export and to erase.

Addresses are sent in the body, never in the path, because proxies log paths.
"""

import json
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import IO, Annotated, Any, Self

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.routes.profiles.correction_routes import correction_items
from app.api.routes.resume_routes import attachment
from app.api.schemas.resume_responses import detail_answer, item_answer
from app.api.schemas.resume_schemas import ResumeItem
from app.errors import NotFound
from app.extraction.document import Document
from app.pipeline.costs.attempt_costs import with_provisional_costs
from app.storage import documents, resumes
from app.storage.ledger import attempts
from app.storage.profiles import corrections, personal_data
from app.storage.resumes import ResumeListItem
from app.wiring.api_parts import ApiParts

router = router_for("read", "Personal data")

_MOST_IDS = 200
_IN_MEMORY_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_ABOUT = """Personal data kept by this service, as of {now}.

Uploads: {count}. Each has a folder with
  the file as it was uploaded, under its own name
  text.txt          what was read from it
  resume.json       profile, where each value stands, findings, times, calls to models (which, where, cost)
  analyses.json     all analyses with their results, the newest first
  corrections.json  what people changed in the profile, and when
{missing}"""


class Person(BaseModel):
    """Whose data. At least one field; everything that any of them matches belongs together."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"email": "ana@lopez.example"}]})

    email: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)] | None = Field(
        None, description="The e-mail address in the profile; case does not matter."
    )
    phone: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+[0-9]{6,15}$")] | None = Field(
        None, description="The number in the profile in the format of profiles: `+34600111222`."
    )
    ids: list[uuid.UUID] = Field(
        [],
        max_length=_MOST_IDS,
        description="Uploads that belong to the person although they contain no matching contact.",
    )

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.email is None and self.phone is None and not self.ids:
            raise ValueError("Identify the person by `email`, `phone` or `ids`.")
        return self


class PersonUploads(BaseModel):
    items: list[ResumeItem] = Field(description="The newest first.")


@router.post(
    "/v1/person/resumes",
    summary="Find a person's uploads",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def find_uploads(request: Request, person: Person) -> PersonUploads:
    """All uploads whose profile has this e-mail address or phone number, and every other upload of the same files.

    Uploads without a result are found only through the same file or by `ids`.
    """
    return PersonUploads(items=[item_answer(item) for item in _uploads(request, person)])


@router.post(
    "/v1/person/export",
    summary="Export a person's data",
    response_class=Response,
    responses={
        200: {
            "description": "A ZIP archive: for each upload the file, its text, results, corrections and model calls",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
    | problems("invalid_request", "unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def export_person(request: Request, person: Person) -> Response:
    """Everything stored about the person, ready to hand over. 404 when there is nothing."""
    items = _uploads(request, person)
    if not items:
        raise NotFound(
            "Nothing is kept under this address or number. Look for the person by name in the list, and send the "
            "ids of the uploads."
        )
    archive = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed when it was sent
    _write_archive(archive, parts_of(request), caller_of(request).tenant_id, items)
    headers = {"Content-Disposition": attachment("personal-data.zip")}
    return StreamingResponse(_chunks(archive), media_type="application/zip", headers=headers)


def _uploads(request: Request, person: Person) -> list[ResumeListItem]:
    """Raises `NotFound` when one of the ids does not exist."""
    tenant_id = caller_of(request).tenant_id
    with parts_of(request).database.reading() as tx:
        found = personal_data.list_uploads_of(tx, tenant_id, email=person.email, phone=person.phone)
        known = {item.id for item in found}
        found += [resumes.get_item(tx, tenant_id, each) for each in dict.fromkeys(person.ids) if each not in known]
    return sorted(found, key=lambda item: (item.created_at, item.id), reverse=True)


def _write_archive(file: IO[bytes], parts: ApiParts, tenant_id: uuid.UUID, items: Sequence[ResumeListItem]) -> None:
    missing: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in items:
            folder = f"{item.created_at.date().isoformat()} {item.id}"
            with parts.database.reading() as tx:
                detail = resumes.get_detail(tx, tenant_id, item.id)
                calls = with_provisional_costs(tx, attempts.list_attempts(tx, item.id), parts.machines)
                changes = corrections.list_corrections(tx, item.id)
                results = resumes.list_results(tx, item.id)
                content = documents.get_document(tx, detail.document_id).content
            try:
                archive.writestr(f"{folder}/{_file_name(item)}", parts.files.get(tenant_id, detail.document_id))
            except NotFound:
                missing.append(f"The file of {item.id} no longer exists.")
            if content is not None:
                archive.writestr(f"{folder}/text.txt", Document.from_bytes(content).text + "\n")
            archive.writestr(f"{folder}/resume.json", detail_answer(detail, calls).model_dump_json(indent=2))
            archive.writestr(f"{folder}/analyses.json", _json([asdict(result) for result in results]))
            archive.writestr(f"{folder}/corrections.json", _json(correction_items(detail, changes)))
        about = _ABOUT.format(
            now=parts.clock().isoformat(timespec="seconds"), count=len(items), missing="\n".join(missing)
        )
        archive.writestr("about.txt", about)
    file.seek(0)


def _file_name(item: ResumeListItem) -> str:
    """Its own name, without anything that could leave the folder or collide with one of ours."""
    return "original " + "".join(c for c in PurePath(item.filename).name if c.isprintable() and c not in '\\/:*?"<>|')


def _json(value: Any) -> str:
    def plain(each: Any) -> Any:
        return each.model_dump(mode="json") if isinstance(each, BaseModel) else str(each)

    return json.dumps(value, indent=2, ensure_ascii=False, default=plain)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
