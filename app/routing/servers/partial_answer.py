"""An answer that is still being written: as much of its JSON as can be read, and who wants to know.

`app.routing.baml_client` uses it on streamed answers. Only whole entries count: each has all its values and the lines
it was read from, so that it is checked like a final one, and no value is shown that would have gone on.
"""

import re
from collections.abc import Callable
from typing import Any, Protocol

from app.routing.clients import Client

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["{}\[\],]', re.DOTALL)
_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}
_WHOLE = ("}", "]}")  # what closes the text behind a whole field of the answer, or a whole entry of one of its lists

# What can be read of an answer by now, None when that is nothing yet. Takes milliseconds: call it in another thread.
ReadPartial = Callable[[], dict[str, Any] | None]


class AnswerFollower(Protocol):
    """Told by the thread that receives an answer, which must not be kept waiting: each of these returns at once."""

    def begins(self, client: Client) -> None:
        """The client is asked now; what was said before no longer counts."""

    @property
    def wants(self) -> bool:
        """Whether anybody would look at a part of the answer."""
        ...

    def grows(self, client: Client, read: ReadPartial) -> None: ...


def close_answer(text: str) -> str | None:
    """The JSON object that `text` begins, up to its last whole entry and closed there; None before the first one."""
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
            break  # a string that goes on
        else:
            continue
        if not closing:
            return text[start:end]
        if closing in _WHOLE:
            closed = text[start:end] + closing
    return closed
