"""How well a profile agrees with the truth about its document, field by field; pure, used by evaluation and benchmarks.

Both sides are JSON Resume. Every field counts items: right ones (true positives), ones that the profile has and the
truth has not (false positives), ones that the profile misses (false negatives); a wrong value is one of each of the
last two. Jobs and studies are aligned first, so that one entry too many does not spoil those after it.

Values are compared after `comparable`: NFKC, letter case, white space, kinds of dashes and quotes, and punctuation at
the ends make no difference; accents, words and digits do. On top of that
- highlights and summaries ignore white space and hyphens altogether, because lines are broken anywhere;
- a degree is compared as the words of `studyType` and `area` together, whichever of the two they were put in;
- links ignore the scheme, `www.` and a slash at the end; a network with a user name stands for a missing address;
- phones are compared as digits; a truth that is not E.164 agrees with the end of the profile's number;
- dates must be equal as strings: `2019` is wrong where the page says `2019-03`, and the reverse. `date_precision`
  cuts both sides to months or years, for truth files that are more precise than their page.
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
"""`work` counts a job as right only when employer and position both are; the last five count titles of entries."""
AS_PRINTED: dict[str, str] = {
    "work_dates_as_printed": "work_dates",
    "education_dates_as_printed": "education_dates",
}
"""Beside the strict fields: the same dates, held against a truth that says no more than its page does."""

_DATE_CHARACTERS: dict[DatePrecision, int] = {"exact": 10, "month": 7, "year": 4}
_MEANINGLESS_ENDS = " \t,;:|·•・*–—-"
_SHORTEST_PHONE_DIGITS = 7  # a local number without area code
# Words that join a degree with its field: "Bachelor of Science in Nursing", "Master en Droit".
_JOINING_WORDS = frozenset({"in", "of", "the", "de", "des", "du", "en", "im", "der", "di", "em", "and"})
# Below this two entries have too little in common to be the same job or study.
_LEAST_LIKENESS = 0.75

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldScore:
    """Counts of one field; scores add up over documents."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    def __add__(self, other: "FieldScore") -> "FieldScore":
        return FieldScore(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
        )

    @property
    def expected(self) -> int:
        """How many items the truth has."""
        return self.true_positive + self.false_negative

    @property
    def precision(self) -> float | None:
        """Share of the profile's items that are right; None when it has none."""
        return _share(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float | None:
        """Share of the truth's items that were found; None when there are none."""
        return _share(self.true_positive, self.expected)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when neither side has an item."""
        return _share(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)


def score(profile: Entry, truth: Entry, *, date_precision: DatePrecision = "exact") -> dict[str, FieldScore]:
    """One `FieldScore` for each of `FIELDS`."""
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
    """The counts of many documents together, field by field (micro average)."""
    total: dict[str, FieldScore] = dict.fromkeys(FIELDS, FieldScore())
    for document in scores:
        for field, counts in document.items():
            total[field] = total.get(field, FieldScore()) + counts
    return total


def overall(scores: Mapping[str, FieldScore]) -> FieldScore:
    """All fields together; `work` is left out, because employer and position already count, and so is `AS_PRINTED`."""
    counted = (counts for field, counts in scores.items() if field != "work" and field not in AS_PRINTED)
    return sum(counted, FieldScore())


def comparable(value: object) -> str:
    """The text as it is compared; "" for anything that is no text."""
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
    """Pairs of (expected, found), most alike first; what is left over is paired with None."""
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
    """Two bags of values, each item counted as often as it stands there; empty ones do not count."""
    have = Counter(filter(None, map(form, said)))
    want = Counter(filter(None, map(form, true)))
    right = (have & want).total()
    return FieldScore(right, have.total() - right, want.total() - right)


def _paired(pairs: Iterable[tuple[Entry | None, Entry | None]], value_of: Callable[[Entry], str]) -> FieldScore:
    """One value of each aligned pair."""
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
    """Start and end of each aligned pair, each its own item. An end that the truth has not is a false positive."""
    total = FieldScore()
    for want, have in pairs:
        for key in ("startDate", "endDate"):
            true = str((want or {}).get(key) or "")[:length]
            said = str((have or {}).get(key) or "")[:length]
            total += _one(said, true)
    return total


def _employer(job: Entry) -> str:
    return comparable(job.get("name") or job.get("company"))  # `company` before JSON Resume 1.0


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
    """Up to 1: half for each end whose year agrees; no date on either side says nothing."""
    years = [(str(one.get(key) or "")[:4], str(other.get(key) or "")[:4]) for key in ("startDate", "endDate")]
    return sum(0.5 for left, right in years if left and left == right)


def _city(basics: Entry) -> object:
    location = basics.get("location")
    return cast("Entry", location).get("city") if isinstance(location, dict) else None


def _skills(resume: Entry) -> list[str]:
    """Keywords of all groups; a group without keywords is itself the skill."""
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
    """An address without scheme, `www.` and the slash at its end, in lower case."""
    if not isinstance(url, str):
        return ""
    return re.sub(r"^[a-z][a-z+.-]*:/*", "", url.strip().casefold()).removeprefix("www.").rstrip("/")


def _link_names(basics: Entry) -> list[set[str]]:
    """For each link all the ways it may be written."""
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
    return FieldScore(right, len(have), missing)
