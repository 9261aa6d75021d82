"""Finds periods ("03/2019 - heute") in a row, with both ends as written; most parsers of `app.analysis.rules` call it.

`app.analysis.normalise.dates` reads the dates. This module cuts their raw halves out of the quote.
"""

import re
from dataclasses import dataclass, replace

from app.analysis.normalise.dates import DateRange, find_date_ranges, is_ongoing, parse_date

_CUT = re.compile(
    r"\s*(?:[-‐‑‒–—−~〜～→]+>?|/|\b(?:to|until|till|through|bis|a|à|au|al|hasta|fino|até|ate|"
    r"tot|t/m|do|til|till|по|до)\b|至|到|から)\s*",
    re.IGNORECASE,
)
# A placeholder in templates and anonymized resumes. It has the form of a date, but no date can be read from it.
_PLACEHOLDER = re.compile(
    r"(?:[^\W\d_]{3,9}\.?\s+)?(?:20|19)XX(?:\s*[-–—]\s*(?:(?:[^\W\d_]{3,9}\.?\s+)?(?:20|19)XX|"
    r"[^\W\d_]{3,10}))?"
)


@dataclass(frozen=True, slots=True)
class Period:
    """`start` and `end` as written. A single date has `end` None and is not ongoing."""

    start: str | None
    end: str | None
    ongoing: bool
    span: tuple[int, int]
    first_year: int | None
    last_year: int | None

    @property
    def is_range(self) -> bool:
        return self.ongoing or (self.start is not None and self.end is not None)


def find_periods(text: str, language: str | None = None) -> tuple[Period, ...]:
    found: list[Period] = []
    for each in find_date_ranges(text, language):
        if re.fullmatch(r"'\s?\d\d", each.quote):
            continue
        found.append(_to_date(text, _with_halves(each, language)))
    if not found and (placeholder := _PLACEHOLDER.search(text)) is not None:
        found.append(Period(None, None, True, placeholder.span(), None, None))
    return tuple(found)


_TO_DATE = re.compile(
    r"\s*(?:[-–—]|to|till|until)\s*(?:till\s+|the\s+)?(?:date|present\s+day|this\s+day|now|ongoing)\b", re.IGNORECASE
)


def _to_date(text: str, period: Period) -> Period:
    """Makes "Jan 2017 to date" an ongoing period."""
    behind = _TO_DATE.match(text, period.span[1])
    if period.is_range or period.start is None or behind is None:
        return period
    return replace(period, ongoing=True, span=(period.span[0], behind.end()))


def _with_halves(each: DateRange, language: str | None) -> Period:
    first = each.start.year if each.start else None
    last = each.end.year if each.end else first
    quote = each.quote.strip()
    if each.end is None and not each.ongoing:
        return Period(quote, None, False, each.span, first, last)
    if each.start is None:
        return Period(None, quote, False, each.span, first, last)
    if each.end is None:
        for cut in _CUT.finditer(quote):
            if cut.start() and is_ongoing(quote[cut.end() :]) and parse_date(quote[: cut.start()], language):
                return Period(quote[: cut.start()].strip(" ()"), None, True, each.span, first, last)
        since = re.match(
            r"^(?:since|from|seit|ab|depuis|desde|dal|da|sinds|vanaf|od|sedan|siden)\s+(?=.*\d)", quote, re.IGNORECASE
        )
        if since is not None and parse_date(quote[since.end() :], language) == each.start:
            quote = quote[since.end() :]
        return Period(quote, None, True, each.span, first, last)
    for cut in _CUT.finditer(quote):
        left, right = quote[: cut.start()].strip(" ()"), quote[cut.end() :].strip(" ()")
        if left and right and parse_date(right, language) == each.end:
            if parse_date(left, language) == each.start:
                return Period(left, right, False, each.span, first, last)
            # "Jan - Mar 2019": both halves share the year, so the start can be read only from the whole period.
            return Period(quote, right, False, each.span, first, last)
    return Period(quote, quote, False, each.span, first, last)


def without_periods(text: str, periods: tuple[Period, ...]) -> str:
    """The text without its periods and the brackets, bars and durations around them (` | ` marks the cut)."""
    for period in reversed(periods):
        before, after = text[: period.span[0]], text[period.span[1] :]
        if after.lstrip().startswith(")"):  # "(completed in 2018)"
            before = re.sub(r"\s*\([^()]{1,30}$", "", before)
        before = re.sub(r"[\s(\[（,;|/·•–—-]+$", "", before)
        after = re.sub(r"^[\s)\]）,;|/·•–—:：-]+", "", after)
        text = f"{before} | {after}" if before and after else before or after
    return _DURATION.sub(" ", text).strip(" |,;")


_YEARS = r"(?:years?|yrs?|Jahre?|ans|años|anni|anos|jaar|lata|lat|rok|år|yıl|vuotta|лет|года?|роки|рік)"
_MONTHS = (
    r"(?:months?|mos|Monate?n?|mois|meses|mesi|maanden|miesi[ąę]c(?:y|e)?|månader|ay|kuukautta|"
    r"месяц(?:ев|а)?|мес|місяц(?:ів|і)?)"
)
_DURATION = re.compile(
    rf"\(?\b\d{{1,2}}\+?\s*{_YEARS}\b\.?(?:[\s,]*(?:and\s+|und\s+|et\s+|y\s+|e\s+|en\s+|i\s+|и\s+)?"
    rf"\d{{1,2}}\s*(?:{_MONTHS}|mo)\b\.?)?\)?|\(?\b\d{{1,2}}\s*{_MONTHS}\b\.?\)?"
    r"|\(?\d+\s*(?:年|年間)\s*\d*\s*(?:か月|ヶ月|个月)?\)?",
    re.IGNORECASE,
)
