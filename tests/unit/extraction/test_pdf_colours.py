"""Color profiles that change no color are removed before pdfium computes with them; all others stay."""

import io
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest

from app.extraction.pdf.page_picture import Picture, draw
from app.extraction.pdf.pdf_colours import without_plain_profiles

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
TYPST = (SAMPLES / "elodie-marchandeau.pdf").read_bytes()


def profiles(pdf: pikepdf.Pdf) -> list[pikepdf.Stream]:
    return [
        found for found in pdf.objects if isinstance(found, pikepdf.Stream) and "/N" in found and "/First" not in found
    ]


def drawn(content: bytes) -> Picture:
    document = pdfium.PdfDocument(content)
    try:
        return draw(document[0], 1.5)
    finally:
        document.close()


def test_a_file_without_its_plain_profiles_looks_the_same() -> None:
    spared = without_plain_profiles(TYPST)
    assert len(spared) == len(TYPST)
    with pikepdf.open(io.BytesIO(spared)) as pdf:
        assert [profile.read_raw_bytes().strip(b"\0") for profile in profiles(pdf)] == [b"", b""]
    assert np.array_equal(drawn(spared), drawn(TYPST))


def test_a_profile_that_may_change_colors_stays() -> None:
    with pikepdf.open(io.BytesIO(TYPST)) as pdf:
        for found in profiles(pdf):
            profile = bytearray(found.read_bytes())
            profile[-1] ^= 1
            found.write(bytes(profile))
        buffer = io.BytesIO()
        pdf.save(buffer)
    assert without_plain_profiles(buffer.getvalue()) == buffer.getvalue()


@pytest.mark.parametrize("cut", [0, 10, 300])
def test_a_file_that_ends_inside_a_profile_is_left_unchanged(cut: int) -> None:
    begin = TYPST.index(b"stream", TYPST.index(b"/N 3")) + len(b"stream\n")
    content = TYPST[: begin + cut]
    assert without_plain_profiles(content) == content
