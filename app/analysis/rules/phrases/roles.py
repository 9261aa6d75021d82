"""Scores how much a phrase looks like a job title; most parsers of `app.analysis.rules` call it."""

import re
from functools import lru_cache

from app.analysis.rules.phrases.spelling import is_cjk, word_set, words
from app.analysis.rules.vocabulary.role_words import CJK_ROLES, RANK_WORDS, ROLE_ENDINGS, ROLE_NOUNS

_ROMANCE_LINKS = word_set("de del della dei di des du d' en em da do dos das et y e")
_WEAK = word_set(
    "partner partners associate associates lead head chief owner trainer agent server pilot guide md pm pt ta"
)
_GENDER_MARK = re.compile(
    r"\s*\(\s*[mwfdxhi]\s*(?:/\s*[mwfdxhi]\s*){1,3}\)|(?<=\w)(?:[:*/]in|/-?in|\(in\)|\(e\)|·e|/a|\(a\)|@)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def role_score(text: str) -> float:
    """0 (no title word) to 1 (a title word in its usual place: last in Germanic and first in Romance phrases).

    0.95: followed by a linking word ("Senior Director of Sales"). 0.7: elsewhere in the phrase. An ambiguous word costs
    0.25, a phrase of more than eight words 0.3. A rank word without a title ("Senior") scores 0.35.
    """
    if is_cjk(text) and any(word in text for word in CJK_ROLES):
        return 1.0 if len(text) <= 16 else 0.5
    tokens = words(_GENDER_MARK.sub("", text))
    if not tokens or len(tokens) > 14:
        return 0.0
    hits = [index for index, token in enumerate(tokens) if is_role_word(token)]
    if not hits:
        ranks = [token for token in tokens if token in RANK_WORDS]
        return 0.35 if ranks and len(tokens) <= 4 else 0.0
    strong = [index for index in hits if tokens[index] not in _WEAK]
    last, first = hits[-1], hits[0]
    if len(tokens) - 1 == last or first == 0:
        score = 1.0
    elif last + 1 < len(tokens) and tokens[last + 1] in {
        "of",
        "for",
        "in",
        "to",
        "at",
        "fur",
        "im",
        "der",
        "i",
        "ii",
        "iii",
        "iv",
        "1",
        "2",
        "3",
        *_ROMANCE_LINKS,
    }:
        score = 0.95
    else:
        score = 0.7
    if not strong:
        score -= 0.25
    if len(tokens) > 8:
        score -= 0.3
    return score


def is_role_word(token: str) -> bool:
    last = token.rsplit("-", 1)[1] if "-" in token else token
    if last in ROLE_NOUNS or (len(last) > 6 and last.endswith("in") and last[:-2] in ROLE_NOUNS):
        return True  # "UX-Researcher", "UX-Researcherin"
    if "/" in token and any(part in ROLE_NOUNS for part in token.split("/")):
        return True
    if token.endswith("s") and len(token) > 5 and token[:-1] in ROLE_NOUNS and token[:-1] not in _WEAK:
        return False
    return len(token) > 8 and token.endswith(ROLE_ENDINGS)
