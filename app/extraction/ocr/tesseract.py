"""Recognizes the text of a picture with tesseract; used by `scan` for pages and images without text.

The program is called through its command line: it gets a picture file and returns a table of words with boxes and
confidence.
"""

import csv
import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.extraction.document import Box
from app.extraction.language import detect_language
from app.extraction.layout.placed_word import PlacedWord, union
from app.extraction.ocr.deskew import Picture, encode, levelled, skew_of, turned
from app.extraction.sandbox.programs import ProgramFailed, Programs, ProgramTimeout, find_program
from app.extraction.unicode_text import BULLET, normalise

PAGE_SECONDS = 60.0  # a page takes 2 to 4 s on an idle core
LISTING_SECONDS = 20.0
MIN_CONFIDENCE = 0.2  # below this, tesseract has read dirt
MIN_SYMBOL_CONFIDENCE = 0.6  # lines and frames are read as | and _ with low confidence
POOR_PAGE = 0.6  # a page with a lower mean was probably rotated or in a different script
LETTERS_TO_JUDGE = 8  # with fewer, the mean is meaningless
SIZE_TO_LINE_HEIGHT = 0.95  # a line's ink from ascender to descender is about one em

# Scripts as tesseract's orientation detection names them, and the languages written in them.
_SCRIPTS = {
    "Latin": ("eng", "deu", "fra", "spa", "ita", "por", "nld", "pol", "swe", "dan", "nor", "fin", "ces", "ron", "hun",
              "tur"),
    "Cyrillic": ("rus", "ukr", "bul", "srp"),
    "Greek": ("ell",),
    "Arabic": ("ara", "fas", "urd"),
    "Hebrew": ("heb",),
    "Han": ("chi_sim", "chi_tra", "jpn"),
    "HanS": ("chi_sim",),
    "HanT": ("chi_tra",),
    "Japanese": ("jpn",),
    "Hangul": ("kor",),
    "Korean": ("kor",),
    "Devanagari": ("hin", "mar"),
    "Thai": ("tha",),
}  # fmt: skip
_PROBED_SCRIPTS = ("Latin", "Han", "Japanese", "Arabic", "Cyrillic", "Hangul", "Hebrew", "Greek", "Devanagari", "Thai")
_TESSERACT_NAMES = {
    "en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "pt": "por", "nl": "nld", "pl": "pol",
    "sv": "swe", "da": "dan", "no": "nor", "nb": "nor", "fi": "fin", "cs": "ces", "ro": "ron", "hu": "hun",
    "tr": "tur", "ru": "rus", "uk": "ukr", "bg": "bul", "sr": "srp", "el": "ell", "ar": "ara", "fa": "fas",
    "ur": "urd", "he": "heb", "ja": "jpn", "ko": "kor", "hi": "hin", "mr": "mar", "th": "tha", "zh": "chi_sim",
}  # fmt: skip

_BULLET_LIKE = {"e", "o", "*", "¢", "©", "®", "°", "«", "»", "+", "·", "."}
_ICON_LIKE = {"©", "®", "¢", "°", "«", "»", "@", "%", "¥", "™", "§", "¶", "~", "=", "^", "\\", "{", "}", "<", ">", "#"}


class OcrUnavailable(Exception):
    """Tesseract or its language files are not installed; the message says what to install."""


@dataclass(frozen=True, slots=True)
class RecognisedPage:
    """Words in pixels of the picture after `quarter_turns` (clockwise) and then `skew_degrees` (anticlockwise)."""

    words: tuple[PlacedWord, ...]
    quarter_turns: int = 0
    skew_degrees: float = 0.0

    @property
    def letters(self) -> int:
        return sum(character.isalnum() for word in self.words for character in word.text)

    @property
    def confidence(self) -> float:
        """Mean over characters; 0 without words."""
        characters = sum(len(word.text) for word in self.words)
        weighted = sum((word.confidence or 0.0) * len(word.text) for word in self.words)
        return weighted / characters if characters else 0.0


