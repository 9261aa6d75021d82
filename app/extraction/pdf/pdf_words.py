"""Joins the glyphs of a PDF page into words with boxes, sizes and weights; called by `pdf_reader` for each page."""

import itertools
import math
import re
import statistics
import unicodedata
from dataclasses import dataclass

import numpy as np
import pypdfium2 as pdfium

from app.extraction.document import Box
from app.extraction.layout.placed_word import PlacedWord
from app.extraction.pdf.glyphs import Glyphs, PageSpace, TextStyle, read_glyphs
from app.extraction.pdf.page_characters import Flags, Floats
from app.extraction.unicode_text import normalise

# Gaps are in ems (fractions of the font size). Word spaces shrink to 0.2 em in justified text; kerning is below 0.1.
WORD_GAP_EMS = 0.15
HINTED_WORD_GAP_EMS = 0.1  # where pdfium, which knows the font's space, sees a word space as well
CJK_WORD_GAP_EMS = 0.2  # narrow ideographs (日, 月) have more room around them than letters
OVERHANG_EMS = 0.05  # minimum by which italic letters extend beyond their advance
RUN_GAP_EMS = 1.2  # farther apart than this, two words are not one phrase: a tab, a gutter, a table cell
LETTER_SPACED_MIN = 4  # consecutive single letters that make a spaced-out heading; three may be initials
LETTER_SPACED_GAP_RATIO = 1.7  # a word space in a spaced-out heading is this much wider than its letter spaces
LEAST_TRACKING_EMS = -0.1  # letters set more tightly than this overlap
SAME_BASELINE_EMS = 0.3
FIRST_RIGHT_TO_LEFT = "\u0590"
ASCENT_EMS, DESCENT_EMS = 0.8, 0.22  # minimum extent of a word's box above and below the baseline
_CJK = r"[\u2e80-\u2fdf\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"  # Korean has word spaces
_CJK_PAIR = re.compile(rf"{_CJK}{{2}}|{_CJK}[()（）「」]|[()（）「」]{_CJK}")

