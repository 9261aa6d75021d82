"""The JSON schema of a BAML function's answer, for servers that enforce one (structured output).

Built by `app.routing.baml_client` from the types that BAML generates. It is as narrow as the prompt: no nulls, no other
keys, no empty texts, and every text, list and number is bounded, as far as possible by what the document can hold.
Without bounds a model that repeats itself continues to its last token; with them it closes the value, and invented text
is not found in the document.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.routing.question import AnswerBounds

# Characters. Wide enough for values in resumes: the prompt asks for values as written, and none may be cut off.
_TEXT_CHARACTERS = 400
_PROSE_CHARACTERS = 4000
_PROSE = frozenset({"summary", "description", "highlights"})
_MOST_ITEMS = 200
_LARGEST_NUMBER = 99_999  # of a line
_LINES = "lines"
_LINE_NUMBERS = frozenset({_LINES, "bullets_first", "bullets_last"})
_MOST_LINES = 12  # the first and the last line of an entry are enough; some models cite a few more
# A server compiles a grammar for every new schema and keeps the last ones. Bounds are rounded up to these steps, so
# that most documents of about the same length share a schema.
_LINE_STEP = 50
_ENTRY_STEP = 25
_TEXT_STEP = 200
_PROSE_STEP = 1000


@dataclass(frozen=True, slots=True)
class _Rounded:
    """The bounds that go into a schema; equal ones share it."""

    first_line: int = 1
    last_line: int = _LARGEST_NUMBER
    entries: tuple[tuple[str, int], ...] = ()
    text_characters: int = _TEXT_CHARACTERS
    prose_characters: int = _PROSE_CHARACTERS


def answer_schema(answer: type[BaseModel], bounds: AnswerBounds | None = None) -> dict[str, Any]:
    """Keys come in the order of the type's fields. The type must have no aliases, because pydantic does not see
    BAML's. The result is shared: do not change it.
    """
    return _schema(answer, _Rounded() if bounds is None else _round(bounds))


def _round(bounds: AnswerBounds) -> _Rounded:
    last_line = _up(bounds.last_line, _LINE_STEP) if bounds.first_line is None else bounds.last_line
    return _Rounded(
        first_line=bounds.first_line or 1,
        last_line=min(last_line, _LARGEST_NUMBER),
        entries=tuple((name, min(_up(count, _ENTRY_STEP), _MOST_ITEMS)) for name, count in bounds.entries),
        text_characters=min(_up(bounds.text_characters, _TEXT_STEP), _TEXT_CHARACTERS),
        prose_characters=min(_up(bounds.prose_characters, _PROSE_STEP), _PROSE_CHARACTERS),
    )


def _up(number: int, step: int) -> int:
    return max(1, -(-number // step)) * step


@functools.lru_cache(maxsize=256)
def _schema(answer: type[BaseModel], bounds: _Rounded) -> dict[str, Any]:
    schema = _declared(answer)
    definitions = {name: _bound(part, "", bounds) for name, part in schema.get("$defs", {}).items()}
    whole = _bound(schema, "", bounds)
    for name, most in bounds.entries:
        if whole["properties"].get(name, {}).get("type") == "array":
            whole["properties"][name]["maxItems"] = most
    return {**whole, **({"$defs": definitions} if definitions else {})}


@functools.cache
def _declared(answer: type[BaseModel]) -> dict[str, Any]:
    return answer.model_json_schema()


def _bound(node: Mapping[str, Any], key: str, bounds: _Rounded) -> dict[str, Any]:
    """`key` is the field that the node is the value of, also for the items of a list."""
    kinds = [kind for kind in node.get("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        return _bound(kinds[0], key, bounds)
    if kinds:
        return {"anyOf": [_bound(kind, key, bounds) for kind in kinds]}
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    if "enum" in node or "const" in node:
        return {name: node[name] for name in ("type", "enum", "const") if name in node}
    match node.get("type"):
        case "object":
            return {
                "type": "object",
                "properties": {name: _bound(part, name, bounds) for name, part in node.get("properties", {}).items()},
                "required": node.get("required", []),
                "additionalProperties": False,
            }
        case "array":
            most = _MOST_LINES if key == _LINES else _MOST_ITEMS
            return {"type": "array", "items": _bound(node["items"], key, bounds), "maxItems": most}
        case "string":
            longest = bounds.prose_characters if key in _PROSE else bounds.text_characters
            return {"type": "string", "minLength": 1, "maxLength": longest}
        case "integer" if key in _LINE_NUMBERS:
            return {"type": "integer", "minimum": bounds.first_line, "maximum": bounds.last_line}
        case "integer":
            return {"type": "integer", "minimum": 0, "maximum": _LARGEST_NUMBER}
        case kind:
            return {"type": kind} if kind else {}
