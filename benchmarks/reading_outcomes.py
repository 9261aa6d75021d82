"""Judges a profile value by value against the truth, and says what became of each injected mistake. Pure.

Used by `readings`. `app.analysis.evaluation.accuracy` counts per field; here each value counts by itself, together with
the confidence of its evidence.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, cast

from app.analysis.evaluation.accuracy import align, bare_link, comparable, tight
from app.analysis.normalise.dates import parse_date
from app.analysis.profile import CheckedProfile
from benchmarks.reading_draft import PERSON, Change
from benchmarks.reading_errors import Mistake

Outcome = Literal["corrected", "removed", "flagged", "kept"]
"""`corrected`: the profile has the true value. `removed`: it has neither the wrong value nor the true one.
`flagged`: it has the wrong value with a confidence below `LOW_CONFIDENCE`. `kept`: none of these."""
_WORST_FIRST: tuple[Outcome, ...] = ("kept", "flagged", "removed", "corrected")
LOW_CONFIDENCE = 0.75  # a reviewer looks at the values below it

BINS = 10
REVIEWED_SHARES = (0.0, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30)
# Reviewers go through the queue with each of these confidence thresholds in turn; the last one is all values.
_THRESHOLDS = (0.9, 0.95, 0.98, 1.01)
_PHONE_DIGITS = 7
_DATE_KEYS = frozenset({"startDate", "endDate", "date", "releaseDate"})
_TITLE_KEYS = {
    "work": ("name", "position"),
    "volunteer": ("organization", "position"),
    "education": ("institution", "studyType", "area"),
    "languages": ("language",),
    "projects": ("name",),
    "certificates": ("name",),
    "awards": ("title",),
    "publications": ("name",),
    "interests": ("name",),
}
# Names of fields in `Answer` that differ in JSON Resume.
_JSON_KEYS = {"start": "startDate", "end": "endDate", "degree": "studyType", "postal_code": "postalCode"}
_SECTION_KEYS = {
    ("work", "employer"): "name",
    ("volunteer", "employer"): "organization",
    ("certificates", "title"): "name",
    ("publications", "title"): "name",
    ("publications", "issuer"): "publisher",
    ("publications", "date"): "releaseDate",
    ("awards", "issuer"): "awarder",
}

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class JudgedValue:
    """One value of a profile: the JSON Pointer, the confidence of its evidence, and whether the truth has it there."""

    pointer: str
    confidence: float
    correct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How well the confidence of values predicts whether they are correct.

    `error` is the expected calibration error over ten equal bins. `accuracy` is the share of correct values,
    `reviewed_accuracy` the share after somebody corrected the least confident tenth of all values.
    """

    values: int
    accuracy: float
    error: float
    reviewed_accuracy: float


class Alignment:
    """The entries of a profile paired with those of the truth, section by section."""

    def __init__(self, profile: Entry, truth: Entry) -> None:
        self._truth, self._profile = truth, profile
        self._wanted: dict[tuple[str, int], Entry] = {}
        self._found: dict[tuple[str, int], tuple[int, Entry]] = {}
        for section, keys in _TITLE_KEYS.items():
            wanted, found = _entries(truth, section), _entries(profile, section)
            for want, have in align(wanted, found, _likeness(keys)):
                if want is not None and have is not None:
                    at = _index(found, have)
                    self._wanted[section, at] = want
                    self._found[section, _index(wanted, want)] = (at, have)

    def wanted(self, section: str, number: int) -> Entry | None:
        """The entry of the truth for entry `number` of the profile."""
        return self._wanted.get((section, number))

    def found(self, section: str, number: int) -> tuple[int, Entry] | None:
        """The entry of the profile, with its index, for entry `number` of the truth."""
        return self._found.get((section, number))


def judge_values(checked: CheckedProfile, truth: Entry) -> list[JudgedValue]:
    """Each value of the profile that has evidence. A value of an entry that the truth lacks is wrong.

    `countryCode` is left out, because it is often derived from the form of a phone number.
    """
    alignment = Alignment(checked.profile, truth)
    judged: list[JudgedValue] = []
    for pointer, evidence in checked.evidence.items():
        path = pointer.strip("/").split("/")
        if path[-1] != "countryCode":
            correct = _is_correct(path, _value_at(checked.profile, path), truth, alignment)
            judged.append(JudgedValue(pointer, evidence.confidence, correct))
    return judged


