"""The fields of JSON Resume 1.0.0 and the values they accept; checks the values that people enter.

`app.analysis.corrections.patch` calls it for every value. A test compares the table with the official schema.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from app.errors import InputError

Kind = Literal["text", "date", "email", "url", "country", "texts"]

_LONGEST_TEXT = 5000  # characters; the longest summary in the samples has 900
_MOST_TEXTS = 300  # items in one list, such as the keywords of a skill group or the highlights of a job
MOST_ENTRIES = 100  # entries in one section, such as jobs

_PERIOD: dict[str, Kind] = {"startDate": "date", "endDate": "date"}
BASICS: dict[str, Kind] = {
    **dict.fromkeys(("name", "label", "image", "phone", "summary"), "text"),
    "email": "email",
    "url": "url",
}
LOCATION: dict[str, Kind] = {
    **dict.fromkeys(("address", "postalCode", "city", "region"), "text"),
    "countryCode": "country",
}
PROFILE: dict[str, Kind] = {"network": "text", "username": "text", "url": "url"}
# Sections that are lists, with the fields of their entries.
SECTIONS: dict[str, dict[str, Kind]] = {
    "work": {
        **dict.fromkeys(("name", "location", "description", "position", "summary"), "text"),
        "url": "url",
        **_PERIOD,
        "highlights": "texts",
    },
    "volunteer": {
        **dict.fromkeys(("organization", "position", "summary"), "text"),
        "url": "url",
        **_PERIOD,
        "highlights": "texts",
    },
    "education": {
        **dict.fromkeys(("institution", "area", "studyType", "score"), "text"),
        "url": "url",
        **_PERIOD,
        "courses": "texts",
    },
    "awards": {"title": "text", "date": "date", "awarder": "text", "summary": "text"},
    "certificates": {"name": "text", "date": "date", "url": "url", "issuer": "text"},
    "publications": {"name": "text", "publisher": "text", "releaseDate": "date", "url": "url", "summary": "text"},
    "skills": {"name": "text", "level": "text", "keywords": "texts"},
    "languages": {"language": "text", "fluency": "text"},
    "interests": {"name": "text", "keywords": "texts"},
    "references": {"name": "text", "reference": "text"},
    "projects": {
        **dict.fromkeys(("name", "description", "entity", "type"), "text"),
        "url": "url",
        **_PERIOD,
        **dict.fromkeys(("highlights", "keywords", "roles"), "texts"),
    },
}
_DATE = re.compile(r"[1-2]\d{3}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]+@[^\s@.]+(?:\.[^\s@.]+)+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
# Only these fields may have line breaks.
_PARAGRAPHS = {"summary", "description", "reference", "highlights"}


def fields_of(section: str) -> Mapping[str, Kind]:
    """The fields of an entry of `section` (`basics/profiles` for online profiles). Raises `InputError`."""
    if section == "basics/profiles":
        return PROFILE
    if section not in SECTIONS:
        raise InputError(f"`/{section}` is not a section of JSON Resume that can be corrected.")
    return SECTIONS[section]


def check_value(pointer: str, field: str, kind: Kind, value: Any) -> Any:
    """The value in the form in which it is stored. Raises `InputError` naming the pointer and the expected value."""
    if kind == "texts":
        if not isinstance(value, list) or not value or len(value) > _MOST_TEXTS:
            raise InputError(f"`{pointer}` must be a list of 1 to {_MOST_TEXTS} strings.")
        return [check_text(f"{pointer}/{at}", field, each) for at, each in enumerate(value)]
    text = check_text(pointer, field, value)
    if kind == "date" and not _DATE.fullmatch(text):
        raise InputError(f"`{pointer}` must be a date: 2019, 2019-03 or 2019-03-01.")
    if kind == "email" and not _EMAIL.fullmatch(text):
        raise InputError(f"`{pointer}` must be an e-mail address such as ana@example.org.")
    if kind == "url" and not _URL.fullmatch(text):
        raise InputError(f"`{pointer}` must be a complete URL such as https://example.org/me.")
    if kind == "country":
        if not re.fullmatch(r"[A-Za-z]{2}", text):
            raise InputError(f"`{pointer}` must be a two-letter country code such as DE.")
        return text.upper()
    return text


def check_entry(pointer: str, section: str, value: Any) -> dict[str, Any]:
    """A complete entry of a section. Raises `InputError`."""
    if not isinstance(value, dict) or not value:
        raise InputError(f"`{pointer}` must be an object with the fields of an entry of `{section}`.")
    fields = fields_of(section)
    checked: dict[str, Any] = {}
    for name, each in value.items():
        if name not in fields:
            raise InputError(f"`{pointer}` has no field `{str(name)[:50]}`. Its fields are: {', '.join(fields)}.")
        checked[name] = check_value(f"{pointer}/{name}", name, fields[name], each)
    return checked


def check_text(pointer: str, field: str, value: Any) -> str:
    """One string, trimmed. Raises `InputError`."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(
            f"`{pointer}` must be a string that is not empty. To delete a value, use the operation `remove`."
        )
    text = value.strip()
    if len(text) > _LONGEST_TEXT:
        raise InputError(f"`{pointer}` must not exceed {_LONGEST_TEXT} characters.")
    allowed = "\n" if field in _PARAGRAPHS else ""
    if any(not (each.isprintable() or each in allowed) for each in text):
        raise InputError(
            f"`{pointer}` has characters that cannot be displayed, such as a line break or control character."
        )
    return text
