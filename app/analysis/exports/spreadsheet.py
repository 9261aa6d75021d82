"""Exports profiles as CSV, one row per person, safe to open in a spreadsheet. Called by API and command line."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

COLUMNS = (
    "id",
    "filename",
    "name",
    "label",
    "email",
    "phone",
    "url",
    "city",
    "region",
    "country_code",
    "total_experience_months",
    "seniority",
    "latest_position",
    "latest_employer",
    "highest_degrees",
    "institutions",
    "skills",
    "languages",
    "certificates",
    "profiles",
    "summary",
    "language",
    "as_of",
)
# Spreadsheets treat a cell that begins with one of these as a formula (OWASP: CSV injection), also after spaces and in
# full-width form.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedResume:
    """A profile with the resume's id and file name, so that a row leads back to its resume."""

    resume_id: str
    filename: str
    profile: dict[str, Any]


def to_csv(exported: Iterable[ExportedResume]) -> str:
    """A header and one row per profile, as RFC 4180 defines it (CRLF, doubled quotes)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in exported:
        writer.writerow(_row(each))
    return text.getvalue()


def _row(exported: ExportedResume) -> list[str]:
    """The cells in the order of `COLUMNS`, each protected against being run as a formula."""
    profile = exported.profile
    basics: dict[str, Any] = profile.get("basics", {})
    location: dict[str, Any] = basics.get("location", {})
    extension: dict[str, Any] = profile.get("x-vitae", {})
    work: list[dict[str, Any]] = profile.get("work", [])
    education: list[dict[str, Any]] = profile.get("education", [])
    latest = max(work, key=_recency) if work else {}
    months = extension.get("total_experience_months")
    cells: dict[str, str | None] = {
        "id": exported.resume_id,
        "filename": exported.filename,
        **{key: basics.get(key) for key in ("name", "label", "email", "phone", "url")},
        "city": location.get("city"),
        "region": location.get("region"),
        "country_code": location.get("countryCode"),
        "total_experience_months": None if months is None else str(months),
        "seniority": extension.get("seniority"),
        "latest_position": latest.get("position"),
        "latest_employer": latest.get("name"),
        "highest_degrees": _listed(
            " ".join(study[key] for key in ("studyType", "area") if study.get(key)) for study in education
        ),
        "institutions": _listed(study.get("institution") for study in education),
        "skills": _listed(
            keyword for skill in profile.get("skills", []) for keyword in (skill.get("keywords") or [skill.get("name")])
        ),
        "languages": _listed(
            f"{each['language']} ({each['fluency']})" if each.get("fluency") else each.get("language")
            for each in profile.get("languages", [])
        ),
        "certificates": _listed(each.get("name") for each in profile.get("certificates", [])),
        "profiles": _listed(each.get("url") or each.get("username") for each in basics.get("profiles", [])),
        "summary": basics.get("summary") or extension.get("summary"),
        "language": extension.get("language"),
        "as_of": extension.get("as_of"),
    }
    return [protect_cell(cells.get(column) or "") for column in COLUMNS]


def protect_cell(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would run it as a formula; line breaks become spaces."""
    flat = (
        text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ") if not text.startswith(("\r", "\n")) else text
    )
    return f"'{flat}" if text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS) else flat


def _listed(values: Iterable[str | None]) -> str:
    return "; ".join(dict.fromkeys(value for value in values if value))


def _recency(job: dict[str, Any]) -> tuple[bool, str, str]:
    started: str = job.get("startDate", "")
    return ("endDate" not in job and started != "", job.get("endDate", started), started)
