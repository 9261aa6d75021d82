"""One candidate: the document next to the profile, each value linked to its evidence, findings, cost and exports."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response

from app.analysis.corrections.fields import BASICS, LOCATION, SECTIONS, Kind
from app.analysis.readings.reading_words import describe_readings
from app.analysis.review.review_questions import DEFAULT_THRESHOLD
from app.dashboard.access import Visitor, full_page, page_router, parts_of, visitor_of
from app.errors import NotFound
from app.extraction.document import Document
from app.extraction.media_types import JSON_RESUME, MARKDOWN, PLAIN_TEXT
from app.extraction.pages.office_pdf import OFFICE_FILES
from app.pipeline.costs.attempt_view import cost_view
from app.pipeline.resumes.blind_view import blind_partial, blind_resume
from app.pipeline.resumes.page_images import has_pages
from app.pipeline.resumes.review_resumes import questions_of
from app.pipeline.resumes.show_partial_profile import find_partial
from app.storage import documents, resumes
from app.storage.ledger import attempts
from app.storage.profiles import corrections
from app.storage.resumes import AnalysisResult, ResumeDetail

router = page_router()

_FINAL = ("done", "failed")
_MILLISECOND = timedelta(milliseconds=1)
_REASONS = {
    "low_contrast": "in the color of its background",
    "tiny": "too small to read",
    "off_page": "outside the page",
    "covered": "covered by something else",
    "clipped": "cut away",
    "transparent": "transparent",
    "vanish": "marked as hidden",
    "zero_width": "made of zero-width characters",
    "css": "hidden by its style",
    "metadata": "in the file's properties",
    "annotation": "in a note or form field that the page does not show",
}
# The fields of an entry's form in the usual order; a list, because scripts keep its order.
_FIRST = ("name", "label", "position", "organization", "institution", "studyType", "area", "title", "language", "level")
_LAST = ("summary", "description", "highlights", "courses", "keywords", "roles")


def _in_order(fields: Mapping[str, Kind]) -> list[tuple[str, Kind]]:
    def place(field: tuple[str, Kind]) -> tuple[int, int]:
        name = field[0]
        if name in _FIRST:
            return (0, _FIRST.index(name))
        return (2, _LAST.index(name)) if name in _LAST else (1, 0)

    return sorted(fields.items(), key=place)


FIELDS = {
    **{section: _in_order(fields) for section, fields in SECTIONS.items()},
    "basics": [*_in_order(BASICS), *((f"location/{name}", kind) for name, kind in LOCATION.items())],
}
_EXPORTS = (("json-resume", "JSON Resume"), ("csv", "CSV"), ("markdown", "Markdown"), ("pdf", "PDF report"))


@router.get("/candidates/{resume_id}")
def candidate_page(request: Request, resume_id: str) -> Response:
    parts, tenant_id = parts_of(request), visitor_of(request).caller.tenant_id
    wanted = _parsed(resume_id)
    with parts.database.reading() as tx:
        detail = resumes.get_detail(tx, tenant_id, wanted)
        rows = attempts.list_attempts(tx, wanted)
        changes = corrections.list_corrections(tx, wanted)
        content = documents.get_document(tx, detail.document_id).content
        doubtful = len(questions_of(tx, detail, below=DEFAULT_THRESHOLD)) if visitor_of(request).may_correct else 0
        partial = find_partial(tx, tenant_id, wanted) if detail.analysis.status == "analysing" else None
    document = None if content is None else Document.from_bytes(content)
    visitor = visitor_of(request)
    if visitor.blind:
        seen = blind_resume(detail, content, hide_schools=visitor.hide_schools)
        detail, document, changes = seen.detail, seen.document, []
        partial = None if partial is None else blind_partial(partial, content, hide_schools=visitor.hide_schools)
    told = detail.result or detail.analysis
    profile, evidence = told.profile or {}, told.evidence or {}
    is_growing = detail.result is None and partial is not None and partial.profile is not None
    if is_growing and partial is not None:
        profile, evidence = partial.profile or {}, partial.evidence or {}
    integrity = told.integrity or {}
    hidden = [
        {**finding, "key": f"hidden {number}", "why": _REASONS.get(finding["reason"], finding["reason"])}
        for number, finding in enumerate(integrity.get("hidden_text", []))
    ]
    orders = [{**finding, "key": f"order {number}"} for number, finding in enumerate(integrity.get("instructions", []))]
    findings = [*integrity.get("warnings", []), *(w for w in told.warnings if w not in integrity.get("warnings", []))]
    return full_page(
        request,
        "candidate.html",
        detail.item.candidate_name or detail.item.filename,
        item=detail.item,
        analysis=detail.analysis,
        result=detail.result,
        told=told,
        is_final=detail.analysis.status in _FINAL,
        answering=None if partial is None else partial.client,
        is_growing=is_growing,
        may_edit=visitor.may_correct and not is_growing,
        agreement=describe_readings(told.readings),
        doubtful=doubtful,
        so_far_seconds=_so_far_seconds(detail.analysis, parts.clock()),
        profile=profile,
        evidence=evidence,
        hidden=hidden,
        orders=orders,
        findings=findings,
        **document_panel(detail, document, visitor),
        size_bytes=detail.size_bytes,
        page_count=detail.page_count,
        version=detail.profile_version,
        fields=FIELDS,
        corrections=changes[::-1],
        taken_over=any(change.made_at < detail.item.created_at for change in changes),
        places=_places(evidence, hidden, orders),
        cost=cost_view(rows),
        times=_times(detail.analysis),
        exports=_EXPORTS,
    )


def document_panel(detail: ResumeDetail, document: Document | None, visitor: Visitor) -> dict[str, Any]:
    """What `document_panel.html` needs; `document` is blind for a blind reader."""
    knows_sizes = document is not None and any(page.width > 0 for page in document.pages)
    return {
        "document": document,
        "has_pages": knows_sizes,
        "pages_shown": has_pages(detail.media_type) and not (visitor.blind and document is None),
        "pages_later": not knows_sizes,
        "why_text_alone": _why_text_alone(detail.media_type),
        "file_query": f"?{visitor.blind_query[1:]}" if visitor.blind else "",
    }


def _why_text_alone(media_type: str) -> str | None:
    """Why the page shows only the document's text; None where it shows pages, or where the file is text."""
    if media_type in (PLAIN_TEXT, MARKDOWN, JSON_RESUME) or has_pages(media_type):
        return None
    if media_type in OFFICE_FILES:
        return (
            "The pages of this file are drawn with LibreOffice, which is not installed. This is the text of the file."
        )
    return "Files of this type have no pages. This is the text of the file."


