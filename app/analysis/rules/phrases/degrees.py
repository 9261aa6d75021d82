"""Splits a phrase into degree and field of study; `app.analysis.rules.sections.education` calls it."""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.analysis.rules.phrases.spelling import clean_value, fold, is_cjk, word_set, words
from app.analysis.rules.vocabulary.degree_words import CJK_DEGREE, DEGREE_SHORT, DEGREE_WORDS

# Too ambiguous to be degrees ("technical assistant") without another degree word ("Técnico Superior en").
_WEAK = word_set("""minor major certificate certificat foundation classe ciclo tecnico ensino titulo degree abschluss as
    me ba ma ab be aa ms it
    ib dea but cap fp eso wo mst mag ed lehre ausbildung ingenieur especialista специалист honours
    honors secundario undergraduate fortbildung umschulung
    postgraduate scd triennale qualifica associate associates mittlere""")
# "High School Diploma" contains a school word but names no school.
_SCHOOL_DIPLOMA = re.compile(
    r"^(?:(?:high|secondary|senior|higher|middle|upper)\s+){1,2}school\s+(?:diploma|"
    r"certificate|degree|leaving|graduate|education)\b|"
    r"^(?:general\s+education(?:al)?\s+(?:diploma|development)|ged|leaving\s+certificate|"
    r"junior\s+certificate|higher\s+certificate)\b",
    re.IGNORECASE,
)
# "MChem", "BCompSc", "MPharm": one capital for the level, followed by the field.
_MIXED_CASE = re.compile(r"^[BM](?:[A-Z][a-z]{1,5}){1,3}\b(?:\s*\(Hons\))?(?=$|[\s,])")
_OF_NAMES = re.compile(
    r"^(?P<degree>(?:executive\s+)?(?:bachelor|master|doctor|associate|"
    r"baccalaureate)(?:['’]?s)?(?:\s+degree)?\s+of\s+(?:applied\s+)?(?:science|sciences|arts|"
    r"engineering|business\s+administration|fine\s+arts|education|technology|laws|"
    r"law|philosophy|commerce|nursing|architecture|music|public\s+health|"
    r"public\s+administration|social\s+work|medicine|design|computer\s+applications|pharmacy)"
    r"(?:\s*\((?:hons?\.?|hono(?:u)?rs|[A-Z][\w.]{0,5})\))?(?:\s+degree)?)\s*(?P<rest>.*)$",
    re.IGNORECASE,
)


# "M. Sc. Psychologie", with a space inside.
_SPACED_SHORT = re.compile(r"(?P<degree>[BMD]\.\s(?:Sc|A|Eng|Ed|Ing|Phil|Com|Tech|Mus)\.?)(?:\s*,)?(?P<rest>\s.*|$)")


@dataclass(frozen=True, slots=True)
class Degree:
    """`degree` as written, and the field of study after it, if there is one."""

    degree: str
    area: str | None


def _compact(token: str) -> str:
    return token.replace(".", "").replace("-", "").strip("()")


def is_degree_token(token: str) -> bool:
    return (
        _compact(token) in DEGREE_SHORT
        or token in DEGREE_WORDS
        or token.rstrip(".") in DEGREE_WORDS
        or token.startswith(("diplom-", "bachelor-", "master-"))
    )


@lru_cache(maxsize=8192)
def degree_score(text: str) -> float:
    """0 (no degree word) to 1 (begins with one)."""
    if is_cjk(text):
        return 1.0 if any(word in text for word in CJK_DEGREE) else 0.0
    bare = re.sub(r"(?<=\b[A-Z])\.\s(?=[A-Z][a-z]{0,3}\.)", ".", text)
    tokens = words(bare)
    if not tokens or len(tokens) > 20:
        return 0.0
    if _SCHOOL_DIPLOMA.match(text) or _MIXED_CASE.match(text):
        return 1.0
    hits = [index for index, token in enumerate(tokens) if is_degree_token(token)]
    hits = [index for index in hits if _counts(tokens, index, text)]
    if not hits:
        return 0.0
    if hits[0] == 0:
        return 1.0
    return 0.85 if hits[0] <= 2 else 0.5


