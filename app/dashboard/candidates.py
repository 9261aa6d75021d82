"""The list of candidates: search, state, pages; and single rows again when something happened to them."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from app.dashboard.access import full_page, page_router, parts_of, visitor_of, wants_fragment
from app.dashboard.rendering import STATE_WORDS, page
from app.storage import resumes, resumes_at_a_glance
from app.storage.engine import Transaction
from app.storage.resumes import ResumeListItem
from app.storage.resumes_at_a_glance import Glance
from app.storage.tables import STATUSES

router = page_router()

_PAGE_ROWS = 50
_MOST_ROWS = 200
_LONGEST_QUERY = 200  # characters, as in the API


@router.get("/candidates")
def list_candidates(
    request: Request,
    q: Annotated[str, Query(max_length=_LONGEST_QUERY)] = "",
    status: str = "",
    cursor: Annotated[str, Query(max_length=_LONGEST_QUERY)] = "",
) -> Response:
    status = status if status in STATUSES else ""
    tenant_id = visitor_of(request).caller.tenant_id
    with parts_of(request).database.reading() as tx:
        items, next_cursor = resumes.list_page(
            tx, tenant_id, status=status or None, query=q or None, cursor=cursor or None, limit=_PAGE_ROWS
        )
        rows = _rows(tx, items)
    values = {
        "rows": rows,
        "q": q,
        "status": status,
        "cursor": cursor,
        "first_page": _address(q, status),
        "next_page": _address(q, status, next_cursor) if next_cursor else None,
        "states": [("", "All"), *STATE_WORDS.items()],
        "address": _address,
    }
    if wants_fragment(request):
        return page("candidate_results.html", values)
    return full_page(request, "candidates.html", "Candidates", **values)


@router.get("/candidates/rows")
def some_rows(request: Request, ids: Annotated[list[uuid.UUID], Query(alias="id", max_length=_MOST_ROWS)]) -> Response:
    """The rows of these resumes as they are now; those that are gone are left out."""
    with parts_of(request).database.reading() as tx:
        items = resumes_at_a_glance.list_items(tx, visitor_of(request).caller.tenant_id, ids)
        rows = _rows(tx, items)
    return page("candidate_rows.html", {"rows": rows})


def _rows(tx: Transaction, items: Sequence[ResumeListItem]) -> list[tuple[ResumeListItem, Glance]]:
    glances = resumes_at_a_glance.list_glances(tx, [item.id for item in items]) if items else {}
    return [(item, glances.get(item.id, Glance())) for item in items]


def _address(q: str, status: str, cursor: str | None = None) -> str:
    given: dict[str, Any] = {"q": q, "status": status, "cursor": cursor}
    query = urlencode({name: value for name, value in given.items() if value})
    return "/candidates" + (f"?{query}" if query else "")
