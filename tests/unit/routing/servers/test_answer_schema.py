"""The schema that constrains a server's answers: as strict as the prompt, and without unbounded values."""

import time
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from app.analysis.answer import Answer
from app.routing.baml_source import BamlSource, installed_source
from app.routing.question import AnswerBounds
from app.routing.servers.answer_schema import answer_schema


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    name: str | None = None
    highlights: list[str] | None = None


class Whole(BaseModel):
    known: bool
    count: int | None = None
    colour: Colour | None = None
    part: Part | None = None
    parts: list[Part] | None = None
    either: str | int | None = None


SCHEMA = answer_schema(Whole)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    children = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", [])]
    for child in [*children, *([schema["items"]] if "items" in schema else [])]:
        yield from nodes(child)


@pytest.mark.parametrize(
    "answer",
    [
        {"known": False},
        {"known": True, "count": 3, "colour": "red", "part": {"name": "a", "highlights": ["b" * 3000]}},
        {"known": True, "parts": [{}, {"name": "c"}], "either": 4},
    ],
)
def test_the_schema_accepts_everything_the_type_allows(answer: dict[str, Any]) -> None:
    VALIDATOR.validate(answer)
    Whole.model_validate(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"known": None},
        {"known": True, "count": None},
        {"known": True, "colour": "green"},
        {"known": True, "part": {"name": "a" * 5000}},
        {"known": True, "parts": [{}] * 1000},
        {"known": True, "count": 10**9},
        {"known": True, "other": 1},
        {"known": True, "part": {"other": 1}},
    ],
)
def test_the_schema_rejects_nulls_unknown_keys_and_unbounded_values(answer: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(answer)


def test_every_value_of_the_profile_schema_is_bounded_and_no_object_accepts_other_keys() -> None:
    limits = {"string": "maxLength", "array": "maxItems", "integer": "maximum", "object": "additionalProperties"}
    for node in nodes(answer_schema(Answer)):
        if "enum" not in node and node.get("type") in limits:
            assert limits[node["type"]] in node, node
        assert node.get("type") != "null"


def bounds(last_line: int = 32, jobs: int = 12, text: int = 180, prose: int = 1100) -> AnswerBounds:
    return AnswerBounds(last_line=last_line, entries=(("work", jobs),), text_characters=text, prose_characters=prose)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ({"work": [{"employer": "Quarrystone Ltd", "lines": [4, 32]}]}, True),
        ({"work": [{"lines": [0]}]}, False),
        ({"work": [{"lines": [51]}]}, False),
        ({"work": [{"lines": list(range(1, 13))}]}, True),
        ({"work": [{"lines": list(range(1, 14))}]}, False),
        ({"work": [{"employer": ""}]}, False),
        ({"work": [{"employer": "a" * 180}]}, True),
        ({"work": [{"employer": "a" * 201}]}, False),
        ({"work": [{"summary": "a" * 1100}]}, True),
        ({"work": [{"summary": "a" * 2001}]}, False),
        ({"work": [{}] * 12}, True),
        ({"work": [{}] * 26}, False),
        ({"education": [{}] * 100}, True),
    ],
)
def test_an_answer_is_bounded_by_what_the_document_can_hold(answer: dict[str, Any], accepted: bool) -> None:  # noqa: FBT001
    schema = jsonschema.Draft202012Validator(answer_schema(Answer, bounds()))
    assert schema.is_valid({"is_resume": True, **answer}) is accepted


def test_documents_of_about_the_same_length_share_a_schema() -> None:
    """A server compiles a grammar for every new schema."""
    assert answer_schema(Answer, bounds(last_line=32, jobs=12)) is answer_schema(Answer, bounds(last_line=47, jobs=20))
    assert answer_schema(Answer, bounds(last_line=51)) != answer_schema(Answer, bounds(last_line=50))


def test_no_document_has_wider_bounds_than_the_schema_without_a_document() -> None:
    huge = answer_schema(Answer, bounds(last_line=10**6, jobs=10**6, text=10**6, prose=10**6))
    assert huge == answer_schema(Answer)


def test_bounding_a_new_schema_takes_less_than_a_millisecond() -> None:
    answer_schema(Answer, bounds(last_line=1))
    took: list[float] = []
    for last_line in range(50, 50 * 21, 50):
        began = time.process_time()
        answer_schema(Answer, bounds(last_line=last_line, text=111))
        took.append(time.process_time() - began)
    assert min(took) < 0.001


def test_the_keys_are_in_the_order_of_the_prompt() -> None:
    assert list(answer_schema(Answer)["properties"]) == list(Answer.model_fields)


def test_no_function_uses_aliases_and_an_alias_would_be_detected() -> None:
    source = installed_source()
    assert [name for name in source.functions() if source.has_aliases(name)] == []
    aliased = source.files["extract_profile.baml"].replace("fluency string?", 'fluency string? @alias("level")')
    assert BamlSource({**source.files, "extract_profile.baml": aliased}).has_aliases("ExtractProfile")
