"""Reads dates as resumes write them, with the precision they have; used by grounding and by the built-in parser.

Nothing is guessed. A season keeps only its year, and so does `04/05/2019` unless the language determines the order of
day and month. Years range from 1930 to 2049, so that most plain numbers are not taken for dates.
"""

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.analysis.folding import fold
from app.analysis.normalise.date_words import BETWEEN, ERAS, FROM, MONTHS, ONGOING, RISKY_MONTHS, SEASONS, SINCE, UNTIL

# '49 is 2049 and '50 is 1950, because nobody with a current resume began to work before 1950.
_TWO_DIGIT_PIVOT = 50


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as precise as its source. `month` and `day` are None if the text does not determine them."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def iso(self) -> str:
        """`2019`, `2019-03` or `2019-03-01`: the date strings that JSON Resume allows."""
        text = f"{self.year:04d}"
        if self.month is not None:
            text += f"-{self.month:02d}"
            if self.day is not None:
                text += f"-{self.day:02d}"
        return text

    @property
    def first_month(self) -> tuple[int, int]:
        """Year and month of the earliest possible start."""
        return (self.year, self.month or 1)

    @property
    def last_month(self) -> tuple[int, int]:
        """Year and month of the latest possible end."""
        return (self.year, self.month or 12)


class DateRange(NamedTuple):
    """A period, or a single date (then only `start` is set). `quote` and `span` are from the searched text."""

    start: PartialDate | None
    end: PartialDate | None
    ongoing: bool
    quote: str
    span: tuple[int, int]


def _month_numbers() -> dict[str, int]:
    numbers: dict[str, int] = {}
    for names in MONTHS.values():
        for number, words in enumerate(names, start=1):
            for word in words.split():
                numbers.setdefault(fold(word.replace("-", " ")).text, number)
    return numbers


def _any_of(words: tuple[str, ...] | list[str]) -> str:
    """An alternation, the longest word first. A space matches any run of spaces."""
    folded = sorted({fold(word).text for word in words}, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in folded) + ")"


def _months_by_language() -> dict[str, dict[str, int]]:
    """Words that name different months in different languages ("listopad"): language -> month."""
    numbers: dict[str, dict[str, int]] = {}
    for language, names in MONTHS.items():
        for number, words in enumerate(names, start=1):
            for word in words.split():
                numbers.setdefault(fold(word.replace("-", " ")).text, {})[language] = number
    return {word: months for word, months in numbers.items() if len(set(months.values())) > 1}


_MONTH_NUMBERS = _month_numbers()
_MONTHS_BY_LANGUAGE = _months_by_language()
_RISKY_LANGUAGES = {
    word: {language for language, names in MONTHS.items() if any(word in each.split() for each in names)}
    for word in RISKY_MONTHS
}

_LETTER = r"[^\W\d_]"
_NOT_DIGIT = r"(?!\d)"
_YEAR = r"(?:19[3-9]\d|20[0-4]\d)(?!\d)"
_SHORT_YEAR = r"'\s?\d\d(?!\d)"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_MONTH_WORD = rf"(?<!{_LETTER}){_any_of(list(_MONTH_NUMBERS))}(?!{_LETTER})\.?"
_SEASON = rf"(?<!{_LETTER}){_any_of(SEASONS)}(?![^\W_])"
_OF = r"(?:\s*\b(?:de|del|di|do|of|a)\b)?"
_ORDINAL = r"(?:st|nd|rd|th|er|\.|º|ª)?"
_GAP = r"[\s,./-]*"