def _counts(tokens: tuple[str, ...], index: int, text: str) -> bool:
    token = tokens[index]
    if token not in _WEAK and _compact(token) not in _WEAK:
        return True
    others = [each for place, each in enumerate(tokens) if place != index and is_degree_token(each)]
    if others:
        return True
    if token in {"associate", "associates"}:
        return any(each in {"degree", "of", "arts", "science"} for each in tokens)
    # "BA", "MA", "BE" count if they are written as abbreviations: in capitals, at the start or before a field.
    written = re.search(rf"(?<!\w){re.escape(token)}(?!\w)", text, re.IGNORECASE)
    raw = written[0] if written else ""
    return (
        index == 0
        and (
            (raw.isupper() and len(raw) >= 2)
            or "." in raw
            or token in {"lehre", "ausbildung", "fortbildung", "umschulung", "tecnico", "ciclo", "ingenieur"}
        )
        and len(token) >= 2
    )


_EXAMS = re.compile(r"a-levels?|o-levels?|gcses?|abitur|leaving cert|highers|hsc|ssc")


def has_subjects(degree: str) -> bool:
    """Whether the degree is followed by a list of subjects rather than a field."""
    return _EXAMS.match(fold(degree)) is not None


def is_school_diploma(text: str) -> bool:
    return _SCHOOL_DIPLOMA.match(text) is not None


def split_degree(text: str) -> Degree:
    """Splits "B.Sc. in Physics" into "B.Sc." and "Physics". If the parts cannot be separated, it is all degree."""
    text = clean_value(text)
    spaced = _SPACED_SHORT.match(text)
    if spaced is not None:
        rest = re.sub(r"^(?:in|im Fach|of)\s+", "", clean_value(spaced["rest"]))
        return Degree(spaced["degree"], rest or None)
    school = _SCHOOL_DIPLOMA.match(text)
    if school is not None and "," not in text:
        return Degree(text, None)
    named = _OF_NAMES.match(text)
    if named is not None:
        rest = re.sub(
            r"^(?:in|en|im fach|with\s+(?:a\s+)?(?:major|concentration|specialization|"
            r"focus)\s+in|major(?:ing)?\s+in|of|with)\s+",
            "",
            named["rest"].strip(" ,:-–—"),
            flags=re.IGNORECASE,
        )
        return Degree(clean_value(named["degree"]), clean_value(rest.strip("() ")) or None)
    folded = f" {fold(text)} "
    if len(folded) == len(text) + 2:
        for link in (" in ", " im fach ", " en ", " em ", " w ", " i "):
            at = folded.find(link)
            if at > 0 and degree_score(text[:at]) > 0:
                area = clean_value(text[at - 1 + len(link) :])
                return Degree(clean_value(text[:at]), area or None)
    tokens = text.split()
    count = 0
    for token in tokens:
        key = fold(token).strip(",;:()")
        if count and re.fullmatch(r"\([\w.]{1,8}\)", token):
            count += 1
            continue
        if (
            is_degree_token(key)
            or _MIXED_CASE.fullmatch(token.strip(","))
            or key
            in {
                "honours",
                "hons",
                "hon",
                "degree",
                "diploma",
                "superior",
                "universitario",
                "universitaria",
                "oficial",
                "professionnelle",
                "pro",
                "generale",
                "general",
                "level",
            }
            or (fold(tokens[count - 1]) == "level" and key.isdigit() if count else False)
            or re.fullmatch(r"[A-Z]\.", token)
        ):
            count += 1
            continue
        break
    if 0 < count < len(tokens):
        degree, rest = " ".join(tokens[:count]), " ".join(tokens[count:])
        first = fold(tokens[count])
        if first in {"zum", "zur", "als"}:
            return Degree(text, None)
        if first in {"of", "de", "di", "der", "des", "du", "do", "da", "-", "–"}:
            if first in {"di", "de", "do", "da"} and fold(tokens[0]).startswith(
                ("licen", "laurea", "grado", "master", "diplom", "bachar")
            ):
                return Degree(clean_value(degree), clean_value(" ".join(tokens[count + 1 :])) or None)
            return Degree(text, None)
        return Degree(clean_value(degree), clean_value(rest.strip("()")) or None)
    return Degree(text, None)
