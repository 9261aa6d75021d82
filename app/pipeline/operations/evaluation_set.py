"""Use case: read the reviewed resumes of a tenant as labelled documents. Called by the API for `vitae eval
from-corrections`.

A resume counts as reviewed if a correction of its profile is in effect. Then the whole profile counts as the truth,
including the values that nobody changed.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.analysis.evaluation.held_out import Part, name_of, part_of
from app.analysis.evaluation.hidden_truth import hide_truth
from app.analysis.exports.json_resume_export import to_json_resume
from app.errors import Conflict, InputError, NotFound
from app.extraction import media_types
from app.extraction.document import Document
from app.storage import documents, resumes, tenants
from app.storage.engine import Database
from app.storage.profiles.reviewed_resumes import ReviewedResume, list_reviewed

log = logging.getLogger(__name__)

NOT_ALLOWED = (
    "Evaluation sets are not allowed: set `privacy.evaluation_sets = true` in the service's vitae.toml and restart it."
)
_ENDINGS = {
    media_types.PDF: ".pdf",
    media_types.DOCX: ".docx",
    media_types.DOC: ".doc",
    media_types.ODT: ".odt",
    media_types.RTF: ".rtf",
    media_types.PLAIN_TEXT: ".txt",
    media_types.MARKDOWN: ".md",
    media_types.HTML: ".html",
    media_types.PNG: ".png",
    media_types.JPEG: ".jpg",
    media_types.TIFF: ".tiff",
    media_types.WEBP: ".webp",
}
_EVIDENCE_KEYS = ("page", "line", "quote", "source")  # not who corrected a value, nor what was wrong before
_DIGITS_OF_HASH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which resumes. `retention_days` is the service's setting: older uploads are due to be erased."""

    pseudonymise: bool = False
    min_age_days: int = 0
    retention_days: int | None = None
    default_region: str = "US"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledResume:
    """`text` replaces the file if the resume is pseudonymised; otherwise the file is the one of resume `id`."""

    id: uuid.UUID
    part: Part
    name: str
    filename: str
    text: str | None
    truth: dict[str, Any]
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPage:
    """`skipped` counts the reviewed resumes of this page that cannot be labelled documents, by reason."""

    tenant: str
    items: list[LabelledResume] = field(default_factory=list[LabelledResume])
    skipped: dict[str, int] = field(default_factory=dict[str, int])
    next_cursor: str | None = None


def read_evaluation_set(
    database: Database,
    tenant_id: uuid.UUID,
    wanted: Wanted,
    *,
    allowed: bool,
    now: datetime,
    cursor: str | None,
    limit: int,
) -> EvaluationPage:
    """One page of the set. Raises `Conflict` unless the service allows evaluation sets."""
    if not allowed:
        raise Conflict(NOT_ALLOWED)
    if cursor is not None and (len(cursor) != _DIGITS_OF_HASH or not cursor.isalnum()):
        raise InputError("`cursor` is not one that this call returned.")
    days = wanted.retention_days
    with database.reading() as tx:
        tenant = tenants.get_tenant_name(tx, tenant_id)
        reviewed = list_reviewed(
            tx,
            tenant_id,
            uploaded_after=None if days is None else now - timedelta(days=days),
            reviewed_before=now - timedelta(days=wanted.min_age_days),
            after=cursor or "",
            limit=limit + 1,
        )
    items: list[LabelledResume] = []
    skipped = Counter[str]()
    for each in reviewed[:limit]:
        labelled = _labelled(database, tenant_id, each, wanted)
        if isinstance(labelled, str):
            skipped[labelled] += 1
        else:
            items.append(labelled)
    fields = {"documents": len(items), "skipped": skipped.total(), "pseudonymised": wanted.pseudonymise}
    log.info("evaluation_set_read", extra={"fields": fields})
    more = len(reviewed) > limit
    return EvaluationPage(
        tenant=tenant, items=items, skipped=dict(skipped), next_cursor=reviewed[limit - 1].sha256 if more else None
    )


def _labelled(
    database: Database, tenant_id: uuid.UUID, reviewed: ReviewedResume, wanted: Wanted
) -> LabelledResume | str:
    """The labelled resume, or the reason why there is none."""
    try:
        with database.reading() as tx:
            detail = resumes.get_detail(tx, tenant_id, reviewed.id)
            content = documents.get_document(tx, reviewed.document_id).content
    except NotFound:
        return "erased"  # since the list was read
    result = detail.result
    if result is None or result.profile is None or content is None:
        return "no_profile"
    if result.unplaced:
        return "correction_not_placed"
    name, ending, text = name_of(reviewed.sha256), _ENDINGS.get(detail.media_type), None
    truth: dict[str, Any] = to_json_resume(result.profile)
    evidence: Mapping[str, Mapping[str, Any]] = result.evidence or {}
    document = Document.from_bytes(content)
    meta: dict[str, Any] = {"language": document.language, "resume": str(reviewed.id)}
    if wanted.pseudonymise:
        hidden = hide_truth(
            result.profile,
            evidence,
            document,
            default_region=wanted.default_region,
            first_word=int(reviewed.sha256[-8:], 16),
        )
        if hidden is None:
            return "not_pseudonymised"
        truth, evidence, text, ending = hidden.truth, hidden.evidence, hidden.text, ".txt"
        del meta["resume"]  # it would lead back to the person
    if ending is None:
        return "file_type"
    if reviewed.local_only:
        meta["privacy"] = "local_only"
    return LabelledResume(
        id=reviewed.id,
        part=part_of(reviewed.sha256),
        name=name,
        filename=name + ending,
        text=text,
        truth={"work": [], **truth, "meta": meta},
        evidence={pointer: _plain(place) for pointer, place in evidence.items()},
    )


def _plain(place: Mapping[str, Any]) -> dict[str, Any]:
    return {key: place[key] for key in _EVIDENCE_KEYS if place.get(key) is not None}
