"""Turns pdfium's characters into words with boxes, font sizes and weights; called by `pdf` for each page."""

import ctypes
import itertools
import math
import re
import statistics
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from app.extraction.document import Box
from app.extraction.placed_word import PlacedWord, union
from app.extraction.unicode_text import SPACING_ACCENTS, accent_over, is_icon, normalise

# Gaps are in ems (parts of the font size). Word spaces shrink to 0.2 em in justified text, kerning stays below 0.1.
WORD_GAP_EMS = 0.15
HINTED_WORD_GAP_EMS = 0.1  # where pdfium, which knows the font's own space, sees a word space as well
RUN_GAP_EMS = 1.2  # farther apart than this, two words are not one phrase: a tab, a gutter, a table cell
LETTER_SPACED_MIN = 4  # single letters in a row that make a spaced-out heading; three may be initials
LETTER_SPACED_GAP_RATIO = 1.7  # a word space in a spaced-out heading is this much wider than its letter spaces
SAME_BASELINE_EMS = 0.3
ACCENT_REACH = 12  # glyphs between a letter and the accent drawn over it
ASCENT_EMS, DESCENT_EMS = 0.8, 0.22  # what a word's box covers above and below the baseline at least

# The name decides: the weight that pdfium reports is guessed from stem widths and calls plain fonts bold.
_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi|cmbx|cmb\d|-b$|\bbd\b", re.IGNORECASE)
_FORCE_BOLD_FLAG = 1 << 18
_FILL_AND_STROKE = pdfium_c.FPDF_TEXTRENDERMODE_FILL_STROKE

Colour = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How one text object is painted. `mode` is PDF's text render mode (3: invisible), `colour` its RGBA fill."""

    colour: Colour
    mode: int
    bold: bool
    typewriter: bool


@dataclass(slots=True)
class Glyph:
    text: str
    box: Box
    x: float  # origin on the baseline, displayed coordinates
    y: float
    advance: float  # along the direction of writing
    size: float
    angle: float  # degrees, 0 for upright text
    style: int
    space_before: bool = False  # the file has a space character here
    space_seen: bool = False  # pdfium infers a space from the distance


@dataclass(frozen=True, slots=True)
class PageText:
    """What one page holds as text, in the order of the file."""

    words: tuple[PlacedWord, ...]
    styles: tuple[TextStyle, ...]
    objects: tuple[tuple[Any, int], ...]  # pdfium's text objects, each with its style index
    glyph_count: int
    unmapped_count: int  # glyphs without a Unicode meaning: the font does not say which letters they are


