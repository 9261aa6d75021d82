"""Exports profiles and plain documents as PDF, typeset with Typst; called by the API and the command line.

The words of a resume are passed as data, never as markup. The fonts are those of the host and the few that Typst ships.
Chinese, Japanese, Korean and Arabic names need an installed font with these characters (Debian: fonts-noto-cjk,
fonts-noto-core).
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import typst

from app.extraction.document import Document

_TEMPLATES = Path(__file__).parent / "pdf_templates"


class _Layout(NamedTuple):
    """Which values of an entry are shown, and where."""

    section: str
    title: str
    heading: tuple[str, ...]
    place: str | None = None
    paragraphs: tuple[str, ...] = ()
    words: str | None = None
    points: str | None = None


_LAYOUTS = (
    _Layout("work", "Work", ("position", "name"), "location", ("summary", "url"), points="highlights"),
    _Layout("education", "Education", ("studyType", "area", "institution"), "score", ("url",), words="courses"),
    _Layout("skills", "Skills", ("name",), "level", words="keywords"),
    _Layout("languages", "Languages", ("language",), "fluency"),
    _Layout("projects", "Projects", ("name",), None, ("description", "url"), "keywords", "highlights"),
    _Layout("volunteer", "Volunteering", ("position", "organization"), None, ("summary", "url"), points="highlights"),
    _Layout("certificates", "Certificates", ("name",), "issuer", ("url",)),
    _Layout("awards", "Awards", ("title",), "awarder", ("summary",)),
    _Layout("publications", "Publications", ("name",), "publisher", ("summary", "url")),
    _Layout("interests", "Interests", ("name",), words="keywords"),
)
_DATES = ("startDate", "endDate", "date", "releaseDate")
_NAMES_OF_VALUES = {
    "startDate": "start",
    "endDate": "end",
    "releaseDate": "date",
    "highlights": "highlight",
    "keywords": "keyword",
    "courses": "course",
    "studyType": "degree",
    "area": "subject",
}
_WORDS = {
    "evidence": "Evidence for each value",
    "evidence_note": "Numbers refer to the text above. Quotes are the document's own words. Confidence 1 means that "
    "the value was found as written, in the lines cited for it.",
    "columns": ["No.", "Value", "Location", "In the document", "Confidence"],
}


def to_pdf(profile: Mapping[str, Any], evidence: Mapping[str, Mapping[str, Any]], *, title: str, footer: str) -> bytes:
    """The profile on A4 with numbered values, followed by a table with the evidence for each number."""
    report = _Report(profile, evidence)
    given = report.fill(title=title, footer=footer)
    return _typeset("report.typ", {"report": json.dumps(given, ensure_ascii=False)})


def lines_to_pdf(document: Document, *, title: str) -> bytes:
    """The visible lines of a document as a plain PDF, for formats that have no pages."""
    blocks: list[list[dict[str, Any]]] = []
    block: int | None = None
    for line in document.lines:
        if line.block != block:
            blocks.append([])
            block = line.block
        blocks[-1].append({"text": line.text, "bold": line.bold})
    return _typeset("lines.typ", {"document": json.dumps({"title": title, "blocks": blocks}, ensure_ascii=False)})


def _typeset(template: str, inputs: dict[str, str]) -> bytes:
    return typst.compile(
        _TEMPLATES / template,
        root=_TEMPLATES,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs=inputs,
        timestamp=0,  # so that the same profile gives the same bytes
    )


@cache
def _fonts() -> typst.Fonts:
    """Found once per process, because searching for the host's fonts takes longer than typesetting a report."""
    return typst.Fonts()


