"""Use case: show a resume without revealing the person's identity. Called by the API, the dashboard and the CLI.

No blind view is stored. Each is made from the result and the document on request, so that a corrected name or a better
rule takes effect at once and an erased resume leaves nothing behind.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from app.analysis.exports.pdf_export import lines_to_pdf
from app.analysis.identity.blind import blind_document, blind_integrity, blind_profile, mask, words_by_page
from app.analysis.identity.search import Identity, find_identity
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.sandbox.sandbox import redact_in_sandbox
from app.storage.profiles.partial_profiles import PartialProfile
from app.storage.resumes import AnalysisResult, ResumeDetail, ResumeListItem

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class BlindView:
    """`detail` and `document` with everything masked that identifies the person; no document before it is extracted."""

    detail: ResumeDetail
    document: Document | None


def blind_name(resume_id: uuid.UUID) -> str:
    """The name a blind reader sees for the candidate: stable, and it reveals nothing."""
    return f"Candidate {resume_id.hex[:6].upper()}"


def blind_item(item: ResumeListItem) -> ResumeListItem:
    """A row of the list without the name and without the file name, because people name files after themselves."""
    name = blind_name(item.id)
    ending = PurePath(item.filename).suffix
    return replace(
        item,
        candidate_name=None if item.candidate_name is None else name,
        filename=name.replace(" ", "-").lower() + (ending if len(ending) <= len(".jpeg") else ""),
        reference=None,
        sort_name="",
    )


def blind_resume(detail: ResumeDetail, content: bytes | None, *, hide_schools: bool) -> BlindView:
    """`content` is the stored document. A resume without a result shows only its state."""
    told = detail.result or detail.analysis
    # Without a profile it is unknown whose identity to hide.
    document = None if content is None or told.profile is None else Document.from_bytes(content)
    identity = identity_of(told, document, hide_schools=hide_schools)
    return BlindView(
        replace(
            detail,
            item=blind_item(detail.item),
            analysis=_blind_result(detail.analysis, identity),
            result=None if detail.result is None else _blind_result(detail.result, identity),
        ),
        None if document is None else blind_document(document, identity),
    )


def blind_partial(partial: PartialProfile, content: bytes | None, *, hide_schools: bool) -> PartialProfile:
    """A partial result: nothing before the name is known, because any other value may contain it.

    With schools hidden nothing at all is shown: a job may be at a school whose name comes later.
    """
    profile, evidence = partial.profile, partial.evidence
    unknown = replace(partial, profile=None, evidence=None)
    if profile is None or evidence is None or content is None or hide_schools:
        return unknown
    identity = find_identity(profile, evidence, Document.from_bytes(content))
    if not identity.names:
        return unknown
    blinded = blind_profile(profile, evidence, identity)
    return replace(partial, profile=blinded.profile, evidence=blinded.evidence)


def blind_file(
    detail: ResumeDetail, stored: bytes, original: bytes, limits: ExtractionLimits, *, hide_schools: bool
) -> bytes:
    """The document as a PDF that does not identify the person. Raises `DocumentError` when the file cannot be redrawn.

    A PDF keeps its looks; every other format becomes a plain PDF of its lines.
    """
    document = Document.from_bytes(stored)
    identity = identity_of(detail.result or detail.analysis, document, hide_schools=hide_schools)
    if detail.media_type != PDF:
        return lines_to_pdf(blind_document(document, identity), title=blind_name(detail.item.id))
    # Without a known name nothing can be hidden in a drawing: show only words that were read.
    return redact_in_sandbox(original, words_by_page(document, identity), limits, nothing_else=not identity.names)


def identity_of(result: AnalysisResult, document: Document | None, *, hide_schools: bool) -> Identity:
    profile: Mapping[str, Any] = result.profile or {}
    evidence: Mapping[str, Mapping[str, Any]] = result.evidence or {}
    return find_identity(profile, evidence, document or Document("", (), ()), hide_schools=hide_schools)


def _blind_result(result: AnalysisResult, identity: Identity) -> AnalysisResult:
    integrity = blind_integrity(result.integrity, identity)
    warnings = [mask(warning, identity.marks_in(warning)) for warning in result.warnings]
    readings = _blind_readings(result.readings, identity)
    if result.profile is None:
        return replace(result, integrity=integrity, warnings=warnings, readings=readings)
    blinded = blind_profile(result.profile, result.evidence or {}, identity)
    return replace(
        result,
        profile=blinded.profile,
        evidence=blinded.evidence,
        integrity=integrity,
        warnings=warnings,
        readings=readings,
    )


def _blind_readings(readings: dict[str, Any] | None, identity: Identity) -> dict[str, Any] | None:
    """Without candidates for the person's name and contacts; the others are masked."""
    if readings is None:
        return None

    def masked(value: Any) -> Any:
        if isinstance(value, list):
            return [masked(each) for each in value]
        if isinstance(value, dict):
            return {key: masked(each) for key, each in value.items()}
        return mask(value, identity.marks_in(value)) if isinstance(value, str) else value

    kept = [each for each in readings["disagreements"] if not each["place"].startswith("basics")]
    shown = [{**each, **{name: masked(each.get(name)) for name in ("value", "other_value", "entry")}} for each in kept]
    return {**readings, "disagreements": shown}
