"""Notices that a model repeats itself while its answer is still being written, so that the call can be ended.

Small models fall into loops: one word again and again, line numbers that count up without end, the same entry over and
over. Each would otherwise be computed, and paid for, up to the limit on the answer's length. `app.routing.baml_client`
feeds every streamed answer to a `RepetitionWatch`. The work is linear in the length of the answer.

A resume may repeat itself, too (a column of equal skill levels, a row of dots). So a repetition counts only when it is
longer than those in resumes.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

# A unit of text or an entry counts as repeated without end when it comes this often and fills this many characters.
_TIMES = 6
_CHARACTERS = 800
_ENTRY_CHARACTERS = 400  # of the values of equal entries, without their keys and lines
_CELL_TIMES = 100  # for an entry with a single value: a column of a table may have many equal ones
_CHECK_EVERY_CHARACTERS = 200
_SUFFIX_CHARACTERS = 24
_MOST_CANDIDATES = 8  # earlier places of the text's end that are tried, the nearest first
# Grounding ignores the lines of an entry that cites more, and the prompt asks for two.
_MOST_NUMBERS = 80
_MOST_BEYOND_LAST_LINE = 8  # numbers in one list
_LONGEST_LINE_NUMBER = 9  # digits
_REPEATED_SHARE = 2 / 3  # of the texts in one list

_TOKEN = re.compile(r'["{}\[\],:]|\s+|[^"{}\[\],:\s]+')
_TEXT = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_THINKING, _THOUGHT = "<think>", "</think>"


class RepetitionWatch:
    """`repeats` is given each new piece of one answer; it is True once the answer goes round in circles."""

    def __init__(self, last_line: int | None = None) -> None:
        """`last_line` of the document, if it is known."""
        self._structure = _Structure(last_line)
        self._waiting = ""
        self._tail = ""

    def repeats(self, piece: str) -> bool:
        waiting, at = self._waiting + piece, 0
        while len(waiting) - at >= _CHECK_EVERY_CHARACTERS:
            new = waiting[at : at + _CHECK_EVERY_CHARACTERS]
            at += len(new)
            self._tail = (self._tail + new)[-_CHARACTERS:]
            if _is_one_unit(self._tail) or self._structure.repeats(new):
                return True
        self._waiting = waiting[at:]
        return False


def _is_one_unit(tail: str) -> bool:
    """Whether the last characters are one short unit, repeated."""
    suffix = tail[-_SUFFIX_CHARACTERS:]
    at = end = len(tail) - len(suffix)
    if len(tail) < _CHARACTERS:
        return False
    for _ in range(_MOST_CANDIDATES):
        at = tail.rfind(suffix, 0, at + len(suffix) - 1)
        unit = end - at
        if at < 0 or unit * _TIMES > len(tail):
            return False
        if tail[unit:] == tail[:-unit]:
            return True
    return False


@dataclass(slots=True)
class _Container:
    """An object or list that is still open. `content` has its values, except the numbers of lines."""

    is_list: bool
    content: list[str] = field(default_factory=list[str])
    texts: set[str] = field(default_factory=set[str])
    text_count: int = 0
    repeated_count: int = 0
    repeated_characters: int = 0
    numbers: int = 0
    beyond: int = 0


class _Structure:
    """The answer's JSON as far as it is written: which entries and values it contains, and how often."""

    def __init__(self, last_line: int | None) -> None:
        self._last_line = last_line
        self._rest = ""  # an unfinished token
        self._begun = self._thinks = False
        self._text: list[str] | None = None  # the pieces of the string that is being written
        self._open: list[_Container] = []
        self._entries: Counter[str] = Counter()

    def repeats(self, new: str) -> bool:
        text, self._rest = self._rest + new, ""
        if not self._begun:
            text = self._without_preamble(text)
        at = 0
        while at < len(text):
            if self._text is not None:
                part = _TEXT.match(text, at)
                end = part.end() if part else at
                self._text.append(text[at:end])
                if end == len(text) or text[end] != '"':
                    self._rest = text[end:]  # nothing, or half an escape
                    return False
                value, self._text, at = "".join(self._text), None, end + 1
                if self._adds_text(value):
                    return True
                continue
            token = _TOKEN.match(text, at)
            if token is None:
                return False
            at = token.end()
            if at == len(text) and token[0].isalnum():
                self._rest = token[0]  # it may go on
                return False
            if token[0] == '"':
                self._text = []
            elif self._adds_sign(token[0]):
                return True
        return False

    def _without_preamble(self, text: str) -> str:
        """The text from its JSON on, without thoughts and phrases before it; empty as long as there is none."""
        while True:
            if self._thinks:
                _, found, text = text.rpartition(_THOUGHT) if _THOUGHT in text else ("", "", text)
                if not found:
                    self._rest = text[-len(_THOUGHT) :]
                    return ""
                self._thinks = False
            start, thinks = text.find("{"), text.find(_THINKING)
            if thinks >= 0 and not 0 <= start < thinks:
                self._thinks, text = True, text[thinks + len(_THINKING) :]
            elif start >= 0:
                self._begun = True
                return text[start:]
            else:
                self._rest = text[-len(_THINKING) :]
                return ""

    def _adds_text(self, value: str) -> bool:
        if not self._open:
            return False
        inside = self._open[-1]
        inside.content.append(value)
        if not inside.is_list:
            return False
        inside.text_count += 1
        if value in inside.texts:
            inside.repeated_count += 1
            inside.repeated_characters += len(value)
        inside.texts.add(value)
        return inside.repeated_characters >= _CHARACTERS and inside.repeated_count >= max(
            _TIMES, _REPEATED_SHARE * inside.text_count
        )

    def _adds_sign(self, sign: str) -> bool:
        if sign in {"{", "["}:
            self._open.append(_Container(is_list=sign == "["))
        elif sign in {"}", "]"}:
            return self._closes()
        elif self._open:
            inside = self._open[-1]
            if sign == ":" and inside.content:
                inside.content.pop()  # the text before it was a key
            elif sign not in {",", ":"} and not sign.isspace():
                return self._adds_scalar(inside, sign)
        return False

    def _adds_scalar(self, inside: _Container, sign: str) -> bool:
        if not inside.is_list:
            inside.content.append(sign)
            return False
        inside.numbers += 1
        if self._last_line is not None and sign.isdecimal():
            inside.beyond += len(sign) > _LONGEST_LINE_NUMBER or int(sign) > self._last_line
        return inside.numbers > _MOST_NUMBERS or inside.beyond >= _MOST_BEYOND_LAST_LINE

    def _closes(self) -> bool:
        if not self._open:
            return False
        content = self._open.pop().content
        if not self._open or not content:
            return False
        parent = self._open[-1]
        whole = "\x1f".join(content)
        parent.content.append(whole)
        if not parent.is_list:
            return False
        self._entries[whole] += 1
        one_value = "\x1f" not in whole
        return self._entries[whole] >= (_CELL_TIMES if one_value else max(_TIMES, _ENTRY_CHARACTERS / len(whole)))
