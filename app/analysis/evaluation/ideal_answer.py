"""Builds the answer that a perfect model would give for a document, from its correct profile and the evidence. Pure.

`app.pipeline.operations.export_training` writes these answers for fine-tuning; `app.analysis.evaluation.hidden_truth`
uses them for pseudonymised documents. A profile has normalized values (`2019-03`, `+34600111222`), an answer has the
document's own words and the numbers of their lines. The words come from the evidence. Where it has none, because a
person entered the value, they are looked up in the document. Nothing here is checked: the caller passes the answer to
`check_answer` and compares the profiles.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from app.analysis.answer import Answer
from app.analysis.evaluation.accuracy import comparable
from app.analysis.grounding.evidence_search import EvidenceSearch, Kind
from app.analysis.grounding.line_matching import LineIndex
from app.analysis.normalise.contacts import network_of_url
from app.analysis.normalise.dates import DateRange, find_date_ranges, parse_date, with_date_order
from app.extraction.document import Document

Truth = Mapping[str, Any]
Shape = Literal["text", "texts", "quote", "start", "end", "date"]

# Field of the profile -> field of the answer, how its words are found, and the kind of search where no evidence helps.
_Fields = dict[str, tuple[str, Shape, Kind]]
_NAME, _PHRASE, _CLAIM, _RUNNING = Kind.NAME, Kind.PHRASE, Kind.CLAIM, Kind.RUNNING_TEXT
_PERIOD: _Fields = {"startDate": ("start", "start", _PHRASE), "endDate": ("end", "end", _PHRASE)}
_URL: _Fields = {"url": ("url", "quote", Kind.URL)}
_SUMMARY: _Fields = {"summary": ("summary", "text", _RUNNING)}
_HIGHLIGHTS: _Fields = {"highlights": ("highlights", "texts", _RUNNING)}
_KEYWORDS: _Fields = {"keywords": ("keywords", "texts", _CLAIM)}
_BASICS: _Fields = {
    "name": ("name", "text", _NAME),
    "label": ("label", "text", _PHRASE),
    "email": ("email", "quote", Kind.EMAIL),
    "phone": ("phone", "quote", Kind.PHONE),
    **_URL,
    **_SUMMARY,
}
_LOCATION: _Fields = {
    "address": ("address", "text", _PHRASE),
    "postalCode": ("postal_code", "text", _PHRASE),
    "city": ("city", "text", _PHRASE),
    "region": ("region", "text", _PHRASE),
    "countryCode": ("country", "quote", _PHRASE),
}
_PROFILE: _Fields = {
    "network": ("network", "text", Kind.USERNAME),
    "username": ("username", "text", Kind.USERNAME),
    **_URL,
}
_SECTIONS: dict[str, _Fields] = {
    "work": {
        "name": ("employer", "text", _NAME),
        "position": ("position", "text", Kind.POSITION),
        "location": ("location", "text", _PHRASE),
        **_URL,
        **_PERIOD,
        **_SUMMARY,
        **_HIGHLIGHTS,
    },
    "volunteer": {
        "organization": ("employer", "text", _NAME),
        "position": ("position", "text", Kind.POSITION),
        **_URL,
        **_PERIOD,
        **_SUMMARY,
        **_HIGHLIGHTS,
    },
    "education": {
        "institution": ("institution", "text", _NAME),
        "area": ("area", "text", _CLAIM),
        "studyType": ("degree", "text", _CLAIM),
        **_PERIOD,
        "score": ("score", "text", _PHRASE),
        "courses": ("courses", "texts", _RUNNING),
    },
    "skills": {"name": ("name", "text", _PHRASE), "level": ("level", "text", _PHRASE), **_KEYWORDS},
    "languages": {"language": ("language", "text", _CLAIM), "fluency": ("fluency", "text", _PHRASE)},
    "projects": {
        "name": ("name", "text", _PHRASE),
        "description": ("description", "text", _RUNNING),
        **_URL,
        **_PERIOD,
        **_HIGHLIGHTS,
        **_KEYWORDS,
    },
    "certificates": {
        "name": ("title", "text", _CLAIM),
        "issuer": ("issuer", "text", _NAME),
        "date": ("date", "date", _PHRASE),
        **_URL,
    },
    "awards": {
        "title": ("title", "text", _CLAIM),
        "awarder": ("issuer", "text", _NAME),
        "date": ("date", "date", _PHRASE),
        **_SUMMARY,
    },
    "publications": {
        "name": ("title", "text", _CLAIM),
        "publisher": ("issuer", "text", _NAME),
        "releaseDate": ("date", "date", _PHRASE),
        **_URL,
        **_SUMMARY,
    },
    "interests": {"name": ("name", "text", _PHRASE), **_KEYWORDS},
}
_DATES = frozenset({"start", "end", "date"})
_NEAR_LINES = 2  # a date that a person entered is looked for this far around the rest of its entry
_TOKEN = re.compile(r"\w+|[^\w\s]")
_BETWEEN = re.compile(r"\s*[-–—~〜～]\s*")


def expressible(truth: Truth) -> dict[str, Any]:
    """The part of a profile that an answer can contain: no references, no pictures, nothing computed, nothing empty.

    Values of a wrong type, which a truth file written by hand may have, are left out.
    """
    basics = _only(truth.get("basics"), _BASICS)
    given = truth.get("basics")
    if isinstance(given, Mapping):
        of_person = cast("Truth", given)
        location = _only(of_person.get("location"), _LOCATION)
        profiles = _entries(of_person.get("profiles"), _PROFILE)
        basics |= ({"location": location} if location else {}) | ({"profiles": profiles} if profiles else {})
    sections = {name: _entries(truth.get(name), fields) for name, fields in _SECTIONS.items()}
    return {"basics": basics, **{name: entries for name, entries in sections.items() if entries}}


def _entries(value: object, fields: _Fields) -> list[dict[str, Any]]:
    return [_only(each, fields) for each in cast("list[object]", value)] if isinstance(value, list) else []


def _only(value: object, fields: _Fields) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    entry = cast("Truth", value)
    return {name: entry[name] for name, (_, shape, _) in fields.items() if _is_given(entry.get(name), shape)}


def _is_given(value: object, shape: Shape) -> bool:
    if shape == "texts" and isinstance(value, list):
        return bool(value) and all(isinstance(each, str) for each in cast("list[object]", value))
    return shape != "texts" and isinstance(value, str) and bool(value)


def ideal_answer(
    truth: Truth, evidence: Mapping[str, Mapping[str, Any]], document: Document, *, default_region: str
) -> Answer:
    """`evidence` maps JSON Pointers into the truth to objects with `line`, `quote` and, if corrected, `source`.

    A value that is not in the document gets into the answer as it is. `check_answer` then drops it. Raises
    `ValidationError` if an entry lacks a value that an answer must have, such as the name of an interest.
    """
    writer = _Writer(document, evidence, default_region)
    known = expressible(truth)
    answer: dict[str, Any] = {"is_resume": True, "person": writer.person(known["basics"])}
    for section, fields in _SECTIONS.items():
        entries = [
            writer.entry(f"/{section}/{number}", entry, fields) for number, entry in enumerate(known.get(section, []))
        ]
        if entries:
            answer[section] = entries
    return Answer.model_validate(answer)


def same_values(one: Truth, other: Truth) -> bool:
    """Whether two profiles say the same, apart from case, white space and punctuation at the ends of a value."""
    return _comparable(expressible(one)) == _comparable(expressible(other))


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_comparable(each) for each in cast("list[Any]", value)]
    return comparable(value)


def minified(answer: Answer) -> str:
    """The answer as the prompt requests it: JSON on one line, without nulls and empty lists."""
    return answer.model_dump_json(exclude_defaults=True)


@dataclass(frozen=True, slots=True)
class _Words:
    """A text of the document and the numbers of its lines; no lines if it was not found."""

    text: str
    lines: tuple[int, ...] = ()


@dataclass(slots=True)
class _Entry:
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    lines: set[int] = field(default_factory=set[int])


class _Writer:
    def __init__(self, document: Document, evidence: Mapping[str, Mapping[str, Any]], region: str) -> None:
        self._document = document
        self._evidence = evidence
        self._search = EvidenceSearch(document, LineIndex(document), region)
        hint = None if document.language == "und" else document.language
        self._language = with_date_order(hint, (line.text for line in document.lines))

    def person(self, basics: Truth) -> dict[str, Any]:
        entry = self._filled("/basics", basics, _BASICS)
        location = self._filled("/basics/location", basics.get("location", {}), _LOCATION, entry.lines)
        links = [
            self._link(f"/basics/profiles/{number}", each, entry.lines)
            for number, each in enumerate(basics.get("profiles", []))
        ]
        values = entry.values | location.values | ({"links": links} if links else {})
        lines = entry.lines | location.lines
        return values | ({"lines": sorted(lines)} if lines else {})

    def entry(self, pointer: str, entry: Truth, fields: _Fields) -> dict[str, Any]:
        written = self._filled(pointer, entry, fields)
        return written.values | ({"lines": sorted(written.lines)} if written.lines else {})

    def _link(self, pointer: str, link: Truth, lines: set[int]) -> dict[str, Any]:
        written = self._filled(pointer, link, _PROFILE, lines)
        lines |= written.lines
        # Network and username of a known site are taken from its URL, so the document need not contain them as words.
        known = network_of_url(link["url"]) if "url" in link else None
        if known is not None and (link.get("network"), link.get("username")) == (known.network, known.username):
            return {"url": written.values["url"]}
        return written.values

    def _filled(self, pointer: str, entry: Truth, fields: _Fields, near: Iterable[int] = ()) -> _Entry:
        """First the values that have evidence, because their lines tell where to look for the others. Of these, long
        ones come first, because they are unlikely to be anywhere else, and dates last.
        """
        written = _Entry(lines=set(near))
        pending: list[tuple[str, str, Any]] = []
        for name, value in entry.items():
            if name not in fields:
                continue
            for place, each in _leaves(f"{pointer}/{name}", value):
                words = self._from_evidence(place, each, fields[name][1])
                if words is None:
                    pending.append((place, name, each))
                self._put(written, fields[name], words or _Words(each))
        pending.sort(key=lambda item: (fields[item[1]][1] in _DATES, -len(item[2])))
        for place, name, each in pending:
            target, shape, kind = fields[name]
            near_lines = {*written.lines, *self._line_of(place)}
            words = self._date(each, near_lines, shape) if shape in _DATES else self._looked_up(each, near_lines, kind)
            if words is not None:
                self._replace(written, target, place, words)
        if "start" in written.values and "end" not in written.values:
            written.values["ongoing"] = self._is_ongoing(pointer, entry["startDate"], written.lines)
        return _Entry(
            {target: written.values[target] for target, _, _ in fields.values() if target in written.values}
            | ({"ongoing": True} if written.values.get("ongoing") else {}),
            written.lines,
        )

    @staticmethod
    def _put(written: _Entry, field_of_answer: tuple[str, Shape, Kind], words: _Words) -> None:
        target, shape, _ = field_of_answer
        if shape == "texts":
            written.values.setdefault(target, []).append(words.text)
        else:
            written.values[target] = words.text
        written.lines.update(words.lines)

    @staticmethod
    def _replace(written: _Entry, target: str, place: str, words: _Words) -> None:
        number = place.rpartition("/")[2]
        if isinstance(written.values[target], list):
            written.values[target][int(number)] = words.text
        else:
            written.values[target] = words.text
        written.lines.update(words.lines)

    def _from_evidence(self, pointer: str, value: str, shape: Shape) -> _Words | None:
        """None unless the evidence belongs to this value and to this document."""
        place = self._evidence.get(pointer)
        if place is None or place.get("source") == "human" or not place.get("quote") or not place.get("line"):
            return None
        quote: str = place["quote"]
        first: int = place["line"]
        lines = tuple(range(first, first + quote.count("\n") + 1))
        texts = [line.text for number in lines if (line := self._document.line(number)) is not None]
        if quote not in "\n".join(texts):
            return None
        if shape in _DATES:
            raw = self._raw_date(quote, value, shape)
            return None if raw is None else _Words(raw, lines)
        if shape == "quote":
            tight = "@" in quote or "." in quote
            return _Words(re.sub(r"\n", "" if tight else " ", quote), lines)
        return _Words(value, lines)

    def _line_of(self, pointer: str) -> tuple[int, ...]:
        """The line of the value that a person replaced."""
        line = self._evidence.get(pointer, {}).get("line")
        return () if line is None or self._document.line(line) is None else (line,)

    def _looked_up(self, value: str, near: Iterable[int], kind: Kind) -> _Words | None:
        found = self._search.find(value, self._search.scope(near), kind)
        if found is None:
            return None
        exact = kind in {Kind.EMAIL, Kind.URL, Kind.PHONE}
        return _Words(found.evidence.quote.replace("\n", "") if exact else found.value, found.lines)

    def _date(self, value: str, near: set[int], shape: Shape) -> _Words | None:
        around = {number + step for number in near for step in range(-_NEAR_LINES, _NEAR_LINES + 1)}
        for number in sorted(around, key=lambda each: (min(abs(each - line) for line in near), each)):
            line = self._document.line(number)
            raw = None if line is None else self._raw_date(line.text, value, shape)
            if raw is not None:
                return _Words(raw, (number,))
        return None

    def _raw_date(self, text: str, value: str, shape: Shape) -> str | None:
        """The words in `text` for the start or the end of a period, or for a single date."""
        for period in find_date_ranges(text, self._language):
            wanted = {"start": (period.start,), "end": (period.end, period.start)}.get(
                shape, (period.start, period.end)
            )
            if any(date is not None and date.iso == value for date in wanted):
                return self._piece(period, value, from_end=shape == "end")
        return None

    def _piece(self, period: DateRange, value: str, *, from_end: bool) -> str:
        """The shortest part of the period that means this date alone; else what is on its side of the dash."""
        tokens = [found.span() for found in _TOKEN.finditer(period.quote)]
        spans = sorted(
            ((first[0], last[1]) for at, first in enumerate(tokens) for last in tokens[at:]),
            key=lambda span: (span[1] - span[0], -span[0] if from_end else span[0]),
        )
        for start, end in spans:
            piece = period.quote[start:end]
            date = parse_date(piece, self._language)
            if date is not None and date.iso == value and all(found.end is None for found in self._periods(piece)):
                return piece
        sides = _BETWEEN.split(period.quote)
        return sides[-1 if from_end else 0] if len(sides) == 2 else period.quote

    def _periods(self, text: str) -> list[DateRange]:
        return find_date_ranges(text, self._language)

    def _is_ongoing(self, pointer: str, start: str, lines: Iterable[int]) -> bool:
        """Whether the document says after the start that the entry lasts until today. The profile does not show it."""
        quote = self._evidence.get(f"{pointer}/startDate", {}).get("quote")
        texts = [quote] if quote else [line.text for number in lines if (line := self._document.line(number))]
        periods = (period for text in texts for period in self._periods(text))
        return any(period.ongoing and (quote or (period.start and period.start.iso == start)) for period in periods)


def _leaves(pointer: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, each in enumerate(cast("list[str]", value)):
            yield f"{pointer}/{number}", each
    else:
        yield pointer, value
