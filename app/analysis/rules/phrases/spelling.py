"""Folds and splits words for comparison; used by all parsers of `app.analysis.rules`."""

import re
from functools import lru_cache

from app.analysis import folding

ICON = re.compile(
    "[\u2300-\u23ff\ue000-\uf8ff\U000f0000-\U0010ffff\u2600-\u26ff\u2700-\u27bf\U0001f300-\U0001faff\ufffd\ufe0f]+"
)
BULLET = re.compile(r"^\s*(?:[•●▪◦‣∙·►▸▶➢➤✓✔❖■□◆◇○◎⁃➔→★☆¤]+\s+|[•●▪◦■◆・]+(?=\w)|・\s*|[-–—*+»›]\s+|o\s+(?=[A-Z]))")
CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uff66-\uff9f]")
_EDGES = " \t\u3000-–—−~_=*#|•·●▪■◆:：.,;；/\\<>»«►▸►【】[]〔〕〈〉《》"
_WORD = re.compile(r"[^\W_]+(?:[''’.+#&/-][^\W_]+)*[+#]*")


def word_set(block: str) -> frozenset[str]:
    """The words of a vocabulary that is written as words separated by spaces."""
    return frozenset(fold(word) for word in block.split())


def phrase_set(block: str) -> frozenset[str]:
    """The phrases of a vocabulary that is written as phrases separated by bars."""
    return frozenset(fold(phrase) for phrase in block.split("|") if phrase.strip())


def word_list(block: str) -> tuple[str, ...]:
    return tuple(block.split())


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case without accents, `ß` as `ss`, white space collapsed: "Universität  Köln" -> "universitat koln"."""
    return " ".join(folding.fold(text).text.split())


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """The folded words of a text, in order, without punctuation at their ends. "C++" and "co-founder" stay whole."""
    return tuple(found.group().strip(".") for found in _WORD.finditer(fold(text)))


def is_cjk(text: str) -> bool:
    return CJK.search(text) is not None


def mostly_cjk(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and sum(1 for letter in letters if CJK.match(letter)) * 2 >= len(letters)


def trim(text: str) -> str:
    """The text without icons, bullets, dashes and separators at either end. The inside stays as written."""
    text = ICON.sub(" ", text)
    text = text.strip(_EDGES)
    if text.count("(") > text.count(")") and text.endswith("("):
        text = text[:-1].strip(_EDGES)
    return text


def clean_value(text: str) -> str:
    """A value as written, without list marks, icons and separators at its ends. A final full stop is kept."""
    text = " ".join(ICON.sub(" ", text).split())
    text = BULLET.sub("", text)
    text = text.strip(" \t\u3000|•·●▪■◆:：,;；、–—")
    text = re.sub(r"^/\s+|\s+/$", "", text)
    text = text.removeprefix("- ")
    text = text.removesuffix(" -")
    if text.startswith(")") or (text.endswith("(")):
        text = text.strip("() ")
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1]
    return text.strip(" \t\u3000|,;")


def collapse_letter_spacing(text: str) -> str | None:
    """Turns "J O H N   D O E" into "JOHN DOE". None for text that is not spaced letter by letter.

    If all letters are separated by single spaces, the word boundaries are lost and the result is one word.
    """
    parts = text.split(" ")
    letters = [part for part in parts if part]
    if len(letters) < 4 or sum(1 for part in letters if len(part) == 1) < 0.8 * len(letters):
        return None
    if any(len(part) > 2 for part in letters):
        return None
    groups: list[str] = []
    current = ""
    for part in parts:
        if part:
            current += part
        elif current:
            groups.append(current)
            current = ""
    if current:
        groups.append(current)
    return " ".join(groups)


def heading_key(text: str) -> str:
    """The form in which a heading is looked up: folded, without numbering, decoration and letter spacing."""
    bare = trim(text)
    bare = re.sub(r"^(?:\d{1,2}|[IVX]{1,4}|[A-H])\s*[.)、．]\s*", "", bare)
    bare = trim(bare)
    spaced = collapse_letter_spacing(bare)
    if spaced is not None:
        bare = spaced
    if mostly_cjk(bare):
        bare = bare.replace(" ", "").replace("\u3000", "")
        bare = re.sub(r"^年月(?=.{2})", "", bare)  # the column titles of a form
    return fold(bare)


def split_top_level(text: str, marks: str) -> list[str]:
    """Splits at any of the marks outside brackets. Empty parts are dropped."""
    pieces: list[str] = []
    depth = 0
    current = ""
    for letter in text:
        if letter in "([{（":
            depth += 1
        elif letter in ")]}）":
            depth = max(0, depth - 1)
        if depth == 0 and letter in marks:
            pieces.append(current)
            current = ""
        else:
            current += letter
    pieces.append(current)
    return [piece.strip() for piece in pieces if piece.strip()]