# The forms of one date, the most specific first. The name says how the groups are interpreted.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "era",
            (
                rf"(?P<era>{_any_of(list(ERAS))})\s*(?P<y>元|\d{{1,3}})\s*年"
                r"(?:\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*日)?)?"
            ),
        ),
        ("era", rf"(?P<era>{_any_of(list(ERAS))})\s*(?P<y>元|\d{{1,2}})[\s./]\s*(?P<m>{_MONTH}){_NOT_DIGIT}"),
        (
            "ymd",
            rf"(?P<y>{_YEAR})\s*[年년]度?(?:\s*(?P<m>\d{{1,2}})\s*[月월](?:\s*(?P<d>\d{{1,2}})\s*[日일])?)?",
        ),
        ("ymd", rf"{_SEASON}(?:\s+of)?[\s,/-]*(?P<y>{_YEAR})(?:/(?:\d{{4}}|\d\d){_NOT_DIGIT})?"),
        ("ymd", rf"(?P<y>{_YEAR})[\s,/-]*{_SEASON}"),
        ("words", rf"(?P<d>{_DAY}){_ORDINAL}{_OF}[\s./-]*(?P<w>{_MONTH_WORD}){_OF}{_GAP}(?P<y>{_YEAR})"),
        ("words", rf"(?P<w>{_MONTH_WORD})\s*(?P<d>{_DAY}){_ORDINAL}\s*,?\s+(?P<y>{_YEAR})"),
        ("words", rf"(?P<w>{_MONTH_WORD}){_OF}{_GAP}(?P<y>{_YEAR}|{_SHORT_YEAR})"),
        (
            "words",
            (
                rf"(?P<y>{_YEAR})\.?{_GAP}(?P<w>{_MONTH_WORD})(?:\s*(?P<d>{_DAY}){_NOT_DIGIT}\.?)?"
                rf"(?!\s*(?:{_YEAR}|{_SHORT_YEAR}))"
            ),
        ),
        ("ymd", rf"(?P<y>{_YEAR})(?P<s>[-/])(?P<m>{_MONTH})(?P=s)(?P<d>{_DAY}){_NOT_DIGIT}"),
        ("ymd", rf"(?P<y>{_YEAR})\.\s?(?P<m>{_MONTH})\.\s?(?P<d>{_DAY}){_NOT_DIGIT}\.?"),
        ("dmy", rf"(?P<a>\d{{1,2}})\s?(?P<s>\.)\s?(?P<b>\d{{1,2}})\s?\.\s?(?P<y>{_YEAR}|\d\d{_NOT_DIGIT})"),
        ("dmy", rf"(?P<a>\d{{1,2}})(?P<s>[-/])(?P<b>\d{{1,2}})(?P=s)(?P<y>{_YEAR}|\d\d{_NOT_DIGIT})"),
        ("ymd", rf"(?P<m>{_MONTH})\s?[-/.]\s?(?P<y>{_YEAR}|{_SHORT_YEAR})"),
        ("ymd", rf"(?P<y>{_YEAR})\s?/\s?(?P<m>{_MONTH}){_NOT_DIGIT}"),
        ("iso_month", rf"(?P<y>{_YEAR})-(?P<m>{_MONTH}){_NOT_DIGIT}"),
        ("ymd", rf"(?P<y>{_YEAR})\.\s?(?P<m>{_MONTH}){_NOT_DIGIT}\.?"),
        # Columns for year and month at the beginning of a row: "2020 4 株式会社..."
        ("ymd", rf"^(?P<y>{_YEAR})\s+(?P<m>{_MONTH})(?=\s+[\u3040-\u30ff\u3400-\u9fff])"),
        ("year", rf"(?P<y>{_YEAR})"),
        ("year", rf"(?P<y>{_SHORT_YEAR})"),
    )
)
# Forms that can begin with a digit, and forms that begin with a word or an apostrophe. This halves the forms to try.
_WORD_FORMS = tuple(
    (name, form)
    for name, form in _FORMS
    if form.pattern.startswith(("(?P<era>", "(?<!", "(?P<w>", f"(?P<y>{_SHORT_YEAR}"))
)
_DIGIT_FORMS = tuple(form for form in _FORMS if form not in _WORD_FORMS)
# Accepted as dates only if the other side of a period confirms it: "03/19 - 04/21", "Jan 19 - Mar 20".
_SHORT_FORMS = (
    ("ymd", re.compile(rf"(?P<m>0[1-9]|1[0-2])\s?[/.-]\s?(?P<y>\d\d){_NOT_DIGIT}")),
    ("words", re.compile(rf"(?P<w>{_MONTH_WORD})[\s-]*(?P<y>\d\d){_NOT_DIGIT}")),
)
# The first half of "Jan - Mar 2019" and "03 - 06/2019": only the second half has the year.
_MONTH_ALONE = re.compile(rf"(?P<w>{_MONTH_WORD})|(?P<m>{_MONTH}){_NOT_DIGIT}\.?")

