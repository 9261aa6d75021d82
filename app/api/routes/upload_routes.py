"""`POST /v1/resumes`: accepts files, responds at once, and leaves the work to the queue."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import File, Form, Header, Request, UploadFile

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.problems import STATUS_OF_CODE, NoFileAccepted, problem_type
from app.api.schemas.resume_responses import links_of
from app.api.schemas.resume_schemas import AcceptedFile, FileProblem, Priority, Privacy, RefusedFile, Uploaded
from app.errors import InputError, VitaeError
from app.observability.metrics import FILES, STAGE_SECONDS
from app.pipeline.resumes.submit_resumes import SubmittedFile, Upload, UploadedFile, submit_resumes

router = router_for("write", "Resumes")

UPLOAD_PATH = "/v1/resumes"
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
LONGEST_REFERENCE = 200  # characters


class AllRefused(NoFileAccepted):
    def __init__(self, refused: list[RefusedFile]) -> None:
        super().__init__(f"None of the {len(refused)} files was accepted; `errors` lists the reasons.")
        self.extensions = {"errors": [{"filename": file.filename, **file.problem.model_dump()} for file in refused]}


@router.post(
    UPLOAD_PATH,
    status_code=202,
    summary="Upload resumes",
    responses=problems(
        "invalid_request",
        "unauthenticated",
        "forbidden",
        "too_many_files",
        "no_file_accepted",
        "empty_file",
        "file_too_large",
        "unsupported_file_type",
        "payload_too_large",
        "idempotency_conflict",
        "dependency_unavailable",
    ),
)
def upload_resumes(
    request: Request,
    files: Annotated[
        list[UploadFile],
        File(description="PDF, DOCX, DOC, ODT, RTF, text, Markdown, HTML, PNG, JPG, TIFF, WebP or JSON Resume."),
    ],
    privacy: Annotated[
        Privacy, Form(description="`local_only`: models outside your premises never see these resumes.")
    ] = "any",
    priority: Annotated[
        Priority, Form(description="`batch` waits until all interactive work is done.")
    ] = "interactive",
    reference: Annotated[
        str | None,
        Form(
            max_length=LONGEST_REFERENCE,
            description="Your own reference, stored with the resumes.",
            examples=["req-118"],
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="1 to 255 printable characters, new for each new request. The same request sent again with "
            "the same key gets the same resumes instead of new ones.",
        ),
    ] = None,
) -> Uploaded:
    """Responds with 202 as soon as the files and their rows are safe; the analysis follows.

    Each file has its own entry, in the order sent; a file with a `problem` does not affect the others. When no file
    could be accepted, the response is that problem (one file) or `no_file_accepted` with a list (several).
    """
    parts = parts_of(request)
    tally = parts.counts.tally
    with tally.timing(STAGE_SECONDS, "intake"):
        upload = Upload(
            tenant_id=caller_of(request).tenant_id,
            files=[_uploaded_file(file) for file in files],
            privacy=privacy,
            priority=priority,
            reference=_checked_reference(reference),
            idempotency_key=_checked_key(idempotency_key),
            traceparent=parts.traces.traceparent(),
        )
        submitted = submit_resumes(parts.uploads, upload)
    for item in submitted:
        tally.count(FILES, item.problem.code if item.problem is not None else "accepted")
    problems_found = [item.problem for item in submitted if item.problem is not None]
    if len(problems_found) == len(submitted):
        if len(submitted) == 1:
            raise problems_found[0]
        raise AllRefused(
            [_refused(item.filename, problem) for item, problem in zip(submitted, problems_found, strict=True)]
        )
    return Uploaded(resumes=[_entry(item) for item in submitted])


def _uploaded_file(upload: UploadFile) -> UploadedFile:
    return UploadedFile(upload.filename or "", _size_bytes(upload), _reader(upload.file))


def _size_bytes(upload: UploadFile) -> int:
    if upload.size is not None:
        return upload.size
    upload.file.seek(0, 2)
    return upload.file.tell()


def _reader(file: Any) -> Callable[[], bytes]:
    def read() -> bytes:
        file.seek(0)
        return file.read()

    return read


def _checked_reference(reference: str | None) -> str | None:
    if reference is not None and not reference.isprintable():
        raise InputError("The field `reference` contains characters that cannot be printed. Remove them.")
    return reference or None


def _checked_key(key: str | None) -> str | None:
    if key is not None and not _PRINTABLE.fullmatch(key):
        raise InputError(
            "The header Idempotency-Key takes 1 to 255 printable ASCII characters. A UUID is a good choice."
        )
    return key


def _entry(item: SubmittedFile) -> AcceptedFile | RefusedFile:
    if item.problem is not None:
        return _refused(item.filename, item.problem)
    assert item.resume_id is not None  # noqa: S101 - an entry is a resume or a problem
    values: dict[str, Any] = {
        "id": item.resume_id,
        "filename": item.filename,
        "status": item.status,
        "duplicate_of": item.duplicate_of,
        "links": links_of(item.resume_id),
    }
    return AcceptedFile.model_validate(values)


def _refused(filename: str, problem: VitaeError) -> RefusedFile:
    return RefusedFile(
        filename=filename,
        problem=FileProblem(
            type=problem_type(problem.code),
            title=problem.title,
            status=STATUS_OF_CODE.get(problem.code, 500),
            detail=problem.detail,
            code=problem.code,
        ),
    )
