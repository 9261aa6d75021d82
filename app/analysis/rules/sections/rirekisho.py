"""Reads Japanese history tables with year, month and event per row ("2015 4 株式会社山田 入社").

Used by `app.analysis.rules.parse_resume`.
"""

import re
from dataclasses import dataclass, field

from app.analysis.answer import Job, Study
from app.analysis.rules.phrases.spelling import CJK, clean_value
from app.analysis.rules.structure.row import Row

_ROW = re.compile(
    r"^(?P<year>(?:(?:明治|大正|昭和|平成|令和)\s?(?:元|\d{1,2})|[HSR]\d{1,2}|(?:19|20)(?:\d\d|"
    r"XX))\s*[年./]?)\s*(?P<month>\d{1,2})?\s*月?\s+(?P<event>\S.*)$"
    r"|^(?P<year2>(?:(?:明治|大正|昭和|平成|令和)\s?(?:元|\d{1,2})|(?:19|"
    r"20)\d\d)\s*年)\s*(?P<month2>\d{1,2})\s*月\s*(?P<event2>\S.*)$"
)
_JOIN = re.compile(r"\s*(?:へ|に)?\s*(?:入社|入職|入行|入局|入庁|入所|着任|勤務開始|採用).*$")
_LEAVE = re.compile(r"(?:退社|退職|退行|離職|契約満了|依願退職|一身上の都合)")
_ENTER = re.compile(r"\s*(?:に)?\s*(?:入学|編入学|編入|進学)\s*$")
_GRADUATE = re.compile(r"\s*(?:卒業見込み?|卒業|修了見込み?|修了|中退|単位取得退学|中途退学)\s*$")
_NOW = re.compile(r"現在に(?:至る|いたる)|在職中|現在に至ります")
_SAME = re.compile(r"^(?:同上|同校?|同大学|同社)\s*")


@dataclass(slots=True)
class History:
    work: list[Job] = field(default_factory=list[Job])
    education: list[Study] = field(default_factory=list[Study])


def read_history(rows: list[Row]) -> History | None:
    """None unless at least three dated rows report joining, leaving, entering or graduating."""
    if not any(CJK.search(row.text) for row in rows):
        return None
    events = [(row, date, event) for row in rows for date, event in [_event(row)] if event]
    telling = sum(
        1
        for _, date, event in events
        if date and (_JOIN.search(event) or _LEAVE.search(event) or _ENTER.search(event) or _GRADUATE.search(event))
    )
    if telling < 3:
        return None
    history = History()
    for row, date, event in events:
        _read_event(history, row, date, event)
    return history


def _event(row: Row) -> tuple[str | None, str]:
    text = row.text.strip()
    found = _ROW.match(text)
    if found is None:
        return None, clean_value(text)
    year, month, event = (
        (found["year"] or found["year2"]),
        (found["month"] or found["month2"]),
        (found["event"] or found["event2"]),
    )
    end = text.find(event)
    date = text[:end].strip()
    if re.fullmatch(r"(?:19|20)\d\d\s+\d{1,2}", date) or month is None:
        date = f"{year.strip()} {month}".strip() if month else year.strip()
    return date, clean_value(event)


def _read_event(history: History, row: Row, date: str | None, event: str) -> None:
    numbers = list(row.numbers)
    if date is None:
        if _NOW.search(event) and history.work:
            history.work[-1] = history.work[-1].model_copy(update={"ongoing": history.work[-1].end is None})
        elif (
            history.work
            and history.work[-1].end is None
            and history.work[-1].position is None
            and re.search(r"(?:として|担当|職|部|課)", event)
            and len(event) < 40
        ):
            history.work[-1] = history.work[-1].model_copy(
                update={"summary": event, "lines": [*history.work[-1].lines, *numbers]}
            )
        return
    if _GRADUATE.search(event):
        school = clean_value(_GRADUATE.sub("", event))
        school = clean_value(_SAME.sub("", school)) if _SAME.match(school) else school
        last = history.education[-1] if history.education else None
        if (
            last is not None
            and last.end is None
            and (
                not school
                or last.institution is None
                or school.split()[0] in (last.institution or "")
                or (last.institution or "") in school
            )
        ):
            history.education[-1] = last.model_copy(update={"end": date, "lines": [*last.lines, *numbers]})
        elif school:
            history.education.append(_study(school, None, date, numbers))
    elif _ENTER.search(event):
        school = clean_value(_ENTER.sub("", event))
        if school:
            history.education.append(_study(school, date, None, numbers))
    elif _LEAVE.search(event):
        last = history.work[-1] if history.work else None
        if last is not None and last.end is None:
            history.work[-1] = last.model_copy(update={"end": date, "ongoing": False, "lines": [*last.lines, *numbers]})
    elif _JOIN.search(event):
        employer = clean_value(_JOIN.sub("", event))
        if employer:
            history.work.append(Job(employer=employer, start=date, lines=numbers))
    if _NOW.search(event) and history.work and history.work[-1].end is None:
        history.work[-1] = history.work[-1].model_copy(update={"ongoing": True})


def _study(text: str, start: str | None, end: str | None, numbers: list[int]) -> Study:
    """Splits "山田大学 工学部 情報学科" after the institution; the rest is the field."""
    found = re.match(r"^(.*?(?:大学院|大学|大學|高等学校|高校|専門学校|短期大学|学院|中学校))\s*(.*)$", text)
    if found is None:
        return Study(institution=text, start=start, end=end, lines=numbers)
    return Study(
        institution=clean_value(found[1]), area=clean_value(found[2]) or None, start=start, end=end, lines=numbers
    )
