"""Named queries on partial profiles: what a model has returned so far, stored under the lease of a running analysis."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.analyses import Claim
from app.storage.engine import Transaction
from app.storage.tables import analyses, partial_profiles


@dataclass(frozen=True, slots=True)
class PartialProfile:
    """`client` is the client being called; `profile` is None while its response contains nothing to show yet."""

    client: str
    profile: dict[str, Any] | None
    evidence: dict[str, Any] | None


_in_progress = sa.and_(analyses.c.status == "analysing", analyses.c.lease_token == partial_profiles.c.lease_token)


def save_partial(tx: Transaction, claim: Claim, partial: PartialProfile) -> bool:
    """Replace the stored partial profile. Returns False if the lease was lost or the analysis has ended."""
    said = {"client": partial.client, "profile": partial.profile, "evidence": partial.evidence}
    held = sa.select(
        analyses.c.id,
        analyses.c.lease_token,
        *(sa.literal(value, partial_profiles.c[name].type) for name, value in said.items()),
    ).where(analyses.c.id == claim.analysis_id, analyses.c.lease_token == claim.token)
    written = insert(partial_profiles).from_select(["analysis_id", "lease_token", *said], held)
    changed = {name: written.excluded[name] for name in ("lease_token", *said)}
    saved = written.on_conflict_do_update(index_elements=["analysis_id"], set_=changed)
    return tx.execute(saved.returning(partial_profiles.c.analysis_id)).one_or_none() is not None


def find_partial(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> PartialProfile | None:
    """Return the partial profile of a running analysis; None if nobody is watching, or no model call is in progress."""
    row = tx.execute(
        sa.select(partial_profiles.c.client, partial_profiles.c.profile, partial_profiles.c.evidence)
        .join(analyses, analyses.c.id == partial_profiles.c.analysis_id)
        .where(analyses.c.tenant_id == tenant_id, analyses.c.resume_id == resume_id, _in_progress)
    ).one_or_none()
    return None if row is None else PartialProfile(*row)


def delete_partials(tx: Transaction, lease_tokens: Collection[uuid.UUID]) -> None:
    tx.execute(sa.delete(partial_profiles).where(partial_profiles.c.lease_token.in_(lease_tokens)))


def delete_left_partials(tx: Transaction) -> int:
    """Delete the rows of workers that died or lost their lease."""
    kept = sa.exists().where(analyses.c.id == partial_profiles.c.analysis_id, _in_progress)
    return tx.execute(sa.delete(partial_profiles).where(~kept)).rowcount
