"""Text reduced to what two spellings of the same words share, with a way back to the original characters.

Used above all by `app.analysis.normalise.dates` and `app.analysis.grounding.text_tokens`: they compare folded text and
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
# Letters with a stroke or without a dot have no decomposition in Unicode; people still type them without.
_BASE_LETTERS = {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"}
# Soft hyphen, zero-width space and joiners, direction marks, byte order mark, variation selectors: never seen.
_INVISIBLE = {*"\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f\u202a\u202b\u202c\u202d\u202e"}
# The voicing marks of Japanese kana are letters' identity (か is not が), unlike an accent.
_KANA_MARKS = {"\u3099", "\u309a"}


@dataclass(frozen=True, slots=True)
class FoldedText:
    """`text` is the folded form; its character `i` comes from `original[origin[i]]`."""

    original: str
    text: str
    origin: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of `original` that the half-open span of `text` came from."""
        if start >= end:
            return (0, 0)
        stop = self.origin[end - 1] + 1
        # Marks that folded away belong to the letter before them.
        while stop < len(self.original) and unicodedata.category(self.original[stop]) == "Mn":
            stop += 1
        return (self.origin[start], stop)


@lru_cache(maxsize=8192)
def fold_character(character: str, *, accents: bool) -> str:
    """One character, NFKC, casefolded, dashes and quotes made plain; without accents unless `accents`."""
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


# ASCII folds one for one and has no accents: most lines of most resumes take this way, which is thirty times as fast.
_ASCII = {code: fold_character(chr(code), accents=True) for code in range(128)}


def fold(text: str, *, accents: bool = False) -> FoldedText:
    """Fold every character; white space is kept one for one."""
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
