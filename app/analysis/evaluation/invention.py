"""Computes the share of a profile's values that are not in its document. Pure; used by evaluation.

A parser that checks its answers has a rate of 0. Only letters and digits are compared, so line breaks, hyphens and
punctuation make no difference. Values that code derives are compared with their source: dates with the dates in the
text, phones by their last seven digits, URLs without their scheme. `countryCode` (derived from a country's name or a
phone prefix), `x-vitae`, `meta` and `$schema` are not counted, because they add no information from the document.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from app.analysis.evaluation.accuracy import bare_link
from app.analysis.folding import fold
from app.analysis.normalise.dates import dates_in

_NOT_COUNTED = frozenset({"x-vitae", "meta", "$schema", "countryCode"})
_DATE_KEYS = frozenset({"startDate", "endDate", "date", "releaseDate"})
_LOCAL_PHONE_DIGITS = 7  # the part of a number that is the same with and without an international prefix


def invention_rate(profile: Mapping[str, Any], document_text: str, *, language: str | None = None) -> float:
    """Share, 0 to 1, of the profile's leaf values that are not in `document_text`; 0 for an empty profile."""
    invented, counted = count_invented(profile, document_text, language=language)
    return invented / counted if counted else 0.0


def count_invented(profile: Mapping[str, Any], document_text: str, *, language: str | None = None) -> tuple[int, int]:
    """The number of the profile's leaf values that are not in `document_text`, and the number of all leaf values.

    `language` (BCP-47 primary subtag) resolves ambiguous dates, as it did when the profile was made.
    """
    leaves = list(_leaves(profile))
    letters = _letters(document_text)
    lines = document_text.splitlines()
    digits_by_line = [re.sub(r"\D", "", line) for line in lines]
    dates = dates_in(lines, language)
    invented = sum(not _is_in_document(key, value, letters, digits_by_line, dates) for key, value in leaves)
    return invented, len(leaves)


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, text) of every string and number. Items of a list have the key of the list."""
    if isinstance(value, Mapping):
        for name, item in cast("Mapping[str, object]", value).items():
            if name not in _NOT_COUNTED:
                yield from _leaves(item, name)
    elif isinstance(value, list | tuple):
        for item in cast("list[object]", value):
            yield from _leaves(item, key)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and _letters(str(value)):
        yield key, str(value)


def _is_in_document(key: str, value: str, letters: str, digits_by_line: list[str], dates: frozenset[str]) -> bool:
    if key in _DATE_KEYS:
        return value in dates
    if key == "phone":
        tail = re.sub(r"\D", "", value)[-_LOCAL_PHONE_DIGITS:]
        return any(tail in digits for digits in digits_by_line)
    if key == "url":
        value = bare_link(value)
    return _letters(value) in letters


def _letters(text: str) -> str:
    return "".join(character for character in fold(text).text if character.isalnum())
