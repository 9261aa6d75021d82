"""Reads one header row of a study: institution, degree, field, place and period.

`app.analysis.rules.sections.education` combines the rows.
"""

import re
from dataclasses import dataclass

from app.analysis.rules.phrases.degrees import degree_score, is_school_diploma, split_degree
from app.analysis.rules.phrases.organisations import institution_score
from app.analysis.rules.phrases.periods import Period
from app.analysis.rules.phrases.places import place_score
from app.analysis.rules.phrases.spelling import clean_value, fold, is_cjk, mostly_cjk
from app.analysis.rules.structure.header_pieces import comma_parts, read_header_row
from app.analysis.rules.structure.row import Row

SCORE_LABEL = (
    r"(?:c?gpa|grade\s*point\s*average|overall\s+grade|final\s+grade|grade|gesamtnote|"
    r"abschlussnote|note|notendurchschnitt|durchschnittsnote|durchschnitt|mention|moyenne|"
    r"nota(?:\s+media)?|calificaci[óo]n|"
    r"promedio|voto(?:\s+di\s+laurea)?|votazione|media|cijfer|score|percentage|cgp|marks|"
    r"classification|result)"
)
SCORE = re.compile(
    rf"\b{SCORE_LABEL}\s*(?:of\s+|final\s*)?[:：=-]?\s*(?P<after>[12]:[12]\b|"
    rf"\d{{1,3}}(?:[.,]\d{{1,2}})?\s*%?(?:\s*/\s*\d{{1,3}}(?:[.,]\d{{1,2}})?)?(?:\s*(?:cum laude|e lode))?)(?![\d-])"
    rf"|(?P<before>\d[.,]\d{{1,2}}\s*(?:/\s*\d{{1,2}}(?:[.,]\d{{1,2}})?)?)\s*c?gpa\b|"
    rf"(?P<honour>(?<![\d:])[12]:[12](?![\d:])|\b(?:110\s*(?:e|/110(?:\s+e)?)\s*lode|110/110|"
    rf"\d{{2,3}}/1[01]0)\b)",
    re.IGNORECASE,
)
_AT = re.compile(r"\s+(?:at|@|an der|an dem|am|à l['’]|à|chez|presso|w)\s+|\s+from\s+", re.IGNORECASE)
AREA_LABEL = re.compile(
    r"^(?:kierunek|specjalność|major(?:\s+in)?|field(?:\s+of\s+study)?|fachrichtung|studiengang|studienfach|fach|"
    r"specialization|specialisation|concentration|schwerpunkt|spécialité|especialidad|專業|"
    r"专业)\s*[:：]?\s+(?P<area>\S.*)$|^(?:专业|專業|専攻)\s*[:：]\s*(?P<cjk>\S.*)$",
    re.IGNORECASE,
)
_DEGREE_LABEL = re.compile(
    r"^(?:voraussichtlicher?\s+)?(?:abschluss|degree|diplom|kierunek|studiengang|expected)\s*[:：]\s*", re.IGNORECASE
)
_THESIS = re.compile(
    r"[.;,|]\s+(?=(?:(?:doctoral |master['’]?s? |bachelor['’]?s? )?(?:dissertation|thesis)|advis[eo]r|supervisor|"
    r"thèse|mémoire|sous la direction|masterarbeit|bachelorarbeit|diplomarbeit|doktorarbeit|tesi|tesis|tese|relatore|"
    r"proefschrift|scriptie|avhandling|afhandling|praca)\b)",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"\s*\((?:titulad[oa]|trunc[ao]|pasante|en curso|in progress|completed|graduated|conclu[ií]d[oa]|cursando|ongoing|"
    r"abgeschlossen|laufend|en cours|obtenue?|in corso|(?:first|second|third)[- ]class(?:\s+hono(?:u)?rs)?)\)",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"^(?:graduated|expected|completed|anticipated|graduation|ongoing|present|in progress|"
    r"laufend|abschluss|degree|since|until|to|from|honou?rs|dean['’]s list.*|valedictorian|"
    r"major|minor)$",
    re.IGNORECASE,
)
# These certificates have no field of study.
LEAVES_SCHOOL = re.compile(
    r"abitur|hochschulreife|matura|high school|secondary|leaving cert|a-levels?|gcse|ged\b|"
    r"schulabschluss|mittlere reife|baccalaur?eat\b(?! of)|bachillerato|maturita|vwo|havo|"
    r"ensino medio|高中|高校"
)
_JOINED_INSTITUTION = re.compile(
    r"^(?:the\s+)?university\s+of\s+(?:california|texas|north\s+carolina|illinois|wisconsin|"
    r"massachusetts|colorado|michigan|minnesota|nebraska|missouri|tennessee|maryland|alabama|"
    r"nevada|alaska|arkansas|hawaii|houston)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    institution: str | None
    degree: str | None
    area: str | None
    location: str | None
    period: Period | None
    loose: tuple[str, ...]
    beside_school: tuple[str, ...]


def read_facts(row: Row) -> RowFacts:
    ranges = [period for period in row.periods if period.is_range]
    period = ranges[0] if ranges else row.periods[-1] if row.periods else None
    header = read_header_row(row)
    institution: str | None = None
    degree: str | None = None
    area: str | None = None
    location = header.location
    loose: list[str] = []
    beside: list[str] = []
    with_degree: list[str] = []
    named = any(institution_score(part) >= 0.9 and degree_score(part) == 0 for part in comma_parts(row.undated))
    for raw in header.pieces:
        school_here = False
        piece = _without_scores(raw)
        labelled = AREA_LABEL.match(piece)
        if labelled is not None and institution_score(piece) < 0.9:
            area = area or clean_value(labelled["area"] or labelled["cjk"])
            continue
        for part in (_DEGREE_LABEL.sub("", each) for each in _parts(piece)):
            if (
                institution_score(part) >= 0.9
                and institution is None
                and not is_school_diploma(part)
                and not (named and degree_score(part) >= 1.0 and not is_cjk(part))
                and not (degree_score(part) >= 1.0 and is_cjk(part) and "大" not in part and "学院" not in part)
            ):
                institution = clean_value(part)
                school_here = True
                extra = _degree_after_school(part)
                if extra is not None and degree is None:
                    degree, area = extra[1].degree, extra[1].area or area
                    institution = extra[0]
            elif degree_score(part) >= 0.5:
                found = split_degree(part)
                degree, area = degree or found.degree, area or found.area
            elif place_score(part) >= 0.6 and location is None and (institution or degree):
                location = part
            elif re.search(r"[^\W\d_]{2}", part) and not _NOISE.match(part):
                kept = (
                    beside
                    if school_here and len(part.split()) <= 4
                    else with_degree
                    if degree and not institution
                    else loose
                )
                kept.append(part)
    if degree is not None and area is None and with_degree and not LEAVES_SCHOOL.search(fold(degree)):
        area = with_degree.pop(0)
    return RowFacts(
        institution=institution,
        degree=degree,
        area=area,
        location=location,
        period=period,
        loose=(*with_degree, *loose),
        beside_school=tuple(beside),
    )


def _without_scores(text: str) -> str:
    text = _STATE.sub("", _THESIS.split(text, maxsplit=1)[0])
    text = SCORE.sub("", text)
    text = re.sub(r"\b(?:summa|magna)?\s*cum\s+laude\b", "", text, flags=re.IGNORECASE)
    return clean_value(re.sub(r"\(\s*\)", "", text))


_CJK_SCHOOL = re.compile(
    r"^(.*?(?:大学院|大学|大學|高等学校|高校|専門学校|短期大学|学院|學院|中学校|中学|学校))\s*(.*)$"
)


def _cjk_parts(piece: str) -> list[str]:
    """Splits text in a script without spaces at its spaces; the text after the institution is the faculty or field."""
    if not mostly_cjk(piece):
        return []
    parts: list[str] = []
    for token in re.split(r"[\s,，、|]+", piece):
        school = _CJK_SCHOOL.match(token)
        parts.extend(part for part in ((school[1], school[2]) if school is not None else (token,)) if part)
    return parts


def _parts(piece: str) -> list[str]:
    """Splits at commas, "Degree at School" and "Degree (School)". A university system stays with its campus."""
    parts: list[str] = []
    for raw in _cjk_parts(piece) or comma_parts(piece):
        part = clean_value(raw)
        if not part:
            continue
        if (
            parts
            and _JOINED_INSTITUTION.match(parts[-1])
            and len(part.split()) <= 3
            and degree_score(part) == 0
            and institution_score(part) == 0
        ):
            joined = f"{parts[-1]}, {part}"
            parts[-1] = joined if joined in piece else parts[-1]
            continue
        bracket = re.fullmatch(r"(.{2,}?)\s*\(([^()]{2,80})\)", part)
        if bracket is not None and is_cjk(bracket[2]) and degree_score(bracket[2]) >= 1.0:
            parts.extend([clean_value(bracket[1]), clean_value(bracket[2])])
            continue
        if (
            bracket is not None
            and len(bracket[2]) >= 4
            and (institution_score(bracket[2]) >= 0.9) != (institution_score(bracket[1]) >= 0.9)
            and degree_score(bracket[1] + " " + bracket[2]) > 0
        ):
            parts.extend([clean_value(bracket[1]), clean_value(bracket[2])])
            continue
        cut = _AT.search(part)
        if (
            cut is not None
            and institution_score(part[cut.end() :]) >= 0.9
            and (institution_score(part[: cut.start()]) < 0.9 or is_school_diploma(part[: cut.start()]))
        ):
            parts.extend([clean_value(part[: cut.start()]), clean_value(part[cut.end() :])])
            continue
        parts.append(part)
    return parts


def _degree_after_school(part: str) -> tuple[str, "_Split"] | None:
    """Splits "履歴書大学 工学部 学士" or "State University BSc Physics", which have no separator."""
    tokens = part.split()
    for count in range(1, len(tokens)):
        left, right = " ".join(tokens[:count]), " ".join(tokens[count:])
        if institution_score(right) >= 0.9 and institution_score(left) < 0.9 and degree_score(left) >= 1.0:
            found = split_degree(left)
            compact = len(tokens[count]) > 1 and tokens[count][0].isupper()
            if (
                compact
                and fold(tokens[count - 1]) not in {"of", "in", "de", "der", "di", "the", "en"}
                and institution_score(" ".join(tokens[count + 1 :]) or "x") < 0.9
            ):
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
