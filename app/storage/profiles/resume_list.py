"""The list of resumes: filters, full-text search, sort orders, cursor pagination. Called by the pipeline and pages.

Everything must be fast with a million rows. The full-text index has no order, and the index of an order has no words. A
page is therefore first looked for in the next few thousand rows in order, where frequent matches are found at once.
Matches that are not found there are rare, so the filters' indexes return all of them quickly. Neither way depends on
how deep the page is.
"""

import base64
import binascii
import json
import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, distinct_on
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from app.errors import InputError
from app.storage.engine import Transaction
from app.storage.resumes import ResumeListItem, item_columns, list_marks, plain_text, skill_mark, year_marks
from app.storage.tables import analyses, corrected_results, resumes

Order = Literal["newest", "oldest", "name", "experience"]
ORDERS: tuple[Order, ...] = get_args(Order)

# Rows scanned in order before the filters' own indexes are used: 4 to 10 ms. If these rows yield too few matches, the
# scan is extended to the number of rows that a full page needs at that rate, plus half as many for variance, up to
# `further` times, which takes 50 ms: rows in upload order are adjacent on disk, rows by name or experience are
# scattered. Filters that still do not fill a page match less than one row in 800, or in 200, and the indexes find those
# sooner.
NEAR_ROWS = 5000
_LUCK = 1.5
# A word is common if more than one in `_COMMON` of the sampled rows has it.
_SAMPLE_ROWS = 500
_COMMON = 20
_MOST_WORDS = 10
_Columns = ReadOnlyColumnCollection[str, Any]
_UNKNOWN_MONTHS = -1  # sorted after everybody whose months of work are known


@dataclass(frozen=True, slots=True)
class Filters:
    """The wanted resumes; every given field must match. Months are whole months of work."""

    query: str | None = None
    status: str | None = None
    skills: tuple[str, ...] = ()
    least_months: int | None = None
    most_months: int | None = None
    language: str | None = None
    client: str | None = None
    degraded: bool | None = None


@dataclass(frozen=True, slots=True)
class _Sorting:
    key: Callable[[_Columns], sa.ColumnElement[Any]]
    value: Callable[[ResumeListItem], Any]
    read: Callable[[Any], Any]
    descending: bool
    further: int

    def in_order(self, columns: _Columns) -> tuple[sa.ColumnElement[Any], ...]:
        keys = (self.key(columns), columns.id)
        return tuple(key.desc() for key in keys) if self.descending else keys


def _months(columns: _Columns) -> sa.ColumnElement[int]:
    return sa.func.coalesce(columns.experience_months, sa.text(str(_UNKNOWN_MONTHS)))


def _created_at(columns: _Columns) -> sa.ColumnElement[datetime]:
    return columns.created_at


def _age(item: ResumeListItem) -> str:
    return item.created_at.isoformat()


def _known_months(item: ResumeListItem) -> int:
    return _UNKNOWN_MONTHS if item.experience_months is None else item.experience_months


_SORTINGS: dict[Order, _Sorting] = {
    "newest": _Sorting(_created_at, _age, datetime.fromisoformat, descending=True, further=12),
    "oldest": _Sorting(_created_at, _age, datetime.fromisoformat, descending=False, further=12),
    "name": _Sorting(lambda columns: columns.sort_name, lambda item: item.sort_name, str, descending=False, further=3),
    "experience": _Sorting(_months, _known_months, int, descending=True, further=3),
}


