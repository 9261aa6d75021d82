"""Writes the answer that a perfect model would give about a document with a truth file. Pure; used by `readings`.

The benchmark of combined readings needs a model whose mistakes are known. `perfect_answer` has none; `reading_errors`
adds them. Values are copied from the page (raw dates, the page's capitals) and `lines` are the lines they were read
from, as the prompt of `ExtractProfile` demands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from app.analysis.answer import (
    Answer,
    Credential,
    Interest,
    Job,
    Link,
    Person,
    Project,
    SkillGroup,
    SpokenLanguage,
    Study,
)
from app.extraction.document import Document
from benchmarks.printed_values import Printed, PrintedValues

_FAR = 10  # lines; from here on, a value is no further away
_WEIGHTS = {"date": 1.0, "title": 2.0, "text": 1.0}  # a title says more about the place of an entry than its texts
_SAME_PLACE = 1.5  # the cost of a line that an earlier entry of the section has; two entries may share one

Entry = Mapping[str, Any]


@dataclass(slots=True)
class _Place:
    """The lines of one entry while its values are looked up, and the line in their middle."""

    center: int | None
    lines: set[int] = field(default_factory=set[int])

    def nearest(self, found: Sequence[Printed]) -> Printed | None:
        """The occurrence next to the center; on a tie the one after it. Its lines become lines of the entry."""
        if not found:
            return None
        center = self.center
        best = found[0] if center is None else min(found, key=lambda each: (_distance(each, center), -each.first))
        self.lines.update(best.lines)
        return best


def perfect_answer(truth: Entry, document: Document) -> Answer:
    """The truth as an answer. Its entries have the same order; a value that is not on the page is missing."""
    return _Writer(PrintedValues(document)).answer(truth)


class _Writer:
    def __init__(self, page: PrintedValues) -> None:
        self._page = page
        self._centers: list[int] = []

    def answer(self, truth: Entry) -> Answer:
        return Answer(
            is_resume=True,
            person=self._person(_mapping(truth.get("basics"))),
            work=[self._job(entry, "name") for entry in self._section(truth, "work")],
            volunteer=[self._job(entry, "organization") for entry in self._section(truth, "volunteer")],
            education=[self._study(entry) for entry in self._section(truth, "education")],
            skills=[self._skills(entry) for entry in self._section(truth, "skills")],
            languages=[self._language(entry) for entry in self._section(truth, "languages")],
            projects=[self._project(entry) for entry in self._section(truth, "projects")],
            certificates=[
                self._credential(entry, "name", "issuer", "date") for entry in self._section(truth, "certificates")
            ],
            awards=[self._credential(entry, "title", "awarder", "date") for entry in self._section(truth, "awards")],
            publications=[
                self._credential(entry, "name", "publisher", "releaseDate")
                for entry in self._section(truth, "publications")
            ],
            interests=[self._interest(entry) for entry in self._section(truth, "interests")],
        )

    def _section(self, truth: Entry, name: str) -> list[Entry]:
        self._centers = []
        return [cast("Entry", entry) for entry in truth.get(name) or []]

    def _person(self, basics: Entry) -> Person:
        location = _mapping(basics.get("location"))
        place = _Place(1)
        phone, url = basics.get("phone"), basics.get("url")
        return Person(
            name=self._text(basics, "name", place),
            label=self._text(basics, "label", place),
            email=self._text(basics, "email", place),
            phone=_text_of(place.nearest(self._page.phones(phone))) if isinstance(phone, str) else None,
            url=_text_of(place.nearest(self._page.links(url))) if isinstance(url, str) else None,
            summary=self._text(basics, "summary", place),
            address=self._text(location, "address", place),
            postal_code=self._text(location, "postalCode", place),
            city=self._text(location, "city", place),
            region=self._text(location, "region", place),
            links=[self._link(_mapping(profile), place) for profile in basics.get("profiles") or []],
            lines=sorted(place.lines),
        )

    def _link(self, profile: Entry, place: _Place) -> Link:
        url = profile.get("url")
        return Link(
            network=cast("str | None", profile.get("network")),
            username=self._text(profile, "username", place),
            url=_text_of(place.nearest(self._page.links(url))) if isinstance(url, str) else None,
        )

    def _job(self, entry: Entry, employer: str) -> Job:
        place = self._place(entry, (employer, "position"))
        start, end, ongoing = self._period(entry, place)
        return Job(
            employer=self._text(entry, employer, place),
            position=self._text(entry, "position", place),
            location=self._text(entry, "location", place),
            start=start,
            end=end,
            ongoing=ongoing,
            summary=self._text(entry, "summary", place),
            highlights=self._texts(entry, "highlights", place),
            lines=sorted(place.lines),
        )

    def _study(self, entry: Entry) -> Study:
        place = self._place(entry, ("institution", "studyType", "area"))
        start, end, ongoing = self._period(entry, place)
        return Study(
            institution=self._text(entry, "institution", place),
            area=self._text(entry, "area", place),
            degree=self._text(entry, "studyType", place),
            location=self._text(entry, "location", place),
            start=start,
            end=end,
            ongoing=ongoing,
            score=self._text(entry, "score", place),
            courses=self._texts(entry, "courses", place),
            lines=sorted(place.lines),
        )

    def _skills(self, entry: Entry) -> SkillGroup:
        place = self._place(entry, ("name", "keywords"))
        return SkillGroup(
            name=self._text(entry, "name", place),
            level=self._text(entry, "level", place),
            keywords=self._texts(entry, "keywords", place),
            lines=sorted(place.lines),
        )

    def _language(self, entry: Entry) -> SpokenLanguage:
        place = self._place(entry, ("language", "fluency"))
        return SpokenLanguage(
            language=self._text(entry, "language", place) or str(entry.get("language")),
            fluency=self._text(entry, "fluency", place),
            lines=sorted(place.lines),
        )

    def _project(self, entry: Entry) -> Project:
        place = self._place(entry, ("name",))
        start, end, ongoing = self._period(entry, place)
        url = entry.get("url")
        return Project(
            name=self._text(entry, "name", place),
            description=self._text(entry, "description", place),
            url=_text_of(place.nearest(self._page.links(url))) if isinstance(url, str) else None,
            start=start,
            end=end,
            ongoing=ongoing,
            highlights=self._texts(entry, "highlights", place),
            keywords=self._texts(entry, "keywords", place),
            lines=sorted(place.lines),
        )

    def _credential(self, entry: Entry, title: str, issuer: str, date: str) -> Credential:
        place = self._place(entry, (title, issuer))
        printed = place.nearest(self._page.dates(str(entry[date]))) if date in entry else None
        return Credential(
            title=self._text(entry, title, place),
            issuer=self._text(entry, issuer, place),
            date=_text_of(printed),
            summary=self._text(entry, "summary", place),
            lines=sorted(place.lines),
        )

    def _interest(self, entry: Entry) -> Interest:
        place = self._place(entry, ("name",))
        return Interest(
            name=self._text(entry, "name", place) or str(entry.get("name")),
            keywords=self._texts(entry, "keywords", place),
            lines=sorted(place.lines),
        )

    def _period(self, entry: Entry, place: _Place) -> tuple[str | None, str | None, bool]:
        """Start and end as printed. The end is looked up beside the start, because the two are usually together."""
        start = place.nearest(self._page.dates(str(entry["startDate"]))) if "startDate" in entry else None
        beside = _Place(start.first) if start is not None else place
        end = beside.nearest(self._page.dates(str(entry["endDate"]))) if "endDate" in entry else None
        place.lines.update(beside.lines)
        return _text_of(start), _text_of(end), "startDate" in entry and "endDate" not in entry

    def _text(self, entry: Entry, key: str, place: _Place) -> str | None:
        value = entry.get(key)
        return _text_of(place.nearest(self._page.places(value))) if isinstance(value, str) else None

    def _texts(self, entry: Entry, key: str, place: _Place) -> list[str]:
        values = cast("Sequence[str]", entry.get(key) or ())
        found = (place.nearest(self._page.places(value)) for value in values)
        return [each.text for each in found if each is not None]

    def _place(self, entry: Entry, titles: tuple[str, ...]) -> _Place:
        """The entry's place on the page: the line of one of its titles that is nearest to all its values."""
        occurrences: list[tuple[float, list[Printed]]] = []
        candidates: list[int] = []
        for key, value in entry.items():
            for text in _strings(value):
                is_date = key in {"startDate", "endDate", "date", "releaseDate"}
                found = self._page.dates(text) if is_date else self._page.places(text)
                if not found:
                    continue
                kind = "date" if is_date else "title" if key in titles else "text"
                occurrences.append((_WEIGHTS[kind], found))
                if key in titles:
                    candidates += [each.first for each in found]
        if not candidates:
            return _Place(None)
        previous = max(self._centers, default=0)

        def cost(line: int) -> tuple[float, bool, int]:
            total = sum(weight * min(_distance(each, line) for each in found) for weight, found in occurrences)
            return (total + _SAME_PLACE * self._centers.count(line), line < previous, line)

        center = min(candidates, key=cost)
        self._centers.append(center)
        return _Place(center)


def _distance(printed: Printed, line: int) -> int:
    if printed.first <= line <= printed.last:
        return 0
    return min(abs(printed.first - line), abs(printed.last - line), _FAR)


def _text_of(printed: Printed | None) -> str | None:
    return printed.text if printed is not None else None


def _mapping(value: object) -> Entry:
    return cast("Entry", value) if isinstance(value, dict) else {}


def _strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return [each for each in cast("list[object]", value) if isinstance(each, str)] if isinstance(value, list) else ()
