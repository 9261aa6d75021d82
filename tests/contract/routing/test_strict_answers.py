"""Strictly parsed answers have the same value as with BAML's own parser."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import baml_client.sync_client as generated
from app.extraction.extract import ExtractionLimits, extract_document
from app.intake.file_types import detect_media_type
from app.routing.baml_source import installed_source
from app.routing.servers.strict_answer import read_strictly
from baml_client.types import Answer, Summary
from tests.scripted_model.answers import extract, lying_answer

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
LIMITS = ExtractionLimits(pages=50, text_characters=200_000, seconds=30, memory_mib=1024)

TEXTS = st.none() | st.text(max_size=20)
LINES = st.none() | st.lists(st.integers(-5, 10**6), max_size=4)
JOBS = st.fixed_dictionaries(
    {},
    optional={
        "employer": TEXTS,
        "start": TEXTS,
        "ongoing": st.none() | st.booleans(),
        "highlights": st.none() | st.lists(st.text(max_size=12), max_size=3),
        "lines": LINES,
        "unheard_of": TEXTS,
    },
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "is_resume": st.booleans() | st.sampled_from(["true", 1, None]),
        "person": st.none()
        | st.fixed_dictionaries({}, optional={"name": TEXTS | st.integers(), "lines": LINES, "links": st.just([])}),
        "work": st.none() | st.lists(JOBS, max_size=2) | JOBS,
        "skills": st.none() | st.lists(st.fixed_dictionaries({"keywords": st.lists(TEXTS, max_size=2)}), max_size=2),
    },
)


def conditions() -> tuple[str, ...]:
    found = installed_source().conditions("ExtractProfile")
    assert found is not None
    return found


def baml_reads(text: str) -> Answer | None:
    try:
        return generated.b.parse.ExtractProfile(text)
    except Exception:  # noqa: BLE001 - whatever BAML raises, it refuses the answer
        return None


def test_the_condition_of_a_profile_is_found_and_a_summary_has_none() -> None:
    assert len(conditions()) == 1
    assert "this.is_resume" in conditions()[0]
    assert installed_source().conditions("Summarise") == ()


@pytest.mark.parametrize("path", sorted(p for p in SAMPLES.iterdir() if p.suffix in {".pdf", ".docx", ".txt"}), ids=str)
def test_a_truthful_answer_about_a_sample_is_parsed_strictly_with_bamls_result(path: Path) -> None:
    content = path.read_bytes()
    document = extract_document(content, detect_media_type(content, path.name), LIMITS)
    text = json.dumps(extract(document.numbered_text()), ensure_ascii=False)
    read = read_strictly(text, Answer, conditions())
    assert read is not None
    assert read == baml_reads(text)


@settings(max_examples=300, deadline=None)
@given(ANSWERS)
def test_strict_parsing_gives_the_same_value_as_baml(answer: dict[str, Any]) -> None:
    text = json.dumps(answer)
    read = read_strictly(text, Answer, conditions())
    if read is not None:
        assert read == baml_reads(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"is_resume": true}',  # fails the condition that a resume has content
        '{"is_resume": true, "person": {"name": "Ann"}, "colour": "red"}',
        '{"is_resume": "true", "person": {"name": "Ann"}}',
        '{"is_resume": true, "work": [{"lines": ["4"]}]}',
        'Here you are: {"is_resume": false}',
        '```json\n{"is_resume": false}\n```',
        '{"is_resume": false',
        "",
    ],
)
def test_anything_but_the_agreed_json_is_left_to_baml(text: str) -> None:
    assert read_strictly(text, Answer, conditions()) is None


def test_well_formed_invented_answers_pass_and_are_left_to_grounding() -> None:
    text = lying_answer("<document>\n1| x\n</document>")
    assert read_strictly(text, Answer, conditions()) == baml_reads(text)


def test_a_summary_is_parsed_strictly() -> None:
    assert read_strictly('{"summary": "Builds bridges."}', Summary, ()) == Summary(summary="Builds bridges.")
