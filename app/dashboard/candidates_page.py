"""The list of candidates: search, filters, sorting, pages; and single rows that are refreshed when something
changes.
"""

import re
import uuid
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from app.dashboard.access import full_page, lacks_model, page_router, parts_of, visitor_of, wants_fragment
from app.dashboard.rendering import STATE_WORDS, client_name, language_name, page
from app.extraction.sandbox.sandbox import start_sandbox
from app.pipeline.resumes.blind_view import blind_item
from app.settings import BUILTIN
from app.storage.engine import Transaction
from app.storage.profiles import resume_summaries
from app.storage.profiles.resume_list import Filters, Order, list_page
from app.storage.profiles.resume_summaries import Glance
from app.storage.resumes import ResumeListItem
from app.storage.tables import STATUSES

router = page_router()

HINT_COOKIE = "vitae_hint"  # set to `off` by the page's script when someone closes the hint
_PAGE_ROWS = 50
_MOST_ROWS = 200
_LONGEST = 200  # characters, as in the API
_MOST_SKILLS = 20
_ORDERS: dict[str, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "name": "By name",
    "experience": "Most experience first",
}
# The languages of the samples and their translations; the filter accepts others from the address.
_LANGUAGES = ("de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "zh")

Text = Annotated[str, Query(max_length=_LONGEST)]


class View:
    """The parameters of the address. Unusable ones are ignored, so that every link shows something."""

    def __init__(
        self,
        request: Request,
        q: Text = "",
        status: Text = "",
        skills: Text = "",
        min_years: Text = "",
        max_years: Text = "",
        language: Text = "",
        client: Text = "",
        degraded: Text = "",
        order: Text = "",
        cursor: Annotated[str, Query(max_length=500)] = "",
    ) -> None:
        self.q = q.strip()
        self.status = status if status in STATUSES else ""
        self.skills = [each for each in re.split(r"\s*[,;]\s*", skills.strip()) if each][:_MOST_SKILLS]
        self.min_years = _years(min_years)
        self.max_years = _years(max_years)
        self.language = language.strip()
        self.client = client.strip()
        self.degraded = degraded == "1"
        # Sorted by name, a blind list would reveal the names.
        self.orders = {key: word for key, word in _ORDERS.items() if key != "name" or not visitor_of(request).blind}
        self.order: Order = order if order in self.orders else "newest"  # pyright: ignore[reportAttributeAccessIssue]
        self.cursor = cursor

    @property
    def filters(self) -> Filters:
        return Filters(
            query=self.q or None,
            status=self.status or None,
            skills=tuple(self.skills),
            least_months=None if self.min_years is None else 12 * self.min_years,
            most_months=None if self.max_years is None else 12 * self.max_years + 11,
            language=self.language or None,
            client=self.client or None,
            degraded=True if self.degraded else None,
        )

    def words(self) -> list[tuple[str, str]]:
        """Each filter in words, with the address of the list without it."""
        said: list[tuple[str, str]] = [
            (skill, self.address(skills=", ".join(s for s in self.skills if s != skill))) for skill in self.skills
        ]
        if self.min_years is not None:
            said.append((f"from {self.min_years} years", self.address(min_years="")))
        if self.max_years is not None:
            said.append((f"up to {self.max_years} years", self.address(max_years="")))
        if self.language:
            said.append((language_name(self.language), self.address(language="")))
        if self.client:
            said.append((client_name(self.client), self.address(client="")))
        if self.degraded:
            said.append(("degraded", self.address(degraded="")))
        return said

    def address(self, path: str = "/candidates", **changes: Any) -> str:
        """The address of the list with these changes, from its first page on."""
        given: dict[str, Any] = {
            "q": self.q,
            "status": self.status,
            "skills": ", ".join(self.skills),
            "min_years": self.min_years,
            "max_years": self.max_years,
            "language": self.language,
            "client": self.client,
            "degraded": "1" if self.degraded else "",
            "order": "" if self.order == "newest" else self.order,
            **changes,
        }
        query = urlencode({name: value for name, value in given.items() if value not in {"", None}})
        return path + (f"?{query}" if query else "")

    @property
    def export_query(self) -> str:
        """The same filters as parameters of the API."""
        given: list[tuple[str, Any]] = [
            ("q", self.q),
            ("status", self.status),
            *(("skill", skill) for skill in self.skills),
            ("min_years", self.min_years),
            ("max_years", self.max_years),
            ("language", self.language),
            ("client", self.client),
            ("degraded", "true" if self.degraded else ""),
        ]
        return urlencode([(name, value) for name, value in given if value not in {"", None}])


def _years(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) <= 100 else None


@router.get("/candidates")
def list_candidates(request: Request, view: Annotated[View, Depends()]) -> Response:
    parts, tenant_id = parts_of(request), visitor_of(request).caller.tenant_id
    start_sandbox()  # the next request usually opens a candidate, whose pages it draws
    with parts.database.reading() as tx:
        items, next_cursor = list_page(
            tx, tenant_id, view.filters, order=view.order, cursor=view.cursor or None, limit=_PAGE_ROWS
        )
        rows = _rows(request, tx, items)
        hint = request.cookies.get(HINT_COOKIE) != "off" and not wants_fragment(request) and lacks_model(request, tx)
    clients = [*parts.settings.routing.clients, BUILTIN]
    values: dict[str, Any] = {
        "rows": rows,
        "view": view,
        "next_page": view.address(cursor=next_cursor) if next_cursor else None,
        "states": [("", "All"), *STATE_WORDS.items()],
        "orders": view.orders,
        "clients": sorted({*clients, view.client} - {""}),
        "languages": sorted({*_LANGUAGES, view.language} - {""}, key=language_name),
        "visitor": visitor_of(request),
        "hint": hint,
    }
    if wants_fragment(request):
        return page("candidate_results.html", values)
    return full_page(request, "candidates.html", "Candidates", **values)


@router.get("/candidates/rows")
def some_rows(request: Request, ids: Annotated[list[uuid.UUID], Query(alias="id", max_length=_MOST_ROWS)]) -> Response:
    """The current rows of these resumes; deleted ones are left out."""
    with parts_of(request).database.reading() as tx:
        items = resume_summaries.list_items(tx, visitor_of(request).caller.tenant_id, ids)
        rows = _rows(request, tx, items)
    return page("candidate_rows.html", {"rows": rows})


def _rows(request: Request, tx: Transaction, items: Sequence[ResumeListItem]) -> list[tuple[ResumeListItem, Glance]]:
    glances = resume_summaries.list_glances(tx, [item.id for item in items]) if items else {}
    if visitor_of(request).blind:
        items = [blind_item(item) for item in items]
    return [(item, glances.get(item.id, Glance())) for item in items]