def list_page(
    tx: Transaction,
    tenant_id: uuid.UUID,
    filters: Filters,
    *,
    order: Order = "newest",
    cursor: str | None = None,
    limit: int,
    near_rows: int = NEAR_ROWS,
) -> tuple[list[ResumeListItem], str | None]:
    """Return one page in this order, and the cursor of the next page, or None on the last one."""
    sorting = _SORTINGS[order]
    mine = [resumes.c.tenant_id == tenant_id]
    if cursor:
        mine.append(_behind(cursor, order, sorting))
    if _needs_no_search(filters, order):
        conditions = _conditions(filters, resumes.c, by_marks=False)
        rows = tx.execute(_page_of(resumes, sorting, limit).where(*mine, *conditions)).all()
    else:
        in_order = sa.select(resumes).where(*mine).order_by(*sorting.in_order(resumes.c))
        rows = tx.execute(_among(in_order, near_rows, filters, sorting, limit)).all()
        goes_on = len(rows) <= limit and _goes_on(tx, in_order, near_rows)
        if goes_on and (limit + 1) * _LUCK <= len(rows) * sorting.further:
            further = math.ceil(near_rows * (limit + 1) * _LUCK / len(rows))
            rows = tx.execute(_among(in_order, further, filters, sorting, limit)).all()
            goes_on = len(rows) <= limit and _goes_on(tx, in_order, further)
        if goes_on:
            sample = in_order.limit(_SAMPLE_ROWS).subquery("sample")
            words_apart = _has_common_words(tx, sample, filters)
            rows = tx.execute(_by_index(mine, filters, sorting, limit, words_apart=words_apart)).all()
    items = [ResumeListItem(*row) for row in rows[:limit]]
    return items, encode_cursor(order, sorting.value(items[-1]), items[-1].id) if len(rows) > limit else None


def _among(in_order: sa.Select[Any], count: int, filters: Filters, sorting: _Sorting, limit: int) -> sa.Select[Any]:
    """Select the page from the next rows in order; Postgres stops reading when the page is full."""
    near = in_order.limit(count).subquery("near")
    return _page_of(near, sorting, limit).where(*_conditions(filters, near.c, by_marks=False))


def _by_index(
    mine: list[sa.ColumnElement[bool]], filters: Filters, sorting: _Sorting, limit: int, *, words_apart: bool
) -> sa.Select[Any]:
    """Select the page from all matching rows, found by the filters' own indexes."""
    conditions = _conditions(filters, resumes.c, by_marks=True, words_apart=words_apart)
    # MATERIALIZED: otherwise the planner may walk the whole order, hoping to find enough matches soon.
    found = sa.select(resumes.c.id, sorting.key(resumes.c).label("key")).where(*mine, *conditions).cte("found")
    found = found.prefix_with("MATERIALIZED")
    keys = (found.c.key, found.c.id)
    first = sa.select(found.c.id).order_by(*(k.desc() for k in keys) if sorting.descending else keys).limit(limit + 1)
    return _page_of(resumes, sorting, limit).where(resumes.c.id.in_(first))


def list_profiles(
    tx: Transaction, tenant_id: uuid.UUID, resume_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[str, Any]]:
    """Return the displayed profiles of those resumes that belong to the tenant and have one."""
    rows = tx.execute(
        sa.select(
            analyses.c.resume_id,
            sa.func.coalesce(corrected_results.c.profile, analyses.c.profile, type_=analyses.c.profile.type),
        )
        .ext(distinct_on(analyses.c.resume_id))
        .outerjoin_from(analyses, corrected_results, corrected_results.c.analysis_id == analyses.c.id)
        .where(analyses.c.tenant_id == tenant_id, analyses.c.resume_id.in_(resume_ids), analyses.c.status == "done")
        .order_by(analyses.c.resume_id, analyses.c.number.desc())
    )
    return {row[0]: row[1] for row in rows}


def _page_of(source: sa.FromClause, sorting: _Sorting, limit: int) -> sa.Select[Any]:
    columns = [source.c[column.name] for column in item_columns]
    return sa.select(*columns).order_by(*sorting.in_order(source.c)).limit(limit + 1)


