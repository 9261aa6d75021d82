"""Cuts text into the words and symbols that two equal texts must share. Used by `app.analysis.grounding.line_matching`.

Spaces and punctuation are not tokens, so layout and typography cannot hide a match. Symbols that change the meaning
(currencies, percent, the plus signs of C++) are tokens. Scripts without spaces give one token per character.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.analysis.folding import fold

# Han, kana, Hangul, Thai, Lao, Khmer, Burmese: written without spaces, or with endings attached to the word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u3007\u3041-\u30ff\u3130-\u318f"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0002ffff"
)
# A number with its separators, a word with the plus and hash signs of "C++" and "C#", an unspaced letter, a symbol.
_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*[^\W_{_UNSPACED}]*\+*|[{_UNSPACED}]|(?:[^\W_{_UNSPACED}])+(?:\+\+|\+(?!\w)|#(?!\w))?|[%$€£¥₹#&@°]"
)
_UNSPACED_TOKEN = re.compile(rf"[{_UNSPACED}]+$")
# Some word processors turn a round bullet into a lone "o".
_LETTER_BULLET = re.compile(r"\s*o\s+(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`text` is folded but keeps accents; `bare` has none. The half-open span is in the text that was cut."""

    text: str
    bare: str
    start: int
    end: int

    @property
    def is_unspaced(self) -> bool:
        return _UNSPACED_TOKEN.match(self.text) is not None


# Two readings of a resume share most of their values, and each value is looked up several times.
@lru_cache(maxsize=2048)
def cut(text: str, *, drop_letter_bullet: bool = False) -> tuple[Token, ...]:
    """The tokens of `text` in order."""
    folded = fold(text, accents=True)
    begin = 0
    if drop_letter_bullet:
        bullet = _LETTER_BULLET.match(folded.text)
        begin = bullet.end() if bullet is not None else 0
    tokens: list[Token] = []
    for match in _TOKEN.finditer(folded.text, begin):
        start, end = folded.original_span(match.start(), match.end())
        written = "and" if match.group() == "&" else match.group()
        # Folded ASCII text has no accents to remove.
        bare = written if written.isascii() else fold(written).text
        tokens.append(Token(text=written, bare=bare, start=start, end=end))
    return tuple(tokens)
