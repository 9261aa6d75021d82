"""Reduces text to a form that all spellings of the same words share, with a way back to the original characters.

Used mainly by `app.analysis.normalise.dates` and `app.analysis.grounding.text_tokens`: they compare folded text and
quote the original.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_DASHES = "-‐‑‒–—―−﹘﹣－"
_TILDES = "~〜～∼"
_APOSTROPHES = "'’‘ʼ`´′‛"
_QUOTES = '"“”„‟«»″'
_ONE_FOR_ONE = {
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys(_TILDES, "~"),
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys(_QUOTES, '"'),
}
# Unicode does not decompose letters with a stroke or without a dot, but people often type the plain letter instead.
_BASE_LETTERS = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"}
# Soft hyphen, zero-width space and joiners, direction marks, byte order mark, variation selectors: all invisible.
_INVISIBLE = {*"\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f\u202a\u202b\u202c\u202d\u202e"}
# Voicing marks make a different Japanese kana (か is not が), so they are kept, unlike accents.
_KANA_MARKS = {"\u3099", "\u309a"}


@dataclass(frozen=True, slots=True)
class FoldedText:
    """`text` is the folded form; its character `i` comes from `original[origin[i]]`."""

    original: str
    text: str
    origin: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of `original` that corresponds to the half-open span of `text`."""
        if start >= end:
            return (0, 0)
        stop = self.origin[end - 1] + 1
        # Combining marks that folding removed belong to the letter before them.
        while stop < len(self.original) and unicodedata.category(self.original[stop]) == "Mn":
            stop += 1
        return (self.origin[start], stop)


@lru_cache(maxsize=8192)
def fold_character(character: str, *, accents: bool) -> str:
    """One character after NFKC and case folding, with plain dashes and quotes; accents are kept only with `accents`."""
    if character in _INVISIBLE:
        return ""
    known = _ONE_FOR_ONE.get(character)
    if known is not None:
        return known
    if character.isspace():
        return " "
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character).casefold()
    folded = "".join(_ONE_FOR_ONE.get(each, each) for each in folded)
    if accents:
        return folded
    bare = "".join(
        each
        for each in unicodedata.normalize("NFD", folded)
        if each in _KANA_MARKS or unicodedata.category(each) != "Mn"
    )
    return "".join(_BASE_LETTERS.get(each, each) for each in unicodedata.normalize("NFC", bare))


# ASCII characters fold one to one and have no accents. Most lines take this path, which is thirty times as fast.
_ASCII = {code: fold_character(chr(code), accents=True) for code in range(128)}


def fold(text: str, *, accents: bool = False) -> FoldedText:
    """Fold every character. Each white-space character becomes one space."""
    if text.isascii():
        return FoldedText(text, text.translate(_ASCII), range(len(text)))
    pieces = [fold_character(character, accents=accents) for character in text]
    folded = "".join(pieces)
    if len(folded) == len(text) and all(pieces):
        return FoldedText(text, folded, range(len(text)))
    origin: list[int] = []
    for index, piece in enumerate(pieces):
        origin.extend([index] * len(piece))
    return FoldedText(text, folded, tuple(origin))
