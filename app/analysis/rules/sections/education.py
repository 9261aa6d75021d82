"""Reads studies: institution, degree, field, period, score and courses; used by `app.analysis.rules.parse_resume`."""

import re
from dataclasses import dataclass, field, replace

from app.analysis.answer import Study
from app.analysis.rules.phrases.degrees import degree_score, has_subjects, split_degree
from app.analysis.rules.phrases.organisations import company_score, institution_score
from app.analysis.rules.phrases.periods import Period
from app.analysis.rules.phrases.places import place_score
from app.analysis.rules.phrases.spelling import clean_value, fold, is_cjk, split_top_level
from app.analysis.rules.sections.study_facts import AREA_LABEL, LEAVES_SCHOOL, SCORE, SCORE_LABEL, RowFacts, read_facts
from app.analysis.rules.sections.study_tables import read_study_table
from app.analysis.rules.structure.entry_bodies import continues
from app.analysis.rules.structure.header_pieces import comma_parts, is_header_like, split_place
from app.analysis.rules.structure.labelled_entries import LabelledEntry, read_labelled
from app.analysis.rules.structure.row import Row
from app.analysis.rules.vocabulary.degree_words import COURSE_LABELS

_WORD_SCORE = re.compile(
    r"^(?:note|grade|mention|abschlussnote|gesamtnote|classification|"
    r"result)\s*[:：]\s*(?P<value>[^,;|:]{2,40})$|"
    r"(?P<alone>\b(?:summa|magna)\s+cum\s+laude\b|\bcum\s+laude\b|"
    r"\bfirst[- ]class\s+hono(?:u)?rs\b|\bupper\s+second[- ]class\b|"
    r"\bmention\s+(?:très\s+bien|bien|assez\s+bien)\b)",
    re.IGNORECASE,
)
_COURSES = re.compile(
    r"^(?:[^:：]{0,24}\b)?(?:"
    + "|".join(re.escape(label).replace(r"\-", r"[\s-]") for label in COURSE_LABELS)
    + r")\s*(?:include[ds]?|incl\.?)?\s*[:：]\s*(?P<list>\S.*)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Draft:
    institution: str | None = None
    degree: str | None = None
    area: str | None = None
    location: str | None = None
    score: str | None = None
    period: Period | None = None
    courses: list[str] = field(default_factory=list[str])
    numbers: list[int] = field(default_factory=list[int])
    loose: list[str] = field(default_factory=list[str])
    beside_school: list[str] = field(default_factory=list[str])  # text after the institution and a comma
    school_last: bool = False  # the degree came before the institution
    in_body: bool = False

    @property
    def filled(self) -> int:
        return sum(1 for value in (self.institution, self.degree, self.period) if value)


def _labelled_study(entry: LabelledEntry) -> Study | None:
    institution, degree = entry.values.get("institution"), entry.values.get("degree")
    if institution is None and degree is None:
        return None
    location = entry.values.get("location")
    if institution is not None:
        institution, place = split_place(institution)
        location = location or place
    found = split_degree(degree) if degree is not None else None
    periods = tuple(period for row in entry.rows.values() for period in row.periods)
    period = periods[0] if periods else None
    single = period is not None and not period.is_range
    return Study(
        institution=institution,
        degree=found.degree if found else None,
        area=entry.values.get("area") or (found.area if found else None),
        location=location,
        start=None if period is None or single else period.start,
        end=None if period is None else (period.start or period.end) if single else period.end,
        ongoing=period.ongoing if period else False,
        score=entry.values.get("score"),
        lines=sorted(set(entry.numbers)),
    )


def read_studies(rows: list[Row]) -> list[Study]:
    labelled = read_labelled(rows, frozenset({"institution", "degree"}))
    if labelled:
        return [study for entry in labelled if (study := _labelled_study(entry)) is not None]
    table = read_study_table(rows)
    if table:
        return table
    rows = _with_whole_schools(rows)
    drafts: list[_Draft] = []
    current: _Draft | None = None
    first_look: tuple[float, bool, bool] | None = None
    list_rows: list[Row] = []
    for index, row in enumerate(rows):
        if _is_detail(row, rows[index - 1] if index else None, current):
            if current is not None:
                _read_detail(current, row, rows[index + 1 : index + 4])
                current.numbers.extend(row.numbers)
            else:
                list_rows.append(row)
            continue
        facts = read_facts(row)
        look = (round(row.size * 2) / 2, row.bold, row.upper)
        if first_look is None:
            first_look = look
        if current is None or _begins_new(
            current, facts, same_look=look == first_look, distinct=_is_distinct(first_look, rows)
        ):
            inherited = (
                current.institution
                if current is not None and not current.school_last and _shares_school(current, facts, rows, index)
                else None
            )
            current = _Draft(institution=inherited if facts.institution is None else None)
            drafts.append(current)
        _add(current, facts, row)
        _read_scores(current, row.text)
        current.numbers.extend(row.numbers)
    if not drafts and any(row.bullet for row in list_rows):
        return read_studies([_unmarked(row) for row in list_rows])
    school_last = any(draft.school_last for draft in drafts)
    return [study for draft in drafts if (study := _study(draft, school_last=school_last)) is not None]


def _with_whole_schools(rows: list[Row]) -> list[Row]:
    """Joins an institution's last word on a separate row ("Pioneer Valley High" above "School") to the row above."""
    whole: list[Row] = []
    for row in rows:
        before = whole[-1] if whole else None
        alone = row.word_count <= 2 and not row.bullet and not row.periods and institution_score(row.text) >= 0.9
        tail = before.text.rsplit(",", 1)[-1].strip() if before is not None else ""
        # A degree, a comma and the first word of the institution: "..., Severnside" above "College, Weston".
        begun = (
            len(row.text.split(",")[0].split()) == 1
            and 1 <= len(tail.split()) <= 2
            and tail[:1].isupper()
            and degree_score(tail) == 0
            and before is not None
            and tail != before.text
        )
        if (
            alone
            and before is not None
            and (before.size, before.upper) == (row.size, row.upper)
            and (before.bold == row.bold or begun)
            and row.size > 0
            and (
                not before.periods or (begun and not before.text.endswith(before.text[slice(*before.periods[-1].span)]))
            )
            and not before.bullet
            and institution_score(before.text) < 0.9
            and (degree_score(before.text) < 0.85 or begun)
        ):
            text = f"{before.text} {row.text}"
            cells = (*before.cells[:-1], f"{before.cells[-1]} {row.text}")
            whole[-1] = replace(before, text=text, cells=cells, numbers=(*before.numbers, *row.numbers))
        else:
            whole.append(row)
    return whole


def _unmarked(row: Row) -> Row:
    return replace(row, bullet=False)


def _is_distinct(look: tuple[float, bool, bool], rows: list[Row]) -> bool:
    same = sum(1 for row in rows if (round(row.size * 2) / 2, row.bold, row.upper) == look)
    return same < 0.5 * len(rows)


def _is_detail(row: Row, before: Row | None, current: _Draft | None) -> bool:
    """Whether the row belongs to the body: a list item, a sentence, a labeled remark, the rest of a wrapped item."""
    if row.bullet:
        # In a list of studies with one line each, every item is a header.
        return not (current is None or not current.in_body) or not _tells(row)
    if before is not None and current is not None and current.in_body and not _tells(row) and continues(before, row):
        return True
    if before is not None and not _tells(row) and _COURSES.match(before.text) and continues(before, row):
        return True
    if _COURSES.match(row.text) or re.match(rf"^{SCORE_LABEL}\s*[:：]", row.text, re.IGNORECASE):
        return True
    if row.text.startswith(("“", "„", "«", '"', "‘")) and not row.periods:
        return True  # the title of a thesis
    if _tells(row):
        return len(row.text.split()) > 24
    return _is_under_item(row, before) or not is_header_like(row)


def _is_under_item(row: Row, before: Row | None) -> bool:
    """Whether the row begins where the words of the list item above begin."""
    if before is None or not before.bullet or row.text_left is None or before.text_left is None:
        return False
    return row.text_left >= before.text_left - 3.0


def _tells(row: Row) -> bool:
    text = row.undated
    return bool(row.periods and (row.is_date_only or len(text.split()) <= 14 or len(row.cells) > 1)) or (
        (institution_score(text) >= 0.9 or degree_score(text) >= 0.85)
        and len(text.split()) <= 20
        and not re.match(r"^(?!abschluss|degree|diplom)[^:]{3,20}:\s", text, re.IGNORECASE)
    )


def _begins_new(current: _Draft, facts: RowFacts, *, same_look: bool, distinct: bool) -> bool:
    if (
        facts.institution
        and current.institution
        and not (facts.degree is None and facts.period is None and current.filled == 1 and not current.in_body)
    ):
        return True
    if facts.degree and current.degree:
        return True
    if (
        facts.period
        and current.period
        and (facts.period.is_range or facts.degree or facts.institution or current.filled >= 2)
    ):
        return True
    if current.period and current.loose and current.filled == 1 and facts.institution and facts.degree:
        return True  # a certificate with its year between the studies
    if current.in_body and (facts.institution or facts.degree or facts.period):
        return True
    return (
        distinct
        and same_look
        and current.filled >= 2
        and bool(facts.institution or facts.degree or facts.period or facts.loose)
    )


def _shares_school(current: _Draft, facts: RowFacts, rows: list[Row], index: int) -> bool:
    """Whether a second degree belongs to the same institution: no other institution comes before the next degree."""
    if facts.institution or not facts.degree or not current.institution:
        return False
    for row in rows[index + 1 : index + 4]:
        if row.bullet:
            break
        following = read_facts(row)
        if following.institution:
            return False
        if following.degree:
            break
    return True


def _add(draft: _Draft, facts: RowFacts, row: Row) -> None:
    del row
    draft.school_last = draft.school_last or (
        draft.institution is None
        and draft.degree is not None
        and facts.institution is not None
        and facts.degree is None
    )
    draft.institution = draft.institution or facts.institution
    draft.degree = draft.degree or facts.degree
    draft.area = draft.area or facts.area
    draft.location = draft.location or facts.location
    draft.period = draft.period or facts.period
    draft.loose.extend(facts.loose)
    draft.beside_school.extend(facts.beside_school)


def _read_scores(draft: _Draft, text: str) -> None:
    if draft.score is not None:
        return
    found = SCORE.search(text)
    if found is not None:
        draft.score = (found["after"] or found["before"] or found["honour"]).strip(" .,")
        return
    word = _WORD_SCORE.search(text)
    if word is not None:
        draft.score = (word["value"] or word["alone"]).strip()


def _read_detail(draft: _Draft, row: Row, following: list[Row]) -> None:
    draft.in_body = draft.in_body or row.bullet or draft.filled >= 2
    text = row.text
    _read_scores(draft, text)
    found = _COURSES.match(text)
    area = AREA_LABEL.match(text)
    if area is not None and draft.area is None and ":" in text:
        parts = comma_parts(clean_value(area["area"] or area["cjk"]))
        degrees = [part for part in parts if degree_score(part) >= 1.0]
        draft.area = ", ".join(part for part in parts if part not in degrees) or None
        draft.degree = draft.degree or (degrees[0] if degrees else None)
        return
    if found is None:
        if draft.period is None and row.periods and row.is_date_only:
            draft.period = row.periods[0]
        return
    listed = found["list"]
    for row_after in following:
        if (
            row_after.bullet
            or row_after.periods
            or _tells(row_after)
            or re.match(r"^[^:：]{2,30}[:：]\s", row_after.text)
        ):
            break
        if (
            not (
                listed.rstrip().endswith((",", "·", ";", "-"))
                or row_after.left is None
                or (row_after.text_left or 0) >= (row.text_left or 0) - 3
            )
            or row_after.gap > 1.0
        ):
            break
        if row_after.new_block and not listed.rstrip().endswith((",", "·", ";")):
            break
        listed = f"{listed} {row_after.text}"
    marks = "·|•;" if re.search(r"[·|•;]", listed) else ",、，"
    draft.courses.extend(clean_value(part).rstrip(".") for part in split_top_level(listed, marks) if clean_value(part))


def _study(draft: _Draft, *, school_last: bool) -> Study | None:
    institution, degree, area, location = draft.institution, draft.degree, draft.area, draft.location
    loose = [part for part in draft.loose if len(part) <= 80 and place_score(part) < 0.6]
    if institution is None and degree is not None and loose:
        schools = [part for part in loose if company_score(part) >= 0.5 or re.fullmatch(r"[A-Z]{2,6}", part)]
        if schools or (draft.period is not None and len(loose) == 1 and area is not None) or school_last:
            institution = schools[0] if schools else loose[0]
            loose = [part for part in loose if part != institution]
    if draft.beside_school and location is None and (area is not None or LEAVES_SCHOOL.search(fold(degree or ""))):
        location = draft.beside_school[-1]
    elif draft.beside_school:
        loose = [*loose, *draft.beside_school]
    if (
        degree is not None
        and area is None
        and institution is not None
        and loose
        and not LEAVES_SCHOOL.search(fold(degree))
    ):
        fitting = [part for part in loose if 1 <= len(part.split()) <= 7 and not re.search(r"[.:!]", part)]
        if fitting:
            # Faculty and subject: "経済学部 経営学科".
            area = " ".join(fitting) if all(is_cjk(part) for part in fitting) else fitting[0]
    if degree is None and institution is not None and area is None and loose and draft.period is not None:
        fitting = [part for part in loose if 1 <= len(part.split()) <= 6 and not re.search(r"[.:!\d]", part)]
        if fitting:
            area = fitting[0]
    if degree is not None and area is not None and has_subjects(degree):
        area = None
    if institution is None and degree is None:
        return None
    period = draft.period
    single = period is not None and not period.is_range
    return Study(
        institution=institution,
        area=area,
        degree=degree,
        location=location,
        start=None if period is None or single else period.start,
        end=None if period is None else (period.start or period.end) if single else period.end,
        ongoing=period.ongoing and period.first_year is not None if period else False,
        score=draft.score,
        courses=draft.courses,
        lines=sorted(set(draft.numbers)),
    )