_RIGHT_TO_LEFT = frozenset({"R", "AL", "NSM", "CS", "ON"})


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of one page, in the order of the file."""

    words: tuple[PlacedWord, ...]
    styles: tuple[TextStyle, ...]
    objects: tuple[tuple[int, int], ...]  # addresses of pdfium's text objects, each with its style index
    glyph_count: int
    unmapped_count: int  # glyphs without a Unicode meaning: the font does not define which letters they are


def read_page(page: pdfium.PdfPage, space: PageSpace) -> PageText:
    """Return all words of a page, visible or not."""
    text_page = page.get_textpage()
    try:
        found = read_glyphs(text_page.raw, space)
    finally:
        text_page.close()
    words = _words(found.glyphs, found.styles) if len(found.glyphs) else []
    return PageText(tuple(words), found.styles, found.objects, len(found.glyphs), found.unmapped_count)


def _words(glyphs: Glyphs, styles: tuple[TextStyle, ...]) -> list[PlacedWord]:
    starts = _word_starts(glyphs)
    bounds = [*starts, len(glyphs)]
    size = np.maximum.reduceat(glyphs.size, starts)
    baseline = glyphs.y[starts]
    upright = glyphs.angle[starts] == 0
    x0, y0 = np.minimum.reduceat(glyphs.x0, starts), np.minimum.reduceat(glyphs.y0, starts)
    x1, y1 = np.maximum.reduceat(glyphs.x1, starts), np.maximum.reduceat(glyphs.y1, starts)
    x1 = np.maximum(x1, x0 + 0.1)
    x0 = np.where(upright, np.minimum(x0, np.minimum.reduceat(glyphs.x, starts)), x0)
    y0 = np.where(upright, np.minimum(y0, baseline - ASCENT_EMS * size), y0)
    y1 = np.maximum(np.where(upright, np.maximum(y1, baseline + DESCENT_EMS * size), y1), y0 + 0.1)
    whole = "".join(glyphs.texts)
    if len(whole) == len(glyphs) and max(whole) < FIRST_RIGHT_TO_LEFT:
        texts = [whole[start:stop] for start, stop in itertools.pairwise(bounds)]
    else:
        texts = [_in_order(glyphs, start, stop) for start, stop in itertools.pairwise(bounds)]
    texts = [text if _is_plain(text) else _text(text) for text in texts]
    baselines, sizes, uprights = baseline.tolist(), size.tolist(), upright.tolist()
    boxes: list[Box] = list(zip(x0.tolist(), y0.tolist(), x1.tolist(), y1.tolist(), strict=True))
    kept = _without_doubles(texts, boxes, baselines, sizes)
    numbers: list[int] = glyphs.style[starts].tolist()
    bold = [style.bold for style in styles]
    for here, after in itertools.pairwise(kept):
        # Word processors draw second-level bullets as the letter o of a monospaced font.
        if texts[here] == "o" and styles[numbers[here]].typewriter and not styles[numbers[after]].typewriter:
            texts[here] = "◦"
    return [
        PlacedWord(
            *(texts[at], boxes[at], baselines[at], sizes[at], bold[numbers[at]], uprights[at], numbers[at], sequence)
        )
        for sequence, at in enumerate(kept)
    ]


def _word_starts(glyphs: Glyphs) -> list[int]:
    """Return the index of the first glyph of each word."""
    pairs = _Pairs(glyphs)
    gaps = pairs.gaps_in_ems()
    # Candidates for word starts; the other glyphs need no closer look.
    least = np.where(glyphs.space_seen[1:], HINTED_WORD_GAP_EMS, WORD_GAP_EMS) + LEAST_TRACKING_EMS
    begins = pairs.break_off()
    possible: list[int] = (np.flatnonzero(begins | glyphs.space_before[1:] | (gaps > least)) + 1).tolist()
    runs = _Runs(glyphs.texts, gaps.tolist(), glyphs.space_before.tolist(), glyphs.space_seen.tolist())
    starts: list[int] = []
    start, inside = 0, list[int]()
    for at in (*possible, len(glyphs)):
        if at == len(glyphs) or begins[at - 1]:
            starts += runs.word_starts(start, at, inside)
            start, inside = at, []
        else:
            inside.append(at)
    return starts


@dataclass(frozen=True, slots=True)
class _Runs:
    """Finds the words in stretches of glyphs that follow each other on one baseline."""

    texts: list[str]
    gaps: list[float]  # in ems, after each glyph
    space_before: list[bool]
    space_seen: list[bool]

    def word_starts(self, start: int, stop: int, possible: list[int]) -> list[int]:
        """Return the word starts; `possible` are the glyphs that are not certainly inside a word."""
        if not possible:
            return [start]
        tracking = self._tracking(start, stop)
        starts = [start]
        for at in possible:
            if not self.space_before[at]:
                wide = self.gaps[at - 1] > tracking + self._least_gap(at)
                in_address = at - starts[-1] >= 2 and self.texts[at - 2 : at] == [":", "/"]
                if not wide or in_address:
                    continue
            starts.append(at)
        return self._without_letter_spaces(starts, stop)

    def _least_gap(self, at: int) -> float:
        """Return the least gap before the glyph that makes it the start of a word."""
        if _CJK_PAIR.fullmatch(self.texts[at - 1][-1:] + self.texts[at][:1]):
            return CJK_WORD_GAP_EMS
        return HINTED_WORD_GAP_EMS if self.space_seen[at] else WORD_GAP_EMS

    def _tracking(self, start: int, stop: int) -> float:
        """Return the tracking, which moves all letters equally; only gaps wider than the usual one are word spaces."""
        tight = [self.gaps[at - 1] for at in range(start + 1, stop) if not self.space_before[at]]
        if len(tight) < LETTER_SPACED_MIN - 1:
            return 0.0
        tight.sort()
        middle = len(tight) // 2
        usual = tight[middle] if len(tight) % 2 else (tight[middle - 1] + tight[middle]) / 2
        return max(LEAST_TRACKING_EMS, usual)

    def _without_letter_spaces(self, starts: list[int], stop: int) -> list[int]:
        """Join letters written with spaces between them: `J O H N   D O E` becomes `JOHN DOE`."""
        bounds = [*starts, stop]
        alone = [after - at == 1 and self.texts[at].isalpha() for at, after in itertools.pairwise(bounds)]
        if sum(alone) < LETTER_SPACED_MIN - 1:
            return starts
        out: list[int] = []
        at = 0
        while at < len(starts):
            end = at
            while end < len(starts) and alone[end]:
                end += 1
            whole = at == 0 and end == len(starts) == LETTER_SPACED_MIN - 1
            if end - at >= LETTER_SPACED_MIN or (whole and all(self.texts[each].isupper() for each in starts)):
                usual = statistics.median(self.gaps[each - 1] for each in starts[at + 1 : end])
                out.append(starts[at])
                out += [each for each in starts[at + 1 : end] if self.gaps[each - 1] > usual * LETTER_SPACED_GAP_RATIO]
            else:
                end = max(end, at + 1)
                out += starts[at:end]
            at = end
        return out


class _Pairs:
    """Each glyph and the next one."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._turned: list[int] = np.flatnonzero(glyphs.angle[:-1]).tolist()
        self._gaps = self._distances()

    def gaps_in_ems(self) -> Floats:
        size = self._glyphs.size
        return self._gaps / np.maximum(np.maximum(size[:-1], size[1:]), 0.1)

    def break_off(self) -> Flags:
        """Return False where the second glyph follows on the same baseline without a large gap."""
        g, gap = self._glyphs, self._gaps
        em = np.maximum(g.size[:-1], g.size[1:])
        level = np.abs(g.y[1:] - g.y[:-1]) <= SAME_BASELINE_EMS * em
        continues = level & (-0.6 * em < gap) & (gap < RUN_GAP_EMS * em)
        for at in self._turned:
            # Rotated text: being near each other along the direction of writing is enough.
            continues[at] = self._reach(at) < (RUN_GAP_EMS + 1) * em[at]
        return ~continues | (g.angle[:-1] != g.angle[1:])

    def _reach(self, at: int) -> float:
        return math.hypot(self._glyphs.x[at + 1] - self._glyphs.x[at], self._glyphs.y[at + 1] - self._glyphs.y[at])

    def _distances(self) -> Floats:
        """Return the distances in points; right-to-left text runs the other way."""
        g = self._glyphs
        x, after = g.x[:-1], g.x[1:]
        # Some fonts state wrong advances; a glyph's ink never begins much before the end of the previous ink.
        gaps = after - np.maximum(x + g.advance[:-1], np.minimum(g.x1[:-1], after))
        # An italic f leans over the space after it; pdfium then reports the width of its ink as its advance.
        leans = (g.x1[:-1] >= x + g.advance[:-1]) & (g.x1[:-1] > x)
        leans[1:] &= x[1:] != x[:-1]  # the last letter of a ligature
        gaps = gaps + np.where(leans & g.space_seen[1:], OVERHANG_EMS * g.size[:-1], 0.0)
        gaps[(after == x) & (g.x1[1:] > g.x1[:-1])] = 0.0  # letters of one ligature
        for at in np.flatnonzero(after <= x).tolist():
            if unicodedata.bidirectional(g.texts[at + 1][0]) not in _RIGHT_TO_LEFT:
                continue
            if x[at] == after[at]:
                gaps[at] = 0.0  # letters of one ligature, marks on their letter
            else:
                gaps[at] = x[at] - max(after[at] + g.advance[at + 1], min(g.x1[at + 1], x[at]))
        for at in self._turned:
            gaps[at] = self._reach(at) - g.advance[at]
        return gaps


