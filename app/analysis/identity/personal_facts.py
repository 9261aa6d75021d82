"""Finds personal facts by label and format: birth, age, gender, family, origin, address.

Used by `app.analysis.identity.search`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.analysis.folding import FoldedText, fold
from app.analysis.identity.identity_words import (
    AGE,
    BORN,
    CJK_ADDRESS,
    FORMS_OF_ADDRESS,
    FULL_DATE,
    GENDER_ANYWHERE,
    GENDER_WORDS,
    LABELS,
    NEEDS_COLON,
    VALUE_END,
    IdentityKind,
)
from app.extraction.document import Document, Line

_CASELESS = re.compile(r"[\u0590-\u08ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MOST_LABEL_WORDS = 4
_MOST_VALUE_WORDS = 6


class Mark(NamedTuple):
    """A half-open span of a text that reveals who the person is."""

    start: int
    end: int
    kind: IdentityKind


def is_caseless(text: str) -> bool:
    return _CASELESS.search(text) is not None


def find_personal_marks(folded: FoldedText, language: str) -> Iterator[Mark]:
    text = folded.text
    for kind, pattern in LABELS:
        for found in pattern.finditer(text):
            label = found["label"].strip()
            begin = found.end("label")
            bare = label.rstrip(" :：.")
            if NEEDS_COLON.fullmatch(bare) and not is_caseless(bare) and not label.endswith((":", "：")):
                continue
            stop = VALUE_END.search(text, begin)
            end = stop.start() if stop else len(text)
            while begin < end and text[begin] in " :：.":
                begin += 1
            if begin < end:
                yield Mark(*folded.original_span(begin, end), kind)
    # A full date next to an age is the date of birth.
    for pattern in (BORN, AGE, *([FULL_DATE] if AGE.search(text) else [])):
        for found in pattern.finditer(text):
            yield Mark(*folded.original_span(*found.span()), "personal")
    for found in CJK_ADDRESS.finditer(folded.original):
        yield Mark(*found.span(), "address")
    for found in FORMS_OF_ADDRESS.finditer(folded.original):
        yield Mark(*found.span(), "gender")
    words = [GENDER_ANYWHERE, *([GENDER_WORDS[language]] if language in GENDER_WORDS else [])]
    for pattern in words:
        for found in pattern.finditer(text):
            yield Mark(*folded.original_span(*found.span()), "gender")


def values_of_lone_labels(document: Document) -> Iterator[tuple[int, tuple[str, IdentityKind]]]:
    """Values of labels that are alone on their line: the short text beside the label or, failing that, below it."""
    labels: dict[int, IdentityKind] = {
        line.number: kind for line in document.lines if (kind := _lone_label(line)) is not None
    }
    for number, kind in labels.items():
        label, below = document.lines[number - 1], document.line(number + 1)
        value = _beside(label, document) or (
            below if label.box is None or fold(label.text).text.endswith(":") else None
        )
        if value is not None and value.number not in labels and len(value.text.split()) <= _MOST_VALUE_WORDS:
            yield value.number, (value.text, kind)


def _lone_label(line: Line) -> IdentityKind | None:
    text = fold(line.text).text.strip()
    if len(text.split()) > _MOST_LABEL_WORDS:
        return None
    return next(
        (
            kind
            for kind, pattern in LABELS
            if kind != "name" and (found := pattern.match(text)) and found.end() == len(text)
        ),
        None,
    )


def _beside(label: Line, document: Document) -> Line | None:
    """The nearest line to the right at the height of the label."""
    if label.box is None:
        return None
    right: list[tuple[float, Line]] = []
    for line in document.lines:
        if line.page == label.page and line.box is not None and line.box[0] >= label.box[2]:
            overlap = min(line.box[3], label.box[3]) - max(line.box[1], label.box[1])
            if overlap > 0.5 * min(line.box[3] - line.box[1], label.box[3] - label.box[1]):
                right.append((line.box[0], line))
    return min(right, key=lambda each: each[0])[1] if right else None
