"""Studies: school, degree, field, period, score and courses of every entry of the education section; `resume` calls it."""

import re
from dataclasses import dataclass, field, replace

from app.analysis.answer import Study
from app.analysis.rules.degree_words import COURSE_LABELS
from app.analysis.rules.degrees import degree_score, is_school_diploma, split_degree
from app.analysis.rules.organisations import company_score, institution_score
from app.analysis.rules.periods import Period
from app.analysis.rules.pieces import comma_parts, is_header_like, read_header_row
from app.analysis.rules.places import place_score
from app.analysis.rules.rows import Row
from app.analysis.rules.spelling import clean_value, fold, is_cjk, split_top_level

_SCORE_LABEL = (
    r"(?:c?gpa|grade\s*point\s*average|overall\s+grade|final\s+grade|grade|gesamtnote|abschlussnote|note|notendurchschnitt|durchschnittsnote|durchschnitt|mention|moyenne|nota(?:\s+media)?|calificaci[óo]n|"
    r"promedio|voto(?:\s+di\s+laurea)?|votazione|media|cijfer|score|percentage|cgp|marks|classification|result)"
)
_SCORE = re.compile(
    rf"\b{_SCORE_LABEL}\s*(?:of\s+|final\s*)?[:：=-]?\s*(?P<after>[12]:[12]\b|\d{{1,3}}(?:[.,]\d{{1,2}})?\s*%?(?:\s*/\s*\d{{1,3}}(?:[.,]\d{{1,2}})?)?(?:\s*(?:cum laude|e lode))?)(?![\d-])"
    rf"|(?P<before>\d[.,]\d{{1,2}}\s*(?:/\s*\d{{1,2}}(?:[.,]\d{{1,2}})?)?)\s*c?gpa\b|(?P<honour>\b(?:110\s*(?:e|/110(?:\s+e)?)\s*lode|110/110|\d{{2,3}}/1[01]0)\b)",
    re.IGNORECASE,
)
_WORD_SCORE = re.compile(
    r"^(?:note|grade|mention|abschlussnote|gesamtnote|classification|result)\s*[:：]\s*(?P<value>[^,;|]{2,40})$|"
    r"(?P<alone>\b(?:summa|magna)\s+cum\s+laude\b|\bcum\s+laude\b|\bfirst[- ]class\s+hono(?:u)?rs\b|\bupper\s+second[- ]class\b|\bmention\s+(?:très\s+bien|bien|assez\s+bien)\b)",
    re.IGNORECASE,
)
_COURSES = re.compile(
    r"^(?:[^:：]{0,24}\b)?(?:" + "|".join(re.escape(label).replace(r"\-", r"[\s-]") for label in COURSE_LABELS) + r")\s*(?:include[ds]?|incl\.?)?\s*[:：]\s*(?P<list>\S.*)$",
    re.IGNORECASE,
)
_JOINED_INSTITUTION = re.compile(
    r"^(?:the\s+)?university\s+of\s+(?:california|texas|north\s+carolina|illinois|wisconsin|massachusetts|colorado|michigan|minnesota|nebraska|missouri|tennessee|maryland|alabama|nevada|alaska|arkansas|hawaii|houston)$",
    re.IGNORECASE,
)
_AT = re.compile(r"\s+(?:at|@|an der|an dem|am|à l['’]|à|chez|presso|w)\s+|\s+from\s+", re.IGNORECASE)
_AREA_LABEL = re.compile(r"^(?:major(?:\s+in)?|field(?:\s+of\s+study)?|fachrichtung|studiengang|studienfach|fach|specialization|specialisation|concentration|schwerpunkt|spécialité|especialidad|專業|专业)\s*[:：]?\s+(?P<area>\S.*)$|^(?:专业|專業|専攻)\s*[:：]\s*(?P<cjk>\S.*)$", re.IGNORECASE)


