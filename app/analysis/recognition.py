"""Lowers the confidence of values whose words OCR was unsure of; `app.analysis.analyse` calls it after grounding."""

from dataclasses import replace

from app.analysis.profile import CheckedProfile, Evidence
from app.extraction.document import Box, Document

UNSURE = 0.7  # of 1; for printed words that it reads correctly, Tesseract reports 0.9 or more
MOST_NAMED = 20  # values listed in one warning


def weigh_recognition(checked: CheckedProfile, document: Document) -> CheckedProfile:
    """Multiplies each confidence by that of its least certain word, and adds a warning that lists doubtful values."""
    if all(word.confidence is None for line in document.lines for word in line.words):
        return checked
    evidence: dict[str, Evidence] = {}
    unsure: list[str] = []
    for pointer, place in checked.evidence.items():
        certainty = _certainty(document, place)
        evidence[pointer] = replace(place, confidence=round(place.confidence * certainty, 2))
        if certainty < UNSURE:
            unsure.append(pointer)
    if not unsure:
        return replace(checked, evidence=evidence)
    more = f" and {len(unsure) - MOST_NAMED} more" if len(unsure) > MOST_NAMED else ""
    named = ", ".join(unsure[:MOST_NAMED])
    warning = f"OCR was unsure of the words behind {named}{more}. Compare them with the image of the document."
    return replace(checked, evidence=evidence, warnings=(*checked.warnings, warning))


def _certainty(document: Document, place: Evidence) -> float:
    """The lowest OCR confidence of the words in the evidence's box, or in the whole line if there is no box."""
    line = document.line(place.line)
    if line is None:
        return 1.0
    return min(
        (
            word.confidence
            for word in line.words
            if word.confidence is not None and (place.box is None or word.box is None or _overlap(place.box, word.box))
        ),
        default=1.0,
    )


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
