"""Adds the mistakes of real models to a perfect answer, reproducibly, and lists each of them. Pure; used by `readings`.

`with_errors` changes a share of an answer's values. The kinds are those that extraction models make: a value that
exists but belongs elsewhere, a value or an entry that is missing, entries that are split or merged, and a value that
the document does not have. Each kind is a function that changes a `Draft` and returns its changes, or None if the
answer offers no place for it.
"""

import copy
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from app.analysis.answer import Answer
from app.extraction.document import Document
from benchmarks.reading_draft import Change, Draft, DraftEntry, close_draft, open_draft

Kind = Literal[
    "wrong pair",
    "shifted dates",
    "date of another line",
    "missing value",
    "missing entry",
    "wrong field",
    "invented value",
    "split entry",
    "merged entries",
    "heading as value",
    "wrong ongoing",
]
# Relative frequencies. Wrong dates and missing values are the most frequent mistakes of extraction models.
WEIGHTS: dict[Kind, int] = {
    "wrong pair": 10,
    "shifted dates": 12,
    "date of another line": 12,
    "missing value": 18,
    "missing entry": 8,
    "wrong field": 12,
    "invented value": 10,
    "split entry": 3,
    "merged entries": 4,
    "heading as value": 6,
    "wrong ongoing": 5,
}
_DATED = ("work", "volunteer", "education")
_TITLES = {
    "work": ("employer", "position"),
    "volunteer": ("employer", "position"),
    "education": ("institution", "degree"),
}
_LISTS = ("highlights", "keywords", "courses")
# Without these an entry is nothing; `SpokenLanguage` and `Interest` even require theirs.
_NEVER_MISSING = frozenset({("languages", "language"), ("interests", "name")})
_INVENTED: dict[str, tuple[str, ...]] = {
    "employer": ("Northgate Solutions", "Meridian Partners Ltd", "Summit Logistics Group", "Horizont Technik GmbH"),
    "position": ("Project Coordinator", "Operations Analyst", "Team Lead", "Sales Executive"),
    "institution": ("State University", "Open College", "Technische Hochschule Mitte", "City Business School"),
    "degree": ("Bachelor of Arts", "Master of Business Administration", "Diploma"),
    "start": ("June 2003", "02/1998", "1996", "November 2004"),
    "end": ("December 2005", "09/1999", "1997", "March 2006"),
    "keywords": ("Microsoft Office", "Team leadership", "Time management", "Public speaking"),
    "label": ("Experienced professional", "Senior Consultant", "Team player"),
}
_MOST_TRIES = 40  # attempts to find a place for one more mistake; short answers have few
_HALF = 0.5
_DATE = re.compile(r"(?:\b[^\W\d_]{3,9}\.? |\b\d{1,2}[./])?\b(?:19|20)\d\d\b")
_HEADING_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    kind: Kind
    changes: tuple[Change, ...]


def with_errors(answer: Answer, document: Document, rate: float, seed: int) -> tuple[Answer, list[Mistake]]:
    """`answer` with about `rate` (0 to 1) of its values changed, and the mistakes. The same seed gives the same result.

    A mistake that changes several values counts as that many; a fraction of a value is rounded at random, so that the
    rate holds on average over many documents.
    """
    # Not for security: the same seed must give the same mistakes.
    chance = random.Random(f"{seed}:{rate}:{document.text}")  # noqa: S311
    wanted = rate * count_values(answer)
    target = int(wanted) + (chance.random() < wanted % 1)
    draft = open_draft(answer, document, chance)
    mistakes: list[Mistake] = []
    changed = tries = 0
    while changed < target and tries < _MOST_TRIES:
        kind = chance.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]
        before = copy.deepcopy((draft.person, draft.sections, draft.touched))
        changes = _KINDS[kind](draft)
        if not changes:
            tries += 1
            continue
        # The last mistake may change more values than are left: then it happens that much less often.
        if chance.random() * len(changes) >= target - changed:
            draft.person, draft.sections, draft.touched = before
            break
        mistakes.append(Mistake(kind=kind, changes=tuple(changes)))
        changed += len(changes)
        tries = 0
    return close_draft(draft), mistakes