def _in_order(glyphs: Glyphs, start: int, stop: int) -> str:
    """Return the word's text; pdfium reports some right-to-left words in visual order."""
    texts = glyphs.texts[start:stop]
    whole = "".join(texts)
    if whole.isascii():
        return whole
    kinds = {unicodedata.bidirectional(character) for character in whole}
    if not kinds & {"R", "AL"} or not kinds <= _RIGHT_TO_LEFT:
        return whole
    steps = np.diff(glyphs.x[start:stop])
    mirrored = np.count_nonzero(steps > 0) > np.count_nonzero(steps < 0)
    return "".join(reversed(texts)) if mirrored else whole


def _is_plain(raw: str) -> bool:
    """Return whether the word is already in its normal form."""
    return raw.isascii() and raw.isprintable() and raw[:4] != "http"


def _text(raw: str) -> str:
    if not (raw.isascii() and raw.isprintable()):
        raw = re.sub(r"\s+", "", normalise(raw))
        if all(unicodedata.combining(character) for character in raw):
            return ""  # an accent that lost its letter
    if raw.startswith("http"):
        return re.sub(r"^(https?:)/(?=[^/])", r"\1//", raw)  # some fonts draw // as one ligature that maps to one slash
    return raw


def _without_doubles(texts: list[str], boxes: list[Box], baselines: list[float], sizes: list[float]) -> list[int]:
    """Leave out a word printed again at (nearly) the same position, a trick for fake bold and shadows."""
    kept: list[int] = []
    places: dict[str, list[int]] = {}
    for at, text in enumerate(texts):
        if not text:
            continue
        same = places.setdefault(text, [])
        if same:
            x0, near = boxes[at][0], 0.15 * sizes[at]
            if any(abs(boxes[on][0] - x0) < near and abs(baselines[on] - baselines[at]) < near for on in same):
                continue
        same.append(at)
        kept.append(at)
    return kept
