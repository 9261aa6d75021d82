"""Reduces the dates of a truth to the precision that its document prints, for `app.analysis.evaluation.accuracy`. Pure.

`app.pipeline.operations.evaluate_clients` calls it. A truth is often the source from which a page was made: it says
September 2005 where the page prints only 2005. A parser that returns a month the page does not print has guessed, so
the guess must not count as correct.
"""

from collections.abc import Mapping
from typing import Any, cast

from app.analysis.normalise.dates import dates_in

_SECTIONS = ("work", "education")
_KEYS = ("startDate", "endDate")
_LENGTHS = (7, 4)  # of `2005-09` and `2005`


def truth_as_printed(truth: Mapping[str, Any], text: str, language: str | None = None) -> dict[str, Any]:
    """The truth with each date of work and education only as precise as `text` prints it.

    A date is cut only if the text never prints it in full but prints a less precise form. A date that the text does not
    print at all stays unchanged and counts as missed.
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
