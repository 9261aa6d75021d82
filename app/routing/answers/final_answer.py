"""Finds the final answer in what a model wrote: after its thinking, and among several JSON objects.

Called by `app.routing.baml_client` and `partial_answer`. A model may think aloud, write a draft and take it back: only
what comes last is the answer. Everything here takes linear time, whatever the text.
"""

import re
from collections.abc import Iterator

# Beyond these no parser sees a text: some take minutes and gigabytes for a few hundred nested brackets.
_MOST_CHARACTERS = 1_000_000  # many times the longest resume
_MOST_DEPTH = 60  # an answer has a depth of four
_MOST_SIGNS_TO_REPAIR = 1_500  # several times those of a long resume
_MOST_OBJECTS = 8
_MOST_RESTARTS = 20
_BRACKETS = re.compile(r"[\[\]{}]")
_OBJECT_SIGN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}]', re.DOTALL)
_NAMES = r"(?:think|thinking|thought|reasoning|reflection|seed:think)"
_THINKING_BEGINS = re.compile(rf"\s*(?:<{_NAMES}>|\[THINK\]|◁think▷)", re.IGNORECASE)
_THINKING_ENDS = re.compile(rf"</{_NAMES}>|\[/THINK\]|◁/think▷", re.IGNORECASE)
# gpt-oss without a parser: <|channel|>analysis<|message|>...<|end|><|start|>assistant<|channel|>final<|message|>{...}
_CHANNEL = "<|channel|>"
_FINAL_CHANNEL = re.compile(r"<\|channel\|>\s*final.{0,80}?<\|message\|>", re.DOTALL)
_CLOSING_MARKS = re.compile(r"(?:\s*<\|(?:return|end|call|im_end|eot_id)\|>)+\s*$")


def too_complex(text: str) -> str | None:
    """Why no parser may see the text, as a code; None for a usual one."""
    if len(text) > _MOST_CHARACTERS:
        return "answer_too_long"
    depth = 0
    for sign in _BRACKETS.finditer(text):
        depth += 1 if sign[0] in "[{" else -1
        if depth > _MOST_DEPTH:
            return "answer_too_deep"
        depth = max(depth, 0)
    return None


def is_repairable(text: str) -> bool:
    """Whether BAML may repair the text. Its time grows with the square of the number of values: 0.25 s for a list of
    1,000, 4 s for one of 4,000.
    """
    return "{" in text and sum(map(text.count, ",[]{}")) <= _MOST_SIGNS_TO_REPAIR


def without_thinking(text: str) -> str:
    """The text after the model's thinking; empty while it has not come to an end."""
    if text.lstrip().startswith("{"):
        return text
    if _CHANNEL in text:
        final = list(_FINAL_CHANNEL.finditer(text))
        return _CLOSING_MARKS.sub("", text[final[-1].end() :]) if final else ""
    ends = list(_THINKING_ENDS.finditer(text))
    for end in reversed(ends[-_MOST_OBJECTS:]):
        # A resume may contain such a mark, and then so does its answer.
        rest = text[end.end() :]
        if rest.lstrip(" \n\r\t`jsonJSON").startswith("{") or not text[: end.start()].count("{"):
            return rest
    if ends:
        return text[ends[-1].end() :]
    return "" if _THINKING_BEGINS.match(text) else text


def complete_objects(text: str) -> list[str]:
    """The last complete JSON objects in the text, in their order. Braces and quotes in prose around them do no harm."""
    found: list[str] = []
    at = restarts = 0
    while (start := text.find("{", at)) >= 0:
        end = _end_of_object(text, start)
        if end is not None:
            found.append(text[start:end])
            at = end
            continue
        restarts += 1
        if restarts > _MOST_RESTARTS:
            break
        at = start + 1  # a brace in prose, or an object that is not complete
    return found[-_MOST_OBJECTS:]


def _end_of_object(text: str, start: int) -> int | None:
    depth = 0
    for sign in _OBJECT_SIGN.finditer(text, start):
        if sign[0] == "{":
            depth += 1
        elif sign[0] == "}":
            depth -= 1
            if depth == 0:
                return sign.end()
    return None


def candidates(text: str) -> Iterator[str]:
    """The texts that may be the final answer, the most likely first."""
    rest = without_thinking(text).strip()
    if not rest:
        return
    objects = complete_objects(rest)
    yield from reversed(objects)
    if not objects:
        yield rest[max(rest.find("{"), 0) :]


def ends_with_object(text: str) -> bool:
    """Whether a complete JSON object is the last thing in the text, apart from the end of a code fence."""
    objects = complete_objects(text)
    return bool(objects) and text.rstrip(" \n\r\t`").endswith(objects[-1])
