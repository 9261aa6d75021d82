"""Where in a section an entry was read: the lines that hold its values. Used by `section_answers`.

The lines are found by the values, because small models miscount line numbers. A value that is in no line is dropped
later anyway, so nothing is lost by not asking for numbers.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_NO_WORD = re.compile(r"[\W_]+")
_HEAD_LINES = 2  # an employer, a position, a place and dates are at most so many lines apart
BULLETS = "-*•·–▪◦‣●○■"


def head_lines(
    entries: Sequence[Mapping[str, Any]], identity: Sequence[str], dates: Sequence[str], texts: Mapping[int, str]
) -> list[frozenset[int]]:
    """For each entry the lines with its identifying values and the dates beside them; none if no value was found.

    Entries are expected in the order of the document: of two equal places, the first one after the entry before counts.
    """
    plain = {number: _plain(text) for number, text in texts.items()}
    found: list[frozenset[int]] = []
    last = 0
    for entry in entries:
        places = [place for key in identity if (place := _lines_with(entry.get(key), plain))]
        dated = [place for key in dates if (place := _lines_with(entry.get(key), plain))]
        candidates = sorted(frozenset[int]().union(*places))
        if not candidates:
            found.append(frozenset())
            continue
        anchor = min(candidates, key=lambda line: (-_beside(line, places), -_beside(line, dated), line <= last, line))
        near: set[int] = set()
        for place in (*places, *dated):
            near |= set(sorted(place & frozenset(range(anchor, anchor + _HEAD_LINES + 1)))[:1])
        if any(near.isdisjoint(place) for place in dated):
            # Some resumes write the dates above the rest.
            near |= {anchor - 1} & frozenset[int]().union(*dated)
        found.append(frozenset(near))
        last = anchor
    return found


def lines_with(values: Iterable[Any], texts: Mapping[int, str]) -> frozenset[int]:
    """All lines that hold one of the values."""
    plain = {number: _plain(text) for number, text in texts.items()}
    return frozenset[int]().union(*(_lines_with(value, plain) for value in values))


def bullet_lines(
    own: frozenset[int], heads: Iterable[frozenset[int]], texts: Mapping[int, str], named: range
) -> list[int]:
    """The lines of an entry's bullet points, between its own head and the next one.

    Where the document marks them, they are the marked lines and those that continue one; otherwise the lines that the
    model has `named`.
    """
    if not own:
        return []
    end = min((min(head) for head in heads if head and min(head) > max(own)), default=max(texts) + 1)
    body = [number for number in sorted(texts) if max(own) < number < end]
    marked = {number for number in body if texts[number].startswith(tuple(BULLETS))}
    if not marked:
        return [number for number in body if number in named]
    found: list[int] = []
    for number in body:
        # A new sentence without a mark is another entry's, unless it is a wrapped line that begins with a name.
        continues = texts[number][:1].islower() or (number in named and number < max(marked))
        if number in marked or (found and continues):
            found.append(number)
        elif found:
            break
    return found


def _beside(line: int, places: Sequence[frozenset[int]]) -> int:
    return sum(any(0 <= number - line <= _HEAD_LINES for number in place) for place in places)


def _lines_with(value: Any, plain: Mapping[int, str]) -> frozenset[int]:
    wanted = _plain(value) if isinstance(value, str) else "  "
    return frozenset(number for number, text in plain.items() if wanted.strip() and wanted in text)


def _plain(text: str) -> str:
    """Words with one space around each, so that a value is found only as whole words."""
    return f" {_NO_WORD.sub(' ', text.casefold()).strip()} "
