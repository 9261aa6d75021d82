"""An answer that is still being written: the JSON that can be read so far, and who wants to see it.

`app.routing.baml_client` uses it on streamed answers. Only complete entries count: each has all its values and line
references, so that it is checked like a final one and no half-written value is shown.
"""

import re
from collections.abc import Callable
from typing import Any, Protocol

from app.routing.clients import Client

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["{}\[\],]', re.DOTALL)
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}
_WHOLE = (
    "}",
    "]}",
)  # ends a complete entry of a list or a complete field

# The part of an answer that can be read so far, None when there is none. Takes milliseconds: call it in another thread.
ReadPartial = Callable[[], dict[str, Any] | None]


class AnswerFollower(Protocol):
    """Called by the thread that receives an answer and must not be delayed: each of these returns at once."""

    def begins(self, client: Client) -> None:
        """A call to this client starts; earlier text no longer counts."""

    @property
    def wants(self) -> bool:
        """Whether anyone would see a partial answer."""
        ...

    def grows(self, client: Client, read: ReadPartial) -> None: ...


def close_answer(text: str) -> str | None:
    """The JSON object at the start of `text`, closed after its last complete entry; None before the first one."""
    text = _THINKING.sub("", text)
    start = text.find("{")
    if start < 0:
        return None
    closing = ""
    closed: str | None = None
    for token in _TOKEN.finditer(text, start):
        sign = token[0]
        if sign in _CLOSING:
            closing = _CLOSING[sign] + closing
            continue
        if sign in {"}", "]"}:
            if not closing.startswith(sign):
                break
            closing = closing[1:]
            end = token.end()
        elif sign == ",":
            end = token.start()
        elif sign == '"':
            break  # an unfinished string
        else:
            continue
        if not closing:
            return text[start:end]
        if closing in _WHOLE:
            closed = text[start:end] + closing
    return closed
