"""Documents, answers and the JSON Resume validator shared by the tests of the analysis."""

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, FormatChecker

from app.analysis.answer import Answer
from app.analysis.grounding.check import check_answer
from app.analysis.profile import CheckedProfile
from app.extraction.document import Document, Line, Page, Word

AS_OF = date(2026, 11, 15)
SCHEMA = Path(__file__).parents[2] / "schemas" / "json_resume_1.0.0.schema.json"


def document_of(text: str, *, language: str = "en", boxes: bool = False) -> Document:
    """One page. With `boxes`, every letter is 10 points wide. An empty line starts a new block."""
    lines: list[Line] = []
    block = 0
    for written in text.strip("\n").split("\n"):
        if not written.strip():
            block += 1
            continue
        number = len(lines) + 1
        words: list[Word] = []
        x = 0.0
        for word in written.split():
            box = (x, number * 12.0, x + 10.0 * len(word), number * 12.0 + 10.0) if boxes else None
            words.append(Word(word, box))
            x += 10.0 * (len(word) + 1)
        lines.append(Line(number, 1, " ".join(written.split()), tuple(words), block=block))
    return Document("text/plain", (Page(1, 0.0, 0.0),), tuple(lines), language=language)


def check(answer: Answer, document: Document, *, region: str = "US") -> CheckedProfile:
    return check_answer(answer, document, as_of=AS_OF, default_region=region)


@lru_cache
def _validator() -> Draft7Validator:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft7Validator(schema, format_checker=FormatChecker())


def schema_errors(profile: dict[str, Any]) -> list[str]:
    return [error.message for error in _validator().iter_errors(profile)]


def leaf_pointers(value: Any, pointer: str = "") -> Iterator[str]:
    """RFC 6901 pointers to all strings, numbers and booleans outside `x-vitae` and `meta`."""
    if isinstance(value, dict):
        for key, each in value.items():
            if pointer or key not in {"x-vitae", "meta"}:
                yield from leaf_pointers(each, f"{pointer}/{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaf_pointers(each, f"{pointer}/{number}")
    else:
        yield pointer


def value_at(profile: dict[str, Any], pointer: str) -> str:
    """The leaf at an RFC 6901 pointer (keys of JSON Resume need no escapes)."""
    value: Any = profile
    for step in pointer.strip("/").split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return str(value)
