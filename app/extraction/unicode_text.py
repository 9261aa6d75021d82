"""Makes characters comparable: one normal form, nothing invisible, one bullet per kind; used by every reader."""

import re
import unicodedata
from dataclasses import dataclass

# Radicals that fonts with a wrong character map yield instead of the ideograph they resemble. NFKC already corrects the
# Kangxi block (U+2F00..2FD5); these are from the supplement block, according to Unicode's EquivalentUnifiedIdeograph.
_RADICALS = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乛乚乙亻冂几⺈刂㔾⺌⺍尢尣尢尣巳幺彑彐忄⺗扌攵旡曰月歺母民氵氺灬爫爫丬⺧犭王𤴔罒示礻竹糸纟罓罒网网⺵⺶⺷羋耂肀聿⺼臼艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶阝钅長镸长门𨸏阝雨青韦页风飞食𩙿食飠饣马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
_RADICAL_TABLE = str.maketrans(_RADICALS)

# Accents that old TeX fonts draw as separate glyphs over the letter, and the combining mark for each.
SPACING_ACCENTS = {
    "`": "\u0300",
    "\u00b4": "\u0301",
    "\u02c6": "\u0302",
    "\u02dc": "\u0303",
    "\u00af": "\u0304",
    "\u02d8": "\u0306",
    "\u02d9": "\u0307",
    "\u00a8": "\u0308",
    "\u02da": "\u030a",
    "\u02dd": "\u030b",
    "\u02c7": "\u030c",
    "\u00b8": "\u0327",
    "\u02db": "\u0328",
}
_DOTLESS = {"\u0131": "i", "\u0237": "j"}

# Characters without width or that only control direction; a reader does not see them.
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u180e\u061c\U000e0000-\U000e007f]+"
)
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_JOINERS = {"\u200c", "\u200d"}
# Unicode's right-to-left scripts and marks.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")

BULLET = "•"
DASH = "-"
_ROUND_BULLETS = frozenset(
    "•◦‣⁃∙·▪▫■□▮▯●○◉◎◆◇◈❖►▸▹▶▷➢➣➤➔➜➡→✓✔✗✘☑☐★☆✦✧✪❏❑❒⦿⚫⚪◾◽⬝⬥⮚\uf0b7\uf0a7\uf076\uf0d8\uf0fc\uf06e\uf071\uf0a8\uf0fe\uf0b2"
)
_DASH_BULLETS = frozenset("-–—−―*")
BULLET_GLYPHS = _ROUND_BULLETS | _DASH_BULLETS
# Symbol fonts (Wingdings, Symbol) map their bullets into the private-use area; other private glyphs are icons.
_PRIVATE_BULLETS = str.maketrans(dict.fromkeys((g for g in _ROUND_BULLETS if "\ue000" <= g <= "\uf8ff"), BULLET))


@dataclass(frozen=True, slots=True)
class CleanText:
    """`visible` is what a reader sees; `hidden` describes what was removed, or is empty."""

    visible: str
    hidden: str = ""


def normalise(text: str) -> str:
    """Return NFKC with ligatures split, soft hyphens removed, radicals and spaces corrected. Keeps line breaks."""
    text = text.replace("\u00ad", "").translate(_PRIVATE_BULLETS)
    text = unicodedata.normalize("NFKC", text).translate(_RADICAL_TABLE)
    return _CONTROLS.sub("", text)


def is_icon(character: str) -> bool:
    """Return whether it is a private-use glyph (icon fonts) or a replacement character, meaningless as text."""
    return (
        "\ue000" <= character <= "\uf8ff" or character >= "\U000f0000" or character == "\ufffd"
    ) and character not in _ROUND_BULLETS


def without_icons(text: str) -> str:
    return "".join(" " if is_icon(character) else character for character in text)


def accent_over(letter: str, accent: str) -> str:
    """Return the letter composed with a spacing accent: `e` and `´` give `é`."""
    return unicodedata.normalize("NFC", _DOTLESS.get(letter, letter) + SPACING_ACCENTS[accent])


def has_invisible(text: str) -> bool:
    """Return whether `split_invisible` has anything to check."""
    return not text.isascii() and _INVISIBLE.search(text) is not None


def split_invisible(text: str) -> CleanText:
    """Remove zero-width, bidi-control and tag characters from a line and describe them.

    Joiners between letters of scripts that need them, or between emoji, stay: they are correct spelling there.
    Direction marks next to right-to-left letters are removed without a report.
    """
    if not has_invisible(text):
        return CleanText(text)
    findings: list[str] = []
    kept: list[str] = []
    end = 0
    for found in _INVISIBLE.finditer(text):
        kept.append(text[end : found.start()])
        end = found.end()
        before = text[found.start() - 1] if found.start() else ""
        after = text[found.end()] if found.end() < len(text) else ""
        tags = _TAGS.search(found.group())
        if tags:
            # Tag characters mirror ASCII invisibly, a known way to smuggle instructions. Show their text.
            findings.append("".join(chr(ord(tag) - 0xE0000) for tag in tags.group()))
        elif _is_proper_spelling(found.group(), before, after):
            kept.append("".join(_JOINERS.intersection(found.group())))
        else:
            codes = sorted({f"U+{ord(character):04X}" for character in found.group()})
            findings.append(f"{' '.join(codes)} in “{_around(text, found.start(), found.end())}”")
    kept.append(text[end:])
    return CleanText("".join(kept), "; ".join(dict.fromkeys(findings)))


def _is_proper_spelling(invisible: str, before: str, after: str) -> bool:
    if set(invisible) <= _JOINERS:
        return any(c and ord(c) > 0x05FF and not "\u1e00" <= c <= "\u2bff" for c in (before, after))
    if set(invisible) <= {"\u200e", "\u200f", "\u061c"}:
        return any(unicodedata.bidirectional(c) in {"R", "AL"} for c in (before, after) if c)
    return False


def _around(text: str, start: int, end: int) -> str:
    left = re.search(r"\S{0,20}$", _INVISIBLE.sub("", text[:start]))
    right = re.match(r"\S{0,20}", _INVISIBLE.sub("", text[end:]))
    return (left.group() if left else "") + (right.group() if right else "")


def normalise_bullet(words: list[str]) -> list[str]:
    """Normalize a bullet at the start of a line: `•` for drawn ones, `-` for dashes and asterisks.

    A bullet that touches its text (`•Built`) is separated from it.
    """
    if not words:
        return words
    first = words[0]
    if len(first) > 1 and first[0] in _ROUND_BULLETS and first[1:].strip("".join(_ROUND_BULLETS)):
        words = [first[0], first[1:], *words[1:]]
        first = words[0]
    if first in _ROUND_BULLETS and len(words) > 1:
        return [BULLET, *words[1:]]
    if first in _DASH_BULLETS and len(words) > 1:
        return [DASH, *words[1:]]
    return words


def has_visible_letter(text: str) -> bool:
    """Return whether the text has at least one letter or digit of any script."""
    return any(character.isalnum() for character in text)


def is_right_to_left(text: str) -> bool:
    """Return whether most strongly directed characters are right-to-left (Arabic, Hebrew)."""
    if text.isascii() or not _RIGHT_TO_LEFT.search(text):
        return False
    right = left = 0
    for character in text:
        direction = unicodedata.bidirectional(character)
        right += direction in {"R", "AL"}
        left += direction == "L"
    return right > left
