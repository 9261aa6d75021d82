"""Assembles grounded entries into a JSON Resume profile with evidence per value.

Used by `app.analysis.grounding.check`.
"""

from datetime import date
from typing import Any

from app.analysis.grounding.findings import Findings
from app.analysis.grounding.grounded_entries import Entry, Leaf, Sections
from app.analysis.normalise.experience import WorkInterval, seniority, total_experience_months
from app.analysis.normalise.terms import normal_forms
from app.analysis.profile import CheckedProfile, Evidence
from app.analysis.summary import compose_summary
from app.extraction.document import Document

JSON_RESUME_VERSION = "v1.0.0"

_LISTS = (
    "work",
    "volunteer",
    "education",
    "awards",
    "certificates",
    "publications",
    "skills",
    "languages",
    "interests",
    "projects",
)


def assemble_profile(sections: Sections, findings: Findings, *, document: Document, as_of: date) -> CheckedProfile:
    writer = _Writer()
    basics = writer.entry("/basics", sections.basics)
    location = writer.entry("/basics/location", sections.location)
    if location:
        basics["location"] = location
    profiles = writer.entries("/basics/profiles", sections.profiles)
    if profiles:
        basics["profiles"] = profiles
    profile: dict[str, Any] = {"basics": basics}
    for name in _LISTS:
        entries: list[Entry] = getattr(sections, name)
        profile[name] = writer.entries(f"/{name}", entries)
    months = total_experience_months((entry.period for entry in sections.work if entry.period is not None), as_of)
    profile["meta"] = {"version": JSON_RESUME_VERSION}
    profile["x-vitae"] = {
        "total_experience_months": months,
        "seniority": seniority(_positions_latest_first(sections.work), months) if sections.work else None,
        "summary": None,
        "language": document.language,
        "as_of": as_of.isoformat(),
        **normal_forms(profile),
    }
    profile["x-vitae"]["summary"] = compose_summary(profile, document.language) or None
    return CheckedProfile(profile, writer.evidence, findings.sentences(), findings.dropped)


class _Writer:
    def __init__(self) -> None:
        self.evidence: dict[str, Evidence] = {}

    def entries(self, pointer: str, entries: list[Entry]) -> list[dict[str, Any]]:
        return [self.entry(f"{pointer}/{number}", entry) for number, entry in enumerate(entries)]

    def entry(self, pointer: str, entry: Entry) -> dict[str, Any]:
        return {key: self._leaf(f"{pointer}/{key}", leaf) for key, leaf in entry.leaves.items()}

    def _leaf(self, pointer: str, leaf: Leaf | list[Leaf]) -> str | list[str]:
        if isinstance(leaf, Leaf):
            self.evidence[pointer] = leaf.evidence
            return leaf.value
        for number, each in enumerate(leaf):
            self.evidence[f"{pointer}/{number}"] = each.evidence
        return [each.value for each in leaf]


def _positions_latest_first(work: list[Entry]) -> list[str]:
    """Titles, the most recent first: current jobs, then by end and start. Jobs without dates keep their order."""

    def recency(entry: Entry) -> tuple[bool, tuple[int, int], tuple[int, int]]:
        period = entry.period or WorkInterval(None, None)
        end = period.end or period.start
        return (
            period.ongoing,
            end.last_month if end is not None else (0, 0),
            period.start.first_month if period.start is not None else (0, 0),
        )

    ordered = sorted(work, key=recency, reverse=True)
    return [entry.text("position") or "" for entry in ordered]
