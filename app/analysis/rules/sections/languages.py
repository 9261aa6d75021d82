"""Reads spoken languages and proficiency.

Used by `app.analysis.rules.parse_resume` for sections, by `app.analysis.rules.sections.skills` for labeled rows.
"""

import re
from functools import lru_cache
from itertools import pairwise

from app.analysis.answer import SpokenLanguage
from app.analysis.rules.phrases.spelling import clean_value, is_cjk, split_top_level, words
from app.analysis.rules.structure.headings import find_kind
from app.analysis.rules.structure.row import Row
from app.analysis.rules.vocabulary.language_words import CJK_FLUENCY, CJK_LANGUAGES, FLUENCY_WORDS, LANGUAGE_NAMES

_LEVEL_CODE = re.compile(r"\b[ABC][12](?:\s*[/–-]\s*[ABC][12])?\+?\b")
_SEPARATOR = re.compile(r"^\s*(?:language\b\s*)?[:：–—|/=-]+\s*")
# "Sepedi (native)", "Kashubian – conversational": in a list of languages, the text before a level is a language.
_NAMED_BY_LEVEL = re.compile(
    r"^(?P<name>[^\W\d_][\w'’-]*(?:\s[^\W\d_][\w'’-]*){0,2}?)\s*(?:[(:：]|\s[-–—]\s|"
    r"\|)\s*(?P<level>[^()]{2,60})\)?$"
)
_RATING = re.compile(r"[●○◦•★☆■□⬤◯]{2,}|\b\d\s*/\s*(?:5|10)\b|\b\d{1,3}\s?%")


