"""The blind view of each labelled sample contains nothing that identifies the person."""

import json
import re
from pathlib import Path

import pytest

from app.analysis.folding import fold
from app.analysis.identity.blind import blind_document, blind_integrity, blind_profile, words_by_page
from app.analysis.identity.search import find_identity
from app.analysis.integrity import report_integrity
from app.extraction.extract import ExtractionLimits, extract_document
from app.intake.file_types import detect_media_type
from tests.unit.analysis.identity.test_blind import read

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
LABELLED = sorted(SAMPLES.glob("*.truth.json"))


@pytest.mark.parametrize("truth", LABELLED, ids=lambda path: path.name.split(".")[0])
def test_the_blind_view_of_a_sample_contains_nothing_of_the_person(truth: Path) -> None:
    person = json.loads(truth.read_text())["basics"]
    names = [part for part in re.split(r"[\s-]+", person["name"]) if len(part) > 3 or not part.isascii()]
    secrets = [fold(text).text for text in (*names, person.get("email"), person.get("url")) if text]
    stem = truth.name.removesuffix(".truth.json")
    for path in sorted(SAMPLES.glob(f"{stem}.*")):
        if path == truth:
            continue
        content = path.read_bytes()
        document = extract_document(content, detect_media_type(content, path.name), ExtractionLimits())
        profile, evidence = read(document)
        identity = find_identity(profile, evidence, document)
        blind = blind_profile(profile, evidence, identity)
        shown = fold(
            json.dumps([blind.profile, blind.evidence], ensure_ascii=False)
            + blind_document(document, identity).text
            + json.dumps(blind_integrity(report_integrity(document), identity), ensure_ascii=False)
            + " ".join(word for page in words_by_page(document, identity).values() for word, _ in page.kept)
        ).text
        for secret in secrets:
            assert secret not in shown, f"{secret} is left in {path.name}"
        digits = re.sub(r"\D", "", person.get("phone", ""))[-7:]
        assert not digits or digits not in re.sub(r"\D", "", blind_document(document, identity).text)
        # The evaluated content is still there, apart from names in it.
        assert len(blind.profile.get("work", [])) == len(profile.get("work", []))
        assert [job.get("startDate") for job in blind.profile.get("work", [])] == [
            job.get("startDate") for job in profile.get("work", [])
        ]
