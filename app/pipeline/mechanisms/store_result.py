"""Stores the one final result of an analysis: a profile or a problem. Called inside the use cases' transactions.

Every path that ends an analysis comes through here: a fresh analysis, a result reused from the same document, an older
result used while no model is available, and a line of a batch. The caller holds the document's lock.
"""

from dataclasses import dataclass
from typing import Any

from app.analysis.analyse import Analysed
from app.errors import VitaeError
from app.pipeline.mechanisms.resume_events import record_event
from app.pipeline.mechanisms.shown_profile import apply_stored_corrections, listed_person
from app.storage import analyses, resumes
from app.storage.analyses import Claim, ReusableResult
from app.storage.engine import Transaction
from app.storage.events import Event
from app.storage.ledger import attempts
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.ledger.savings import SavingRow, add_saving


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalResult:
    """`result_key` lets later uploads of the same document find this result; None keeps it from being reused."""

    client: str
    model: str | None
    location: str | None
    prompt_version: str | None
    profile: dict[str, Any]
    evidence: dict[str, Any]
    integrity: dict[str, Any] | None
    warnings: list[str]
    dropped_values: int | None
    readings: dict[str, Any] | None
    degraded: bool
    result_key: str | None
    saving: SavingRow | None = None

    @classmethod
    def from_analysis(
        cls, analysed: Analysed, result_key: str | None, saving: SavingRow | None = None
    ) -> "FinalResult":
        return cls(
            client=analysed.client,
            model=analysed.model,
            location=analysed.location,
            prompt_version=analysed.prompt_version,
            profile=analysed.checked.profile,
            evidence={pointer: place.to_json() for pointer, place in analysed.checked.evidence.items()},
            integrity=analysed.integrity,
            warnings=list(analysed.warnings),
            dropped_values=analysed.checked.dropped,
            readings=analysed.readings,
            degraded=analysed.degraded,
            result_key=result_key,
            saving=saving,
        )

    @classmethod
    def from_earlier(
        cls, earlier: ReusableResult, *, degraded: bool = False, warnings: list[str] | None = None
    ) -> "FinalResult":
        """A copy is never copied again: later uploads find the original by its own key."""
        return cls(
            client=earlier.client,
            model=earlier.model,
            location=earlier.location,
            prompt_version=earlier.prompt_version,
            profile=earlier.profile,
            evidence=earlier.evidence,
            integrity=earlier.integrity,
            warnings=earlier.warnings if warnings is None else warnings,
            dropped_values=earlier.dropped_values,
            readings=earlier.readings,
            degraded=degraded,
            result_key=None,
        )


def store_result(
    tx: Transaction, claim: Claim, result: FinalResult, reuse_row: AttemptRow | None = None
) -> Event | None:
    """Store the result with its free ledger row, if it has one. None when the lease was lost or the resume erased."""
    stored = analyses.finish_done(
        tx,
        claim,
        result_key=result.result_key,
        client=result.client,
        model=result.model,
        location=result.location,
        prompt_version=result.prompt_version,
        degraded=result.degraded,
        profile=result.profile,
        evidence=result.evidence,
        integrity=result.integrity,
        warnings=result.warnings,
        dropped_values=result.dropped_values,
        readings=result.readings,
    )
    if not stored:
        return None
    if reuse_row is not None:
        attempts.insert_attempt(
            tx,
            reuse_row,
            tenant_id=claim.tenant_id,
            resume_id=claim.resume_id,
            analysis_id=claim.analysis_id,
        )
    if result.saving is not None:
        add_saving(tx, claim.tenant_id, result.saving)
    corrected = apply_stored_corrections(
        tx,
        claim.tenant_id,
        claim.resume_id,
        claim.analysis_id,
        profile=result.profile,
        evidence=result.evidence,
        readings=result.readings,
    )
    person = listed_person(corrected.profile)
    resumes.set_result(tx, claim.resume_id, person, degraded=result.degraded, client=result.client)
    return record_event(tx, claim.tenant_id, claim.resume_id, "resume.done", status="done", degraded=result.degraded)


def store_problem(
    tx: Transaction, claim: Claim, problem: VitaeError, integrity: dict[str, Any] | None = None
) -> Event | None:
    """End the analysis as `failed` with its reason. None when the lease was lost or the resume erased."""
    body = {"code": problem.code, "title": problem.title, "detail": problem.detail}
    if not analyses.finish_failed(tx, claim, body, integrity):
        return None
    resumes.set_status(tx, claim.resume_id, "failed")
    return record_event(
        tx, claim.tenant_id, claim.resume_id, "resume.failed", status="failed", problem_code=problem.code
    )
