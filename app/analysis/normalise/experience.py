"""Computes total work experience and seniority; called by `app.analysis.grounding` with grounded dates only.

Conventions. Months are counted inclusively, and each month counts once, even if several jobs overlap in it:
- `2019-03` to `2019-05` is three months; a single month is one.
- A bare year counts from its middle, because the month is unknown: as a start from July, as an end to June. Thus 2015
  to 2018 is 36 months, the expected value, and 2015-2018 followed by 2018-2020 has neither a gap nor an overlap. Within
  one year that rule would give nothing, so `2019` to `2019`, or a single `2019`, is the half year from July.
- An ongoing job counts to the month of `as_of`, inclusive; anything after `as_of` is not counted.
- A start that has no end and is not ongoing counts only as its own month (or half year), and so does a single end.
- A period that ends before it starts does not count. Volunteer work does not count.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

from app.analysis.folding import fold
from app.analysis.normalise.dates import PartialDate

Seniority = Literal["intern", "junior", "mid", "senior", "lead", "executive"]

# Levels for titles that name none: junior below two years, senior from six years.
_JUNIOR_BELOW_MONTHS = 24
_SENIOR_FROM_MONTHS = 72


class WorkInterval(NamedTuple):
    start: PartialDate | None
    end: PartialDate | None
    ongoing: bool = False


def total_experience_months(intervals: Iterable[WorkInterval], as_of: date) -> int:
    """The number of months in the union of the intervals, by the conventions of this module."""
    spans = sorted(span for each in intervals if (span := _month_span(each, as_of)) is not None)
    total, counted_to = 0, -1
    for first, last in spans:
        begin = max(first, counted_to + 1)
        if last >= begin:
            total += last - begin + 1
            counted_to = last
    return total


def _month_span(interval: WorkInterval, as_of: date) -> tuple[int, int] | None:
    """The first and last month, inclusive, as counts since year 0; None if nothing can be counted."""
    now = as_of.year * 12 + as_of.month - 1
    start, end = interval.start, interval.end
    if start is None and end is None:
        return None
    if start is None or (end is None and not interval.ongoing):
        start = end = start or end
    if start is None:  # pragma: no cover - excluded by the line above; needed by the type checker
        return None
    first = _month_number(start, month_of_bare_year=7)
    if end is None:
        # A job that started "this year" has started by now.
        first = min(first, now) if start.month is None and start.year == as_of.year else first
        last = now
    else:
        last = _month_number(end, month_of_bare_year=6)
        if last < first and start.year == end.year:
            if end.month is None:
                last = _month_number(end, month_of_bare_year=12)
            elif start.month is None:
                first = _month_number(start, month_of_bare_year=1)
    last = min(last, now)
    return (first, last) if first <= last else None


def _month_number(written: PartialDate, *, month_of_bare_year: int) -> int:
    return written.year * 12 + (written.month or month_of_bare_year) - 1


_EXECUTIVE = r"""chief \w+( \w+)? officer|ceo|cto|cfo|coo|cio|ciso|cmo|cpo|cdo|chro|president|vice president
|[se]?vp|managing director|executive director|general director|geschaftsfuhrer(?:in)?
|vorstand(?:smitglied)?|directeur general|directrice generale|pdg|director general
|directora general|consejero delegado|amministratore delegato|diretor geral|prezes
|verkstallande direktor|toimitusjohtaja|generalni reditel|генеральныи директор
|генеральнии директор|genel mudur|代表取締役|取締役|社長|总经理|总裁|董事|대표이사|managing partner|business owner
|founder|co-?founder"""
_LEAD = r"""lead|head|principal|team ?lead(?:er)?|tech ?lead|director|directeur|directrice|direktor(?:in)?
|direttore|diretor(?:a)?|engineering manager|department manager|general manager
|(?:\w+)?leiter(?:in)?|leitende[rn]?|leitung|teamchef|chef d[e'] ?\w+|responsable|jefe|jefa
|responsabile|capo|chefe|gerente|kierownik|manager of|руководитель|начальник|керівник|vedouci
|mudur|部長|課長|主管|经理|总监|팀장"""
_SENIOR = (
    r"senior|sr|staff|experte|expert|expertin|старшии|ведущии|провіднии|kidemli|starszy|资深|高级|シニア|시니어|선임"
)
_JUNIOR = r"""junior|jr|entry.level|graduate|trainee|apprentice|auszubildende[r]?|azubi|berufseinsteiger
|alternant[e]?|apprenti[e]?|becari[oa]|mlodszy|младшии|молодшии|初级|ジュニア|주니어|신입"""
_INTERN = r"""intern|internship|praktikant(?:in)?|praktikum|werkstudent(?:in)?|working student
|student assistant|studentische hilfskraft|stagiaire|stage(?= d| en|$)|becario|practicas
|tirocinante|tirocinio|stagista|estagiario|estagiaria|estagio|stagiair|stazysta|stazystka
|praktykant(?:ka)?|praktikantka|harjoittelija|stajyer|стажер|стажист|实习生|实习|インターン|인턴
|placement student|co-op"""
_ASSISTANT = r"assistant|assistentin?|assistent|assistante|asistente|sekretar(?:in)?|secretary"


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{words.replace(chr(10), '')})(?![a-z])")


_INTERN_TITLE, _ASSISTANT_TITLE = _pattern(_INTERN), _pattern(_ASSISTANT)
# Checked in this order: a "Lead Engineer (Senior)" is a lead, and an intern is an intern whatever else the title says.
_LEVELS: tuple[tuple[Seniority, re.Pattern[str]], ...] = (
    ("intern", _INTERN_TITLE),
    ("executive", _pattern(_EXECUTIVE)),
    ("lead", _pattern(_LEAD)),
    ("senior", _pattern(_SENIOR)),
    ("junior", _pattern(_JUNIOR)),
)


def seniority(positions: Iterable[str], months: int) -> Seniority | None:
    """The level in the title of the latest position or, if it names none, by months of work. None without work.

    `positions` are the titles of work entries, the latest first. An executive's assistant is not an executive.
    """
    titles = [fold(title).text for title in positions]
    if not titles:
        return None
    latest = titles[0]
    for level, pattern in _LEVELS:
        found = pattern.search(latest)
        if found is None:
            continue
        if level in {"executive", "lead"} and _ASSISTANT_TITLE.search(latest) is not None:
            continue
        return level
    if months < _JUNIOR_BELOW_MONTHS:
        return "junior"
    return "senior" if months >= _SENIOR_FROM_MONTHS else "mid"