class Ocr:
    """One per document: the script and language found on the first page are used for the next ones."""

    def __init__(self, programs: Programs) -> None:
        """Raises OcrUnavailable."""
        self._programs = programs
        program = find_program("tesseract")
        if program is None:
            raise OcrUnavailable("install tesseract (apt-get install tesseract-ocr, or brew install tesseract)")
        self._program = program
        self._installed = self._list_languages()
        if not self._installed - {"osd"}:
            raise OcrUnavailable("tesseract has no language files (apt-get install tesseract-ocr-eng)")
        self._languages: tuple[str, ...] | None = None
        self.missing_language: str | None = None  # BCP-47; the language of the text, for which tesseract has no file

    def recognise(self, picture: Picture) -> RecognisedPage:
        """Recognize the text of a picture. Raises ProgramTimeout or ProgramFailed."""
        if self._languages is not None:
            skew_degrees = skew_of(picture)
            page = self._read(levelled(picture, skew_degrees), self._languages)
            if page.confidence >= POOR_PAGE or not _is_telling(page):
                return replace(page, skew_degrees=skew_degrees)
        quarter_turns, script = self._orientation(picture)
        upright = turned(picture, quarter_turns)
        skew_degrees = skew_of(upright)
        page = self._read_in_best_language(levelled(upright, skew_degrees), script)
        return replace(page, quarter_turns=quarter_turns, skew_degrees=skew_degrees)

    def _list_languages(self) -> frozenset[str]:
        try:
            listed = self._programs.run([self._program, "--list-langs"], seconds=LISTING_SECONDS)
        except ProgramTimeout:
            raise
        except ProgramFailed as error:
            raise OcrUnavailable(f"repair the tesseract installation: {error}") from None
        return frozenset(line.strip() for line in listed.decode("utf-8", "replace").splitlines()[1:] if line.strip())

    def _orientation(self, picture: Picture) -> tuple[int, str | None]:
        """Return the quarter turns that make the picture upright, and its script; (0, None) with too little text."""
        if "osd" not in self._installed:
            return 0, None
        try:
            answer = self._run(picture, "--psm", "0")
        except ProgramTimeout:
            raise
        except ProgramFailed:  # too few characters
            return 0, None
        facts = dict(line.split(": ", 1) for line in answer.decode("utf-8", "replace").splitlines() if ": " in line)
        try:
            sure = float(facts.get("Orientation confidence", "0")) >= 1.0
            turns = int(facts.get("Rotate", "0")) // 90 if sure else 0
            script = facts.get("Script") if float(facts.get("Script confidence", "0")) >= 0.5 else None
        except ValueError:
            return 0, None
        return turns % 4, script

    def _read_in_best_language(self, picture: Picture, script: str | None) -> RecognisedPage:
        """Read with the script's first language to detect the actual one, then again with that one if installed."""
        candidates = self._installed_for(script)
        first = self._read(picture, candidates[:1])
        if script in {None, "Latin"} and first.confidence < POOR_PAGE and _is_telling(first):
            # Orientation detection may have been wrong about the script: the one with the best result is right.
            tried = [first, *(self._read(picture, names[:1]) for names in self._other_scripts(candidates))]
            first = max(tried, key=lambda page: page.confidence)
            if first is not tried[0]:
                candidates = self._other_scripts(candidates)[tried.index(first) - 1]
        language = detect_language(" ".join(word.text for word in first.words))
        wanted = _TESSERACT_NAMES.get(language)
        if wanted is None or wanted == candidates[0] or not _is_telling(first):
            self._languages = candidates[:1]
            return first
        if wanted not in self._installed:
            self.missing_language = language
            self._languages = candidates[:1]
            return first
        better = self._read(picture, (wanted,))
        if better.confidence < first.confidence:
            self._languages = candidates[:1]
            return first
        self._languages = (wanted,)
        return better

    def _installed_for(self, script: str | None) -> tuple[str, ...]:
        names = tuple(name for name in _SCRIPTS.get(script or "Latin", ()) if name in self._installed)
        return names or tuple(sorted(self._installed - {"osd"}, key=lambda name: (name != "eng", name)))

    def _other_scripts(self, used: Sequence[str]) -> list[tuple[str, ...]]:
        found = [tuple(name for name in _SCRIPTS[script] if name in self._installed) for script in _PROBED_SCRIPTS]
        return [names for names in dict.fromkeys(found) if names and names[0] not in used]

    def _read(self, picture: Picture, languages: Sequence[str]) -> RecognisedPage:
        table = self._run(picture, "-l", "+".join(languages), "--psm", "3", "tsv")
        return RecognisedPage(tuple(read_table(table.decode("utf-8", "replace"))))

    def _run(self, picture: Picture, *arguments: str) -> bytes:
        return self._programs.run(
            [self._program, "stdin", "stdout", *arguments], stdin=encode(picture), seconds=PAGE_SECONDS
        )