class PageSpace:
    """Maps PDF user space (origin bottom left, unrotated) to displayed points (origin top left)."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        left, bottom, right, top = page.get_bbox()
        self._left, self._bottom, self._right, self._top = left, bottom, right, top
        self.rotation = page.get_rotation() % 360
        turned = self.rotation in (90, 270)
        across, down = right - left, top - bottom
        self.width, self.height = (down, across) if turned else (across, down)

    def point(self, x: float, y: float) -> tuple[float, float]:
        match self.rotation:
            case 90:
                return y - self._bottom, x - self._left
            case 180:
                return self._right - x, y - self._bottom
            case 270:
                return self._top - y, self._right - x
            case _:
                return x - self._left, self._top - y

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        (xa, ya), (xb, yb) = self.point(left, bottom), self.point(right, top)
        return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def read_page(page: pdfium.PdfPage, space: PageSpace) -> PageText:
    """All words of a page, visible or not."""
    text_page = page.get_textpage()
    try:
        return _Reader(text_page.raw, space).read()
    finally:
        text_page.close()


class _Reader:
    def __init__(self, raw: Any, space: PageSpace) -> None:
        self._raw = raw
        self._space = space
        self._styles: dict[TextStyle, int] = {}
        self._by_object: dict[int, tuple[int, float, float]] = {}  # address -> style, size, angle
        self._objects: list[tuple[Any, int]] = []
        self._unmapped = 0

    def read(self) -> PageText:
        glyphs = self._glyphs()
        count = len(glyphs)
        words: list[PlacedWord] = []
        for run in _runs(_compose_accents(glyphs)):
            words.extend(_words_of(run))
        styles = tuple(self._styles)
        words = [
            replace(word, sequence=number, bold=styles[word.style].bold)
            for number, word in enumerate(_without_doubles(words))
        ]
        for number, (word, following) in enumerate(itertools.pairwise(words)):
            # Word processors draw second-level bullets as the letter o of a typewriter font.
            if word.text == "o" and styles[word.style].typewriter and not styles[following.style].typewriter:
                words[number] = replace(word, text="◦")
        return PageText(tuple(words), styles, tuple(self._objects), count, self._unmapped)

    def _glyphs(self) -> list[Glyph]:
        raw, space = self._raw, self._space
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        x, y = ctypes.c_double(), ctypes.c_double()
        loose = pdfium_c.FS_RECTF()
        glyphs: list[Glyph] = []
        space_before = space_seen = False
        index = -1
        count = pdfium_c.FPDFText_CountChars(raw)
        while (index := index + 1) < count:
            code = pdfium_c.FPDFText_GetUnicode(raw, index)
            if 0xD800 <= code < 0xDC00 and index + 1 < count:
                low = pdfium_c.FPDFText_GetUnicode(raw, index + 1)
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                index += 1
            text_object = pdfium_c.FPDFText_GetTextObject(raw, index)
            if code in (9, 10, 13, 32, 0xA0, 0x3000) or 0x2000 <= code <= 0x200A or not text_object:
                generated = not text_object or pdfium_c.FPDFText_IsGenerated(raw, index)
                space_seen |= bool(generated)
                space_before |= not generated
                continue
            if code in (0, 0xFFFD, 0xFFFE, 0xFFFF) or pdfium_c.FPDFText_HasUnicodeMapError(raw, index) == 1:
                self._unmapped += 1
                space_before = True
                continue
            # pdfium gives a hyphen at a line end as U+0002.
            character = "-" if code == 2 else chr(code)
            if is_icon(character):
                space_before = True
                continue
            style, size, angle = self._style_of(text_object, index)
            pdfium_c.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
            pdfium_c.FPDFText_GetLooseCharBox(raw, index, loose)
            pdfium_c.FPDFText_GetCharOrigin(raw, index, x, y)
            box = space.box(left.value, bottom.value, right.value, top.value)
            loose_box = space.box(loose.left, loose.bottom, loose.right, loose.top)
            at_x, at_y = space.point(x.value, y.value)
            last = glyphs[-1] if glyphs else None
            if last is not None and last.box == box and last.x == at_x and last.y == at_y and not space_before:
                last.text += character  # the next letter of a ligature: one glyph, several characters
                continue
            glyphs.append(
                Glyph(
                    text=character,
                    box=box,
                    x=at_x,
                    y=at_y,
                    advance=_advance(loose_box, at_x, angle),
                    size=size,
                    angle=angle,
                    style=style,
                    space_before=space_before,
                    space_seen=space_seen,
                )
            )
            space_before = space_seen = False
        return glyphs

    def _style_of(self, text_object: Any, index: int) -> tuple[int, float, float]:
        address = ctypes.cast(text_object, ctypes.c_void_p).value or 0
        known = self._by_object.get(address)
        if known is not None:
            return known
        raw = self._raw
        channels = [ctypes.c_uint() for _ in range(4)]
        pdfium_c.FPDFText_GetFillColor(raw, index, *channels)
        red, green, blue, alpha = (channel.value for channel in channels)
        mode = pdfium_c.FPDFTextObj_GetTextRenderMode(text_object)
        name = ctypes.create_string_buffer(256)
        flags = ctypes.c_int()
        pdfium_c.FPDFText_GetFontInfo(raw, index, name, 256, flags)
        font = name.value.decode("utf-8", "replace")
        bold = bool(_BOLD_NAME.search(font)) or bool(flags.value & _FORCE_BOLD_FLAG) or mode == _FILL_AND_STROKE
        style = TextStyle((red, green, blue, alpha), mode, bold, "courier" in font.lower())
        number = self._styles.setdefault(style, len(self._styles))
        matrix = pdfium_c.FS_MATRIX()
        pdfium_c.FPDFText_GetMatrix(raw, index, matrix)
        size = pdfium_c.FPDFText_GetFontSize(raw, index) * (math.hypot(matrix.c, matrix.d) or 1.0)
        angle = (math.degrees(math.atan2(matrix.b, matrix.a)) - self._space.rotation) % 360
        found = (number, size, angle if 2 < angle < 358 else 0.0)
        self._by_object[address] = found
        self._objects.append((text_object, number))
        return found


def _advance(loose: Box, x: float, angle: float) -> float:
    if not angle:
        return max(0.0, loose[2] - x)
    turn = math.radians(angle)
    return abs(math.cos(turn)) * (loose[2] - loose[0]) + abs(math.sin(turn)) * (loose[3] - loose[1])


def _compose_accents(glyphs: list[Glyph]) -> list[Glyph]:
    """Puts accents that are drawn over a letter as glyphs of their own onto that letter (old TeX fonts)."""
    placed: set[int] = set()
    for number, accent in enumerate(glyphs):
        if accent.text not in SPACING_ACCENTS:
            continue
        # The letter stands next to its accent in the file, but pdfium may have moved the accent within its line.
        nearby = range(max(0, number - ACCENT_REACH), min(len(glyphs), number + ACCENT_REACH + 1))
        letters = [glyphs[at] for at in nearby if glyphs[at].text.isalpha() and _covers(accent, glyphs[at])]
        if letters:
            letter = min(letters, key=lambda glyph: abs(_middle_of(accent) - _middle_of(glyph)))
            letter.text = accent_over(letter.text, accent.text)
            placed.add(number)
            if number + 1 < len(glyphs) and glyphs[number + 1] is letter:
                letter.space_before |= accent.space_before
    return [glyph for number, glyph in enumerate(glyphs) if number not in placed]


def _middle_of(glyph: Glyph) -> float:
    return (glyph.box[0] + glyph.box[2]) / 2


def _covers(accent: Glyph, letter: Glyph) -> bool:
    return letter.box[0] - 0.5 <= _middle_of(accent) <= letter.box[2] + 0.5 and abs(accent.y - letter.y) < letter.size


def _runs(glyphs: list[Glyph]) -> list[list[Glyph]]:
    """Glyphs that follow each other on one baseline without a large gap."""
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        last = runs[-1][-1] if runs else None
        if last is not None and _continues(last, glyph):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    return runs


def _continues(last: Glyph, glyph: Glyph) -> bool:
    if last.angle != glyph.angle:
        return False
    em = max(last.size, glyph.size)
    if last.angle:
        # Turned text: neighbours along the direction of writing are near each other, and nothing else is asked.
        reach = math.hypot(glyph.x - last.x, glyph.y - last.y)
        return reach < (RUN_GAP_EMS + 1) * em
    if abs(glyph.y - last.y) > SAME_BASELINE_EMS * em:
        return False
    gap = _gap(last, glyph)
    return -0.6 * em < gap < RUN_GAP_EMS * em


def _gap(left: Glyph, right: Glyph) -> float:
    """Distance between two neighbours in points; right-to-left text runs the other way."""
    if left.angle:
        return math.hypot(right.x - left.x, right.y - left.y) - left.advance
    if right.x < left.x and unicodedata.bidirectional(right.text[0]) in {"R", "AL", "NSM", "CS", "ON"}:
        return left.box[0] - right.box[2]
    # Some fonts state wrong advances; the ink is never before the end of the ink of the last glyph by much.
    return right.x - max(left.x + left.advance, min(left.box[2], right.x))


def _words_of(run: list[Glyph]) -> list[PlacedWord]:
    gaps = [_gap(a, b) / max(a.size, b.size, 0.1) for a, b in itertools.pairwise(run)]
    tight = [gap for gap, glyph in zip(gaps, run[1:], strict=True) if not glyph.space_before]
    # Tracking moves all letters by one amount: only what is wider than the usual letter gap is a word space.
    tracking = max(-0.1, statistics.median(tight)) if len(tight) >= LETTER_SPACED_MIN - 1 else 0.0
    tokens: list[list[Glyph]] = [[run[0]]]
    before: list[float] = [0.0]
    for gap, glyph in zip(gaps, run[1:], strict=True):
        wide = gap > tracking + (HINTED_WORD_GAP_EMS if glyph.space_seen else WORD_GAP_EMS)
        in_address = [part.text for part in tokens[-1][-2:]] == [":", "/"]
        if glyph.space_before or (wide and not in_address):
            tokens.append([glyph])
            before.append(gap)
        else:
            tokens[-1].append(glyph)
    return [_word(token) for token in _join_spaced_letters(tokens, before) if token]


def _join_spaced_letters(tokens: list[list[Glyph]], before: list[float]) -> list[list[Glyph]]:
    """`J O H N   D O E`, written with spaces between the letters, becomes `JOHN DOE`."""
    out: list[list[Glyph]] = []
    at = 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and len(tokens[end]) == 1 and tokens[end][0].text.isalpha():
            end += 1
        alone = at == 0 and end == len(tokens) and end - at == LETTER_SPACED_MIN - 1
        if end - at >= LETTER_SPACED_MIN or (alone and all(t[0].text.isupper() for t in tokens)):
            usual = statistics.median(before[at + 1 : end])
            word = list(tokens[at])
            for token, gap in zip(tokens[at + 1 : end], before[at + 1 : end], strict=True):
                if gap > usual * LETTER_SPACED_GAP_RATIO:
                    out.append(word)
                    word = []
                word.extend(token)
            out.append(word)
            at = end
        else:
            end = max(end, at + 1)
            out.extend(tokens[at:end])
            at = end
    return out


def _word(glyphs: list[Glyph]) -> PlacedWord:
    first = glyphs[0]
    letters = glyphs
    text = normalise("".join(glyph.text for glyph in letters))
    text = re.sub(r"\s+", "", text)
    if all(unicodedata.combining(character) for character in text):
        text = ""  # an accent that lost its letter
    text = re.sub(r"^(https?:)/(?=[^/])", r"\1//", text)  # some fonts draw // as one ligature that maps to one slash
    size = max(glyph.size for glyph in glyphs)
    x0, y0, x1, y1 = union(glyph.box for glyph in glyphs)
    if not first.angle:
        x0, x1 = min(x0, *(g.x for g in glyphs)), max(x1, x0 + 0.1)
        y0, y1 = min(y0, first.y - ASCENT_EMS * size), max(y1, first.y + DESCENT_EMS * size)
    return PlacedWord(
        text=text,
        box=(x0, y0, max(x1, x0 + 0.1), max(y1, y0 + 0.1)),
        baseline=first.y,
        size=size,
        upright=not first.angle,
        style=first.style,
    )


def _without_doubles(words: list[PlacedWord]) -> list[PlacedWord]:
    """Drops a word printed again on (nearly) the same place: a trick for fake bold and shadows."""
    kept: list[PlacedWord] = []
    places: dict[str, list[PlacedWord]] = {}
    for word in words:
        if not word.text:
            continue
        same = places.setdefault(word.text, [])
        near = 0.15 * word.size
        if any(abs(w.x0 - word.x0) < near and abs(w.baseline - word.baseline) < near for w in same):
            continue
        same.append(word)
        kept.append(word)
    return kept
