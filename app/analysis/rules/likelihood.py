"""Decides whether a document is a person's resume before any model call costs money; called by `app.analysis.analyse`.

The two possible mistakes are not equally bad: a rejected resume is a lost candidate, while an accepted recipe costs one
model call. So a document is rejected only on clear evidence for another kind of document, or if nothing in it suggests
a resume.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from app.analysis.rules.person.contact_details import EMAIL, find_phone
from app.analysis.rules.person.names import find_name
from app.analysis.rules.phrases.degrees import degree_score
from app.analysis.rules.phrases.organisations import institution_score
from app.analysis.rules.phrases.periods import find_periods
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import fold, is_cjk
from app.analysis.rules.structure.headings import find_kind
from app.analysis.rules.structure.read_rows import read_rows
from app.analysis.rules.structure.row import Row
from app.analysis.rules.vocabulary.other_document_words import KINDS
from app.extraction.document import Document

# No resume has fewer letters than this.
_LEAST_LETTERS = 25
_MOST_CHARACTERS = 3000  # in a line: a longer one is an attack or an extraction error
_LONGEST_HEADING = 70  # characters
_TITLES = re.compile(
    r"\b(?:curriculum\s+vitae|lebenslauf|r[ée]sum[ée]|hoja de vida|curr[íi]culum|curr[íi]culo|"
    r"europass|bewerber|cv)\b|简历|簡歷|履歴書|職務経歴書|이력서|резюме",
    re.IGNORECASE,
)
_STRONG_KINDS = frozenset({"work", "education", "skills", "history"})
_WEAK_KINDS = frozenset(
    {
        "summary",
        "languages",
        "projects",
        "certificates",
        "awards",
        "publications",
        "volunteer",
        "interests",
        "references",
        "personal",
        "contact",
    }
)


class Likelihood(StrEnum):
    CLEARLY_NOT = "clearly_not"
    UNCLEAR = "unclear"
    LIKELY = "likely"


@dataclass(frozen=True, slots=True)
class ResumeLikelihood:
    """`reasons` are phrases without text from the document; `score` is positive for resumes."""

    verdict: Likelihood
    reasons: tuple[str, ...]
    score: float = 0.0

    @property
    def reason(self) -> str:
        return "; ".join(self.reasons)


@dataclass(frozen=True, slots=True)
class _Evidence:
    score: float
    reasons: tuple[str, ...]
    certain: bool  # it has headings, periods and a person, so it is a resume whatever else it contains


def is_plainly_a_resume(document: Document) -> bool:
    """Whether the document has a heading for work, education or skills, a period of time and an e-mail address.

    Such a document is never rejected. The check takes a tenth of the time of `resume_likelihood`.
    """
    lines = [line.text[:_MOST_CHARACTERS] for line in document.lines]
    return (
        any(EMAIL.search(text) for text in lines[:60])
        and any(find_kind(text) in _STRONG_KINDS for text in lines if len(text) <= _LONGEST_HEADING)
        and any(period.is_range and period.first_year is not None for text in lines for period in find_periods(text))
    )


def resume_likelihood(document: Document, rows: list[Row] | None = None) -> ResumeLikelihood:
    """`rows` are the document's, if they have been read already."""
    letters = sum(1 for line in document.lines for letter in line.text if letter.isalnum())
    if letters < _LEAST_LETTERS and not (letters >= 10 and any(is_cjk(line.text) for line in document.lines)):
        return ResumeLikelihood(Likelihood.CLEARLY_NOT, ("it has almost no text",), -10.0)
    good = _evidence_for(read_rows(document) if rows is None else rows, document)
    other, other_kind = _evidence_for_others(document)
    score = good.score - other
    if good.certain:
        verdict = Likelihood.LIKELY if score >= 2.0 else Likelihood.UNCLEAR
        return ResumeLikelihood(verdict, good.reasons, score)
    if other_kind is not None and other >= 4.0 and score < 0.0:
        return ResumeLikelihood(Likelihood.CLEARLY_NOT, (f"its wording is typical of {other_kind}",), score)
    if other_kind is not None and other >= 3.0 and good.score < 2.0:
        return ResumeLikelihood(Likelihood.CLEARLY_NOT, (f"its wording is typical of {other_kind}",), score)
    if good.score < 1.0 and letters >= 200 and _is_known_script(document):
        return ResumeLikelihood(
            Likelihood.CLEARLY_NOT, ("nothing in it refers to a person's work, education or skills",), score
        )
    if good.score >= 4.0 and score >= 2.0:
        return ResumeLikelihood(Likelihood.LIKELY, good.reasons, score)
    return ResumeLikelihood(Likelihood.UNCLEAR, good.reasons or ("it has little information",), score)