class _Report:
    """Collects the values for the template and numbers their evidence in the order in which they are shown."""

    def __init__(self, profile: Mapping[str, Any], evidence: Mapping[str, Mapping[str, Any]]) -> None:
        self._profile = profile
        self._evidence = evidence
        self._rows: list[dict[str, str]] = []

    def fill(self, *, title: str, footer: str) -> dict[str, Any]:
        basics: dict[str, Any] = self._profile.get("basics", {})
        extension: dict[str, Any] = self._profile.get("x-vitae", {})
        name = self._value(basics, "name", "/basics", "name")
        # In page order, because the numbers are assigned in this order.
        filled: dict[str, Any] = {
            "title": title,
            "footer": footer,
            "language": extension.get("language", "en") if extension.get("language") != "und" else "en",
            "name": name or {"text": title},
            "label": self._value(basics, "label", "/basics", "title"),
            "contacts": self._contacts(basics),
            "facts": _facts(extension),
            "summaries": [value for value in [self._value(basics, "summary", "/basics", "summary")] if value],
            "sections": [],
            "words": _WORDS,
        }
        if not filled["summaries"] and extension.get("summary"):
            filled["summaries"] = [{"text": extension["summary"]}]
        for layout in _LAYOUTS:
            entries: list[dict[str, Any]] = self._profile.get(layout.section, [])
            if entries:
                filled["sections"].append({"title": layout.title, "entries": list(self._entries(layout, entries))})
        filled["evidence"] = self._rows
        return filled

    def _contacts(self, basics: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = [self._value(basics, key, "/basics", key) for key in ("email", "phone", "url")]
        location: dict[str, Any] = basics.get("location", {})
        address: str = location.get("address", "")
        keys = ["address", *(key for key in ("postalCode", "city", "region") if location.get(key, "") not in address)]
        found += [self._value(location, key, "/basics/location", key) for key in (*keys, "countryCode")]
        for number, each in enumerate(basics.get("profiles", [])):
            shown = "url" if each.get("url") else "username"
            found.append(self._value(each, shown, f"/basics/profiles/{number}", each.get("network") or "profile"))
        return [value for value in found if value]

    def _entries(self, layout: _Layout, entries: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        for number, entry in enumerate(entries):
            at = f"/{layout.section}/{number}"
            shown = (*_DATES, *layout.heading, *([layout.place] if layout.place else []), *layout.paragraphs)
            values = {key: self._value(entry, key, at, key) for key in shown}
            yield {
                "dates": [values[key] for key in _DATES if values[key]],
                "ongoing": "startDate" in entry and "endDate" not in entry,
                "heading": [values[key] for key in layout.heading if values[key]],
                "place": values[layout.place] if layout.place else None,
                "paragraphs": [values[key] for key in layout.paragraphs if values[key]],
                "words": self._listed(entry, layout.words, at),
                "points": self._listed(entry, layout.points, at),
            }

    def _listed(self, entry: Mapping[str, Any], key: str | None, at: str) -> list[dict[str, Any]]:
        texts: list[str] = entry.get(key, []) if key else []
        return [self._numbered(text, f"{at}/{key}/{index}", key or "") for index, text in enumerate(texts)]

    def _value(self, holder: Mapping[str, Any], key: str, at: str, where: str) -> dict[str, Any] | None:
        text = holder.get(key)
        return self._numbered(str(text), f"{at}/{key}", where) if text else None

    def _numbered(self, text: str, pointer: str, where: str) -> dict[str, Any]:
        place = self._evidence.get(pointer)
        if place is None:
            return {"text": text}
        self._rows.append(
            {
                "ref": str(len(self._rows) + 1),
                "where": _NAMES_OF_VALUES.get(where, where),
                "place": f"p. {place['page']}, line {place['line']}" if place["line"] else "",
                "quote": "entered by a person" if place.get("source") == "human" else " ".join(place["quote"].split()),
                "confidence": f"{place['confidence']:.2f}".rstrip("0").rstrip("."),
            }
        )
        return {"text": text, "ref": self._rows[-1]["ref"]}


def _facts(extension: Mapping[str, Any]) -> list[str]:
    facts: list[str] = []
    months = extension.get("total_experience_months")
    if months:
        years, rest = divmod(int(months), 12)
        parts = [f"{years} years" if years > 1 else "1 year" if years else "", f"{rest} months" if rest else ""]
        facts.append(f"Experience: {' '.join(part for part in parts if part)}")
    if extension.get("seniority"):
        facts.append(f"Seniority: {str(extension['seniority']).replace('_', ' ')}")
    if extension.get("as_of"):
        facts.append(f"As of {extension['as_of']}")
    return facts
