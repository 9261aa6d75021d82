"""The variants that `benchmarks.prompts` compares: pure functions on the request that Vitae would send.

A variant is a list of changes joined by `+`, applied from left to right to the rendered request: `lines-6+compact`.
The variant `sections` is different: the requests are those of a client with `requests = "sections"`.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.extraction.document import Document

Body = dict[str, Any]  # of a chat completion, without model and token limit
Change = Callable[[Body, Document], Body]

SECTIONS = "sections"
FALSE_ONLY = "- is_resume: false, and nothing else, if the document is not one person's resume."
ALL_LINES = "- lines: numbers of all lines the entry was read from."
_MOST_LIST_ITEMS = 20
_SHAPE = "\n\nAnswer with this JSON alone"  # everything from here on describes the shape


def changed(variant: str, body: Body, document: Document) -> Body:
    """The request of a variant. Raises `ValueError` for an unknown variant, and for a change that does not fit today's
    prompt.
    """
    for name in variant.split("+"):
        if name not in CHANGES:
            raise ValueError(f"unknown variant {name}; known are {', '.join((*CHANGES, SECTIONS))}")
        body = CHANGES[name](copy.deepcopy(body), document)
    return body


def today(body: Body, _document: Document) -> Body:
    return body


def only_false_explained(body: Body, _document: Document) -> Body:
    """Says what `is_resume` is false for, and not what it is true for."""
    return _with_prompt(body, lambda prompt: _replace(r"(?m)^- is_resume: .*$", FALSE_ONLY, prompt))


def all_lines(body: Body, _document: Document) -> Body:
    """Asks for every line of an entry instead of the first and the last. The schema hardly limits their number."""
    body = _with_line_limits(body, last=99_999, most=200)
    return _with_prompt(body, lambda prompt: _replace(r"(?m)^- lines: .*$", ALL_LINES, prompt))


def at_most_lines(most: int) -> Change:
    """The schema allows an entry `most` line numbers, none of them beyond the document's last line."""

    def change(body: Body, document: Document) -> Body:
        last = max((line.number for line in document.lines), default=1)
        return _with_line_limits(body, last=last, most=most)

    return change


def _with_line_limits(body: Body, *, last: int, most: int) -> Body:
    for properties in _properties(body):
        if "lines" in properties:
            number = {"type": "integer", "minimum": 1, "maximum": last}
            properties["lines"] = {"type": "array", "items": number, "maxItems": most}
    return body


def short_lists(body: Body, _document: Document) -> Body:
    """The schema allows no list more than 20 items."""
    for node in _nodes(_schema(body)):
        if node.get("type") == "array":
            node["maxItems"] = min(node.get("maxItems", _MOST_LIST_ITEMS), _MOST_LIST_ITEMS)
    return body


def without_white_space(body: Body, _document: Document) -> Body:
    """The schema forbids white space between values, for servers whose grammars come from llguidance (llama.cpp, vLLM).

    Other servers ignore it. vLLM started by Vitae forbids it anyway.
    """
    if schema := _schema(body):
        schema["x-guidance"] = {"whitespace_flexible": False}
    return body


def without_lines(body: Body, _document: Document) -> Body:
    """Neither the prompt nor the schema mentions line numbers; every value is searched for in the whole document."""
    for properties in _properties(body):
        properties.pop("lines", None)
    return _with_prompt(body, lambda prompt: _replace(r"(?m)^- lines: .*\n", "", prompt).replace(",lines:[int]", ""))


def shape_by_schema(body: Body, _document: Document) -> Body:
    """The prompt does not describe the JSON; the server enforces the schema."""
    if not _schema(body):
        raise ValueError("the request has no schema")

    def shorten(prompt: str) -> str:
        rules, found, _ = prompt.partition(_SHAPE)
        if not found:
            raise ValueError(f"the prompt does not contain {_SHAPE.strip()!r}")
        return f"{rules}\n\nAnswer with JSON alone, minified on one line."

    return _with_prompt(body, shorten)


def shape_by_prompt(body: Body, _document: Document) -> Body:
    """No schema is enforced."""
    body.pop("response_format", None)
    return body


CHANGES: Mapping[str, Change] = {
    "today": today,
    "false-only": only_false_explained,
    "all-lines": all_lines,
    "lines-2": at_most_lines(2),
    "lines-6": at_most_lines(6),
    "lines-12": at_most_lines(12),
    "lists-20": short_lists,
    "compact": without_white_space,
    "no-lines": without_lines,
    "schema-only": shape_by_schema,
    "prompt-only": shape_by_prompt,
}


def _replace(pattern: str, replacement: str, prompt: str) -> str:
    changed, count = re.subn(pattern, lambda _: replacement, prompt)
    if not count:
        raise ValueError(f"the prompt contains nothing like {pattern!r}")
    return changed


def _with_prompt(body: Body, change: Callable[[str], str]) -> Body:
    """The body with a changed system message. Its content is a text or a list of one text part."""
    system = body["messages"][0]
    content = system["content"]
    system["content"] = change(content if isinstance(content, str) else content[0]["text"])
    return body


def _schema(body: Body) -> dict[str, Any]:
    return body.get("response_format", {}).get("json_schema", {}).get("schema", {})


def _properties(body: Body) -> Iterator[dict[str, Any]]:
    """The properties of every object type in the schema."""
    for node in list(_nodes(_schema(body))):
        if node.get("type") == "object":
            yield node.get("properties", {})


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    children: list[Any] = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    for child in children:
        yield from _nodes(child)
