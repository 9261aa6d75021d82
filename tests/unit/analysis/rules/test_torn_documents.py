"""Damaged, shuffled and mixed documents: the parser never raises, and all its values are in the text."""

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from app.analysis.evaluation.invention import count_invented
from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume
from app.extraction.document import Document, Line
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.intake.file_types import detect_media_type
from tests.unit.analysis.resume_documents import AS_OF, leaf_pointers, schema_errors

SAMPLES = Path(__file__).parents[4] / "samples"
NAMES = (
    "rowan-thistlewood.pdf",
    "ouyang-jingyi.docx",
    "layan-darwish.docx",
    "zuzanna-kowalczewska.pdf",
    "barnaby-inglethorpe.txt",
)


@cache
def read(name: str) -> Document:
    content = (SAMPLES / name).read_bytes()
    return extract_document(content, detect_media_type(content, name), ExtractionLimits())


def with_lines(document: Document, lines: list[Line]) -> Document:
    return replace(document, lines=tuple(replace(line, number=place) for place, line in enumerate(lines, start=1)))


def torn(seed: int) -> Document:
    """Lines of one or two samples in another order, some missing, some cut off, some duplicated."""
    rng = random.Random(seed)
    one, other = rng.choice(NAMES), rng.choice(NAMES)
    lines = list(read(one).lines)
    if seed % 3 == 0:
        lines += [replace(line, page=1) for line in read(other).lines]
    if seed % 2 == 0:
        rng.shuffle(lines)
    lines = lines[: rng.randint(0, len(lines))] + rng.choices(lines, k=3)
    cut = [
        replace(line, text=line.text[: rng.randint(1, len(line.text))], words=()) if rng.random() < 0.1 else line
        for line in lines
    ]
    return replace(with_lines(read(one), cut), language=rng.choice(["en", "de", "zh", "ar", "und"]))


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_invented_however_the_lines_are_damaged(seed: int) -> None:
    document = torn(seed)
    checked = check_answer(parse_resume(document), document, as_of=AS_OF, default_region="US")
    assert count_invented(checked.profile, document.text, language=document.language)[0] == 0
    assert set(leaf_pointers(checked.profile)) == set(checked.evidence)
    assert schema_errors(checked.profile) == []
