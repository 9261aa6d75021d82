"""Extracts the requirements from a job description, by rules only: skills, years, degree, languages, short phrases.

The same text always gives the same requirements. Each one quotes the description, so that its author can see how it was
understood and change it. Long sentences about the employer are ignored.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from app.analysis.folding import fold
from app.analysis.jobs import job_words
from app.analysis.jobs.requirement import CEFR, Cefr, Requirement
from app.analysis.normalise.terms import fluency, language_tag, skill_name

MOST_CHARACTERS = 50_000
_MOST = 60
_LONGEST_HEADING = 6  # words
_LONGEST_LISTING = 25  # words in a sentence whose unknown parts also become requirements
_LONGEST_PHRASE = 5
_LONGEST_NAME = 4

_Section = Literal["must", "nice", "other"]
_HEADINGS: dict[str, _Section] = {
    **dict.fromkeys(job_words.headings(job_words.OTHER_HEADINGS), "other"),
    **dict.fromkeys(job_words.headings(job_words.NICE_HEADINGS), "nice"),
    **dict.fromkeys(job_words.headings(job_words.MUST_HEADINGS), "must"),
}
_BULLET = re.compile(r"^\s*(?:[-*•◦▪‣·–—►✓✔>]+|\d{1,2}[.)])?\s*")
_SENTENCE_END = re.compile(r"(?<=[a-zäöüß)\]])[.!?;](?:\s+|$)|;\s*")
_PARTS = re.compile(r"([,()\[\]|]|\b(?:and|or|und|oder|sowie|et|ou|y|o|e|en|of)\b(?=\s))", re.IGNORECASE)
_OR = frozenset(("or", "oder", "ou", "o", "of"))
_AND = frozenset(("and", "und", "sowie", "et", "y", "e", "en"))
_TOKEN = re.compile(r"[^\s,;:()\[\]|]+")
_LETTER = re.compile(r"[^\W\d_]")
_KNOWLEDGE = re.compile(r"(?:sprach)?kenntnisse$")  # `Deutschkenntnisse`
# Skills that are also ordinary words. They need a capital and must not be the first of several words.
_ORDINARY = {"c", "r", "go", "excel", "express", "swift", "rust", "spring", "shell", "react", "spark", "flask", "ps"}


class _Sentence(NamedTuple):
    text: str
    must: bool
    listed: bool  # the description has headings that introduce requirements


class _Part(NamedTuple):
    """The text between commas, brackets, and words such as `and`."""

    tokens: list[str]
    welcome: bool
    joined_by_or: bool  # to the previous part


def read_requirements(description: str) -> tuple[Requirement, ...]:
    """The requirements in the order of the text, without duplicates. Of two for the same thing, the stricter stays."""
    found: dict[tuple[str, tuple[str, ...]], Requirement] = {}
    for sentence in _sentences(description[:MOST_CHARACTERS]):
        for each in _requirements_of(sentence):
            key = (each.kind, tuple(fold(name).text for name in each.names))
            known = found.get(key)
            found[key] = each if known is None else _stricter(known, each)
    return tuple(found.values())[:_MOST]


def _stricter(one: Requirement, other: Requirement) -> Requirement:
    return max(one, other, key=lambda each: (each.must, each.months or 0, CEFR.index(each.cefr) if each.cefr else -1))


def _sentences(description: str) -> Iterator[_Sentence]:
    lines = [_BULLET.sub("", line).strip() for line in description.splitlines()]
    headed = any(_heading(line)[0] in {"must", "nice"} for line in lines)
    section: _Section = "other" if headed else "must"
    for line in lines:
        named, rest = _heading(line)
        section = named or section
        if section == "other" or not rest:
            continue
        for part in _SENTENCE_END.split(rest):
            if part.strip():
                yield _Sentence(part.strip(), must=section != "nice", listed=headed)


def _heading(line: str) -> tuple[_Section | None, str]:
    """The section that the line introduces and the rest of the line; `(None, line)` if it is not a heading."""
    head, colon, rest = line.partition(":")
    for text, left in ((line.rstrip(":").strip(), ""), (head.strip(), rest.strip() if colon else None)):
        folded = fold(text.strip("*_# ")).text
        if left is not None and len(folded.split()) <= _LONGEST_HEADING and (section := _HEADINGS.get(folded)):
            return section, left
    return None, line


def _requirements_of(sentence: _Sentence) -> Iterator[Requirement]:
    folded = fold(sentence.text).text
    parts = _parts(sentence.text)
    welcome = not sentence.must or parts[0].welcome  # `Ideally Python, SQL` applies to everything in the sentence
    months = _months(folded, listed=sentence.listed)
    if months is not None:
        yield Requirement("experience", (), not welcome, months=months, quote=sentence.text)
    level = next((level for level, pattern in job_words.DEGREES if pattern.search(folded)), None)
    if level is not None:
        yield Requirement("degree", (level,), not welcome, quote=sentence.text)
    listing = sentence.listed and level is None and len(folded.split()) <= _LONGEST_LISTING
    alternatives: list[tuple[list[str], bool]] = []
    for number, part in enumerate(parts):
        must = not (welcome or part.welcome)
        spoken = list(_languages(part.tokens, parts[number + 1 : number + 2]))
        for tag, cefr in spoken:
            yield Requirement("language", (tag,), must, cefr=cefr, quote=sentence.text)
        skills = list(_skills(part.tokens))
        if listing and not spoken and not skills and (phrase := _phrase(part.tokens)):
            skills = [phrase]
        if skills and part.joined_by_or and alternatives:
            alternatives[-1][0].extend(skills)
        else:
            alternatives += [([name], must) for name in skills]
    for names, must in alternatives:
        yield Requirement("skill", tuple(dict.fromkeys(names)), must, quote=sentence.text)


def _parts(text: str) -> list[_Part]:
    """The parts of a sentence. If it has an `or` but no `and`, commas also mean `or`."""
    cut = _PARTS.split(text)
    joints = ["", *(fold(joint).text for joint in cut[1::2])]
    any_will_do = bool(_OR & {*joints}) and not _AND & {*joints}
    return [
        _Part(
            _tokens(part),
            job_words.NICE.search(fold(part).text) is not None,
            joint in _OR or (any_will_do and joint == ","),
        )
        for part, joint in zip(cut[::2], joints, strict=True)
    ]


def _months(folded: str, *, listed: bool) -> int | None:
    """The minimum experience that the sentence asks for, in months: the lower end of a range."""
    if not listed and not job_words.EXPERIENCE.search(folded):
        return None
    for word, number in job_words.NUMBERS.items():
        folded = re.sub(rf"\b{word}\b(?=\+? (?:or more )?(?:years|jahre|ans|anos|anni))", str(number), folded)
    match = job_words.YEARS.search(folded)
    return None if match is None or not 0 < int(match.group(1)) <= 40 else 12 * int(match.group(1))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    for match in _TOKEN.finditer(text):
        word = match.group().rstrip(".!?\"'").lstrip("\"'")
        whole = "/" not in word or skill_name(word) is not None
        tokens += [each for each in ([word] if whole else word.split("/")) if each]
    return tokens


def _skills(tokens: list[str]) -> Iterator[str]:
    """Skills in the table, by their names in the table. Of two that overlap, the longer one is used."""
    at = 0
    while at < len(tokens):
        for length in range(min(_LONGEST_NAME, len(tokens) - at), 0, -1):
            name = skill_name(" ".join(tokens[at : at + length]))
            if name is not None and not (length == 1 and _is_ordinary(tokens, at)):
                yield name
                at += length - 1
                break
        at += 1


def _is_ordinary(tokens: list[str], at: int) -> bool:
    token = tokens[at]
    if token.casefold() not in _ORDINARY:
        return False
    return not (token[0].isupper() and (at > 0 or len(tokens) == 1))


def _languages(tokens: list[str], following: list[_Part]) -> Iterator[tuple[str, Cefr | None]]:
    """Language tags with their levels. A level in brackets is the next part: `English (C1)`."""
    tags = [
        tag
        for token in tokens
        if (token[0].isupper() or not token.isascii()) and (tag := language_tag(_KNOWLEDGE.sub("", token))) is not None
    ]
    if not tags:
        return
    beside = [token for part in following if len(part.tokens) == 1 for token in part.tokens]
    level = _level(tokens) or _level(beside)
    for tag in tags:
        yield tag, level


def _level(tokens: list[str]) -> Cefr | None:
    """The required level of a language: a CEFR level, or words that correspond to one."""
    for length in (len(tokens), 3, 2, 1):
        for at in range(len(tokens) - length + 1):
            known = fluency(" ".join(tokens[at : at + length]))
            if known is not None and known.cefr in CEFR:
                return known.cefr  # pyright: ignore[reportReturnType] - it is one of them
    return None


def _phrase(tokens: list[str]) -> str | None:
    """The words of a part that no table has, without filler words: `wound care`, `forklift licence`."""
    folded = [fold(token).text for token in tokens]
    while folded and (folded[0] in job_words.FILLING or not _LETTER.search(folded[0])):
        tokens, folded = tokens[1:], folded[1:]
    while folded and folded[-1] in job_words.FILLING:
        tokens, folded = tokens[:-1], folded[:-1]
    telling = any(len(each) > 2 and each not in job_words.FILLING for each in folded)
    return " ".join(tokens) if telling and len(tokens) <= _LONGEST_PHRASE else None
