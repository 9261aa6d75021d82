"""Compares a profile with the requirements of a job: a verdict for each requirement, and a score. Pure.

The score is the weighted share of the requirements that are met, in whole percent. A required qualification counts
three times as much as a desirable one, and a partly met requirement counts half. Nothing else affects it, neither names
nor ages nor places, so the same profile and job give the same score, and every point can be shown in the document.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from app.analysis.folding import fold
from app.analysis.grounding.denial import is_denied
from app.analysis.jobs.requirement import CEFR, Requirement
from app.analysis.normalise.terms import isced, skill_forms

Outcome = Literal["met", "partly", "missing"]

_WEIGHT = {True: 3, False: 1}  # required, desirable
_POINTS: dict[Outcome, int] = {"met": 2, "partly": 1, "missing": 0}
_PARTLY_FROM = 0.7  # share of the required experience
_MOST_POINTERS = 3
_SHORT = 2  # letters: `C`, `R`, `Go` are searched for only among the skills, not in sentences
# Fields that describe a person's abilities. Contacts, places and dates are left out.
_TELLING = {
    *("label", "summary", "position", "description", "highlights", "keywords", "name", "area", "studyType", "courses"),
    *("title", "awarder", "publisher", "roles", "entity"),
}
_SECTIONS = ("work", "volunteer", "education", "skills", "projects", "certificates", "awards", "publications")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`found` is the matching part of the profile; `pointers` are its places, which lead to the evidence."""

    outcome: Outcome
    found: str = ""
    pointers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """`score` is 0 to 100; `verdicts` are in the order of the requirements."""

    score: int
    verdicts: tuple[Verdict, ...]

    def missing_musts(self, requirements: Sequence[Requirement]) -> int:
        pairs = zip(requirements, self.verdicts, strict=True)
        return sum(1 for wanted, verdict in pairs if wanted.must and verdict.outcome == "missing")


class ReadProfile:
    """A profile whose texts are folded once for all requirements of a job."""

    def __init__(self, profile: dict[str, Any]) -> None:
        self.facts: dict[str, Any] = profile.get("x-vitae") or {}
        self.profile = profile
        self._texts = [(pointer, text, fold(text).text) for pointer, text in _texts(profile)]
        self._all = "\n".join(folded for _, _, folded in self._texts)

    def find_skill(self, name: str) -> Verdict | None:
        named = [each["pointer"] for each in self.facts.get("skills", []) if each["name"] == name]
        if named:
            return Verdict("met", name, tuple(named[:_MOST_POINTERS]))
        forms = skill_forms(name)
        listed = [pointer for pointer, _, text in self._texts if text in forms]
        if listed:
            return Verdict("met", name, tuple(listed[:_MOST_POINTERS]))
        told = [form for form in forms if len(form) > _SHORT and form in self._all]
        pointers = [
            pointer for pointer, _, text in self._texts if any(form in text and _says(text, form) for form in told)
        ]
        return Verdict("met", name, tuple(pointers[:_MOST_POINTERS])) if pointers else None


def match_profile(profile: dict[str, Any], requirements: Sequence[Requirement]) -> Match:
    """The verdicts and the score. For a job without requirements the score is 0."""
    read = ReadProfile(profile)
    verdicts = tuple(_judge(read, wanted) for wanted in requirements)
    reached = sum(_WEIGHT[r.must] * _POINTS[v.outcome] for r, v in zip(requirements, verdicts, strict=True))
    highest = sum(_WEIGHT[r.must] * _POINTS["met"] for r in requirements)
    return Match(0 if not highest else (200 * reached + highest) // (2 * highest), verdicts)


def _judge(read: ReadProfile, wanted: Requirement) -> Verdict:
    match wanted.kind:
        case "skill":
            found = (read.find_skill(name) for name in wanted.names)
            return next((verdict for verdict in found if verdict is not None), Verdict("missing"))
        case "experience":
            return _judge_experience(read, wanted)
        case "degree":
            return _judge_degree(read, wanted)
        case "language":
            return _judge_language(read, wanted)


def _judge_experience(read: ReadProfile, wanted: Requirement) -> Verdict:
    """Compares the total experience, because a profile does not show how long somebody worked in one field."""
    months: int = read.facts.get("total_experience_months") or 0
    least = wanted.months or 0
    jobs = tuple(
        f"/work/{number}/startDate" for number, job in enumerate(read.profile.get("work", [])) if "startDate" in job
    )
    years, rest = divmod(months, 12)
    found = f"{years} years {rest} months" if rest else f"{years} years"
    if not months:
        return Verdict("missing")
    outcome: Outcome = "met" if months >= least else "partly" if months >= least * _PARTLY_FROM else "missing"
    return Verdict(outcome, found, jobs[:_MOST_POINTERS])


def _judge_degree(read: ReadProfile, wanted: Requirement) -> Verdict:
    """Compares a degree of the required level or, failing that, the highest. One level below counts as partly met, and
    so does a degree in place of vocational training.
    """
    degrees = read.facts.get("degrees", [])
    least = min(wanted.names, key=isced, default="secondary")
    best = max(degrees, key=lambda each: (each["level"] == least, each["isced"]), default=None)
    if best is None:
        return Verdict("missing")
    short_by = isced(least) - best["isced"]
    enough = best["level"] == least if least == "vocational" else short_by <= 0
    outcome: Outcome = "met" if enough else "partly" if short_by <= 1 else "missing"
    return Verdict(outcome, best["level"], (f"{best['pointer']}/studyType",))


def _judge_language(read: ReadProfile, wanted: Requirement) -> Verdict:
    """If a level is required, a language with no level or a lower one is partly met."""
    spoken = [each for each in read.facts.get("languages", []) if each["tag"] in wanted.names]
    if not spoken:
        return Verdict("missing")
    best = max(spoken, key=lambda each: CEFR.index(each["cefr"]) if each.get("cefr") in CEFR else -1)
    level = best.get("cefr")
    enough = wanted.cefr is None or (level in CEFR and CEFR.index(level) >= CEFR.index(wanted.cefr))
    found = f"{best['tag']} {level}" if level else best["tag"]
    pointers = [f"{best['pointer']}/{key}" for key in ("language", "fluency")]
    return Verdict("met" if enough else "partly", found, tuple(pointers))


def _texts(profile: dict[str, Any]) -> Iterator[tuple[str, str]]:
    basics = profile.get("basics", {})
    for key in ("label", "summary"):
        if basics.get(key):
            yield f"/basics/{key}", basics[key]
    for section in _SECTIONS:
        for number, entry in enumerate(profile.get(section, [])):
            yield from _texts_of(entry, f"/{section}/{number}", among=section)


def _texts_of(entry: dict[str, Any], pointer: str, *, among: str) -> Iterator[tuple[str, str]]:
    for key, value in entry.items():
        if key not in _TELLING or (key == "name" and among in {"work", "volunteer"}):  # an employer is not a skill
            continue
        if isinstance(value, str):
            yield f"{pointer}/{key}", value
        elif isinstance(value, list):
            yield from ((f"{pointer}/{key}/{place}", each) for place, each in enumerate(value) if isinstance(each, str))


def _says(text: str, form: str) -> bool:
    """Whether the folded text has these words as whole words and does not negate them."""
    return any(not is_denied(text[: match.start()]) for match in _pattern(form).finditer(text))


@cache
def _pattern(form: str) -> re.Pattern[str]:
    # Scripts without spaces, and names that end with symbols, have no word boundary there.
    before = r"(?<!\w)" if form[0].isascii() else ""
    after = r"(?!\w)" if form[-1].isascii() else ""
    return re.compile(before + re.escape(form) + after)
