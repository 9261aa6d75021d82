"""Use case: rank candidates for a job, with evidence for each requirement. Called by the API and the dashboard.

Rules judge stored profiles. No model is called and nothing is spent; the same job and the same profiles always give the
same order.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.analysis.jobs.matching import Match, match_profile
from app.analysis.jobs.requirement import Requirement
from app.errors import NotFound
from app.pipeline.resumes.blind_view import blind_item, blind_resume
from app.storage import documents, resumes
from app.storage.engine import Database
from app.storage.profiles.resume_list import Filters, list_page, list_profiles
from app.storage.resumes import ResumeListItem

MOST_CONSIDERED = 2000
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class RankedCandidate:
    """`evidence` maps the pointers of the verdicts to their evidence, where it is known."""

    item: ResumeListItem
    match: Match
    evidence: Mapping[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """`complete` is False when more candidates pass the filters than were considered (the newest)."""

    considered: int
    complete: bool
    candidates: list[RankedCandidate]


def rank_candidates(
    database: Database,
    tenant_id: uuid.UUID,
    requirements: Sequence[Requirement],
    filters: Filters,
    *,
    limit: int,
    blind: bool = False,
    hide_schools: bool = False,
    most: int = MOST_CONSIDERED,
) -> Ranking:
    """The best `limit` of the newest `most` candidates with a profile; a file uploaded twice counts once."""
    matches: dict[uuid.UUID, tuple[ResumeListItem, Match]] = {}
    seen, cursor = 0, None
    while seen < most:
        with database.reading() as tx:
            items, cursor = list_page(tx, tenant_id, filters, cursor=cursor, limit=min(_AT_ONCE, most - seen))
            profiles = list_profiles(tx, tenant_id, [item.id for item in items])
        for item in items:
            if item.id in profiles:
                matches[item.id] = item, match_profile(profiles[item.id], requirements)
        seen += len(items)
        if cursor is None:
            break
    alone = [found for found in matches.values() if found[0].duplicate_of not in matches]
    alone.sort(key=lambda found: _order(*found, requirements))
    candidates = [
        ranked
        for item, match in alone[:limit]
        if (ranked := _with_evidence(database, tenant_id, item, match, blind=blind, hide_schools=hide_schools))
        is not None
    ]
    return Ranking(len(alone), cursor is None, candidates)


def _order(item: ResumeListItem, match: Match, requirements: Sequence[Requirement]) -> tuple[Any, ...]:
    """The id comes last, so that ties keep their order."""
    return -match.score, match.missing_musts(requirements), -(item.experience_months or 0), item.id


def _with_evidence(
    database: Database, tenant_id: uuid.UUID, item: ResumeListItem, match: Match, *, blind: bool, hide_schools: bool
) -> RankedCandidate | None:
    """None when it was erased a moment ago."""
    with database.reading() as tx:
        try:
            detail = resumes.get_detail(tx, tenant_id, item.id)
        except NotFound:
            return None
        content = documents.get_document(tx, detail.document_id).content if blind else None
    if blind:
        item, detail = blind_item(item), blind_resume(detail, content, hide_schools=hide_schools).detail
    evidence = (detail.result and detail.result.evidence) or {}
    wanted = {pointer for verdict in match.verdicts for pointer in verdict.pointers}
    return RankedCandidate(item, match, {pointer: evidence[pointer] for pointer in wanted if pointer in evidence})