def count_values(answer: Answer) -> int:
    """The number of texts in the answer, each item of a list included."""

    def count(value: object) -> int:
        if isinstance(value, dict):
            return sum(count(each) for each in cast("dict[str, object]", value).values())
        if isinstance(value, list):
            return sum(count(each) for each in cast("list[object]", value))
        return isinstance(value, str)

    return count(answer.model_dump())


def _wrong_pair(draft: Draft) -> list[Change] | None:
    """An entry has the employer (or school) of another entry; in half of the cases the two are exchanged."""
    section = draft.random.choice(("work", "work", "education"))
    key = _TITLES[section][0]
    pairs = [
        (one, other)
        for one in draft.entries(section)
        for other in draft.entries(section)
        if one.text(key) and other.text(key) and one.text(key) != other.text(key) and draft.free(one, key)
    ]
    pair = draft.pick(pairs)
    if pair is None:
        return None
    one, other = pair
    mine, foreign = one.text(key), other.text(key)
    foreign_lines, own_lines = list(other.values["lines"]), list(one.values["lines"])
    changes = [draft.change(one, key, foreign)]
    draft.cite(one, foreign_lines)
    if draft.free(other, key) and draft.random.random() < _HALF:
        changes.append(draft.change(other, key, mine))
        draft.cite(other, own_lines)
    return changes


def _shifted_dates(draft: Draft) -> list[Change] | None:
    """An entry has the period of another entry; in half of the cases the two are exchanged."""
    section = draft.random.choice(("work", "work", "education"))
    keys = ("start", "end", "ongoing")
    pairs = [
        (one, other)
        for one in draft.entries(section)
        for other in draft.entries(section)
        if one is not other and draft.free(one, *keys) and _period(one) != _period(other) and other.text("start")
    ]
    pair = draft.pick(pairs)
    if pair is None:
        return None
    one, other = pair
    mine, foreign = dict(one.values), dict(other.values)
    changes = list(_with_period(draft, one, foreign))
    if draft.free(other, *keys) and draft.random.random() < _HALF:
        changes += _with_period(draft, other, mine)
    return changes


def _with_period(draft: Draft, entry: DraftEntry, foreign: dict[str, Any]) -> Iterator[Change]:
    for key in ("start", "end"):
        if entry.values[key] != foreign[key]:
            yield draft.change(entry, key, foreign[key])
    entry.values["ongoing"] = foreign["ongoing"]
    draft.cite(entry, foreign["lines"])


def _period(entry: DraftEntry) -> tuple[object, ...]:
    return entry.values["start"], entry.values["end"]


def _date_of_another_line(draft: Draft) -> list[Change] | None:
    """Start or end of an entry is a date from some other line of the document, a bullet point for example."""
    entry = draft.pick(draft.entries(*_DATED))
    key = draft.random.choice(("start", "end"))
    if entry is None or entry.text(key) is None or not draft.free(entry, key):
        return None
    found = [
        (match.group(), line.number)
        for line in draft.document.lines
        for match in _DATE.finditer(line.text)
        if match.group() not in _period(entry)
    ]
    picked = draft.pick(found)
    if picked is None:
        return None
    text, line = picked
    change = draft.change(entry, key, text)
    draft.cite(entry, [line])
    return [change]


def _missing_value(draft: Draft) -> list[Change] | None:
    places = [
        (entry, key)
        for entry in [draft.person, *draft.entries()]
        for key, value in entry.values.items()
        if value and key not in {"lines", "ongoing", "links"} and (entry.section, key) not in _NEVER_MISSING
    ]
    place = draft.pick(places)
    if place is None or not draft.free(*place):
        return None
    entry, key = place
    if key not in _LISTS:
        return [draft.change(entry, key, None)]
    items = entry.strings(key)
    lost = draft.random.choice(items)
    entry.values[key] = [item for item in items if item != lost]
    return [draft.note(entry, key, lost, None)]