# These certificates have no field of study.
_LEAVES_SCHOOL = re.compile(
    r"abitur|hochschulreife|matura|high school|secondary|leaving cert|a-levels?|gcse|ged\b|schulabschluss|mittlere reife|baccalaur?eat\b(?! of)|bachillerato|maturita|vwo|havo|ensino medio|高中|高校"
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
    beside_school: list[str] = field(default_factory=list[str])  # what follows the school behind a comma
    school_last: bool = False  # the degree stood before the school
    in_body: bool = False

    @property
    def filled(self) -> int:
        return sum(1 for value in (self.institution, self.degree, self.period) if value)


@dataclass(frozen=True, slots=True)
class _RowFacts:
    institution: str | None
    degree: str | None
    area: str | None
    location: str | None
    period: Period | None
    loose: tuple[str, ...]
    beside_school: tuple[str, ...]


def read_studies(rows: list[Row]) -> list[Study]:
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
        facts = _facts(row)
        look = (round(row.size * 2) / 2, row.bold, row.upper)
        if first_look is None:
            first_look = look
        if current is None or _begins_new(current, facts, look == first_look, _is_distinct(first_look, rows)):
            inherited = current.institution if current is not None and not current.school_last and _shares_school(current, facts, rows, index) else None
            current = _Draft(institution=inherited if facts.institution is None else None)
            drafts.append(current)
        _add(current, facts, row)
        _read_scores(current, row.text)
        current.numbers.extend(row.numbers)
    if not drafts and list_rows:
        return read_studies([_unmarked(row) for row in list_rows])
    school_last = any(draft.school_last for draft in drafts)
    return [study for draft in drafts if (study := _study(draft, school_last=school_last)) is not None]


def _unmarked(row: Row) -> Row:
    return replace(row, bullet=False)


def _is_distinct(look: tuple[float, bool, bool], rows: list[Row]) -> bool:
    same = sum(1 for row in rows if (round(row.size * 2) / 2, row.bold, row.upper) == look)
    return same < 0.5 * len(rows)


def _is_detail(row: Row, before: Row | None, current: _Draft | None) -> bool:
    """A row of the body: a list item, a sentence, a labelled remark, the rest of a wrapped item."""
    if row.bullet:
        # In lists of one-line studies each item is a header.
        return not (current is None or not current.in_body) or not _tells(row)
    if _COURSES.match(row.text) or re.match(rf"^{_SCORE_LABEL}\s*[:：]", row.text, re.IGNORECASE):
        return True
    if _tells(row):
        return len(row.text.split()) > 24
    if before is not None and before.bullet and row.text_left is not None and before.text_left is not None:
        if row.text_left >= before.text_left - 3.0:
            return True
    return not is_header_like(row)


def _tells(row: Row) -> bool:
    text = row.undated
    return bool(row.periods and (row.is_date_only or len(text.split()) <= 14 or len(row.cells) > 1)) or (
        (institution_score(text) >= 0.9 or degree_score(text) >= 0.85) and len(text.split()) <= 20 and not re.match(r"^[^:]{3,20}:\s", text)
    )


def _facts(row: Row) -> _RowFacts:
    ranges = [period for period in row.periods if period.is_range]
    period = ranges[0] if ranges else row.periods[-1] if row.periods else None
    header = read_header_row(row)
    institution: str | None = None
    degree: str | None = None
    area: str | None = None
    location = header.location
    loose: list[str] = []
    beside: list[str] = []
    for piece in header.pieces:
        school_here = False
        piece = _without_scores(piece)
        labelled = _AREA_LABEL.match(piece)
        if labelled is not None and institution_score(piece) < 0.9:
            area = area or clean_value(labelled["area"] or labelled["cjk"])
            continue
        for part in _parts(piece):
            if institution_score(part) >= 0.9 and institution is None and not is_school_diploma(part) and not (degree_score(part) >= 1.0 and is_cjk(part) and "大" not in part and "学院" not in part):
                institution = clean_value(part)
                school_here = True
                extra = _degree_after_school(part)
                if extra is not None and degree is None:
                    degree, area = extra[1].degree, extra[1].area or area
                    institution = extra[0]
            elif degree_score(part) >= 0.5 and degree is None:
                found = split_degree(part)
                degree, area = found.degree, found.area or area
            elif place_score(part) >= 0.6 and location is None and (institution or degree):
                location = part
            elif re.search(r"[^\W\d_]{2}", part):
                (beside if school_here and len(part.split()) <= 4 else loose).append(part)
    return _RowFacts(institution, degree, area, location, period, tuple(loose), tuple(beside))


def _without_scores(text: str) -> str:
    text = _SCORE.sub("", text)
    text = re.sub(r"\b(?:summa|magna)?\s*cum\s+laude\b", "", text, flags=re.IGNORECASE)
    return clean_value(text).strip(" ()")


def _parts(piece: str) -> list[str]:
    """Comma parts; "Degree at School" and "Degree (School)" cut as well, school systems kept with their campus."""
    parts: list[str] = []
    for part in comma_parts(piece):
        part = clean_value(part)
        if not part:
            continue
        if parts and _JOINED_INSTITUTION.match(parts[-1]) and len(part.split()) <= 3 and degree_score(part) == 0 and institution_score(part) == 0:
            joined = f"{parts[-1]}, {part}"
            parts[-1] = joined if joined in piece else parts[-1]
            continue
        bracket = re.fullmatch(r"(.{2,}?)\s*\(([^()]{4,80})\)", part)
        if bracket is not None and (institution_score(bracket[2]) >= 0.9) != (institution_score(bracket[1]) >= 0.9) and degree_score(bracket[1] + " " + bracket[2]) > 0:
            parts.extend([clean_value(bracket[1]), clean_value(bracket[2])])
            continue
        cut = _AT.search(part)
        if cut is not None and institution_score(part[cut.end() :]) >= 0.9 and (institution_score(part[: cut.start()]) < 0.9 or is_school_diploma(part[: cut.start()])):
            parts.extend([clean_value(part[: cut.start()]), clean_value(part[cut.end() :])])
            continue
        parts.append(part)
    return parts


def _degree_after_school(part: str) -> tuple[str, "_Split"] | None:
    """ "履歴書大学 工学部 学士" or "State University BSc Physics" written without any mark between them."""
    tokens = part.split()
    for count in range(1, len(tokens)):
        left, right = " ".join(tokens[:count]), " ".join(tokens[count:])
        if institution_score(right) >= 0.9 and institution_score(left) < 0.9 and degree_score(left) >= 1.0:
            found = split_degree(left)
            compact = len(tokens[count]) > 1 and tokens[count][0].isupper()
            if compact and fold(tokens[count - 1]) not in {"of", "in", "de", "der", "di", "the", "en"} and institution_score(" ".join(tokens[count + 1 :]) or "x") < 0.9:
                return right, _Split(found.degree, found.area)
            if compact and count == 1:
                return right, _Split(found.degree, found.area)
        if institution_score(left) >= 0.9 and institution_score(right) < 0.9 and degree_score(right) >= 1.0:
            found = split_degree(right)
            return left, _Split(found.degree, found.area)
    return None


@dataclass(frozen=True, slots=True)
class _Split:
    degree: str
    area: str | None


def _begins_new(current: _Draft, facts: _RowFacts, same_look: bool, distinct: bool) -> bool:  # noqa: FBT001
    if facts.institution and current.institution and not (facts.degree is None and facts.period is None and current.filled == 1 and not current.in_body):
        return True
    if facts.degree and current.degree:
        return True
    if facts.period and current.period and (facts.period.is_range or facts.degree or facts.institution or current.filled >= 2):
        return True
    if current.in_body and (facts.institution or facts.degree or facts.period):
        return True
    return distinct and same_look and current.filled >= 2 and bool(facts.institution or facts.degree or facts.period or facts.loose)


def _shares_school(current: _Draft, facts: _RowFacts, rows: list[Row], index: int) -> bool:
    """A second degree under one school: no school follows before the next degree does."""
    if facts.institution or not facts.degree or not current.institution:
        return False
    for row in rows[index + 1 : index + 4]:
        if row.bullet:
            break
        following = _facts(row)
        if following.institution:
            return False
        if following.degree:
            break
    return True


def _add(draft: _Draft, facts: _RowFacts, row: Row) -> None:
    del row
    draft.school_last = draft.school_last or (draft.institution is None and draft.degree is not None and facts.institution is not None and facts.degree is None)
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
    found = _SCORE.search(text)
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
    if found is None:
        if draft.period is None and row.periods and row.is_date_only:
            draft.period = row.periods[0]
        return
    listed = found["list"]
    for row_after in following:
        if row_after.bullet or row_after.periods or _tells(row_after) or re.match(r"^[^:：]{2,30}[:：]\s", row_after.text):
            break
        if not (listed.rstrip().endswith((",", "·", ";", "-")) or row_after.left is None or (row_after.text_left or 0) >= (row.text_left or 0) - 3) or row_after.gap > 1.0:
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
    if draft.beside_school and location is None and (area is not None or _LEAVES_SCHOOL.search(fold(degree or ""))):
        location = draft.beside_school[-1]
    elif draft.beside_school:
        loose = [*loose, *draft.beside_school]
    if degree is not None and area is None and institution is not None and loose and not _LEAVES_SCHOOL.search(fold(degree)):
        fitting = [part for part in loose if 1 <= len(part.split()) <= 7 and not re.search(r"[.:!]", part)]
        if fitting:
            area = fitting[0]
    if degree is None and institution is not None and area is None and loose and draft.period is not None:
        fitting = [part for part in loose if 1 <= len(part.split()) <= 6 and not re.search(r"[.:!\d]", part)]
        if fitting:
            area = fitting[0]
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


