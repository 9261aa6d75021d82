"""An answer that is still being written or that broke off: the JSON that can be read so far, and who wants to see it.

`app.routing.baml_client` uses it on streamed answers. Only complete entries count: each has all its values and line
references, so that it is checked like a final one and no half-written value is shown.
"""

import re
from collections.abc import Callable
from typing import Any, Protocol

from app.routing.answers.final_answer import without_thinking
from app.routing.clients import Client
from app.routing.failure import Failure
from app.routing.servers.chat_completion import REPETITION

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],]', re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}
_WHOLE = (
    "}",
    "]}",
)  # ends a complete entry of a list or a complete field

# One entry of these makes a broken-off answer worth more than a call to the next client.
_SUBSTANTIAL = ("work", "education", "skills")
# Finish reasons with which the text so far is the model's own, and errors with the same meaning.
_BROKEN_OFF = frozenset({"length", "max_tokens", "abort", REPETITION})

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


def breaks_off(failure: Failure) -> bool:
    """Whether an answer that failed like this is sound as far as it goes."""
    if failure.outcome == "cut_off":
        return failure.error.removeprefix("finish_reason_").lower() in _BROKEN_OFF
    return failure.outcome in {"timeout", "server_error"}


def is_substantial(value: dict[str, Any]) -> bool:
    """Whether the complete entries of a broken-off answer are used: at least one of a person's career.

    The answer about one section says nothing of `is_resume`.
    """
    entries = (entry for name in _SUBSTANTIAL for entry in value.get(name) or [])
    return value.get("is_resume", True) is True and any(set(entry) - {"lines"} for entry in entries)


def close_answer(text: str) -> str | None:
    """The JSON object at the start of `text`, closed after its last complete entry; None before the first one."""
    text = without_thinking(text)
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