_SPACED_WORD = rf"\s+{_any_of(BETWEEN)}\s+"
_CJK_WORD = r"\s*(?:から|부터|至|到)\s*"
_SEPARATOR = re.compile(rf"\)?(?:\s*(?:-+>?|~|→)\s*(?:{_any_of(BETWEEN)}\s+)?|{_SPACED_WORD}|{_CJK_WORD})\(?")
_YEAR_SLASH = re.compile(r"\s?/\s?")
_END_SHORT_YEAR = re.compile(rf"'?(\d\d){_NOT_DIGIT}")
_NOW = re.compile(rf"{_any_of(ONGOING)}(?![^\W_])|(?:現在|至今|现在|迄今|今|현재|目前)")
_CLOSING = re.compile(r"\s*(?:まで|까지)")
_OPEN_END = re.compile(r"\s*(?:~\s*$|以降|以来|より\s*$|부터\s*$|から\s*$)")
_SINCE_BEFORE = re.compile(rf"(?<!{_LETTER}){_any_of(SINCE)}\s*$")
_UNTIL_BEFORE = re.compile(rf"(?<!{_LETTER}){_any_of(UNTIL)}\s*$")
_FROM_BEFORE = re.compile(rf"(?<!{_LETTER}){_any_of(FROM)}\s*$")
_UNTIL_LEAD = re.compile(rf"^(?:{_any_of(UNTIL)}|to)\s+")
_LEAD_IN_CHARACTERS = 24  # longer than any word that comes before a date

_CANDIDATE = re.compile(rf"(?<!\d)[\d']|{_MONTH_WORD}|{_SEASON}|{_any_of(list(ERAS))}")
_DIGIT = re.compile(r"\d")
_GLUED_BEFORE = re.compile(r"(?:[a-z0-9_@#$€£¥+=/:]|\d[.,:-])$")
_GLUED_AFTER = re.compile(r"[a-z0-9_%@€$£]|[-./:,]\d|\+")
# Languages that use both orders of day and month, and hints that mean the month comes first.
_BOTH_ORDERS = frozenset({None, "en", "und"})
_MONTH_FIRST = frozenset({"en-US", "und-US"})
_SLASHED = re.compile(rf"(?<![\d/.-])(\d{{1,2}})([-/])(\d{{1,2}})\2{_YEAR}")
_ADDRESS = re.compile(r"://|@|www\.|[a-z]\.[a-z]{2,}/")


class _Reading(NamedTuple):
    date: PartialDate
    begin: int
    end: int
    form: str
    order: str | None = None  # "dmy" or "mdy" if the numbers determine the order


def parse_date(text: str, language_hint: str | None = None) -> PartialDate | None:
    """The date in `text`, only as precise as is certain. For a period its start; None if there is no date.

    `language_hint` (BCP-47) resolves ambiguous month words and, unless it is English without a region, the order of day
    and month in `04/05/2019`.
    """
    folded = fold(text.strip()).text.strip(" ()[],;")
    for forms in (_FORMS, _SHORT_FORMS):
        whole = _read_date(folded, 0, forms=forms, language_hint=language_hint, lenient=True)
        if whole is not None and whole.end == len(folded):
            return whole.date
    for period in find_date_ranges(text, language_hint):
        return period.start or period.end
    return None


def with_date_order(language: str | None, lines: Iterable[str]) -> str | None:
    """The language hint for the dates in these lines. `en` becomes `en-GB` if one of them has `25/03/2019`.

    It becomes `en-US` if the month comes first. It stays the same if the language determines the order, if no date
    does, or if dates disagree.
    """
    if language not in _BOTH_ORDERS:
        return language
    regions = {
        "GB" if int(a) > int(b) else "US"
        for line in lines
        for a, _, b in _SLASHED.findall(line)
        if min(int(a), int(b)) <= 12 < max(int(a), int(b)) <= 31
    }
    return f"{language or 'und'}-{regions.pop()}" if len(regions) == 1 else language


def is_ongoing(text: str) -> bool:
    """Whether `text` means "until now" in any of the known languages."""
    folded = fold(text).text.strip(" ()[].,;:-~")
    if not folded:
        return False
    match = _NOW.search(folded)
    if match is not None and match.start() == 0:
        return match.end() == len(folded) or folded[match.end() :].strip() in {"まで", "에", "に至る"}
    without_lead = _UNTIL_LEAD.sub("", folded)
    return without_lead != folded and is_ongoing(without_lead)


def find_date_ranges(text: str, language_hint: str | None = None) -> list[DateRange]:
    """All periods and single dates in `text`, from left to right, without overlaps.

    A single date has `end` None, and "since 2019" also has `ongoing`. "until 2019" has no `start`.
    A dash with nothing after it leaves the period open but not ongoing, because the line may simply end there.
    """
    folded = fold(text)
    periods: list[DateRange] = []
    # Every form of a date has a year or a day in digits (folding converts them to ASCII), or the year of an era.
    if _DIGIT.search(folded.text) is None and "元" not in folded.text:
        return periods
    position = 0
    while (candidate := _CANDIDATE.search(folded.text, position)) is not None:
        found = _read_period(folded.text, candidate.start(), language_hint)
        if found is None:
            position = candidate.start() + 1
            continue
        start, end, ongoing, first, stop = found
        span = folded.original_span(first, stop)
        periods.append(DateRange(start, end, ongoing, text[span[0] : span[1]], span))
        position = stop
    return periods


