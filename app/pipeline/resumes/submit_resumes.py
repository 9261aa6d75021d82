"""Use case: accept uploaded files. Called by the API.

Each file is examined and stored; then document, resume, analysis and event of all files are written in one transaction.
Messages are published only after the commit. Everything answered with 202 is therefore on disk and in Postgres, and
`requeue_overdue` publishes lost messages again.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import Conflict, DocumentError, FileTooLarge, IdempotencyConflict, VitaeError
from app.files.local import LocalFiles
from app.intake.file_types import detect_media_type
from app.messaging.broker import Publisher
from app.messaging.notices import Notices
from app.pipeline.mechanisms.resume_events import record_event, send_notice
from app.storage import analyses, documents, resumes, uploads
from app.storage.engine import Database, Transaction
from app.storage.events import Event
from app.storage.profiles import corrections

# The longest time between storing a file and its commit; a file without a row after that is erased.
_RESERVATION_SECONDS = 3600.0
_LONGEST_FILENAME = 255


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """`read` returns the whole content; files are read one after the other, so that one is in memory at a time."""

    filename: str
    size_bytes: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class SubmittedFile:
    """What one file became: a resume or a problem."""

    filename: str
    resume_id: uuid.UUID | None = None
    status: str | None = None
    duplicate_of: uuid.UUID | None = None
    problem: VitaeError | None = None


@dataclass(frozen=True, slots=True)
class _Examined:
    filename: str
    new_document_id: uuid.UUID
    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One upload request of a tenant; its analyses continue the trace of `traceparent` (W3C)."""

    tenant_id: uuid.UUID
    files: Sequence[UploadedFile]
    privacy: str = "any"
    priority: str = "interactive"
    reference: str | None = None
    idempotency_key: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadParts:
    """What accepting uploads works with."""

    database: Database
    files: LocalFiles
    publisher: Publisher
    notices: Notices
    largest_file_bytes: int


class StoredProblem(VitaeError):
    """A file's problem as an earlier request with the same Idempotency-Key reported it."""

    def __init__(self, problem: dict[str, str]) -> None:
        super().__init__(problem["detail"])
        self.code = problem["code"]
        self.title = problem["title"]


def submit_resumes(parts: UploadParts, upload: Upload) -> list[SubmittedFile]:
    """One entry per file, in order. Raises `IdempotencyConflict` when the key was used for a different request."""
    examined = [_examine(file, parts.largest_file_bytes) for file in upload.files]
    accepted = [item for item in examined if isinstance(item, _Examined)]
    try:
        _store_bytes(
            parts,
            upload.tenant_id,
            [(item, file) for item, file in zip(examined, upload.files, strict=True) if isinstance(item, _Examined)],
        )
        submitted, announced, queued = _write_rows(parts.database, upload, examined)
    except VitaeError:
        _give_up_reservations(parts.database, upload.tenant_id, accepted)
        raise
    # Published after the commit. The rows count as published, so the scheduler ignores them for now.
    for analysis_id in queued:
        if not parts.publisher.publish(analysis_id, "extraction", upload.priority):
            break  # the broker is unavailable; the scheduler publishes the rest
    for event in announced:
        send_notice(parts.notices, event)
    return submitted


def _examine(file: UploadedFile, largest_file_bytes: int) -> _Examined | DocumentError:
    filename = _clean_filename(file.filename)
    try:
        if file.size_bytes > largest_file_bytes:
            raise FileTooLarge(
                f"The file has {file.size_bytes:,} bytes; at most {largest_file_bytes:,} are accepted "
                "(setting limits.upload_bytes)."
            )
        content = file.read()
        media_type = detect_media_type(content, filename)
    except DocumentError as error:
        return error
    sha256 = hashlib.sha256(content).hexdigest()
    return _Examined(filename, uuid.uuid4(), sha256, len(content), media_type)