def calibrate(judged: Sequence[JudgedValue], *, review_share: float = 0.1) -> Calibration | None:
    """None without values. Among values of equal confidence, each is equally likely to be reviewed."""
    if not judged:
        return None
    total, correct = len(judged), sum(value.correct for value in judged)
    bins: dict[int, list[JudgedValue]] = {}
    for value in judged:
        bins.setdefault(min(int(value.confidence * BINS), BINS - 1), []).append(value)
    error = sum(
        abs(sum(each.correct for each in group) - sum(each.confidence for each in group)) for group in bins.values()
    )
    reviewed = corrected = 0.0
    by_confidence = sorted(judged, key=lambda value: value.confidence)
    for _, same in groupby(by_confidence, key=lambda value: value.confidence):
        group = list(same)
        share = min(1.0, max(0.0, review_share * total - reviewed) / len(group))
        reviewed += share * len(group)
        corrected += share * sum(not each.correct for each in group)
    return Calibration(
        values=total,
        accuracy=correct / total,
        error=error / total,
        reviewed_accuracy=(correct + corrected) / total,
    )


def review_curve(
    documents: Sequence[Sequence[JudgedValue]], shares: Sequence[float] = REVIEWED_SHARES
) -> list[float | None]:
    """The share of right values after each share of all values has been reviewed and corrected, in queue order.

    As in the review queue: document by document, the one with the most expected errors first, and only its
    values below the threshold. None without values.
    """
    order: list[bool] = []
    for above, below in zip((0.0, *_THRESHOLDS), _THRESHOLDS, strict=False):
        doubtful = [[value for value in judged if above <= value.confidence < below] for judged in documents]
        doubtful.sort(key=lambda values: -sum(1 - value.confidence for value in values))
        order += [value.correct for values in doubtful for value in values]
    total, right = len(order), sum(order)
    if not total:
        return [None for _ in shares]
    return [(right + order[: round(share * total)].count(False)) / total for share in shares]


def outcome(mistake: Mistake, checked: CheckedProfile, truth: Entry) -> Outcome:
    """What became of the mistake in the profile. A mistake that changes several values is as bad as its worst."""
    alignment = Alignment(checked.profile, truth)
    found = {_outcome_of(change, checked, truth, alignment) for change in mistake.changes}
    return next(end for end in _WORST_FIRST if end in found)


def _outcome_of(change: Change, checked: CheckedProfile, truth: Entry, alignment: Alignment) -> Outcome:
    key = _SECTION_KEYS.get((change.section, change.field)) or _JSON_KEYS.get(change.field, change.field)
    if change.section == PERSON:
        prefix, have, want = _person_place(key, checked.profile, truth)
    elif change.section == "skills":
        words = _skill_words(checked.profile), _skill_words(truth)
        return _outcome_of_skill(change, *words)
    else:
        found = alignment.found(change.section, change.entry)
        if found is None:
            # The whole entry is missing, and with it both the wrong value and the true one.
            return "removed" if change.after is not None else "kept"
        prefix, have = f"/{change.section}/{found[0]}", found[1]
        want = _entries(truth, change.section)[change.entry]
    said, true = _forms(key, have.get(key)), _forms(key, want.get(key))
    wrong = _form(key, change.after) if change.after is not None else None
    lost = _form(key, change.before) if change.before is not None else None
    is_list = isinstance(have.get(key) or want.get(key), list)
    if wrong is not None and wrong in said and wrong not in true:
        at = said.index(wrong)
        evidence = checked.evidence.get(f"{prefix}/{key}/{at}" if is_list else f"{prefix}/{key}")
        return "flagged" if evidence is not None and evidence.confidence < LOW_CONFIDENCE else "kept"
    if (lost is None or lost in said) if is_list else said == true:
        return "corrected"
    return "removed" if change.after is not None else "kept"


def _outcome_of_skill(change: Change, said: set[str], true: set[str]) -> Outcome:
    if change.after is not None and comparable(change.after) in said - true:
        return "kept"
    if change.before is not None and comparable(change.before) not in said:
        return "removed" if change.after is not None else "kept"
    return "corrected"


