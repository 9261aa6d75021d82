"""Scores how much a phrase looks like a company or a school; most parsers of `app.analysis.rules` call it."""

import re
from functools import lru_cache

from app.analysis.rules.phrases.spelling import is_cjk, words
from app.analysis.rules.vocabulary.organisation_words import (
    CJK_COMPANY,
    CJK_INSTITUTION,
    COMPANY_WORDS,
    INSTITUTION_PARTS,
    INSTITUTION_WORDS,
    LEGAL_FORMS,
)

_COMPOUND_ENDINGS = (
    "werke",
    "werk",
    "bank",
    "kasse",
    "klinik",
    "klinikum",
    "krankenhaus",
    "verlag",
    "verein",
    "gesellschaft",
    "versicherung",
    "haus",
    "bau",
    "technik",
    "zentrum",
    "buro",
    "kanzlei",
    "amt",
    "ministerium",
    "verband",
    "stiftung",
    "markt",
    "soft",
    "tech",
    "labs",
    "corp",
    "gruppe",
)


_LEGAL_FORM = re.compile(
    r"(?:^|[\s,(«\"])(?:GmbH|AG|KG|UG|SE|S\.A\.|SA|S\.L\.|SL|SLU|S\.p\.A\.|SpA|S\.r\.l\.|Srl|SRL|SARL|SAS|"
    r"EURL|Inc|LLC|LLP|Ltd|LTD|Limited|PLC|plc|Corp|"
    r"Co\.|CO\.|B\.V\.|BV|N\.V\.|NV|Pty|Pvt|Pte|e\.V\.|AB|ASA|AS|A/S|ApS|Oy|Oyj|Kft|Zrt|Rt|d\.o\.o\.|s\.r\.o\.|a\.s\.|"
    r"Sp\. z o\.o\.|UAB|SIA|OÜ|Lda|Ltda|LTDA|"
    r"ООО|АО|ЗАО|ПАО|ОАО|ИП|ТОВ)(?=$|[\s,.)»\"])"
)


@lru_cache(maxsize=8192)
def company_score(text: str) -> float:
    """0 (no sign of a company) to 1 (a legal form). A company word scores 0.5 or more."""
    if is_cjk(text) and any(word in text for word in (*CJK_COMPANY, *CJK_INSTITUTION)):
        return 1.0
    tokens = list(words(text))
    if len(tokens) == 0 or len(tokens) > 14:
        return 0.0
    if _LEGAL_FORM.search(text):
        return 1.0
    if tokens[-1] in LEGAL_FORMS and len(tokens) > 1 and len(tokens[-1]) > 2:
        return 1.0
    last_two = tokens[-2:]
    if any(token in COMPANY_WORDS for token in last_two) or tokens[0] in COMPANY_WORDS:
        return 0.75
    if any(token in COMPANY_WORDS for token in tokens):
        return 0.5
    if any(len(token) > 7 and token.endswith(_COMPOUND_ENDINGS) for token in tokens):
        return 0.55
    return 0.0


@lru_cache(maxsize=8192)
def institution_score(text: str) -> float:
    """0 (no sign of a school) to 1 (a school word)."""
    if is_cjk(text) and any(word in text for word in CJK_INSTITUTION):
        return 1.0
    # "Diplom-Kauffrau (FH)": the type of school after a degree does not name a school.
    tokens = words(re.sub(r"\([A-ZÄÖÜ][\wÄÖÜ.]{1,5}\)", "", text))
    if not tokens or len(tokens) > 18:
        return 0.0
    for token in tokens:
        pieces = token.split("-")
        if any(piece in INSTITUTION_WORDS for piece in (token, *pieces)):
            return 1.0
        if len(token) > 7 and any(part in token for part in INSTITUTION_PARTS):
            return 0.95
    return 0.0


_MEXICAN_FORM = re.compile(r"S\.?\s?(?:A\.?|de\s+R\.?\s?L\.?|A\.?\s?P\.?\s?I\.?)\s+de\s+C\.?\s?V\.?", re.IGNORECASE)


def is_organisation(text: str) -> bool:
    """Whether the text clearly names a company or a school."""
    return company_score(text) >= 0.5 or institution_score(text) >= 0.9


def is_legal_form(text: str) -> bool:
    tokens = list(words(text))
    if _MEXICAN_FORM.fullmatch(text.strip()):
        return True
    return (
        bool(tokens)
        and all(token.strip(".") in LEGAL_FORMS or token in {"usa", "international"} for token in tokens)
        and tokens[0] in LEGAL_FORMS
    )