def _conditions(
    filters: Filters, columns: _Columns, *, by_marks: bool, words_apart: bool = False
) -> list[sa.ColumnElement[bool]]:
    """Build the filter conditions. With `by_marks`, the full-text index also filters by language, client and years.

    With `words_apart`, the index does not look up the words of the query; they are checked in the rows the marks find.
    """
    marks = _marks(filters) if by_marks else _skill_marks(filters)
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.status is not None:
        conditions.append(columns.status == filters.status)
    if filters.least_months is not None:
        conditions.append(_months(columns) >= filters.least_months)
    if filters.most_months is not None:
        conditions.append(_months(columns).between(0, filters.most_months))
    if not by_marks:
        if filters.client is not None:
            conditions.append(columns.client == filters.client)
        if filters.language is not None:
            conditions.append(columns.language == filters.language)
    if filters.degraded is not None:
        conditions.append(columns.degraded if filters.degraded else sa.not_(columns.degraded))
    queries: list[sa.ColumnElement[Any]] = []
    words = _words(filters)
    if words is not None and words_apart:
        conditions.append(
            columns.search.concat(sa.cast("", TSVECTOR)).op("@@")(words)
        )  # no index covers this expression
    elif words is not None:
        queries.append(words)
    if marks:
        queries.append(sa.cast(" & ".join(map(_quoted, marks)), TSQUERY))
    if queries:
        conditions.append(columns.search.op("@@")(reduce(lambda one, other: one.op("&&")(other), queries)))
    return conditions


def _skill_marks(filters: Filters) -> list[str]:
    return [skill_mark(skill) for skill in filters.skills if plain_text(skill)]


def _marks(filters: Filters) -> list[str]:
    """Return every mark that the full-text index can filter by in addition to words."""
    marks = list_marks(language=filters.language, client=filters.client, degraded=bool(filters.degraded))
    return _skill_marks(filters) + marks + year_marks(filters.least_months)[-1:]  # the highest one implies the others


def _words(filters: Filters) -> sa.ColumnElement[Any] | None:
    terms = _search_terms(filters.query) if filters.query else ""
    return sa.func.to_tsquery("simple", terms) if terms else None


def _has_common_words(tx: Transaction, sample: sa.Subquery, filters: Filters) -> bool:
    """Return whether the words match so much of the index that looking them up there is slow."""
    words = _words(filters)
    if words is None or not _marks(filters):
        return False
    found = tx.execute(
        sa.select(sa.func.count()).select_from(sample).where(sample.c.search.op("@@")(words))
    ).scalar_one()
    return found * _COMMON > _SAMPLE_ROWS


def _quoted(lexeme: str) -> str:
    """Quote a lexeme for a tsquery."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _needs_no_search(filters: Filters, order: Order) -> bool:
    """Return whether a single index has exactly the wanted rows in the wanted order."""
    given = {name for name in Filters.__dataclass_fields__ if getattr(filters, name) not in {None, (), ""}}
    one = given in ({"status"}, {"client"}, {"language"}) or (given == {"degraded"} and filters.degraded is True)
    return not given or (one and order in {"newest", "oldest"})


def _goes_on(tx: Transaction, in_order: sa.Select[Any], near_rows: int) -> bool:
    """Return whether there are rows after those already scanned."""
    ids = in_order.with_only_columns(resumes.c.id).offset(near_rows).limit(1)
    return tx.execute(ids).first() is not None


def _search_terms(query: str) -> str:
    """Build a prefix query: `ana pyth` -> `ana:* & pyth:*`. Every word must begin a word of the resume.

    Only letters and digits are kept.
    """
    words = "".join(c if c.isalnum() else " " for c in query).split()
    return " & ".join(f"{word}:*" for word in words[:_MOST_WORDS])


def _behind(cursor: str, order: Order, sorting: _Sorting) -> sa.ColumnElement[bool]:
    """Select the rows after the one that the cursor names."""
    try:
        named, key, resume_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if named in ORDERS and named != order:
            raise InputError("The cursor belongs to a different sort order. Leave it out to start from the first page.")
        there = (sorting.read(key), uuid.UUID(resume_id))
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise InputError("The cursor is not valid. Leave it out to start from the first page.") from None
    place = sa.tuple_(sorting.key(resumes.c), resumes.c.id)
    values = sa.tuple_(*(sa.literal(value) for value in there))
    return place < values if sorting.descending else place > values


def encode_cursor(order: Order, key: Any, resume_id: uuid.UUID) -> str:
    """Encode the position after the resume with this sort key (a time in ISO 8601)."""
    text = json.dumps([order, key, str(resume_id)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()
