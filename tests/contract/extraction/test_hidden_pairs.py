"""Hidden words never change the profile, and every one of them is reported."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.analysis.grounding.check import check_answer
from app.analysis.integrity import report_integrity
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import DOCX, HTML, PDF
from tests.unit.extraction.attacks import (
    DOCX_ATTACKS,
    DOCX_TRAPS,
    HIDDEN,
    HTML_ATTACKS,
    HTML_TRAPS,
    PDF_ATTACKS,
    PDF_TRAPS,
    clean_docx,
    clean_html,
    clean_pdf,
)

LIMITS = ExtractionLimits()
CLEAN = {PDF: clean_pdf, DOCX: clean_docx, HTML: clean_html}
ATTACKS = {PDF: PDF_ATTACKS, DOCX: DOCX_ATTACKS, HTML: HTML_ATTACKS}
TRAPS = {PDF: PDF_TRAPS, DOCX: DOCX_TRAPS, HTML: HTML_TRAPS}


def profile(document: Document) -> dict[str, Any]:
    checked = check_answer(parse_resume(document), document, as_of=date(2026, 11, 1), default_region="DK")
    return checked.profile


def each(made: dict[str, dict[str, Callable[[], bytes]]]) -> Any:
    return pytest.mark.parametrize(
        ("media_type", "make"),
        [
            pytest.param(media_type, make, id=f"{media_type.rsplit('.', 1)[-1].rsplit('/', 1)[-1]}-{trick}")
            for media_type, tricks in made.items()
            for trick, make in tricks.items()
        ],
    )


@each(ATTACKS)
def test_hidden_words_are_reported_and_change_nothing(media_type: str, make: Callable[[], bytes]) -> None:
    clean = extract_document(CLEAN[media_type](), media_type, LIMITS)
    attacked = extract_document(make(), media_type, LIMITS)
    reported = " ".join(item.quote for item in attacked.hidden)
    assert [word for word in HIDDEN.split() if word not in reported] == []
    assert "Gringotts" not in attacked.text
    assert profile(attacked) == profile(clean)
    assert profile(clean)["basics"]["name"] == "Mira Halvorsen"


@pytest.mark.parametrize("media_type", list(CLEAN))
def test_nothing_is_reported_in_clean_documents(media_type: str) -> None:
    document = extract_document(CLEAN[media_type](), media_type, LIMITS)
    report = report_integrity(document)
    assert (document.hidden, report["instructions"], report["warnings"]) == ((), [], [])


@each(TRAPS)
def test_legible_words_that_resemble_tricks_are_read_and_not_reported(
    media_type: str, make: Callable[[], bytes]
) -> None:
    document = extract_document(make(), media_type, LIMITS)
    assert document.hidden == ()
    assert [word for word in HIDDEN.split() if word not in document.text] == []
