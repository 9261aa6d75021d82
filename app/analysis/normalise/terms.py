"""Normalizes skills, languages and degrees to one form, in addition to the words of the document. Pure.

`app.analysis.grounding.assembly` puts the result into `x-vitae`; `app.analysis.corrections.facts` updates it after a
correction. The profile keeps the words of the document, and every normal form points to them. Terms that no table has
get no normal form.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from app.analysis.folding import fold

_TABLES = Path(__file__).parent / "tables"
_CEFR = re.compile(r"(?<![a-z0-9])[abc][12](?![a-z0-9])")
_NOISE = re.compile(r"[()\[\]:;,]|\s+-\s+|\b(?:level|niveau|nivel|livello|nível|poziom)\b")

Level = Literal["secondary", "vocational", "associate", "bachelor", "master", "doctorate"]
_ISCED: dict[Level, int] = {
    "secondary": 3, "vocational": 4, "associate": 5, "bachelor": 6, "master": 7, "doctorate": 8,
}  # fmt: skip
# ISCED 2011 levels by words in folded text, the highest first. Only words that name the level itself.
_DEGREES: tuple[tuple[Level, re.Pattern[str]], ...] = (
    ("doctorate", re.compile(
        r"\b(?:ph\.? ?d|d\.?phil|doctor(?:ate|at|ado|aal)?|doktor\w*|dottorat\w*|doutora\w*|promotion"
        r"|habilitation)\b|\bdr\."
        r"|博士|박사|دكتوراه|דוקטורט|кандидат наук|аспирантур|διδακτορικ"
    )),
    ("master", re.compile(
        r"\b(?:masters?|master's|mestrado|maestria|mastere|maitrise|magister|magistr\w*|laurea magistrale"
        r"|diplom(?!a\b)\w*|staatsexamen|civilingenj\w*|kandidatgrad|cand\.\w+|mba|mst|llm"
        r"|m\.? ?(?:sc|asc|a|eng|b\.? ?a|c\.? ?a|phil|ed|res|tech|st|arch|pharm|des|com)\b)"
        r"|修士|硕士|碩士|석사|ماجستير|תואר שני|מוסמך|магистр|μεταπτυχιακ"
    )),
    ("bachelor", re.compile(
        r"\b(?:bachelor\w*|licen[cz]\w+|laurea|grado en|graduado|bacharel\w*|inzynier|kandidatexamen"
        r"|professionsbachelor|b\.? ?(?:sc|asc|a|eng|tech|com|ed|b\.? ?a|c\.? ?a|s|arch|pharm|des)\b|bsn|llb|hbo)"
        r"|学士|本科|學士|학사|بكالوريوس|ليسانس|תואר ראשון|בוגר|бакалавр|πτυχιο"
    )),
    ("associate", re.compile(
        r"\b(?:associate\w*|bts|dut|hnd|foundation degree|a\.? ?a\.? ?s\b)|大专|专科|短大|准学士"
    )),
    ("vocational", re.compile(
        r"\b(?:ausbildung|lehre|gesellenbrief|meister\w*|apprenticeship|nvq|btec|cap|bep|mbo|svendebrev|technik"
        r"|formacion profesional|ciclo formativo)\b"
    )),
    ("secondary", re.compile(
        r"\b(?:high school|a-levels?|gcses?|abitur|matura|maturita|bac(?:calaureat)?|bachillerato|bachiller|vwo|havo"
        r"|leaving cert\w*|ged|realschulabschluss|studentexamen|gymnasieexamen|hhx|stx|diploma di maturita)\b"
        r"|高中|高校|고등학교|ثانوية|בגרות"
    )),
)  # fmt: skip


class Fluency(NamedTuple):
    """`cefr` is A1 to C2 or `native`; `written` is True if the document itself states a CEFR level."""

    cefr: str
    written: bool


def normal_forms(profile: dict[str, Any]) -> dict[str, Any]:
    """`skills`, `languages` and `degrees` of `x-vitae`: lists of normal forms with JSON Pointers into the profile."""
    skills: list[dict[str, Any]] = []
    for number, group in enumerate(profile.get("skills", [])):
        for place, keyword in enumerate(group.get("keywords", [])):
            name = skill_name(keyword)
            if name is not None:
                skills.append({"pointer": f"/skills/{number}/keywords/{place}", "name": name})
    languages: list[dict[str, Any]] = []
    for number, spoken in enumerate(profile.get("languages", [])):
        tag, level = language_tag(spoken.get("language", "")), fluency(spoken.get("fluency", ""))
        if tag is not None:
            known = {} if level is None else {"cefr": level.cefr, "written": level.written}
            languages.append({"pointer": f"/languages/{number}", "tag": tag, **known})
    degrees: list[dict[str, Any]] = []
    for number, study in enumerate(profile.get("education", [])):
        level = degree_level(study.get("studyType", ""))
        if level is not None:
            degrees.append({"pointer": f"/education/{number}", "level": level, "isced": _ISCED[level]})
    return {"skills": skills, "languages": languages, "degrees": degrees}


def skill_name(keyword: str) -> str | None:
    """`Postgres` -> `PostgreSQL`; None for a skill that is not in the table."""
    return _table("skills").get(_key(keyword))


@cache
def skill_forms(name: str) -> tuple[str, ...]:
    """All folded forms of the skill's name, the canonical one first; only `name` if it is not in the table."""
    return tuple(form for form, known in _table("skills").items() if known == name) or (_key(name),)


def language_tag(name: str) -> str | None:
    """`Deutsch` -> `de` (BCP 47); None for a name that is not in the table."""
    known = _table("languages")
    key = _key(name)
    return known.get(key) or known.get(key.partition(" (")[0])


def fluency(words: str) -> Fluency | None:
    """The written CEFR level or, if there is none, the level that the words correspond to."""
    folded = fold(words).text
    written = _CEFR.search(folded)
    if written is not None:
        return Fluency(written.group().upper(), written=True)
    known = _table("fluency")
    plain = " ".join(_NOISE.sub(" ", folded).split())
    level = known.get(plain) or known.get(_key(words))
    return None if level is None else Fluency(level, written=False)


def degree_level(degree: str) -> Level | None:
    """`B.Sc.` -> `bachelor`; None if the words name no level."""
    folded = fold(degree).text
    return next((level for level, pattern in _DEGREES if pattern.search(folded)), None)


def isced(level: str) -> int:
    """The level's number in ISCED 2011. Raises `KeyError` for any other text."""
    return _ISCED[level]  # pyright: ignore[reportArgumentType] - a missing key raises anyway


def _key(text: str) -> str:
    return " ".join(fold(text).text.split())


@cache
def _table(name: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for line in (_TABLES / f"{name}.tsv").read_text("utf-8").splitlines():
        form, _, names = line.partition("\t")
        table.setdefault(_key(form), form)
        for each in names.split("|"):
            if each.strip():
                table.setdefault(_key(each), form)
    return table
