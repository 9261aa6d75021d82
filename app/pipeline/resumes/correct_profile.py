"""Use cases: correct or confirm values of a profile, and undo a correction. Called by the API.

The resume's row is locked, so that two changes at the same time follow each other. Each correction is stored with its
author, its time and the previous value. Later results are shown with the same corrections
(`app.pipeline.mechanisms.shown_profile`).
"""

import uuid
from collections.abc import Sequence
from typing import Any

from app.analysis.corrections.overlay import Correction, apply_corrections
from app.analysis.corrections.patch import read_patch, to_correction
from app.analysis.review.judged_values import judged_by
from app.clock import Clock
from app.errors import Conflict, NotFound, PreconditionFailed
from app.messaging.notices import Notices
from app.pipeline.mechanisms.resume_events import record_event, send_notice
from app.pipeline.mechanisms.shown_profile import apply_stored_corrections, in_effect, listed_person
from app.storage import resumes
from app.storage.engine import Database, Transaction
from app.storage.events import Event
from app.storage.profiles import corrections
from app.storage.profiles.corrections import ReadResult
from app.storage.tenants import KeyHolder

MOST_CORRECTIONS = 2000  # per resume, including undone ones


def correct_profile(
    database: Database,
    notices: Notices,
    clock: Clock,
    caller: KeyHolder,
    resume_id: uuid.UUID,
    body: Any,
    *,
    expected_version: str | None = None,
) -> str:
    """Apply the whole patch or nothing; returns the profile's new version.

    Raises `NotFound`, `Conflict` while there is no profile, `PreconditionFailed` when the profile is no longer at
    `expected_version`, and `InputError` for values that JSON Resume does not allow.
    """
    with database.transaction() as tx:
        read = _lock(tx, caller.tenant_id, resume_id, expected_version)
        operations = read_patch(body)
        log = corrections.list_corrections(tx, resume_id)
        number = max((row.number for row in log), default=0)
        applied = in_effect(log)
        already = len(applied)
        now = clock()
        for operation in operations:
            shown = apply_corrections(read.profile, read.evidence, applied)
            made = to_correction(operation, shown.profile, shown.evidence, number=number + 1, by="", at=now.isoformat())
            if made is None or _is_known(made, applied):
                continue
            number += 1
            if number > MOST_CORRECTIONS:
                raise Conflict(f"This profile has been corrected {MOST_CORRECTIONS} times, which is the limit.")
            applied.append(made)
            factor = (read.readings or {}).get("error_factor", 1.0)
            judged = judged_by(made.action, operation.pointer, shown.evidence, factor=factor)
            corrections.insert_correction(
                tx,
                caller.tenant_id,
                resume_id,
                caller.key_id,
                number=number,
                action=made.action,
                pointer=made.pointer,
                path=made.path_json(),
                old_value=_value_at(shown.profile, operation.pointer) if made.action != "add" else None,
                new_value=made.value,
                document_value=made.document_value,
                client=read.client,
                judged=(judged.values, judged.expected_wrong, judged.wrong),
                made_at=now,
            )
        if len(applied) == already:
            return _version_of(tx, resume_id, read)  # nothing to do: the values are confirmed already
        version, event = _show(tx, caller.tenant_id, resume_id, read)
    send_notice(notices, event)
    return version


def undo_correction(
    database: Database,
    notices: Notices,
    caller: KeyHolder,
    resume_id: uuid.UUID,
    number: int,
    *,
    clock: Clock,
    expected_version: str | None = None,
) -> str:
    """Undo one correction; the document's value or an earlier correction is shown again. Raises the same errors."""
    with database.transaction() as tx:
        read = _lock(tx, caller.tenant_id, resume_id, expected_version)
        if not corrections.mark_undone(tx, resume_id, number, caller.key_id, clock()):
            raise NotFound(f"No correction {number} of this resume can be undone. It may have been undone already.")
        version, event = _show(tx, caller.tenant_id, resume_id, read)
    send_notice(notices, event)
    return version


def _lock(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID, expected_version: str | None) -> ReadResult:
    resumes.lock_resume(tx, tenant_id, resume_id)
    read = corrections.find_read_result(tx, resume_id)
    if read is None:
        raise Conflict("There is no profile to correct yet. Wait until the resume is `done`; its events report when.")
    if expected_version is not None and expected_version != _version_of(tx, resume_id, read):
        raise PreconditionFailed(
            "The profile was changed since you read it, by somebody else or by a new analysis. Read it again, then "
            "send your change."
        )
    return read


def _version_of(tx: Transaction, resume_id: uuid.UUID, read: ReadResult) -> str:
    return resumes.profile_version(read.number, resumes.get_profile_changes(tx, resume_id))


def _is_known(made: Correction, applied: Sequence[Correction]) -> bool:
    """Whether it says again that an entry is to be left out."""
    if made.action != "leave_out":
        return False
    same = (made.path[0], made.value)
    return any(each.action == "leave_out" and (each.path[0], each.value) == same for each in applied)


def _show(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID, read: ReadResult) -> tuple[str, Event]:
    corrected = apply_stored_corrections(
        tx,
        tenant_id,
        resume_id,
        read.analysis_id,
        profile=read.profile,
        evidence=read.evidence,
        readings=read.readings,
    )
    resumes.show_person(tx, resume_id, listed_person(corrected.profile))
    changes = resumes.count_profile_change(tx, resume_id)
    status = resumes.get_item(tx, tenant_id, resume_id).status
    event = record_event(tx, tenant_id, resume_id, "resume.corrected", status=status)
    return resumes.profile_version(read.number, changes), event


def _value_at(profile: dict[str, Any], pointer: str) -> Any:
    found: Any = profile
    for key in pointer[1:].split("/"):
        if isinstance(found, list):
            found = found[int(key)] if key.isdigit() and int(key) < len(found) else None
        else:
            found = found.get(key) if isinstance(found, dict) else None
    return found
