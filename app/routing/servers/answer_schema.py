"""The JSON schema of a BAML function's answer, for servers that enforce one (structured output).

Built by `app.routing.baml_client` from the types that BAML generates. It is as narrow as the prompt: no nulls, no other
keys, and every text, list and number is bounded. Without bounds a model that repeats itself continues to its last
token; with them it closes the value, and invented text is not found in the document.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

# Characters. Wide enough for values in resumes: the prompt asks for values as written, and none may be cut off.
_TEXT_CHARACTERS = 400
_PROSE_CHARACTERS = 4000
_PROSE = frozenset({"summary", "description", "highlights"})
_MOST_ITEMS = 200
_LARGEST_NUMBER = 99_999  # of a line


def answer_schema(answer: type[BaseModel]) -> dict[str, Any]:
    """Keys come in the order of the type's fields. The type must have no aliases, because pydantic does not see
    BAML's.
    """
    schema = answer.model_json_schema()
    definitions = {name: _bound(part, "") for name, part in schema.pop("$defs", {}).items()}
    return {**_bound(schema, ""), **({"$defs": definitions} if definitions else {})}


def _bound(node: Mapping[str, Any], key: str) -> dict[str, Any]:
    """`key` is the field that the node is the value of, also for the items of a list."""
    kinds = [kind for kind in node.get("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        return _bound(kinds[0], key)
    if kinds:
        return {"anyOf": [_bound(kind, key) for kind in kinds]}
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    if "enum" in node or "const" in node:
        return {name: node[name] for name in ("type", "enum", "const") if name in node}
    match node.get("type"):
        case "object":
            return {
                "type": "object",
                "properties": {name: _bound(part, name) for name, part in node.get("properties", {}).items()},
                "required": list(node.get("required", [])),
                "additionalProperties": False,
            }
        case "array":
            return {"type": "array", "items": _bound(node["items"], key), "maxItems": _MOST_ITEMS}
        case "string":
            return {"type": "string", "maxLength": _PROSE_CHARACTERS if key in _PROSE else _TEXT_CHARACTERS}
        case "integer":
            return {"type": "integer", "minimum": 0, "maximum": _LARGEST_NUMBER}
        case kind:
            return {"type": kind} if kind else {}
