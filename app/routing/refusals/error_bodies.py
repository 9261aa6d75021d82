"""Reads the body of an error response, whatever its shape; called by `app.routing.failure`.

Servers and gateways write `{"error": {...}}`, `{"detail": [...]}`, `{"message": "..."}`, a list, JSON inside a text, a
Python dictionary inside a text, plain text or an HTML page. The text may repeat the prompt: it is only searched.
"""

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any, cast

_MOST_TEXT = 16_384  # characters; longer ones repeat the request
_MOST_NESTING = 8
_NAME = re.compile(r"^[A-Za-z_]\w{0,39}$")
_PAGE = re.compile(r"\s*(?:<!doctype html|<html|<head|<center)", re.IGNORECASE)
_TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.IGNORECASE | re.DOTALL)
# They repeat parts of the request.
_ECHOES = {"input", "ctx", "body", "request", "prompt", "messages", "url"}
_CODES = {"code", "type", "error_type", "errortype", "error_code", "status", "reason", "__type"}
# A gateway's text with the Python dictionary that it received.
_PARAMETER_IN_TEXT = re.compile(r"""['"]param['"]\s*:\s*['"]([A-Za-z_]\w{0,39})['"]""")
_PLACE_IN_TEXT = re.compile(r"""['"]loc['"]\s*:\s*[\[(]\s*['"]body['"]\s*,\s*['"]([A-Za-z_]\w{0,39})['"]""")
_CODE_IN_TEXT = re.compile(r"""['"]code['"]\s*:\s*['"]([A-Za-z][\w.-]{0,39})['"]""")


@dataclass(slots=True)
class ErrorBody:
    """`codes` are all codes, types and states in order; `code` is the first one called so. `parameters` are those that
    the error names as its subject.
    """

    text: str = field(default="", repr=False)
    code: str | None = None
    codes: list[str] = field(default_factory=list[str])
    parameters: list[str] = field(default_factory=list[str])
    is_page: bool = False


def read_error_body(raw: str) -> ErrorBody:
    read = ErrorBody()
    if _PAGE.match(raw):
        read.is_page = True
        read.text = html.unescape(_TAG.sub(" ", raw))[:_MOST_TEXT]
        return read
    _read_text(raw, read, 0)
    read.text = read.text[:_MOST_TEXT]
    for found in (_PARAMETER_IN_TEXT, _PLACE_IN_TEXT):
        read.parameters += found.findall(read.text)
    for code in _CODE_IN_TEXT.findall(read.text):
        _note_code("code", code, read)
    return read


def read_error_value(value: Any) -> ErrorBody:
    """The same for an error that is part of something else, such as an event of a stream."""
    return read_error_body(value if isinstance(value, str) else json.dumps({"error": value}))


def _read_text(text: str, read: ErrorBody, depth: int) -> None:
    """Text that is JSON, ends in JSON, or is neither."""
    start = next((at for at, sign in enumerate(text) if sign in "{["), None)
    if start is not None:
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict | list) and value:
            read.text += f"{text[:start]}\n"
            _read_value(value, read, depth + 1)
            return
    read.text += f"{text}\n"


def _read_value(value: Any, read: ErrorBody, depth: int) -> None:
    if depth > _MOST_NESTING or len(read.text) > _MOST_TEXT:
        return
    if isinstance(value, str):
        _read_text(value, read, depth)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            _read_value(item, read, depth + 1)
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            _read_field(key.lower(), item, read, depth)


def _read_field(key: str, value: Any, read: ErrorBody, depth: int) -> None:
    if key in _ECHOES:
        return
    if key == "loc":
        _note_place(value, read)
    elif key in {"param", "parameter"} and isinstance(value, str) and _NAME.match(value):
        _note_parameter(value, read)
    elif key in _CODES and isinstance(value, str):
        _note_code(key, value, read)
        read.text += f"{value}\n"  # some gateways write a sentence there
    else:
        _read_value(value, read, depth + 1)


def _note_code(key: str, value: str, read: ErrorBody) -> None:
    read.codes.append(value)
    if key in {"code", "error_code"} and read.code is None and not value.isdigit():
        read.code = value


def _note_place(place: Any, read: ErrorBody) -> None:
    """Pydantic's path to the part of the request that it refuses: `["body", "stream_options", "include_usage"]`."""
    names = [name for name in cast("list[Any]", place) if name != "body"] if isinstance(place, list) else []
    if names and isinstance(names[0], str) and _NAME.match(names[0]):
        _note_parameter(names[0], read)


def _note_parameter(name: str, read: ErrorBody) -> None:
    read.parameters.append(name)
    read.text += f"parameter={name}\n"  # vLLM writes its name in this form, too