def dates_in(lines: Sequence[str], language: str | None) -> frozenset[str]:
    """All dates in the lines of a document, as ISO text in the precision in which they are written (`2019-03`)."""
    hint = with_date_order(language, lines)
    return frozenset(
        date.iso
        for line in lines
        for period in find_date_ranges(line, hint)
        for date in (period.start, period.end)
        if date is not None
    )


_Period = tuple[PartialDate | None, PartialDate | None, bool, int, int]


def _read_period(text: str, position: int, language_hint: str | None) -> _Period | None:
    """The period that begins at `position`: both ends, whether it is ongoing, and its span with the word before it."""
    if _GLUED_BEFORE.search(text, max(0, position - 2), position) or _stands_in_address(text, position):
        return None
    period = (
        _read_full_period(text, position, language_hint)
        or _read_short_period(text, position, language_hint)
        or _read_shared_year(text, position, language_hint)
    )
    if period is None or _GLUED_AFTER.match(text, period[4]):
        return None
    return period


def _read_full_period(text: str, position: int, language_hint: str | None) -> _Period | None:
    first = _read_date(text, position, language_hint=language_hint)
    if first is None:
        return None
    until = _UNTIL_BEFORE.search(text, max(0, position - _LEAD_IN_CHARACTERS), position)
    since = _SINCE_BEFORE.search(text, max(0, position - _LEAD_IN_CHARACTERS), position)
    lead = since or _FROM_BEFORE.search(text, max(0, position - _LEAD_IN_CHARACTERS), position)
    begin = lead.start() if lead else position

    closed = _read_closing(text, first, language_hint)
    if closed is not None:
        start, end, ongoing, stop = closed
        return (start, end, ongoing, begin, stop)
    date = first.date
    if first.form == "iso_month" and date.month is not None and date.month > date.year % 100:
        # "2005-08" may be a month or the years 2005 to 2008. Only the first year is certain.
        date = PartialDate(date.year)
    if until is not None:
        return (None, date, False, until.start(), first.end)
    closing = _CLOSING.match(text, first.end)
    if closing is not None:
        return (None, date, False, position, closing.end())
    open_end = _OPEN_END.match(text, first.end)
    if open_end is not None:
        return (date, None, True, begin, open_end.end())
    return (date, None, since is not None, since.start() if since else position, first.end)


def _read_closing(
    text: str, first: _Reading, language_hint: str | None
) -> tuple[PartialDate | None, PartialDate | None, bool, int] | None:
    """The text after the first date if it makes a period of it: a second date, a short year, or "now"."""
    slash = _YEAR_SLASH.match(text, first.end) if first.form == "year" else None
    separator = _SEPARATOR.match(text, first.end) or slash
    if separator is None:
        return None
    second = _read_date(text, separator.end(), language_hint=language_hint, order=first.order)
    if second is not None and not (separator is slash and second.form != "year"):
        start = first.date
        if first.form == "dmy" and first.order is None and second.order is not None:
            # If one side determines the order of day and month, it applies to both.
            again = _read_date(text, first.begin, language_hint=language_hint, order=second.order)
            start = again.date if again is not None else start
        closing = _CLOSING.match(text, second.end)
        return (start, second.date, False, closing.end() if closing else second.end)
    if first.form == "year":
        short = _END_SHORT_YEAR.match(text, separator.end())
        if short is not None and int(short[1]) > first.date.year % 100:
            end = PartialDate(first.date.year - first.date.year % 100 + int(short[1]))
            return (first.date, end, False, short.end())
    now = _NOW.match(text, separator.end())
    if now is not None and separator is not slash:
        return (first.date, None, True, now.end())
    return None


def _read_short_period(text: str, position: int, language_hint: str | None) -> _Period | None:
    """Reads "03/19 - 04/21" and "Jan 19 - present". Two-digit years count because both sides look like dates."""
    first = _read_date(text, position, forms=_SHORT_FORMS, language_hint=language_hint)
    if first is None:
        return None
    separator = _SEPARATOR.match(text, first.end)
    if separator is None:
        return None
    second = _read_date(text, separator.end(), language_hint=language_hint) or _read_date(
        text, separator.end(), forms=_SHORT_FORMS, language_hint=language_hint
    )
    if second is not None and second.date.month is not None and second.date.first_month >= first.date.first_month:
        return (first.date, second.date, False, position, second.end)
    now = _NOW.match(text, separator.end())
    return None if now is None else (first.date, None, True, position, now.end())


