"""Ideal answers and pseudonymised truths of all sample documents, with the built-in parser's results as the truths."""

import json
from datetime import date
from pathlib import Path

import pytest

from app.analysis.answer import Answer
from app.analysis.evaluation.hidden_truth import hide_truth
from app.analysis.evaluation.ideal_answer import expressible, ideal_answer, minified
from app.analysis.folding import fold
from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume
from app.extraction.extract import ExtractionLimits, extract_document
from app.intake.file_types import detect_media_type

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
AS_OF = date(2025, 1, 1)
PATHS = [
    path
    for path in sorted(SAMPLES.iterdir())
    if path.suffix in {".pdf", ".docx", ".txt", ".md", ".html"} and path.stem != "README"
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_the_ideal_answer_grounds_completely_also_with_placeholders(path: Path) -> None:
    content = path.read_bytes()
    document = extract_document(content, detect_media_type(content, path.name), ExtractionLimits())
    checked = check_answer(parse_resume(document), document, as_of=AS_OF, default_region="US")
    evidence = {pointer: place.to_json() for pointer, place in checked.evidence.items()}

    answer = ideal_answer(checked.profile, evidence, document, default_region="US")
    again = check_answer(Answer.model_validate_json(minified(answer)), document, as_of=AS_OF, default_region="US")
    assert again.dropped == 0
    assert expressible(again.profile) == expressible(checked.profile)
    assert again.profile["x-vitae"]["total_experience_months"] == checked.profile["x-vitae"]["total_experience_months"]

    hidden = hide_truth(checked.profile, evidence, document, default_region="US", first_word=3)
    assert hidden is not None
    shown = fold(hidden.text + json.dumps(hidden.truth, ensure_ascii=False)).text
    truth = json.loads((SAMPLES / f"{path.stem}.truth.json").read_text("utf-8"))["basics"]
    assert fold(truth["email"]).text not in shown
    assert fold(truth["name"]).text not in shown
    written = extract_document(hidden.text.encode(), "text/plain", ExtractionLimits())
    # Page headers may come in another place, because text files have no pages.
    assert sorted(line.text for line in written.lines) == sorted(filter(None, hidden.text.split("\n")))
    of_text = ideal_answer(hidden.truth, hidden.evidence, written, default_region="US")
    assert check_answer(of_text, written, as_of=AS_OF, default_region="US").dropped == 0