def _evidence_for(rows: list[Row], document: Document) -> _Evidence:
    score = 0.0
    reasons: list[str] = []
    kinds = {
        kind for row in rows if row.word_count <= 8 and not row.periods and (kind := find_kind(row.text)) is not None
    }
    kinds |= {kind for row in rows for label in (_label(row),) if label and (kind := find_kind(label)) in _STRONG_KINDS}
    strong, weak = len(kinds & _STRONG_KINDS), len(kinds & _WEAK_KINDS)
    if strong or weak:
        score += 1.6 * min(strong, 3) + 0.5 * min(weak, 4)
        reasons.append(f"typical resume headings in it: {strong + weak}")
    ranges = sum(1 for row in rows for period in row.periods if period.is_range and period.first_year is not None)
    if ranges:
        score += min(2.5, 0.8 * ranges)
        reasons.append(f"periods of time in it: {ranges}")
    email = next((found[0] for row in rows[:60] if (found := EMAIL.search(row.text))), None)
    if email is not None:
        score += 0.8
    if find_phone(rows[:60], document.language) is not None:
        score += 0.5
    name = find_name(rows, email)
    if name is not None and name.score >= 4.0:
        score += 0.8
        reasons.append("it begins with a person's name")
    short = [row for row in rows if row.word_count <= 14]
    if any(
        institution_score(row.undated) >= 0.9 and (row.periods or degree_score(row.undated) >= 0.8) for row in short
    ):
        score += 1.0
    elif any(degree_score(row.undated) >= 1.0 for row in short):
        score += 0.5
    titles = sum(1 for row in short if role_score(row.undated) >= 0.9 and not row.bullet)
    score += min(1.2, 0.4 * titles)
    if _TITLES.search(" ".join(row.text for row in rows[:6])):
        score += 1.5
        reasons.append("its title says that it is a resume")
    somebody = email is not None or (name is not None and name.score >= 4.0)
    return _Evidence(score, tuple(reasons), certain=strong >= 1 and ranges >= 1 and somebody)


def _label(row: Row) -> str | None:
    label, colon, _ = row.text.partition(":")
    return label if colon and len(label.split()) <= 4 else None


def _evidence_for_others(document: Document) -> tuple[float, str | None]:
    """The score and name of the other kind of document that fits the words best."""
    text = "\n".join(fold(line.text[:3000]) for line in document.lines)
    best, best_kind = 0.0, None
    for kind in KINDS:
        score = 0.0
        hits = 0
        for weight, pattern in kind.patterns:
            found = len(pattern.findall(text))
            if found:
                hits += 1
                score += weight * min(found, kind.most_per_pattern) ** 0.5
        if hits >= kind.least_patterns and score > best:
            best, best_kind = score, kind.name
    return best, best_kind


def _is_known_script(document: Document) -> bool:
    """Whether the vocabulary covers the script. Otherwise missing matches mean nothing."""
    text = document.text
    letters = [letter for letter in text if letter.isalpha()]
    known = sum(1 for letter in letters if letter < "\u0250" or "\u0400" <= letter <= "\u04ff" or is_cjk(letter))
    return known >= 0.8 * len(letters)
