"""Whether a document is somebody's resume, judged before any model is paid; `app.analysis.analyse` calls it.

The two mistakes are unequal: a resume refused is a person lost, a recipe let through costs one model call. So a
document is refused only on clear evidence for another kind of document, or when nothing at all speaks for a resume.
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

# Fewer letters than this cannot be a resume of any kind.
_LEAST_LETTERS = 25
_MOST_CHARACTERS = 3000  # of a line: a longer one is an attack or a defect
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
    """`reasons` are sentences without text of the document; `score` is positive for resumes."""

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
    certain: bool  # headings, periods and a person: whatever else it says, it is a resume


def is_plainly_a_resume(document: Document) -> bool:
    """A heading of work, education or skills, a period of time and an e-mail address: such a document is never refused.

    A look at the lines as they stand, which takes a tenth of the time that `resume_likelihood` does.
    """
    lines = [line.text[:_MOST_CHARACTERS] for line in document.lines]
    return (
        any(EMAIL.search(text) for text in lines[:60])
        and any(find_kind(text) in _STRONG_KINDS for text in lines if len(text) <= _LONGEST_HEADING)
        and any(period.is_range and period.first_year is not None for text in lines for period in find_periods(text))
    )


def resume_likelihood(document: Document) -> ResumeLikelihood:
    letters = sum(1 for line in document.lines for letter in line.text if letter.isalnum())
    if letters < _LEAST_LETTERS and not (letters >= 10 and any(is_cjk(line.text) for line in document.lines)):
        return ResumeLikelihood(Likelihood.CLEARLY_NOT, ("it has next to no text",), -10.0)
    rows = read_rows(document)
    good = _evidence_for(rows, document)
    other, other_kind = _evidence_for_others(document)
    score = good.score - other
    if good.certain:
        verdict = Likelihood.LIKELY if score >= 2.0 else Likelihood.UNCLEAR
        return ResumeLikelihood(verdict, good.reasons, score)
    if other_kind is not None and other >= 4.0 and score < 0.0:
        return ResumeLikelihood(Likelihood.CLEARLY_NOT, (f"its words are those of {other_kind}",), score)
    if other_kind is not None and other >= 3.0 and good.score < 2.0:
        return ResumeLikelihood(Likelihood.CLEARLY_NOT, (f"its words are those of {other_kind}",), score)
    if good.score < 1.0 and letters >= 200 and _is_known_script(document):
        return ResumeLikelihood(
            Likelihood.CLEARLY_NOT, ("nothing in it speaks of a person's work, education or skills",), score
        )
    if good.score >= 4.0 and score >= 2.0:
        return ResumeLikelihood(Likelihood.LIKELY, good.reasons, score)
    return ResumeLikelihood(Likelihood.UNCLEAR, good.reasons or ("it says little",), score)


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
        reasons.append(f"it has {strong + weak} headings of a resume")
    ranges = sum(1 for row in rows for period in row.periods if period.is_range and period.first_year is not None)
    if ranges:
        score += min(2.5, 0.8 * ranges)
        reasons.append(f"it has {ranges} periods of time")
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
        reasons.append("it calls itself a resume")
    somebody = email is not None or (name is not None and name.score >= 4.0)
    return _Evidence(score, tuple(reasons), certain=strong >= 1 and ranges >= 1 and somebody)


def _label(row: Row) -> str | None:
    label, colon, _ = row.text.partition(":")
    return label if colon and len(label.split()) <= 4 else None


def _evidence_for_others(document: Document) -> tuple[float, str | None]:
    """The other kind of document that the words fit best, and how well."""
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
    """Whether the vocabulary covers the script, so that silence means something."""
    text = document.text
    letters = [letter for letter in text if letter.isalpha()]
    known = sum(1 for letter in letters if letter < "\u0250" or "\u0400" <= letter <= "\u04ff" or is_cjk(letter))
    return known >= 0.8 * len(letters)
