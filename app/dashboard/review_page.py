"""The review page: one candidate after another, with only the doubtful values and their places in the document."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from app.analysis.review.review_questions import DEFAULT_THRESHOLD, THRESHOLDS, Question
from app.dashboard.access import Visitor, full_page, page_router, parts_of, visitor_of
from app.dashboard.candidate_page import FIELDS, document_panel
from app.dashboard.rendering import pointer_words
from app.errors import Forbidden, NotFound
from app.extraction.document import Document
from app.pipeline.resumes.blind_view import blind_resume
from app.pipeline.resumes.review_resumes import ReviewItem, ReviewView, read_review_of, read_review_queue
from app.storage import documents, resumes

router = page_router()

_MOST_SKIPPED = 20  # candidates without a question that a blind reader may see, before the page gives up
_ENTRY_WORDS = {
    "work": "job",
    "volunteer": "volunteer position",
    "education": "education entry",
    "projects": "project",
    "awards": "award",
    "certificates": "certificate",
    "publications": "publication",
    "skills": "group of skills",
    "languages": "language",
    "interests": "interest",
}
_READING_WORDS = {"model": "the model", "builtin": "the built-in parser"}
# What names an entry in one line, in this order.
_NAMING = (
    *("position", "studyType", "area", "name", "organization", "institution", "title", "language"),
    *("startDate", "endDate", "date", "releaseDate"),
)


@dataclass(frozen=True, slots=True)
class _Found:
    item: ReviewItem | None
    candidates: int


@router.get("/review")
def review_page(request: Request, candidate: str = "", after: str = "", below: float = DEFAULT_THRESHOLD) -> Response:
    """`candidate` shows only that one; `after` is the position of the candidate before."""
    visitor = visitor_of(request)
    if not visitor.may_write:
        raise Forbidden("Your sign-in can only read. To review, ask for a link from a key with the scope `write`.")
    view = ReviewView(below=below, blind=visitor.blind, hide_schools=visitor.hide_schools)
    wanted = _parsed(candidate) if candidate else None
    found = _find(request, view, wanted, after or None)
    item = found.item
    values: dict[str, Any] = {
        "wanted": wanted,
        "candidates": found.candidates,
        "below": below,
        "thresholds": THRESHOLDS,
        "after": after,
        "next": "" if item is None else item.cursor,
        "may_edit": visitor.may_correct,
    }
    if item is None:
        return full_page(request, "review.html", "Review", **values)
    asked = [_shown(question, number, item) for number, question in enumerate(item.questions)]
    values |= {
        "item": item.detail.item,
        "questions": asked,
        "now": {
            "id": str(item.detail.item.id),
            "version": item.detail.profile_version,
            "questions": [{**each["data"], "places": each["places"], "others": each["other_places"]} for each in asked],
            "fields": FIELDS,
        },
        "is_final": True,
        **document_panel(item.detail, _document(request, item, visitor), visitor),
    }
    return full_page(request, "review.html", "Review", **values)


def _find(request: Request, view: ReviewView, wanted: uuid.UUID | None, after: str | None) -> _Found:
    database, tenant_id = parts_of(request).database, visitor_of(request).caller.tenant_id
    if wanted is not None:
        page = read_review_of(database, tenant_id, view, wanted)
        return _Found(page.items[0] if page.items else None, page.candidates)
    page = read_review_queue(database, tenant_id, view, cursor=after, limit=1)
    for _ in range(_MOST_SKIPPED):
        if page.items or page.next_cursor is None:
            break
        page = read_review_queue(database, tenant_id, view, cursor=page.next_cursor, limit=1)
    return _Found(page.items[0] if page.items else None, page.candidates)


def _document(request: Request, item: ReviewItem, visitor: Visitor) -> Document | None:
    with parts_of(request).database.reading() as tx:
        detail = resumes.get_detail(tx, visitor.caller.tenant_id, item.detail.item.id)
        content = documents.get_document(tx, detail.document_id).content
    if visitor.blind:
        return blind_resume(detail, content, hide_schools=visitor.hide_schools).document
    return None if content is None else Document.from_bytes(content)


def _shown(question: Question, number: int, item: ReviewItem) -> dict[str, Any]:
    """A question as the page shows it, and what its script needs to know."""
    result = item.detail.result
    evidence: Mapping[str, Any] = (result.evidence if result else None) or {}
    profile: Mapping[str, Any] = (result.profile if result else None) or {}
    section = question.pointer.split("/")[1]
    word = _ENTRY_WORDS.get(section, "entry")
    entry = _entry_of(question.pointer, profile)
    if question.kind == "value":
        title, places = "Is this right?", [question.evidence]
        where = pointer_words(question.pointer)
    elif question.kind == "entry":
        title, where = f"Is this {word} right?", pointer_words(question.pointer)
        places = [place for at, place in evidence.items() if at.startswith(f"{question.pointer}/")]
    else:
        title, where = f"Add this {word}?", f"{section.capitalize()}, left out of the profile"
        places = [{"line": question.evidence["line"], "page": None, "quote": None, "box": None}]
    return {
        "number": number,
        "kind": question.kind,
        "title": title,
        "word": word,
        "where": where,
        "inside": _naming(entry, question.pointer) if question.kind == "value" and entry else "",
        "value": question.value,
        "rows": _rows(question.value) if question.kind != "value" else [],
        "doubtful": [at.split("/")[3] for at in question.doubtful],
        "confidence": question.confidence,
        "line": question.evidence.get("line"),
        "page": question.evidence.get("page"),
        "reading": _READING_WORDS.get(question.reading or ""),
        "others": [
            {"value": other.value, "line": other.line, "reading": _READING_WORDS.get(other.reading)}
            for other in question.others
        ],
        "places": [_place(place) for place in places if place.get("line")],
        "other_places": [
            {"line": other.line, "page": None, "quote": other.value, "box": None} for other in question.others
        ],
        "data": {
            "kind": question.kind,
            "pointer": question.pointer,
            "value": question.value,
            "choices": [other.value for other in question.others],
        },
    }


def _place(place: Mapping[str, Any]) -> dict[str, Any]:
    return {key: place.get(key) for key in ("page", "line", "quote", "box")}


def _entry_of(pointer: str, profile: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The entry of a list that contains the value; None for the person's own values."""
    _, section, *rest = pointer.split("/")
    entries = profile.get(section)
    if not isinstance(entries, list) or not rest or not rest[0].isdigit():
        return None
    return entries[int(rest[0])]


def _naming(entry: Mapping[str, Any], pointer: str) -> str:
    """What names the entry, without the value in question."""
    asked = pointer.split("/")[3]
    return " · ".join(str(entry[key]) for key in _NAMING if entry.get(key) and key != asked)


def _rows(entry: Mapping[str, Any]) -> list[tuple[str, Sequence[str]]]:
    """The fields of an entry, what names it first."""

    def place(key: str) -> int:
        return _NAMING.index(key) if key in _NAMING else len(_NAMING)

    keys = sorted(entry, key=place)
    return [(key, entry[key] if isinstance(entry[key], list) else [entry[key]]) for key in keys]


def _parsed(resume_id: str) -> uuid.UUID:
    try:
        return uuid.UUID(resume_id)
    except ValueError:
        raise NotFound("There is no such candidate. It may have been deleted.") from None
