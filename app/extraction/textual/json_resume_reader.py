"""Reads a JSON Resume file as a document: one line for each fact, under headings; called by `extract`.

The file is treated like any other: a model or the parser reads its values again, and each is grounded in the lines that
this module writes. Nothing in the file is accepted unchecked.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from app.errors import CorruptDocument, DocumentTooComplex
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import JSON_RESUME
from app.extraction.textual.plain_text import decode_text

NAME_SIZE, HEADING_SIZE, TEXT_SIZE = 20.0, 14.0, 10.0  # points, as in the sections of a printed resume
_ONGOING = "Present"

Entry = dict[str, Any]


def read_json_resume(content: bytes, limits: ExtractionLimits) -> Document:
    """Raises CorruptDocument, DocumentTooComplex, NoText or TextTooLong."""
    try:
        resume = json.loads(decode_text(content).lstrip("\ufeff"))
    except RecursionError:
        raise DocumentTooComplex("The JSON nests its values deeper than any resume does.") from None
    except ValueError:
        raise CorruptDocument("The JSON is truncated or damaged. Export the resume again.") from None
    if not isinstance(resume, dict):
        raise CorruptDocument("The JSON is not a resume: it should be one object with `basics`, `work` and so on.")
    writer = _Writer(LineBuilder(JSON_RESUME, limits))
    writer.write(resume)
    return writer.builder.build(
        nothing_found="The JSON contains none of the sections of JSON Resume (`basics`, `work`, ...)."
    )


class _Writer:
    def __init__(self, builder: LineBuilder) -> None:
        self.builder = builder
        builder.add_page()

    def write(self, resume: Entry) -> None:
        basics = resume.get("basics")
        if isinstance(basics, dict):
            self._basics(basics)
        for key, heading, write in self._sections():
            entries = [entry for entry in _list(resume.get(key)) if isinstance(entry, dict)]
            if entries:
                self._heading(heading)
                for entry in entries:
                    write(entry)
                    self.builder.end_block()

    def _sections(self) -> Iterator[tuple[str, str, Callable[[Entry], None]]]:
        yield "work", "Experience", lambda entry: self._job(entry, "name", "position")
        yield "volunteer", "Volunteering", lambda entry: self._job(entry, "organization", "position")
        yield "education", "Education", self._education
        yield "projects", "Projects", lambda entry: self._job(entry, "entity", "name")
        yield "skills", "Skills", self._named_list
        yield "languages", "Languages", lambda entry: self._line(_joined(entry, "language", "fluency", between=": "))
        yield "awards", "Awards", lambda entry: self._dated(entry, "title", "awarder", "date")
        yield "certificates", "Certificates", lambda entry: self._dated(entry, "name", "issuer", "date")
        yield "publications", "Publications", lambda entry: self._dated(entry, "name", "publisher", "releaseDate")
        yield "interests", "Interests", self._named_list
        yield "references", "References", self._reference

    def _basics(self, basics: Entry) -> None:
        self.builder.add_text(_text(basics.get("name")), size=NAME_SIZE, bold=True)
        self._line(_text(basics.get("label")))
        self.builder.end_block()
        for key in ("email", "phone", "url"):
            self._line(_text(basics.get(key)))
        place = basics.get("location")
        if isinstance(place, dict):
            self._line(_joined(place, "address", "postalCode", "city", "region", "countryCode"))
        for profile in _list(basics.get("profiles")):
            if isinstance(profile, dict):
                self._line(
                    _joined(profile, "network", "url" if _text(profile.get("url")) else "username", between=": ")
                )
        if summary := _text(basics.get("summary")):
            self._heading("Summary")
            self._paragraph(summary)

    def _job(self, entry: Entry, employer: str, position: str) -> None:
        title, company = _text(entry.get(position)), _text(entry.get(employer))
        self._line(title or company, bold=True)
        place = _text(entry.get("location"))
        self._line(", ".join(part for part in (company if title else "", place) if part))
        self._line(_period(entry))
        self._line(_text(entry.get("url")))
        self._paragraph(_text(entry.get("summary")) or _text(entry.get("description")))
        for highlight in _list(entry.get("highlights")):
            self._line(f"• {text}" if (text := _text(highlight)) else "")
        keywords = [text for item in _list(entry.get("keywords")) if (text := _text(item))]
        self._line(", ".join(keywords))

    def _education(self, entry: Entry) -> None:
        self._line(_joined(entry, "studyType", "area"), bold=True)
        self._line(_text(entry.get("institution")))
        self._line(_period(entry))
        self._line(f"GPA: {score}" if (score := _text(entry.get("score"))) else "")
        for course in _list(entry.get("courses")):
            self._line(f"• {text}" if (text := _text(course)) else "")

    def _dated(self, entry: Entry, what: str, who: str, when: str) -> None:
        self._line(_joined(entry, what, who, when), bold=False)
        self._paragraph(_text(entry.get("summary")))

    def _named_list(self, entry: Entry) -> None:
        keywords = ", ".join(text for item in _list(entry.get("keywords")) if (text := _text(item)))
        name = _joined(entry, "name", "level", between=" - ")
        self._line(f"{name}: {keywords}" if name and keywords else name or keywords)

    def _reference(self, entry: Entry) -> None:
        self._line(_text(entry.get("name")), bold=True)
        self._paragraph(_text(entry.get("reference")))

    def _heading(self, text: str) -> None:
        self.builder.end_block()
        self.builder.add_text(text, size=HEADING_SIZE, bold=True)

    def _line(self, text: str, *, bold: bool = False) -> None:
        self.builder.add_text(text, size=TEXT_SIZE, bold=bold)

    def _paragraph(self, text: str) -> None:
        for line in text.splitlines():
            self._line(line)


def _text(value: object) -> str:
    """Return strings and numbers as text; anything else is empty."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _joined(entry: Entry, *keys: str, between: str = ", ") -> str:
    return between.join(text for key in keys if (text := _text(entry.get(key))))


def _period(entry: Entry) -> str:
    """Return the dates as written in the file, so that they can be grounded; only a missing end becomes a word."""
    start, end = _text(entry.get("startDate")), _text(entry.get("endDate"))
    if start and not end:
        return f"{start} - {_ONGOING}"
    return f"{start} - {end}" if start else end