def _person_place(key: str, profile: Entry, truth: Entry) -> tuple[str, Entry, Entry]:
    have, want = _mapping(profile.get("basics")), _mapping(truth.get("basics"))
    if key in {"address", "postalCode", "city", "region", "country"}:
        return "/basics/location", _mapping(have.get("location")), _mapping(want.get("location"))
    return "/basics", have, want


def _is_correct(path: Sequence[str], value: str, truth: Entry, alignment: Alignment) -> bool:
    section, key = path[0], path[-1]
    if section == "basics":
        return _is_correct_of_person(path, value, _mapping(truth.get("basics")))
    if section == "skills":
        return comparable(value) in _skill_words(truth)
    want = alignment.wanted(section, int(path[1]))
    if want is None:
        return False
    if key.isdigit():
        key = path[-2]
    if key in {"highlights", "summary", "description"}:
        # A sentence about a job is its summary or a highlight: a matter of taste.
        texts = [*_forms("highlights", want.get("highlights")), *_forms("summary", want.get("summary"))]
        return tight(value) in [*texts, tight(want.get("description"))]
    if key in {"studyType", "area"}:
        said = set(_words(value))
        return bool(said) and said <= {*_words(want.get("studyType")), *_words(want.get("area"))}
    return _form(key, value) in _forms(key, want.get(key))


def _is_correct_of_person(path: Sequence[str], value: str, basics: Entry) -> bool:
    key = path[-1]
    if path[1] == "profiles":
        profiles = [cast("Entry", each) for each in basics.get("profiles") or []]
        return any(_form(key, value) in _forms(key, each.get(key)) for each in profiles)
    if path[1] == "location":
        location = _mapping(basics.get("location"))
        if key == "address":
            # The address is the whole printed line; a truth may have only its parts.
            parts = [comparable(location.get(each)) for each in ("address", "city")]
            return any(part in comparable(value) for part in parts if part)
        return comparable(location.get(key)) == comparable(value)
    return _form(key, value) in _forms(key, basics.get(key))


def _value_at(profile: Entry, path: Sequence[str]) -> str:
    value: Any = profile
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return str(value)


def _forms(key: str, value: object) -> list[str]:
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return [_form(key, each) for each in values if isinstance(each, str)]


def _form(key: str, value: str) -> str:
    """The form in which values of this field are compared."""
    if key in _DATE_KEYS:
        date = None if re.fullmatch(r"\d{4}(-\d\d){0,2}", value) else parse_date(value)
        return date.iso if date is not None else value
    if key == "phone":
        return re.sub(r"\D", "", value)[-_PHONE_DIGITS:]
    if key == "url":
        return bare_link(value)
    return tight(value) if key in {"summary", "highlights", "description"} else comparable(value)


def _skill_words(resume: Entry) -> set[str]:
    groups = _entries(resume, "skills")
    names = {comparable(group.get("name")) for group in groups}
    return (names | {comparable(word) for group in groups for word in group.get("keywords") or []}) - {""}


def _likeness(keys: tuple[str, ...]) -> Callable[[Entry, Entry], float]:
    """Shared words per title field (0 to 1 each) and half a point for each year that agrees."""

    def likeness(one: Entry, other: Entry) -> float:
        titles = sum(_overlap(_words(one.get(key)), _words(other.get(key))) for key in keys)
        years = [(str(one.get(key) or "")[:4], str(other.get(key) or "")[:4]) for key in ("startDate", "endDate")]
        return titles + sum(0.5 for left, right in years if left and left == right)

    return likeness


def _overlap(one: Iterable[str], other: Iterable[str]) -> float:
    left, right = set(one), set(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def _words(value: object) -> list[str]:
    return [word for word in re.split(r"[\s,/().;:]+", comparable(value)) if word]


def _index(entries: Sequence[Entry], entry: Entry) -> int:
    return next(number for number, each in enumerate(entries) if each is entry)


def _entries(resume: Entry, section: str) -> list[Entry]:
    return [cast("Entry", entry) for entry in resume.get(section) or []]


def _mapping(value: object) -> Entry:
    return cast("Entry", value) if isinstance(value, dict) else {}
