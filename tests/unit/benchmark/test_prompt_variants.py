"""Each variant changes what its name says in the request, and nothing else."""

import copy
from typing import Any

import pytest

from benchmarks.prompt_variants import ALL_LINES, CHANGES, FALSE_ONLY
from benchmarks.prompt_variants import changed as body_of
from tests.unit.analysis.resume_documents import document_of

RESUME = document_of("""
Ilse Varga-Okoye
Data Engineer
ilse.varga@example.org

Experience
Data Engineer, Quarrystone Ltd
Mar 2019 - Present
- Moved 40 pipelines to a queue
and halved their failures
- Led a team of four

Skills
Python, SQL
""")
PROMPT = """Extract a resume into JSON.
- lines: first and last line number of the entry.
- is_resume: true if the document is one person's resume; false, and nothing else, if it is anything else.

Answer with this JSON alone, minified on one line.
{is_resume:bool,
work:[{employer,lines:[int]}]}"""


def request() -> dict[str, Any]:
    lines = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99_999}, "maxItems": 200}
    job = {"type": "object", "properties": {"employer": {"type": "string"}, "lines": lines}}
    properties = {"is_resume": {"type": "boolean"}, "work": {"type": "array", "items": job, "maxItems": 200}}
    schema = {"type": "object", "properties": properties}
    return {
        "temperature": 0,
        "messages": [
            {"role": "system", "content": PROMPT},
            {"role": "user", "content": "<document>\n1| A\n</document>"},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": "Answer", "schema": schema}},
    }


def changed(variant: str) -> dict[str, Any]:
    return body_of(variant, request(), RESUME)


def prompt_of(body: dict[str, Any]) -> str:
    return body["messages"][0]["content"]


def job_of(body: dict[str, Any]) -> dict[str, Any]:
    return body["response_format"]["json_schema"]["schema"]["properties"]["work"]["items"]["properties"]


@pytest.mark.parametrize("variant", [name for name in CHANGES if name != "today"])
def test_a_variant_changes_a_copy_and_never_the_document(variant: str) -> None:
    body = request()
    untouched = copy.deepcopy(body)
    made = body_of(variant, body, RESUME)
    assert body == untouched
    assert made != untouched
    assert made["messages"][1:] == untouched["messages"][1:]


def test_today_is_the_request_as_vitae_sends_it() -> None:
    assert changed("today") == request()


def test_an_earlier_wording_replaces_the_rule() -> None:
    rules = prompt_of(changed("false-only")).splitlines()
    assert [rule for rule in rules if rule.startswith("- is_resume: ")] == [FALSE_ONLY]
    body = changed("all-lines")
    assert [rule for rule in prompt_of(body).splitlines() if rule.startswith("- lines: ")] == [ALL_LINES]
    assert job_of(body)["lines"]["maxItems"] == 200


def test_line_numbers_end_with_the_document() -> None:
    lines = job_of(changed("lines-6"))["lines"]
    assert lines == {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 11}, "maxItems": 6}
    assert job_of(changed("lines-12"))["lines"]["maxItems"] == 12


def test_changes_add_up_from_left_to_right() -> None:
    body = changed("false-only+lines-6+lists-20")
    assert FALSE_ONLY in prompt_of(body)
    assert job_of(body)["lines"]["maxItems"] == 6
    assert body["response_format"]["json_schema"]["schema"]["properties"]["work"]["maxItems"] == 20


def test_a_compact_answer_has_no_white_space_between_its_values() -> None:
    body = changed("compact")
    assert body["response_format"]["json_schema"]["schema"]["x-guidance"] == {"whitespace_flexible": False}
    assert "response_format" not in changed("prompt-only+compact")


def test_without_lines_neither_prompt_nor_schema_mentions_them() -> None:
    body = changed("no-lines")
    assert "lines" not in job_of(body)
    assert "lines:" not in prompt_of(body)
    assert "work:[{employer}]" in prompt_of(body)


def test_the_shape_is_given_by_the_schema_or_by_the_prompt() -> None:
    by_schema, by_prompt = changed("schema-only"), changed("prompt-only")
    assert "employer" not in prompt_of(by_schema)
    assert "- is_resume: " in prompt_of(by_schema)
    assert by_schema["response_format"] == request()["response_format"]
    assert prompt_of(by_prompt) == PROMPT
    assert "response_format" not in by_prompt


def test_a_variant_that_does_not_fit_the_prompt_is_an_error() -> None:
    body = request()
    body["messages"][0]["content"] = "Extract a resume."
    for variant in ("false-only", "all-lines", "no-lines", "schema-only"):
        with pytest.raises(ValueError, match="the prompt"):
            body_of(variant, body, RESUME)
    with pytest.raises(ValueError, match=r"unknown variant shorter; known are today, .*sections"):
        body_of("today+shorter", request(), RESUME)
