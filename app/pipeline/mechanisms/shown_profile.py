"""Makes a result visible on pages, in exports, lists, searches and the review queue: with the corrections applied.

Called in the transaction that stores a result or a correction and holds the lock on the resume's row.
"""

import uuid
from collections.abc import Iterator
from typing import Any

from app.analysis.corrections.overlay import Corrected, Correction, apply_corrections
from app.analysis.review.review_questions import doubt_figures
from app.storage.engine import Transaction
from app.storage.profiles import corrections, review_queue
from app.storage.profiles.corrections import CorrectionRow
from app.storage.resumes import ListedPerson


def apply_stored_corrections(
    tx: Transaction,
    tenant_id: uuid.UUID,
    resume_id: uuid.UUID,
    analysis_id: uuid.UUID,
    *,
    profile: dict[str, Any],
    evidence: dict[str, Any],
    readings: dict[str, Any] | None,
) -> Corrected:
    """Store the profile as it is shown, next to what the analysis read, and how much of it is doubtful."""
    made = corrections.list_corrections(tx, resume_id)
    log = in_effect(made)
    corrected = apply_corrections(profile, evidence, log)
    if log:
        corrections.save_corrected(
            tx,
            analysis_id,
            profile=corrected.profile,
            evidence=corrected.evidence,
            changed=corrected.changed,
            unplaced=corrected.unplaced,
        )
    elif made:
        corrections.forget_corrected(tx, analysis_id)
    figures = doubt_figures(corrected.profile, corrected.evidence, readings, log)
    review_queue.save_figures(
        tx, tenant_id, resume_id, [(each.threshold, each.questions, each.expected_wrong) for each in figures]
    )
    return corrected


def in_effect(rows: list[CorrectionRow]) -> list[Correction]:
    """The corrections that have not been undone."""
    return [
        Correction(
            number=row.number,
            action=row.action,  # pyright: ignore[reportArgumentType] - the database checks it
            path=Correction.read_path(row.path),
            value=row.new_value,
            document_value=row.document_value,
            by=row.by or "",
            at=row.made_at.isoformat(),
        )
        for row in rows
        if row.undone_at is None
    ]


def listed_person(profile: dict[str, Any]) -> ListedPerson:
    """What the list and the search need from the profile."""
    facts: dict[str, Any] = profile.get("x-vitae") or {}
    skills: list[str] = []
    for group in profile.get("skills", []):
        skills += [text for text in (group.get("name"), *group.get("keywords", [])) if text]
    language = facts.get("language")
    return ListedPerson(
        name=profile.get("basics", {}).get("name"),
        experience_months=facts.get("total_experience_months"),
        language=None if language in {None, "und"} else language,
        skills=skills,
        texts=list(_texts({name: each for name, each in profile.items() if name not in {"x-vitae", "meta"}})),
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text of the profile: people search for words in highlights, too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