def _missing_entry(draft: Draft) -> list[Change] | None:
    entry = draft.pick(draft.entries())
    if entry is None or not draft.free(entry, *entry.values):
        return None
    draft.sections[entry.section].remove(entry)
    return _losses(draft, entry)


def _losses(draft: Draft, entry: DraftEntry) -> list[Change]:
    """All values of the entry as removed."""
    lost = [(key, value) for key, value in entry.values.items() if isinstance(value, str)]
    lost += [(key, item) for key in _LISTS for item in entry.strings(key)]
    changes = [draft.note(entry, key, value, None) for key, value in lost]
    draft.touched.update((entry.section, entry.origin, key) for key in entry.values)
    return changes


def _wrong_field(draft: Draft) -> list[Change] | None:
    """A value of the same entry, or of the person, is in the wrong field: the town as employer, the title as name."""
    moves = (
        ("work", "employer", "location"),
        ("work", "employer", "position"),
        ("work", "position", "employer"),
        ("work", "location", "employer"),
        ("education", "institution", "location"),
        ("education", "institution", "area"),
        ("education", "area", "institution"),
        ("certificates", "issuer", "title"),
        ("certificates", "title", "issuer"),
        ("awards", "title", "issuer"),
        ("projects", "name", "description"),
    )
    places: list[tuple[DraftEntry, str, str]] = [
        (entry, key, value)
        for section, key, source in moves
        for entry in draft.entries(section)
        if draft.free(entry, key) and (value := entry.text(source)) and value != entry.text(key)
    ]
    town, title = draft.person.text("city"), draft.person.text("label")
    if town is not None:
        places += [(entry, "employer", town) for entry in draft.entries("work") if draft.free(entry, "employer")]
    if title is not None and draft.free(draft.person, "name"):
        places.append((draft.person, "name", title))
    place = draft.pick([each for each in places if each[0].text(each[1]) != each[2]])
    if place is None:
        return None
    entry, key, value = place
    exchanged = next((other for other in _TITLES.get(entry.section, ()) if entry.text(other) == value), None)
    before = entry.text(key)
    changes = [draft.change(entry, key, value)]
    if exchanged is not None and draft.free(entry, exchanged):
        changes.append(draft.change(entry, exchanged, before))
    return changes


def _invented_value(draft: Draft) -> list[Change] | None:
    """A plausible value that the document does not have."""
    places = [
        (entry, key)
        for entry in [draft.person, *draft.entries("work", "education", "skills")]
        for key in _INVENTED
        if key in entry.values and draft.free(entry, key)
    ]
    place = draft.pick(places)
    if place is None:
        return None
    entry, key = place
    page = draft.document.text.casefold()
    value = draft.pick([each for each in _INVENTED[key] if each.casefold() not in page])
    if value is None:
        return None
    if key in _LISTS:
        entry.values[key] = [*entry.strings(key), value]
        return [draft.note(entry, key, None, value)]
    if key == "end":
        entry.values["ongoing"] = False
    return [draft.change(entry, key, value)]


def _split_entry(draft: Draft) -> list[Change] | None:
    """One job becomes two: the first keeps employer and start, the second has the position and the end."""
    jobs = [
        entry
        for entry in draft.entries("work")
        if entry.text("employer") and entry.text("position") and draft.free(entry, *entry.values)
    ]
    entry = draft.pick(jobs)
    if entry is None:
        return None
    second = {**entry.values, "employer": None, "start": None, "location": None, "summary": None, "highlights": []}
    changes = [draft.change(entry, "position", None)]
    if entry.text("end") is not None:
        changes.append(draft.change(entry, "end", None))
    draft.touched.update(("work", entry.origin, key) for key in entry.values)
    jobs_of_draft = draft.sections["work"]
    jobs_of_draft.insert(jobs_of_draft.index(entry) + 1, DraftEntry("work", entry.origin, second))
    return changes


