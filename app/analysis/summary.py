"""Composes a short summary from the facts of a profile, and checks that a model's summary adds nothing to them.

`app.analysis.grounding.assembly` calls `compose_summary`; `app.analysis.analyse` calls `summary_is_supported`.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from app.analysis.folding import fold
from app.analysis.grounding.line_matching import LineIndex
from app.analysis.grounding.text_tokens import cut
from app.analysis.summary_words import NUMBER_WORDS, OPENING_WORDS, PHRASES
from app.extraction.document import Document, Line, Page

_MOST_SKILLS = 5
_MOST_SUMMARY_CHARACTERS = 1200  # a paragraph; anything longer is not a summary

_DEGREE_RANKS = (
    (4, re.compile(
        r"\b(?:ph\.? ?d|doctor\w*|doktor\w*|dr\.|dottorat\w*|doutora\w*|habil\w*)|博士|박사|кандидат"
    )),
    (3, re.compile(
        r"\b(?:master\w*|m\.? ?(?:sc|a|eng|s|b\.? ?a|phil|ed|res|tech)\b|mba|magister|mestrado|diplom\w*|dipl\."
        r"|magistr\w*|laurea magistrale|staatsexamen)|修士|硕士|석사|магистр"
    )),
    (2, re.compile(
        r"\b(?:bachelor\w*|b\.? ?(?:sc|a|eng|s|tech|com|ed|b\.? ?a)\b|licen\w+|laurea|grado|bacharel\w*|licencjat)"
        r"|学士|本科|학사|бакалавр"
    )),
)  # fmt: skip


def compose_summary(profile: dict[str, Any], language: str) -> str:
    """One or two plain sentences from the profile's facts, in `language` if Vitae has the words, otherwise in English.

    Empty when the profile has no work, education or skills.
    """
    words = PHRASES.get(language, PHRASES["en"])
    months: int = profile.get("x-vitae", {}).get("total_experience_months", 0)
    sentences: list[str] = []
    opening = [part for part in (_latest_job(profile, words["at"]), _years(months, words)) if part]
    if opening:
        sentences.append(f"{', '.join(opening)}.")
    closing: list[str] = []
    degree = _highest_degree(profile)
    if degree:
        closing.append(f"{words['education']}: {degree}")
    skills = _top_skills(profile)
    if skills:
        closing.append(f"{words['skills']}: {', '.join(skills)}")
    if closing:
        sentences.append(f"{'; '.join(closing)}.")
    text = " ".join(sentences)
    return (text[0].upper() + text[1:]).replace("..", ".") if text else ""


def _latest_job(profile: dict[str, Any], at: str) -> str | None:
    jobs: list[dict[str, Any]] = profile.get("work", [])
    if not jobs:
        return None
    # A current job (a start and no end) wins, then the latest end. Jobs without dates count only if none has dates.
    dated = [job for job in jobs if "startDate" in job or "endDate" in job]
    latest = max(
        dated or jobs[:1],
        key=lambda job: ("endDate" not in job, job.get("endDate", job.get("startDate", "")), job.get("startDate", "")),
    )
    position, employer = latest.get("position"), latest.get("name")
    if position and employer:
        return at.format(position=position, employer=employer)
    return position or employer


def _years(months: int, words: dict[str, str]) -> str | None:
    years = months // 12
    if years < 1:
        return None
    return words["year" if years == 1 else "years"].format(years=years)


def _highest_degree(profile: dict[str, Any]) -> str | None:
    studies: list[dict[str, Any]] = profile.get("education", [])
    if not studies:
        return None
    best = max(studies, key=lambda study: (_degree_rank(study), study.get("endDate", "")))
    degree, area = best.get("studyType") or "", best.get("area") or ""
    subject = area if degree and area.casefold().startswith(degree.casefold()) else f"{degree} {area}".strip()
    institution = best.get("institution")
    if subject and institution:
        return f"{subject} ({institution})"
    return subject or institution


def _degree_rank(study: dict[str, Any]) -> int:
    degree = fold(study.get("studyType", "")).text
    return next((rank for rank, pattern in _DEGREE_RANKS if pattern.search(degree)), 1 if degree else 0)


def _top_skills(profile: dict[str, Any]) -> list[str]:
    skills: list[dict[str, Any]] = profile.get("skills", [])
    keywords = [keyword for skill in skills for keyword in skill.get("keywords", [])]
    names = [skill["name"] for skill in skills if skill.get("name") and not skill.get("keywords")]
    return list(dict.fromkeys(keywords or names))[:_MOST_SKILLS]


class _Word(NamedTuple):
    text: str
    opens: bool  # first word of its sentence
    span: tuple[int, int]


_WORD = re.compile(r"[^\W_]+(?:[.&'’+#/-]*[^\W_]+)*[+#]*")
_SENTENCE_END = re.compile(r"[.!?:;。！？•\n][\"'”’)]*\s*$")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_KATAKANA = re.compile(r"[ァ-ヶー]{3,}")
_CJK_NAME = re.compile(
    r"[\u4e00-\u9fff\uac00-\ud7af々]{1,12}(?:株式会社|有限公司|大学院?|大學|公司|集团|학교|대학교|회사)|株式会社[\w]{1,12}"
)


def summary_is_supported(text: str, profile: dict[str, Any], document: Document) -> bool:
    """Whether the document or the profile contains every number and every name or capitalized term of `text`.

    The words of a name must be next to each other there. Years of experience may be the computed ones. German
    capitalizes all nouns, so a German sentence passes only in the document's own words: strict, but never wrong.
    """
    if not text.strip() or len(text) > _MOST_SUMMARY_CHARACTERS:
        return False
    facts = [*_strings({key: value for key, value in profile.items() if key not in {"meta", "x-vitae"}})]
    known = LineIndex(_with_facts(document, facts))
    vocabulary = {token.bare for line in known.lines for token in cut(line.text)}
    extension: dict[str, Any] = profile.get("x-vitae", {})
    months = extension.get("total_experience_months") or 0
    numbers = {str(months // 12), str(months)} | {
        match.group() for line in known.lines for match in _NUMBER.finditer(fold(line.text).text)
    }
    folded = fold(text).text
    if any(match.group() not in numbers for match in _NUMBER.finditer(folded)):
        return False
    spelt = {NUMBER_WORDS[word] for word in re.findall(r"[^\W\d_]+", folded) if word in NUMBER_WORDS}
    if not spelt <= numbers:
        return False
    for pattern in (_KATAKANA, _CJK_NAME):
        if any(known.find(match.group(), running_text=True) is None for match in pattern.finditer(text)):
            return False
    values = {fact.casefold() for fact in facts}
    return all(_is_known(name, known, vocabulary, values) for name in _names(text))


def _names(text: str) -> Iterator[list[_Word]]:
    """Runs of capitalized words (or words with a capital or digit inside) that are separated only by spaces."""
    run: list[_Word] = []
    previous_end = 0
    for match in _WORD.finditer(text):
        gap = text[previous_end : match.start()]
        opens = not text[: match.start()].strip() or _SENTENCE_END.search(text[: match.start()]) is not None
        word = _Word(match.group(), opens, match.span())
        previous_end = match.end()
        if run and (gap.strip() or opens):
            yield run
            run = []
        if any(character.isupper() for character in word.text):
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_known(name: list[_Word], known: LineIndex, vocabulary: set[str], values: set[str]) -> bool:
    if name[0].opens and _opens_a_sentence(name[0].text, vocabulary):
        name = name[1:]
    if not name:
        return True
    phrase = " ".join(word.text.removesuffix("'s").removesuffix("’s") for word in name)
    return known.find(phrase, running_text=True) is not None or _is_made_of(phrase.casefold(), values)


def _is_made_of(phrase: str, values: set[str]) -> bool:
    """Whether the phrase is two whole values of the profile: a degree and its field, or a title and an employer."""
    words = phrase.split()
    return any(
        " ".join(words[:cut_at]) in values and " ".join(words[cut_at:]) in values for cut_at in range(1, len(words))
    )


def _opens_a_sentence(word: str, vocabulary: set[str]) -> bool:
    """Whether the word is capitalized only because it comes first: a known opener or an ordinary document word."""
    folded = fold(word).text
    return folded in OPENING_WORDS or (word.istitle() and folded in vocabulary)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _with_facts(document: Document, facts: list[str]) -> Document:
    """The document followed by the profile's normalized values, each on a line in a block by itself."""
    last = len(document.lines)
    lines = (
        *document.lines,
        *(Line(number=last + place, page=0, text=fact, block=-place) for place, fact in enumerate(facts, start=1)),
    )
    return Document(document.media_type, (Page(1, 0, 0),), lines, language=document.language)