def _clean_filename(filename: str) -> str:
    """The last part of a path without control characters; shown to people, never used as a path."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable()).strip()
    return name[-_LONGEST_FILENAME:] or "unnamed"


def _fingerprint(upload: Upload, examined: Sequence[_Examined | DocumentError]) -> str:
    """The same for a request that is sent twice, different for another request under the same key."""
    contents = [
        item.sha256 if isinstance(item, _Examined) else f"{item.code}:{file.size_bytes}"
        for item, file in zip(examined, upload.files, strict=True)
    ]
    request = [contents, upload.privacy, upload.priority, upload.reference]
    return hashlib.sha256(json.dumps(request).encode()).hexdigest()


def _store_bytes(parts: UploadParts, tenant_id: uuid.UUID, accepted: Sequence[tuple[_Examined, UploadedFile]]) -> None:
    """Store each file under its future document id, with an erasure scheduled in case no row ever claims it."""
    if not accepted:
        return
    with parts.database.transaction() as tx:
        for item, _ in accepted:
            documents.note_erasure(tx, tenant_id, item.new_document_id, due_in_seconds=_RESERVATION_SECONDS)
    for item, file in accepted:
        parts.files.put(tenant_id, item.new_document_id, file.read())


def _give_up_reservations(database: Database, tenant_id: uuid.UUID, accepted: Sequence[_Examined]) -> None:
    try:
        with database.transaction() as tx:
            _release_all(tx, tenant_id, accepted)
    except VitaeError:
        return  # the scheduled erasure still happens


def _write_rows(
    database: Database, upload: Upload, examined: Sequence[_Examined | DocumentError]
) -> tuple[list[SubmittedFile], list[Event], list[uuid.UUID]]:
    """The outcome of each file, the events to announce, and the analyses to publish after the commit."""
    tenant_id, key = upload.tenant_id, upload.idempotency_key
    request_sha256 = _fingerprint(upload, examined)
    filenames = [file.filename for file in upload.files]
    submitted: list[SubmittedFile] = []
    announced: list[Event] = []
    queued: list[uuid.UUID] = []
    with database.transaction() as tx:
        if key is not None:
            earlier = uploads.reserve_key(tx, tenant_id, key, request_sha256)
            if earlier is not None:
                _release_all(tx, tenant_id, examined)
                return _earlier_answer(tx, tenant_id, earlier, request_sha256, filenames), [], []
        # Documents are locked in a fixed order, so that two uploads of the same files cannot deadlock.
        document_ids: dict[str, uuid.UUID] = {}
        for item in sorted((i for i in examined if isinstance(i, _Examined)), key=lambda i: i.sha256):
            document_ids[item.sha256] = _claim_document(tx, tenant_id, item, known=document_ids.get(item.sha256))
        for item, filename in zip(examined, filenames, strict=True):
            if not isinstance(item, _Examined):
                submitted.append(SubmittedFile(_clean_filename(filename), problem=item))
                continue
            document_id = document_ids[item.sha256]
            resume_id, duplicate_of = resumes.insert_resume(
                tx,
                tenant_id,
                document_id,
                filename=item.filename,
                reference=upload.reference,
                privacy=upload.privacy,
                priority=upload.priority,
            )
            if duplicate_of is not None:
                corrections.take_over(tx, tenant_id, document_id, resume_id)
            analysis_id = analyses.insert_analysis(
                tx,
                tenant_id,
                resume_id,
                document_id,
                privacy=upload.privacy,
                priority=upload.priority,
                fresh=False,
                traceparent=upload.traceparent,
            )
            queued.append(analysis_id)
            announced.append(record_event(tx, tenant_id, resume_id, "resume.queued", status="queued"))
            submitted.append(SubmittedFile(item.filename, resume_id, "queued", duplicate_of))
        analyses.mark_published(tx, queued)
        if key is not None:
            uploads.save_outcomes(tx, tenant_id, key, [_outcome(item) for item in submitted])
    return submitted, announced, queued


def _claim_document(tx: Transaction, tenant_id: uuid.UUID, item: _Examined, known: uuid.UUID | None) -> uuid.UUID:
    """The document row of this content. If the content already existed, the newly stored copy is erased."""
    document_id = known or documents.ensure_document(
        tx,
        tenant_id,
        new_id=item.new_document_id,
        sha256=item.sha256,
        size_bytes=item.size_bytes,
        media_type=item.media_type,
    )
    if document_id != item.new_document_id:
        documents.note_erasure(tx, tenant_id, item.new_document_id, due_in_seconds=0)
    elif not documents.cancel_erasure(tx, document_id):
        raise Conflict("The upload took so long that its files were erased again. Send it again.")
    return document_id


def _release_all(tx: Transaction, tenant_id: uuid.UUID, examined: Sequence[_Examined | DocumentError]) -> None:
    for item in examined:
        if isinstance(item, _Examined):
            documents.note_erasure(tx, tenant_id, item.new_document_id, due_in_seconds=0)


def _outcome(item: SubmittedFile) -> dict[str, Any]:
    if item.problem is not None:
        problem = item.problem
        return {"problem": {"code": problem.code, "title": problem.title, "detail": problem.detail}}
    return {"resume_id": str(item.resume_id)}


def _earlier_answer(
    tx: Transaction,
    tenant_id: uuid.UUID,
    earlier: uploads.EarlierUpload,
    request_sha256: str,
    filenames: Sequence[str],
) -> list[SubmittedFile]:
    if earlier.request_sha256 != request_sha256:
        raise IdempotencyConflict(
            "This Idempotency-Key was used before with different files or fields. Use a new key for a new request."
        )
    answer: list[SubmittedFile] = []
    for outcome, filename in zip(earlier.outcomes, filenames, strict=True):
        if "problem" in outcome:
            answer.append(SubmittedFile(_clean_filename(filename), problem=StoredProblem(outcome["problem"])))
            continue
        resume_id = uuid.UUID(outcome["resume_id"])
        item = resumes.find_item(tx, tenant_id, resume_id)
        if item is None:
            gone = StoredProblem(
                {"code": "not_found", "title": "Not found", "detail": "This resume has been deleted since."}
            )
            answer.append(SubmittedFile(_clean_filename(filename), problem=gone))
        else:
            answer.append(SubmittedFile(item.filename, item.id, item.status, item.duplicate_of))
    return answer
