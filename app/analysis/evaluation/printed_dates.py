"""Cuts the dates of a truth to what its document prints, for `score`; pure, called by
`app.pipeline.operations.evaluate_clients`.

Truths are often the source that a page was made from: they say September 2005 where the page prints 2005 alone. A
reader that states a month the page does not print has guessed, so the guess must not be the right answer.
"""

from collections.abc import Mapping
from typing import Any, cast

from app.analysis.normalise.dates import dates_in

_SECTIONS = ("work", "education")
_KEYS = ("startDate", "endDate")
_LENGTHS = (7, 4)  # of `2005-09` and `2005`


def truth_as_printed(truth: Mapping[str, Any], text: str, language: str | None = None) -> dict[str, Any]:
    """The truth with each date of work and education as exact as `text` prints it.

    A date is cut only when the text has it nowhere as exact as the truth has it, and has it less exact: what the text
    does not print at all stays, and counts as missed.
    """
    printed = dates_in(text.splitlines(), None if language == "und" else language)
    cut = dict(truth)
    for section in _SECTIONS:
        entries: object = truth.get(section)
        if isinstance(entries, list):
            cut[section] = [_entry_as_printed(entry, printed) for entry in cast("list[object]", entries)]
    return cut


def _entry_as_printed(entry: object, printed: frozenset[str]) -> object:
    if not isinstance(entry, dict):
        return entry
    dated = cast("dict[str, Any]", entry)
    return dated | {key: _as_printed(dated[key], printed) for key in _KEYS if isinstance(dated.get(key), str)}


def _as_printed(date: str, printed: frozenset[str]) -> str:
    if any(each.startswith(date) for each in printed):
        return date
    return next((date[:length] for length in _LENGTHS if len(date) > length and date[:length] in printed), date)
