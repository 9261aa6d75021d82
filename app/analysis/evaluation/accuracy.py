"""Scores a profile against the truth about its document, field by field. Pure; used by evaluation and benchmarks.

Both sides are JSON Resume. Each field counts items: correct ones (true positives), ones that only the profile has
(false positives) and ones that only the truth has (false negatives). A wrong value is both a false positive and a false
negative. Jobs and studies are aligned first, so that one extra entry does not spoil the entries after it.

Values are compared after `comparable`: Unicode compatibility forms (NFKC), case, white space, styles of dashes and
quotes, and punctuation at the ends make no difference; accents, words and digits do. In addition:
- Highlights and summaries ignore white space and hyphens, because lines can break anywhere.
- A degree is compared as the words of `studyType` and `area` together, no matter which word is in which field.
- Links ignore the scheme, `www.` and a trailing slash; a network with a username matches a missing URL.
- Phones are compared as digits; a truth that is not in E.164 form matches the end of the profile's number.
- Dates must be equal strings: `2019` is wrong where the truth has `2019-03`, and the reverse. `date_precision` cuts
  both sides to months or years, for truth files that are more precise than their page.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from app.analysis.folding import fold

DatePrecision = Literal["exact", "month", "year"]

FIELDS: tuple[str, ...] = (
    "name",
    "label",
    "email",
    "phone",
    "city",
    "links",
    "summary",
    "employer",
    "position",
    "work",
    "work_dates",
    "institution",
    "degree",
    "education_dates",
    "skills",
    "languages",
    "highlights",
    "certificates",
    "awards",
    "publications",
    "projects",
    "volunteer",
)
"""`work` counts a job as correct only if employer and position both are; the last five compare entry titles."""
AS_PRINTED: dict[str, str] = {
    "work_dates_as_printed": "work_dates",
    "education_dates_as_printed": "education_dates",
}
"""Reported beside the strict fields: the same dates, scored against a truth that is only as precise as the page."""

_DATE_CHARACTERS: dict[DatePrecision, int] = {"exact": 10, "month": 7, "year": 4}
_MEANINGLESS_ENDS = " \t,;:|·•・*–—-"
_SHORTEST_PHONE_DIGITS = 7  # a local number without its area code
# Words that join a degree with its field: "Bachelor of Science in Nursing", "Master en Droit".
_JOINING_WORDS = frozenset({"in", "of", "the", "de", "des", "du", "en", "im", "der", "di", "em", "and"})
# Entries that are less alike than this are not the same job or study.
_LEAST_LIKENESS = 0.75

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldScore:
    """The counts of one field. Add scores to combine documents."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    def __add__(self, other: "FieldScore") -> "FieldScore":
        return FieldScore(
            true_positive=self.true_positive + other.true_positive,
            false_positive=self.false_positive + other.false_positive,
            false_negative=self.false_negative + other.false_negative,
        )

    @property
    def expected(self) -> int:
        """The number of items in the truth."""
        return self.true_positive + self.false_negative

    @property
    def precision(self) -> float | None:
        """Share of the profile's items that are correct; None if the profile has none."""
        return _share(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float | None:
        """Share of the truth's items that were found; None if the truth has none."""
        return _share(self.true_positive, self.expected)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None if neither side has an item."""
        return _share(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)


def score(profile: Entry, truth: Entry, *, date_precision: DatePrecision = "exact") -> dict[str, FieldScore]:
    """A `FieldScore` for each of `FIELDS`."""
    said, true = _basics(profile), _basics(truth)
    length = _DATE_CHARACTERS[date_precision]
    work = align(_entries(truth, "work"), _entries(profile, "work"), _job_likeness)
    study = align(_entries(truth, "education"), _entries(profile, "education"), _study_likeness)
    scores = {
        "name": _values([said.get("name")], [true.get("name")]),
        "label": _values([said.get("label")], [true.get("label")]),
        "email": _values([said.get("email")], [true.get("email")]),
        "phone": _phone(said.get("phone"), true.get("phone")),
        "city": _values([_city(said)], [_city(true)]),
        "links": _links(said, true),
        "summary": _values([said.get("summary")], [true.get("summary")], tight),
        "employer": _paired(work, _employer),
        "position": _paired(work, _position),
        "work": _paired(work, lambda job: _employer(job) + "\n" + _position(job)),
        "work_dates": _dates(work, length),
        "institution": _paired(study, lambda entry: comparable(entry.get("institution"))),
        "degree": _paired(study, _degree),
        "education_dates": _dates(study, length),
        "skills": _values(set(_skills(profile)), set(_skills(truth)), str),
        "highlights": _values(_highlights(profile), _highlights(truth), tight),
    }
    titles = {"languages": "language", "awards": "title"}
    for section in ("languages", "certificates", "awards", "publications", "projects"):
        key = titles.get(section, "name")
        scores[section] = _values(
            [entry.get(key) for entry in _entries(profile, section)],
            [entry.get(key) for entry in _entries(truth, section)],
        )
    scores["volunteer"] = _values(
        [f"{entry.get('organization', '')}, {entry.get('position', '')}" for entry in _entries(profile, "volunteer")],
        [f"{entry.get('organization', '')}, {entry.get('position', '')}" for entry in _entries(truth, "volunteer")],
    )
    return {field: scores[field] for field in FIELDS}


def aggregate(scores: Iterable[Mapping[str, FieldScore]]) -> dict[str, FieldScore]:
    """The summed counts of many documents, field by field (micro average)."""
    total: dict[str, FieldScore] = dict.fromkeys(FIELDS, FieldScore())
    for document in scores:
        for field, counts in document.items():
            total[field] = total.get(field, FieldScore()) + counts
    return total


def overall(scores: Mapping[str, FieldScore]) -> FieldScore:
    """All fields together, without `work` (employer and position already count) and `AS_PRINTED`."""
    counted = (counts for field, counts in scores.items() if field != "work" and field not in AS_PRINTED)
    return sum(counted, FieldScore())


def comparable(value: object) -> str:
    """The form of a text that is compared; "" for anything that is not text."""
    if not isinstance(value, str):
        return ""
    folded = re.sub(r"\s+", " ", fold(value, accents=True).text)
    folded = re.sub(r" ?- ?", "-", folded)
    return folded.strip(_MEANINGLESS_ENDS).removesuffix(".").strip(_MEANINGLESS_ENDS)


def tight(value: object) -> str:
    """`comparable` without white space and hyphens."""
    return re.sub(r"[\s-]", "", comparable(value))


def align(
    expected: Sequence[Entry], found: Sequence[Entry], likeness: Callable[[Entry, Entry], float]
) -> list[tuple[Entry | None, Entry | None]]:
    """Pairs of (expected, found), the most alike first. Entries without a partner are paired with None."""
    candidates = sorted(
        (
            (likeness(want, have), -abs(i - j), -i, -j)
            for i, want in enumerate(expected)
            for j, have in enumerate(found)
        ),
        reverse=True,
    )
    partner: dict[int, int] = {}
    for alike, _, minus_i, minus_j in candidates:
        if alike >= _LEAST_LIKENESS and -minus_i not in partner and -minus_j not in partner.values():
            partner[-minus_i] = -minus_j
    taken = set(partner.values())
    pairs: list[tuple[Entry | None, Entry | None]] = [
        (want, found[partner[i]] if i in partner else None) for i, want in enumerate(expected)
    ]
    return pairs + [(None, have) for j, have in enumerate(found) if j not in taken]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _basics(resume: Entry) -> Entry:
    basics = resume.get("basics")
    return cast("Entry", basics) if isinstance(basics, dict) else {}


def _entries(resume: Entry, section: str) -> list[Entry]:
    entries = resume.get(section)
    if not isinstance(entries, list):
        return []
    return [cast("Entry", entry) for entry in cast("list[object]", entries) if isinstance(entry, dict)]


def _strings(values: object) -> list[str]:
    if not isinstance(values, list):
        return []
    return [value for value in cast("list[object]", values) if isinstance(value, str)]


def _values(said: Iterable[object], true: Iterable[object], form: Callable[[object], str] = comparable) -> FieldScore:
    """Compares two collections. Repeated values count each time; empty ones are ignored."""
    have = Counter(filter(None, map(form, said)))
    want = Counter(filter(None, map(form, true)))
    right = (have & want).total()
    return FieldScore(true_positive=right, false_positive=have.total() - right, false_negative=want.total() - right)


def _paired(pairs: Iterable[tuple[Entry | None, Entry | None]], value_of: Callable[[Entry], str]) -> FieldScore:
    """Compares one value of each aligned pair."""
    total = FieldScore()
    for want, have in pairs:
        true = value_of(want).strip() if want is not None else ""
        said = value_of(have).strip() if have is not None else ""
        total += _one(said, true)
    return total


def _one(said: str, true: str) -> FieldScore:
    if said and said == true:
        return FieldScore(true_positive=1)
    return FieldScore(false_positive=int(bool(said)), false_negative=int(bool(true)))


def _dates(pairs: Iterable[tuple[Entry | None, Entry | None]], length: int) -> FieldScore:
    """Compares the start and end of each aligned pair. An end missing from the truth is a false positive."""
    total = FieldScore()
    for want, have in pairs:
        for key in ("startDate", "endDate"):
            true = str((want or {}).get(key) or "")[:length]
            said = str((have or {}).get(key) or "")[:length]
            total += _one(said, true)
    return total


def _employer(job: Entry) -> str:
    return comparable(job.get("name") or job.get("company"))  # named `company` before JSON Resume 1.0


def _position(job: Entry) -> str:
    return comparable(job.get("position"))


def _degree(study: Entry) -> str:
    return " ".join(sorted(_degree_words(study)))


def _degree_words(study: Entry) -> list[str]:
    folded = comparable(f"{study.get('studyType') or ''} {study.get('area') or ''}")
    words = [word.strip(".,;:()") for word in re.split(r"[\s,/]+", folded)]
    return [word for word in words if word and word not in _JOINING_WORDS]


def _overlap(one: Iterable[str], other: Iterable[str]) -> float:
    """Shared words, 0 to 1 (Dice)."""
    left, right = set(one), set(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def _job_likeness(one: Entry, other: Entry) -> float:
    return (
        _overlap(_employer(one).split(), _employer(other).split())
        + _overlap(_position(one).split(), _position(other).split())
        + _date_likeness(one, other)
    )


def _study_likeness(one: Entry, other: Entry) -> float:
    names = (comparable(one.get("institution")).split(), comparable(other.get("institution")).split())
    return _overlap(*names) + _overlap(_degree_words(one), _degree_words(other)) + _date_likeness(one, other)


def _date_likeness(one: Entry, other: Entry) -> float:
    """0 to 1: one half for each end whose year agrees. A date that either side lacks adds nothing."""
    years = [(str(one.get(key) or "")[:4], str(other.get(key) or "")[:4]) for key in ("startDate", "endDate")]
    return sum(0.5 for left, right in years if left and left == right)


def _city(basics: Entry) -> object:
    location = basics.get("location")
    return cast("Entry", location).get("city") if isinstance(location, dict) else None


def _skills(resume: Entry) -> list[str]:
    """The keywords of all groups. A group without keywords is itself a skill."""
    words: list[str] = []
    for group in _entries(resume, "skills"):
        keywords = _strings(group.get("keywords"))
        words += [comparable(word) for word in keywords or [group.get("name")]]
    return words


def _highlights(resume: Entry) -> list[str]:
    return [
        highlight
        for section in ("work", "volunteer", "projects")
        for entry in _entries(resume, section)
        for highlight in _strings(entry.get("highlights"))
    ]


def _phone(said: object, true: object) -> FieldScore:
    have, want = _digits(said), _digits(true)
    international = isinstance(true, str) and true.strip().startswith("+")
    local = want.lstrip("0")
    if not international and len(local) >= _SHORTEST_PHONE_DIGITS and have.endswith(local):
        return FieldScore(true_positive=1)
    return _one(have, want)


def _digits(value: object) -> str:
    return re.sub(r"\D", "", value) if isinstance(value, str) else ""


def bare_link(url: object) -> str:
    """The URL in lower case, without scheme, `www.` and trailing slash."""
    if not isinstance(url, str):
        return ""
    return re.sub(r"^[a-z][a-z+.-]*:/*", "", url.strip().casefold()).removeprefix("www.").rstrip("/")


def _link_names(basics: Entry) -> list[set[str]]:
    """For each link, all the ways in which it may be written."""
    links = [{bare_link(basics.get("url") or basics.get("website"))}]
    for profile in _entries(basics, "profiles"):
        username = comparable(profile.get("username")).lstrip("@")
        named = f"{comparable(profile.get('network'))}/{username}" if username else ""
        links.append({bare_link(profile.get("url")), named})
    return [names - {""} for names in links if names - {""}]


def _links(said: Entry, true: Entry) -> FieldScore:
    have = _link_names(said)
    missing = 0
    right = 0
    for names in _link_names(true):
        match = next((other for other in have if names & other), None)
        if match is None:
            missing += 1
        else:
            right += 1
            have.remove(match)
    return FieldScore(true_positive=right, false_positive=len(have), false_negative=missing)
