"""Copies of a file that are different files to the service but look the same to a reader."""

from pathlib import Path

import pytest

from app.benchmark.variants import vary
from app.extraction.extract import ExtractionLimits, extract_document
from app.intake.file_types import detect_media_type

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
LIMITS = ExtractionLimits(pages=50, text_characters=200_000, seconds=30, memory_mib=1024)


@pytest.mark.parametrize(
    "name",
    [
        "amara-whitfield.pdf",
        "oliver-tranmere.docx",
        "marcus-delhaye.txt",
        "priya-raghunathan.md",
        "hannah-quillfeather.html",
    ],
)
def test_variants_differ_in_bytes_and_read_the_same(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    variants = [vary(content, name, number) for number in (0, 1, 2**47)]
    assert len({content, *variants}) == 4
    read = [extract_document(each, detect_media_type(each, name), LIMITS) for each in (content, *variants)]
    assert all(document.numbered_text() == read[0].numbered_text() for document in read)
    assert all(document.hidden == read[0].hidden for document in read)
