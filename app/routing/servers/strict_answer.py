"""Parses an answer that is exactly the agreed JSON; anything else is left to BAML's tolerant parser.

Called by `app.routing.baml_client`. BAML repairs what models write around and inside their JSON and takes 2 to 5 ms of
CPU for an answer, faulty or not. A strict check against the generated type takes 0.1 ms and gives the same value when
the answer has no faults (docs/decisions/0008; a test compares the two).
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jinja2
from pydantic import BaseModel, ValidationError

# BAML's conditions are Jinja expressions, too.
_CONDITIONS = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - no HTML


def read_strictly(text: str, answer: type[BaseModel], conditions: Sequence[str]) -> BaseModel | None:
    """The answer, or None when it is not exactly of that type or one of its `conditions` does not hold."""
    try:
        read = answer.model_validate_json(text, strict=True, extra="forbid")
        return read if all(_compiled(condition)(this=read) for condition in conditions) else None
    except (ValidationError, jinja2.TemplateError):
        return None


@functools.cache
def _compiled(condition: str) -> Callable[..., Any]:
    return _CONDITIONS.compile_expression(condition, undefined_to_none=False)