def _read_shared_year(text: str, position: int, language_hint: str | None) -> _Period | None:
    """Reads "Jan - Mar 2019" and "03 - 06/2019", which share a year. A later start month is in the previous year."""
    first = _MONTH_ALONE.match(text, position)
    if first is None:
        return None
    separator = _SEPARATOR.match(text, first.end())
    if separator is None:
        return None
    second = _read_date(text, separator.end(), language_hint=language_hint)
    if second is None or second.date.month is None or (second.form == "words") != (first["w"] is not None):
        return None
    month = _month_named(first["w"], language_hint) if first["w"] is not None else int(first["m"])
    year = second.date.year if month <= second.date.month else second.date.year - 1
    return (PartialDate(year, month), second.date, False, position, second.end)


def _read_date(
    text: str,
    position: int,
    *,
    language_hint: str | None,
    forms: tuple[tuple[str, re.Pattern[str]], ...] = _FORMS,
    order: str | None = None,
    lenient: bool = False,
) -> _Reading | None:
    """The date that begins exactly at `position`. `lenient` accepts month words that are also ordinary words."""
    if forms is _FORMS:
        forms = _DIGIT_FORMS if text[position : position + 1].isdigit() else _WORD_FORMS
    for form, pattern in forms:
        match = pattern.match(text, position)
        if match is None:
            continue
        groups = match.groupdict()
        if form == "words" and not lenient and not _is_month_here(groups["w"] or "", language_hint):
            continue
        settled = order
        if form == "dmy":
            month, day, settled = _month_and_day(groups, language_hint, order)
        else:
            month, day = _number(groups.get("m")), _number(groups.get("d"))
            if form == "words":
                month = _month_named(groups["w"] or "", language_hint)
        year = _year(groups.get("y") or "", groups.get("era"))
        if year is not None:
            return _Reading(_valid_date(year, month, day), position, match.end(), form, settled)
    return None


def _is_month_here(word: str, language_hint: str | None) -> bool:
    plain = _plain_word(word)
    return plain not in RISKY_MONTHS or word.endswith(".") or _primary(language_hint) in _RISKY_LANGUAGES[plain]


def _month_named(word: str, language_hint: str | None) -> int:
    """The month of a month word. If languages disagree, the hint decides, otherwise the first entry in `MONTHS`."""
    plain = _plain_word(word)
    return _MONTHS_BY_LANGUAGE.get(plain, {}).get(_primary(language_hint), _MONTH_NUMBERS[plain])


def _primary(language_hint: str | None) -> str:
    return (language_hint or "").partition("-")[0]


def _plain_word(word: str) -> str:
    return re.sub(r"\s+", " ", word.rstrip("."))


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _year(text: str, era: str | None) -> int | None:
    if era is not None:
        year = ERAS[era] + (1 if text == "元" else int(text))
        return year if 1930 <= year <= 2049 else None  # the same years as in all other forms
    number = int(text.strip("' "))
    if number < 100:
        return number + (2000 if number < _TWO_DIGIT_PIVOT else 1900)
    return number


def _month_and_day(
    groups: dict[str, str | None], language_hint: str | None, order: str | None
) -> tuple[int | None, int | None, str | None]:
    """Month and day of `a/b/year`, and the order if the numbers determine it; all None if it is ambiguous."""
    a, b = int(groups["a"] or 0), int(groups["b"] or 0)
    settled: str | None = None
    if a > 12 >= b:
        settled = "dmy"
    elif b > 12 >= a:
        settled = "mdy"
    reading = settled or order
    if reading is None and (groups["s"] == "." or a == b or language_hint not in _BOTH_ORDERS):
        # A dot, or a language other than English, means day first. English uses both orders.
        reading = "mdy" if language_hint in _MONTH_FIRST and groups["s"] != "." else "dmy"
    if reading is None:
        return (None, None, None)
    return (b, a, settled) if reading == "dmy" else (a, b, settled)


def _valid_date(year: int, month: int | None, day: int | None) -> PartialDate:
    """Keeps the possible parts: a thirteenth month or a 31st of February lowers the precision."""
    if month is None or not 1 <= month <= 12:
        return PartialDate(year)
    if day is None or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return PartialDate(year, month)
    return PartialDate(year, month, day)


def _stands_in_address(text: str, position: int) -> bool:
    """Whether the text around `position`, up to white space, is a URL or an e-mail address."""
    begin = text.rfind(" ", 0, position) + 1
    end = text.find(" ", position)
    return _ADDRESS.search(text, begin, len(text) if end < 0 else end) is not None
