"""No true answer about a sample resume exceeds the bounds of its document."""

from functools import cache
from pathlib import Path

import jsonschema
import pytest

from app.analysis.answer import Answer
from app.analysis.answer_bounds import bound_answer
from app.analysis.evaluation.truth_files import find_labelled
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.intake.file_types import detect_media_type
from app.routing.servers.answer_schema import answer_schema
from app.settings import Settings
from app.wiring.shared_parts import extraction_limits
from tests.truth_answers import SAMPLES, truth_answer

FILES = [labelled.path for labelled in find_labelled(SAMPLES) if labelled.path.parent == SAMPLES]


@cache
def document_of(path: Path) -> Document:
    content = path.read_bytes()
    return extract_document(content, detect_media_type(content, path.name), extraction_limits(Settings().limits))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_true_answer_and_that_of_the_built_in_parser_fit_with_room_to_spare(path: Path) -> None:
    document = document_of(path)
    bounds = bound_answer(document)
    parsed = parse_resume(document)
    for name, most in bounds.entries:
        assert most >= len(getattr(parsed, name)) + 5, name
    schema = jsonschema.Draft202012Validator(answer_schema(Answer, bounds))
    truth = truth_answer(path.parent / f"{path.stem}.truth.json")
    for section in truth.values():
        for entry in section if isinstance(section, list) else [section]:
            if isinstance(entry, dict):
                entry["lines"] = [1, bounds.last_line]
    errors = [error.message for error in schema.iter_errors(truth)]
    assert errors == []
