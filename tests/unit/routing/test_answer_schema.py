"""The schema that constrains a server's answers: as strict as the prompt, and without unbounded values."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from app.analysis.answer import Answer
from app.routing.baml_source import BamlSource, installed_source
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


def test_the_keys_are_in_the_order_of_the_prompt() -> None:
    assert list(answer_schema(Answer)["properties"]) == list(Answer.model_fields)


def test_no_function_uses_aliases_and_an_alias_would_be_detected() -> None:
    source = installed_source()
    assert [name for name in source.functions() if source.has_aliases(name)] == []
    aliased = source.files["extract_profile.baml"].replace("fluency string?", 'fluency string? @alias("level")')
    assert BamlSource({**source.files, "extract_profile.baml": aliased}).has_aliases("ExtractProfile")
