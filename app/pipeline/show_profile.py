"""Makes a result visible: with the corrections of its resume laid over it, for pages, exports, list and search.

Called in the transaction that stores a result or a correction, which holds the resume's row.
"""

import uuid
from typing import Any

from app.analysis.corrections import Corrected, Correction, apply_corrections
from app.storage import corrections, resumes
from app.storage.corrections import CorrectionRow
from app.storage.engine import Transaction


def lay_corrections(
    tx: Transaction, resume_id: uuid.UUID, analysis_id: uuid.UUID, profile: dict[str, Any], evidence: dict[str, Any]
) -> Corrected:
    """The profile as it is shown, kept beside what the analysis read."""
    made = corrections.list_corrections(tx, resume_id)
    log = in_effect(made)
    if not log:
        if made:
            corrections.forget_corrected(tx, analysis_id)
        return Corrected(profile, evidence)
    corrected = apply_corrections(profile, evidence, log)
    corrections.save_corrected(
        tx,
        analysis_id,
        profile=corrected.profile,
        evidence=corrected.evidence,
        changed=corrected.changed,
        unplaced=corrected.unplaced,
    )
    return corrected


def in_effect(rows: list[CorrectionRow]) -> list[Correction]:
    """Those that were not taken back."""
    return [
        Correction(
            row.number,
            row.action,  # pyright: ignore[reportArgumentType] - the database checks it
            Correction.read_path(row.path),
            row.new_value,
            row.document_value,
            row.by or "",
            row.made_at.isoformat(),
        )
        for row in rows
        if row.undone_at is None
    ]


def update_list(tx: Transaction, resume_id: uuid.UUID, profile: dict[str, Any]) -> None:
    """Tell list and search what the profile says now."""
    resumes.show_profile(
        tx,
        resume_id,
        candidate_name=profile.get("basics", {}).get("name"),
        search_texts=search_texts(profile),
    )


def search_texts(profile: dict[str, Any]) -> list[str]:
    """What a recruiter searches by: name, title, mail, employers, positions, schools, skills, languages, place."""
    basics = profile.get("basics", {})
    texts = [basics.get("name"), basics.get("label"), basics.get("email"), basics.get("location", {}).get("city")]
    for job in profile.get("work", []):
        texts += [job.get("name"), job.get("position")]
    for study in profile.get("education", []):
        texts += [study.get("institution"), study.get("area")]
    for skill in profile.get("skills", []):
        texts += [skill.get("name"), *skill.get("keywords", [])]
    texts += [language.get("language") for language in profile.get("languages", [])]
    return [text for text in texts if text]
