"""Decides whether a checked profile describes a person with a career; `app.analysis.analyse` calls it."""

import re
from typing import Any

from app.analysis.profile import CheckedProfile
from app.extraction.document import Document

# A name has letters and no digits, which rules out invoice and article numbers.
_NAME = re.compile(r"[^\W\d_]{2,}|[^\W\d_]\.?\s[^\W\d_]{2,}")
_MOST_NAME_WORDS = 7


def describes_a_person(checked: CheckedProfile, document: Document) -> bool:
    """True if the profile identifies a person (name, e-mail or phone) and has at least one piece of their career.

    Skills count only together with a name and a contact, because recipes and advertisements have titles and lists too.
    """
    if not any(line.text.strip() for line in document.lines):
        return False
    basics: dict[str, Any] = checked.profile.get("basics", {})
    contact = bool(basics.get("email") or basics.get("phone"))
    named = _is_name(basics.get("name", ""))
    if not (contact or named):
        return False
    if any(_is_career_entry(job) for job in (*checked.profile.get("work", []), *checked.profile.get("volunteer", []))):
        return True
    if any(_is_study(study) for study in checked.profile.get("education", [])):
        return True
    others = checked.profile.get("projects", []) or checked.profile.get("publications", [])
    return contact and named and bool(checked.profile.get("skills", []) or others)


def _is_name(text: str) -> bool:
    return (
        0 < len(text.split()) <= _MOST_NAME_WORDS
        and _NAME.search(text) is not None
        and not any(character.isdigit() for character in text)
    )


def _is_career_entry(job: dict[str, Any]) -> bool:
    """A job needs at least two facts: an employer or a position, and one more."""
    said = sum(
        1 for key in ("name", "organization", "position", "startDate", "endDate", "location", "summary") if job.get(key)
    )
    return said + bool(job.get("highlights")) >= 2


def _is_study(study: dict[str, Any]) -> bool:
    return (
        sum(1 for key in ("institution", "area", "studyType", "startDate", "endDate", "score") if study.get(key)) >= 2
    )
