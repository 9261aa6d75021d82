"""Exports a profile as a Markdown document for people; called by the API and the command line."""

import re
from typing import Any

# Characters with a meaning in CommonMark or HTML anywhere in a line.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&])")
# Characters with a meaning only at the beginning of a line.
_LINE_START = re.compile(r"^(\s*)([#+=>-]|\d+(?=[.)]))")
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp)://")


def to_markdown(profile: dict[str, Any]) -> str:
    """Headings, entries and lists. Every value is escaped, so that a resume cannot insert links or HTML."""
    basics: dict[str, Any] = profile.get("basics", {})
    lines = [f"# {escape(basics.get('name') or 'Resume')}", ""]
    if basics.get("label"):
        lines += [f"**{escape(basics['label'])}**", ""]
    lines += _contact(basics)
    summary = basics.get("summary") or profile.get("x-vitae", {}).get("summary")
    if summary:
        lines += [escape(summary), ""]
    lines += _section("Work", profile.get("work", []), ("position", "name", "location"))
    lines += _section("Education", profile.get("education", []), ("studyType", "area", "institution", "score"))
    lines += _listing("Skills", [_group(each) for each in profile.get("skills", [])])
    lines += _listing(
        "Languages", [_with_detail(each.get("language"), each.get("fluency")) for each in profile.get("languages", [])]
    )
    lines += _section("Projects", profile.get("projects", []), ("name",))
    lines += _section("Volunteering", profile.get("volunteer", []), ("position", "organization"))
    for title, key, fields in (
        ("Certificates", "certificates", ("name", "issuer", "date")),
        ("Awards", "awards", ("title", "awarder", "date")),
        ("Publications", "publications", ("name", "publisher", "releaseDate")),
    ):
        lines += _listing(title, [_joined(each, fields) for each in profile.get(key, [])])
    lines += _listing("Interests", [_group(each) for each in profile.get("interests", [])])
    return "\n".join(lines).rstrip() + "\n"


def escape(text: str) -> str:
    """Markdown for one line that displays exactly this text."""
    flat = " ".join(text.split())
    escaped = _SPECIAL.sub(r"\\\1", flat)
    escaped = _AUTOLINK.sub(lambda match: f"{match[1]}\\://", escaped)
    return _LINE_START.sub(lambda match: f"{match[1]}{_escape_line_start(match[2])}", escaped)


def _escape_line_start(start: str) -> str:
    # For a number, the dot after it is escaped: "1\. " does not start a list.
    return start + "\\" if start.isdigit() else "\\" + start


def _contact(basics: dict[str, Any]) -> list[str]:
    location: dict[str, Any] = basics.get("location", {})
    place = ", ".join(
        location[key] for key in ("address", "postalCode", "city", "region", "countryCode") if location.get(key)
    )
    parts = [basics.get("email"), basics.get("phone"), basics.get("url"), place]
    parts += [
        each.get("url") or _with_detail(each.get("network"), each.get("username"))
        for each in basics.get("profiles", [])
    ]
    found = [escape(part) for part in parts if part]
    return [" · ".join(found), ""] if found else []


def _section(title: str, entries: list[dict[str, Any]], heading: tuple[str, ...]) -> list[str]:
    lines: list[str] = []
    for entry in entries:
        name = ", ".join(escape(entry[key]) for key in heading if entry.get(key))
        dates = _dates(entry)
        lines += [f"### {name or escape(title)}{f' ({dates})' if dates else ''}", ""]
        if entry.get("url"):
            lines += [escape(entry["url"]), ""]
        for key in ("summary", "description"):
            if entry.get(key):
                lines += [escape(entry[key]), ""]
        for key in ("highlights", "courses"):
            if entry.get(key):
                lines += [*(f"- {escape(each)}" for each in entry[key]), ""]
        if entry.get("keywords"):
            lines += [escape(", ".join(entry["keywords"])), ""]
    return [f"## {title}", "", *lines] if lines else []


def _dates(entry: dict[str, Any]) -> str:
    start, end = entry.get("startDate"), entry.get("endDate")
    if start and end:
        return start if start == end else f"{start} – {end}"
    return f"{start} –" if start else end or ""


def _listing(title: str, items: list[str]) -> list[str]:
    kept = [f"- {escape(item)}" for item in items if item]
    return [f"## {title}", "", *kept, ""] if kept else []


def _group(group: dict[str, Any]) -> str:
    keywords = ", ".join(group.get("keywords", []))
    name = _with_detail(group.get("name"), group.get("level"))
    return f"{name}: {keywords}" if name and keywords else name or keywords


def _with_detail(name: str | None, detail: str | None) -> str:
    return f"{name} ({detail})" if name and detail else name or detail or ""


def _joined(entry: dict[str, Any], fields: tuple[str, ...]) -> str:
    return ", ".join(entry[key] for key in fields if entry.get(key))
