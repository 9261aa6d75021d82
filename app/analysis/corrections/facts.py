"""Recomputes the derived facts of a profile after a correction; `app.analysis.corrections.overlay` calls it."""

from datetime import date
from typing import Any

from app.analysis.normalise.dates import PartialDate
from app.analysis.normalise.experience import WorkInterval, seniority, total_experience_months
from app.analysis.normalise.terms import normal_forms
from app.analysis.summary import compose_summary

# Sections that the composed summary draws on.
_SUMMED_UP = {"work", "education", "skills"}


def with_facts(profile: dict[str, Any], read: dict[str, Any], *, sections: set[str]) -> dict[str, Any]:
    """The profile with total months of work, seniority and summary recomputed to match its entries.

    `read` is the profile from the analysis; `sections` are the corrected ones.
    """
    facts: dict[str, Any] = dict(profile.get("x-vitae") or {})
    if not facts or not sections & (_SUMMED_UP | {"languages"}):
        return profile
    facts |= normal_forms(profile)
    work: list[dict[str, Any]] = profile.get("work", [])
    if "work" in sections:
        as_of = date.fromisoformat(facts["as_of"])
        # A job without an end is ongoing, unless the analysis counted it otherwise (for example a lone "2019").
        goes_on = _months(read.get("work", []), as_of, goes_on=False) != facts["total_experience_months"]
        months = _months(work, as_of, goes_on=goes_on)
        facts["total_experience_months"] = months
        titles = [entry.get("position") or "" for entry in sorted(work, key=_recency, reverse=True)]
        facts["seniority"] = seniority(titles, months) if work else None
    changed = {**profile, "x-vitae": facts}
    facts["summary"] = compose_summary(changed, facts.get("language") or "en") or None
    return changed


def _months(work: list[dict[str, Any]], as_of: date, *, goes_on: bool) -> int:
    periods = [(_date(entry.get("startDate")), _date(entry.get("endDate"))) for entry in work]
    intervals = (WorkInterval(start, end, goes_on and start is not None and end is None) for start, end in periods)
    return total_experience_months(intervals, as_of)


def _date(text: str | None) -> PartialDate | None:
    return PartialDate(*(int(part) for part in text.split("-"))) if text else None


def _recency(job: dict[str, Any]) -> tuple[bool, str, str]:
    started: str = job.get("startDate", "")
    return ("endDate" not in job and started != "", job.get("endDate", started), started)