def _merged_entries(draft: Draft) -> list[Change] | None:
    """Two neighboring jobs become one: it has the titles of the first, the start of the second and all texts."""
    jobs = draft.sections["work"]
    at = [
        number
        for number in range(len(jobs) - 1)
        if draft.free(jobs[number], *jobs[number].values) and draft.free(jobs[number + 1], *jobs[number + 1].values)
    ]
    number = draft.pick(at)
    if number is None or jobs[number].origin == jobs[number + 1].origin:
        return None
    first, second = jobs[number], jobs[number + 1]
    changes: list[Change] = []
    if second.text("start") is not None and second.text("start") != first.text("start"):
        changes.append(draft.change(first, "start", second.text("start")))
    changes += [draft.note(first, "highlights", None, text) for text in second.strings("highlights")]
    first.values["highlights"] = [*first.strings("highlights"), *second.strings("highlights")]
    first.values["lines"] = sorted({*first.values["lines"], *second.values["lines"]})
    jobs.remove(second)
    lost = _losses(draft, second)
    draft.touched.update(("work", first.origin, key) for key in first.values)
    return [*changes, *lost]


def _heading_as_value(draft: Draft) -> list[Change] | None:
    """A section's heading is read as an employer, a position, a school or a skill."""
    heading = draft.pick(_headings(draft))
    places = [
        (entry, key)
        for section, key in (("work", "employer"), ("work", "position"), ("education", "institution"))
        for entry in draft.entries(section)
        if draft.free(entry, key)
    ]
    places += [(entry, "keywords") for entry in draft.entries("skills") if draft.free(entry, "keywords")]
    place = draft.pick(places)
    if heading is None or place is None:
        return None
    (text, line), (entry, key) = heading, place
    draft.cite(entry, [line])
    if key == "keywords":
        entry.values[key] = [text, *entry.strings(key)]
        return [draft.note(entry, key, None, text)]
    return [draft.change(entry, key, text)]


def _headings(draft: Draft) -> list[tuple[str, int]]:
    """Short lines without digits that no entry cites: what a model could take for a name."""
    cited = {number for entry in [draft.person, *draft.entries()] for number in entry.values["lines"]}
    return [
        (text, line.number)
        for line in draft.document.lines
        if line.number not in cited
        and (text := line.text.strip(" :#*-–="))
        and len(text.split()) <= _HEADING_WORDS
        and not any(character.isdigit() for character in text)
    ]


def _wrong_ongoing(draft: Draft) -> list[Change] | None:
    """A finished job becomes a current one, or the current job gets an end that belongs to another job."""
    jobs = [entry for entry in draft.entries("work") if entry.text("start") and draft.free(entry, "end", "ongoing")]
    job = draft.pick(jobs)
    if job is None:
        return None
    if job.text("end") is not None:
        job.values["ongoing"] = True
        return [draft.change(job, "end", None)]
    end = draft.pick([text for each in draft.entries("work") if (text := each.text("end"))])
    if end is None:
        return None
    job.values["ongoing"] = False
    return [draft.change(job, "end", end)]


_KINDS: dict[Kind, Callable[[Draft], list[Change] | None]] = {
    "wrong pair": _wrong_pair,
    "shifted dates": _shifted_dates,
    "date of another line": _date_of_another_line,
    "missing value": _missing_value,
    "missing entry": _missing_entry,
    "wrong field": _wrong_field,
    "invented value": _invented_value,
    "split entry": _split_entry,
    "merged entries": _merged_entries,
    "heading as value": _heading_as_value,
    "wrong ongoing": _wrong_ongoing,
}