def _parsed(resume_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(resume_id)
    except ValueError:
        raise NotFound("There is no such candidate. It may have been deleted.") from None


def _places(
    evidence: dict[str, Any], hidden: list[dict[str, Any]], orders: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Every value and finding with evidence, by the key that its button carries."""
    places = {pointer: {**place, "kind": "value"} for pointer, place in evidence.items() if place["page"] is not None}
    for finding in (*hidden, *orders):
        places[finding["key"]] = {
            "page": finding["page"],
            "line": finding.get("line"),
            "quote": finding["quote"],
            "box": finding["box"],
            "confidence": None,
            "kind": "finding",
        }
    return places


def _so_far_seconds(analysis: AnalysisResult, now: datetime) -> int:
    """How long it has been in its present state."""
    begun = (analysis.extraction_finished_at, analysis.extraction_started_at, analysis.created_at)
    began = next((moment for moment in begun if moment is not None), now)
    return max(0, (now - began) // timedelta(seconds=1))


def _times(analysis: AnalysisResult) -> dict[str, int | None]:
    spans = {
        "reading": (analysis.extraction_started_at, analysis.extraction_finished_at),
        "analysing": (analysis.analysis_started_at, analysis.finished_at),
        "in all": (analysis.created_at, analysis.finished_at),
    }
    return {
        name: None if begin is None or end is None else max(0, (end - begin) // _MILLISECOND)
        for name, (begin, end) in spans.items()
    }