# A row of personal details or skills that lists spoken languages.
LANGUAGES_LABEL = re.compile(
    r"^(?:languages?(?:\s+(?:known|spoken|skills))?|mother\s+tongue(?:\(s\))?|other\s+languages?(?:\(s\))?|"
    r"sprachen|muttersprache|langues|idiomas|lingue|talen|"
    r"lingua madre|altre lingue|lingue straniere|langue maternelle|autres langues|langues étrangères|lengua materna|"
    r"otros idiomas|otro\(s\) idioma\(s\)|primeira língua|outra\(s\) língua\(s\)|madrelingua|altra\(e\) lingua\(e\)|"
    r"autre\(s\) langue\(s\)|język\(i\) obcy\(e\)|língua materna|outras línguas|weitere sprachen|fremdsprachen|"
    r"moedertaal|andere talen|"
    r"język ojczysty|"
    r"języki obce|modersmål|andra språk|родной язык|"
    r"języki|språk|языки|语言)\s*[:：]?\s+(?P<list>\S.*)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def language_at_start(text: str) -> int:
    """The number of characters at the start that are a language's name; 0 if there is none."""
    text = text.lstrip()
    if is_cjk(text[:4]):
        found = [name for name in CJK_LANGUAGES if text.startswith(name)]
        return max((len(name) for name in found), default=0)
    match = re.match(
        r"(?:(?:[A-Z][\w-]+\s+){1,2}Sign\s+Language\b)|(?:(?:Brazilian|European|"
        r"Latin American|Modern|Standard|Swiss|American|British|Mandarin|"
        r"Haitian)\s+)?([^\W\d_][\w'’-]+)(?:\s+(?:Chinese|Creole|Mandarin))?",
        text,
    )
    if match is None:
        return 0
    if match[1] is None:
        return match.end()
    tokens = words(match[1])
    if not tokens:
        return 0
    name = tokens[0]
    if name in LANGUAGE_NAMES or name.removesuffix("kenntnisse") in LANGUAGE_NAMES:
        return match.end()
    return 0


def looks_like_fluency(text: str) -> bool:
    if _LEVEL_CODE.search(text):
        return True
    if is_cjk(text) and any(word in text for word in CJK_FLUENCY):
        return True
    tokens = words(text)
    return bool(tokens) and len(tokens) <= 9 and sum(1 for token in tokens if token in FLUENCY_WORDS) * 2 >= len(tokens)


def read_languages(rows: list[Row], *, numbers: tuple[int, ...] = ()) -> list[SpokenLanguage]:
    found: list[SpokenLanguage] = []
    pending: list[int] = []  # languages of the previous row, whose levels may be on the next row
    for row in rows:
        cells = [cell for cell in row.cells if cell.strip()]
        here: list[int] = []
        lines = list(numbers or row.numbers)
        names = [cell for cell in cells if language_at_start(cell)]
        if (
            len(cells) > 1
            and not names
            and pending
            and all(looks_like_fluency(cell) for cell in cells)
            and len(cells) == len(pending)
        ):
            for place, cell in zip(pending, cells, strict=True):
                found[place] = found[place].model_copy(
                    update={"fluency": clean_value(cell), "lines": sorted({*found[place].lines, *lines})}
                )
            pending = []
            continue
        for part in _parts(row.text if len(cells) <= 1 or len(names) <= 1 else " | ".join(cells)):
            length = language_at_start(part) or _named_by_level(part)
            if length:
                name = part.lstrip()[:length].strip()
                fluency = _fluency(part.lstrip()[length:])
                if any(each.language.casefold() == name.casefold() for each in found):
                    continue
                here.append(len(found))
                found.append(SpokenLanguage(language=name, fluency=fluency, lines=lines))
            elif here and found[here[-1]].fluency is None and looks_like_fluency(part):
                found[here[-1]] = found[here[-1]].model_copy(update={"fluency": clean_value(_RATING.sub("", part))})
            elif not here and pending and looks_like_fluency(part) and found[pending[-1]].fluency is None:
                place = pending[-1]
                merged = sorted({*found[place].lines, *lines})
                found[place] = found[place].model_copy(update={"fluency": clean_value(part), "lines": merged})
            elif not here and not pending:
                found.extend(_led_by_level(part, lines))
        pending = here or pending
    return found


def _led_by_level(part: str, lines: list[int]) -> list[SpokenLanguage]:
    """Reads "Fluent: German, Dutch"."""
    match = re.match(r"^(?P<level>[^:：]{3,40})[:：]\s*(?P<names>.+)$", part)
    if match is None or not looks_like_fluency(match["level"]):
        return []
    return [
        SpokenLanguage(language=clean_value(name), fluency=clean_value(match["level"]), lines=lines)
        for name in split_top_level(match["names"], ",;、")
        if language_at_start(name)
    ]


def _named_by_level(part: str) -> int:
    match = _NAMED_BY_LEVEL.match(part.strip())
    if match is None or not looks_like_fluency(match["level"]) or looks_like_fluency(match["name"]):
        return 0
    return match.end("name") if find_kind(match["name"]) is None and len(match["name"]) > 2 else 0


def _parts(text: str) -> list[str]:
    reversed_level = re.match(r"^[^:：]{3,40}[:：]", text)
    if (
        reversed_level is not None
        and not language_at_start(text)
        and looks_like_fluency(reversed_level[0].strip(" :："))
    ):
        return [text]
    if reversed_level is not None and not language_at_start(text):
        text = text[reversed_level.end() :]
    sentences = re.split(r"\.\s+", text.rstrip(" ."))
    if len(sentences) > 1 and all(language_at_start(sentence) for sentence in sentences):
        return [part for sentence in sentences for part in _parts(sentence)]
    parts: list[str] = []
    for part in split_top_level(
        text, ",;|•·、，；/" if "/" in text and not _LEVEL_CODE.search(text) else ",;|•·、，；"
    ):
        pieces = re.split(r"\s+(?:and|und|et|y|e|en|&)\s+(?=[^\W\d_])", part)
        parts.extend(pieces if all(language_at_start(piece) for piece in pieces) else [part])
    # "English Native Spanish Fluent": names in sequence without separators.
    cut: list[str] = []
    for part in parts:
        tokens = part.split()
        starts = [
            index for index, token in enumerate(tokens) if language_at_start(token) and token[0] == token[0].upper()
        ]
        if len(starts) >= 2 and starts[0] == 0 and not re.search(r"[(:]", part):
            bounds = [*starts, len(tokens)]
            cut.extend(" ".join(tokens[one:two]) for one, two in pairwise(bounds))
        else:
            cut.append(part)
    return cut


def _fluency(rest: str) -> str | None:
    rest = _RATING.sub("", rest)
    bracket = re.match(r"^\s*\(([^()]*)\)\s*$", rest)
    value = bracket[1] if bracket is not None else rest
    value = clean_value(_SEPARATOR.sub("", value))
    return value if 1 < len(value) <= 60 else None