def read_table(table: str) -> list[PlacedWord]:
    """Return the words of tesseract's TSV, in pixels; dirt that was taken for writing is left out."""
    lines: dict[tuple[str, ...], list[PlacedWord]] = {}
    boxes: dict[tuple[str, ...], Box] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        key = tuple(row[name] or "" for name in ("block_num", "par_num", "line_num"))
        x, y, width, height = (float(row[name]) for name in ("left", "top", "width", "height"))
        box = (x, y, x + width, y + height)
        if row["level"] == "4":
            boxes[key] = box
        if row["level"] != "5":
            continue
        text = normalise(row["text"] or "").strip()
        confidence = float(row["conf"]) / 100
        is_symbol = not any(character.isalnum() for character in text)
        if not text or confidence < (MIN_SYMBOL_CONFIDENCE if is_symbol else MIN_CONFIDENCE):
            continue
        lines.setdefault(key, []).append(PlacedWord(text, box, box[3], 0.0, confidence=round(confidence, 2)))
    placed = [_on_one_baseline(line, boxes.get(key) or union(word.box for word in line)) for key, line in lines.items()]
    words = [word for line in _with_bullets(placed) for word in line]
    return [replace(word, sequence=number) for number, word in enumerate(words)]


def _with_bullets(lines: list[list[PlacedWord]]) -> list[list[PlacedWord]]:
    """Fix misread marks: small letters (e, o) become bullets again; icons read as odd characters are dropped."""
    starts: dict[tuple[str, int], list[list[PlacedWord]]] = {}
    for line in lines:
        if len(line) > 1 and line[0].text in _BULLET_LIKE:
            starts.setdefault((line[0].text, round(line[0].x0 / max(line[0].size, 1.0))), []).append(line)
    for group in starts.values():
        capital = sum(not line[1].text[0].islower() for line in group)
        if len(group) > 1 and capital > len(group) / 2:
            for line in group:
                line[0] = replace(line[0], text=BULLET)
    return [[word for word in line if word.text not in _ICON_LIKE] for line in lines]


def _on_one_baseline(line: list[PlacedWord], box: Box) -> list[PlacedWord]:
    """Give the words of a line one baseline and size, because tesseract only reports where the ink ends."""
    heights = [word.y1 - word.y0 for word in line]
    size = min(box[3] - box[1], 1.3 * statistics.median(heights)) * SIZE_TO_LINE_HEIGHT
    baseline = statistics.median(word.y1 for word in line) - 0.1 * size
    joined: list[PlacedWord] = []
    for word in line:
        last = joined[-1] if joined else None
        if last and _is_ideographic(last.text[-1]) and _is_ideographic(word.text[0]) and word.x0 - last.x1 < 0.5 * size:
            # Chinese and Japanese have no word spaces, but tesseract separates the characters anyway.
            confidence = min(last.confidence or 0.0, word.confidence or 0.0)
            joined[-1] = replace(
                last, text=last.text + word.text, box=union((last.box, word.box)), confidence=confidence
            )
        else:
            joined.append(word)
    return [replace(word, baseline=baseline, size=size) for word in joined]


def _is_ideographic(character: str) -> bool:
    return "\u3000" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af" or "\uf900" <= character <= "\uffef"


def _is_telling(page: RecognisedPage) -> bool:
    return page.letters >= LETTERS_TO_JUDGE
