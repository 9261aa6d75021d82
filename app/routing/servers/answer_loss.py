"""Detects whether parsing lost part of a model's text; used by `app.routing.baml_client` on every answer.

BAML parses what it can and silently drops the rest: one `"ongoing": "yes"` and a whole list of jobs becomes null. An
answer that lost more than a little counts as a parse failure, and the next client is called.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

# A quoted string, with the key before it if it is the value of one.
_STRING = re.compile(r'(?:"(?P<key>\w+)"\s*:\s*)?(?P<text>"(?:[^"\\]|\\.)*")(?P<is_key>\s*:)?', re.DOTALL)
_THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)
_TOLERATED_VALUES = 2
_TOLERATED_SHARE = 0.05


def lost_too_much(raw: str, value: dict[str, Any], known_keys: frozenset[str]) -> bool:
    """True when more strings of `raw` are missing from `value` than a slip explains. Unrequested keys are ignored."""
    said = list(_strings(_THINKING.sub("", raw), known_keys))
    kept = {_plain(leaf) for leaf in _leaves(value)}
    lost = sum(1 for text in said if text not in kept)
    return lost > max(_TOLERATED_VALUES, _TOLERATED_SHARE * len(said))


def _strings(raw: str, known_keys: frozenset[str]) -> Iterator[str]:
    start = raw.find("{")
    for match in _STRING.finditer(raw, max(start, 0)):
        if match["is_key"] or (match["key"] and match["key"] not in known_keys):
            continue
        try:
            text = _plain(json.loads(match["text"], strict=False))
        except ValueError:
            text = _plain(match["text"][1:-1])
        if text and text not in {"null", "none"}:
            yield text


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _plain(leaf: Any) -> str:
    return " ".join(str(leaf).split()).casefold()
