"""Finds the values of a truth file in the text of its document, as they are printed; used by `scripted_readings`. Pure.

A truth has normalized values: `2019-03`, `+442079460318`. A model copies from the page instead: "March 2019",
"020 7946 0318". `PrintedValues` translates from the first to the second and names the lines.
"""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from app.analysis.evaluation.accuracy import bare_link
from app.analysis.normalise.dates import parse_date, with_date_order
from app.extraction.document import Document, Line

_MOST_PLACES = 60  # occurrences of one value in one document
_LONGEST_DATE = 5  # words: "3 de febrero de 2018"
_LOCAL_PHONE_DIGITS = 7  # the part of a number that is the same with and without an international prefix
_DATE_WORD = re.compile(r"[^\s\-–—()\[\]>~:,;|»→]+")
_NUMBER = re.compile(r"\+?\(?\d[\d\s().\-/]{5,}\d")
_SHORT_END = re.compile(r"(?<!\d)((?:19|20)\d\d)\s?[-–—/]\s?(\d\d)(?!\d|[-./]\d)")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ROMAN_MONTH = re.compile(rf"(?<!\w)({'|'.join(_ROMAN)})[ ./-]+((?:19|20)\d\d)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Printed:
    """One occurrence of a value. `text` is the page's own spelling; `first` and `last` are line numbers."""

    text: str
    first: int
    last: int

    @property
    def lines(self) -> range:
        return range(self.first, self.last + 1)


class PrintedValues:
    """Looks up values in one document. Case, white space and punctuation make no difference."""

    def __init__(self, document: Document) -> None:
        self._lines = document.lines
        self._hint = with_date_order(
            None if document.language == "und" else document.language, [line.text for line in document.lines]
        )
        self._letters, self._origins = _letters_of(document.lines)
        self._dates = self._all_dates()

    def places(self, value: str) -> list[Printed]:
        """All occurrences of `value` as whole words, possibly across line breaks; else those within words."""
        wanted = _letters(value)
        if not wanted:
            return []
        starts: list[int] = []
        at = self._letters.find(wanted)
        while at >= 0 and len(starts) < _MOST_PLACES:
            starts.append(at)
            at = self._letters.find(wanted, at + 1)
        whole = [start for start in starts if self._is_whole(start, start + len(wanted) - 1)]
        return [self._printed(value, start, start + len(wanted) - 1) for start in whole or starts]

    def dates(self, iso: str) -> list[Printed]:
        """All occurrences of a date in the precision of `iso`: `2019`, `2019-03` or `2019-03-01`."""
        return self._dates.get(iso) or []

    def phones(self, number: str) -> list[Printed]:
        """The printed forms of a phone number, with or without its international prefix."""
        digits = re.sub(r"\D", "", number)[-_LOCAL_PHONE_DIGITS:]
        return [
            Printed(match.group().strip(), line.number, line.number)
            for line in self._lines
            for match in _NUMBER.finditer(line.text)
            if re.sub(r"\D", "", match.group()).endswith(digits)
        ]

    def links(self, url: str) -> list[Printed]:
        """The printed forms of a URL, which often lack the scheme."""
        bare = bare_link(url)
        found = [(line, line.text.casefold().find(bare)) for line in self._lines]
        return [
            Printed(line.text[at : at + len(bare)], line.number, line.number) for line, at in found if bare and at >= 0
        ]

    def _is_whole(self, first: int, last: int) -> bool:
        """Whether no letter or digit touches the occurrence on its line."""
        (start_line, start), (end_line, end) = self._origins[first], self._origins[last]
        before = self._lines[start_line].text[:start][-1:]
        after = self._lines[end_line].text[end + 1 :][:1]
        return not before.isalnum() and not after.isalnum()

    def _printed(self, value: str, first: int, last: int) -> Printed:
        (start_line, start), (end_line, end) = self._origins[first], self._origins[last]
        numbers = self._lines[start_line].number, self._lines[end_line].number
        if start_line != end_line:
            return Printed(value, *numbers)
        line = self._lines[start_line].text
        # Marks at the ends are part of the value if the truth has them: "B.Sc.", "(Hons)".
        lead = value[: len(value) - len(value.lstrip(_marks(value)))]
        tail = value[len(value.rstrip(_marks(value))) :]
        if lead and line[:start].endswith(lead):
            start -= len(lead)
        if tail and line[end + 1 :].startswith(tail):
            end += len(tail)
        return Printed(line[start : end + 1], *numbers)

    def _all_dates(self) -> dict[str, list[Printed]]:
        found: dict[str, list[Printed]] = defaultdict(list)
        for line in self._lines:
            for iso, text in [*self._dates_of(line.text), *_dates_in_short_forms(line.text)]:
                printed = Printed(text, line.number, line.number)
                if printed not in found[iso]:
                    found[iso].append(printed)
        return found

    def _dates_of(self, text: str) -> list[tuple[str, str]]:
        """Each date with its shortest wording: the words of the line are joined until they are a date."""
        words = list(_DATE_WORD.finditer(text))
        taken: list[tuple[str, int, int]] = []
        for length in range(1, _LONGEST_DATE + 1):
            for first, last in zip(words, words[length - 1 :], strict=False):
                wording = text[first.start() : last.end()]
                if not any(character.isdigit() for character in wording):
                    continue
                date = parse_date(wording, self._hint)
                if date is None:
                    continue
                span = (date.iso, first.start(), last.end())
                if not any(iso == span[0] and span[1] <= start and end <= span[2] for iso, start, end in taken):
                    taken.append(span)
        return [(iso, text[start:end].strip(" .")) for iso, start, end in taken]


def _dates_in_short_forms(text: str) -> list[tuple[str, str]]:
    """Ends without a century ("2013-18") and months in Roman numerals ("IX 2015")."""
    ends = [(match[1][:2] + match[2], match[2]) for match in _SHORT_END.finditer(text) if match[2] > match[1][2:]]
    months = [
        (f"{match[2]}-{_ROMAN.index(match[1].casefold()) + 1:02d}", match[0]) for match in _ROMAN_MONTH.finditer(text)
    ]
    return ends + months


def _letters_of(lines: tuple[Line, ...]) -> tuple[str, list[tuple[int, int]]]:
    """The letters and digits of all lines in one string, and the (line, character) index of each."""
    letters: list[str] = []
    origins: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        for at, character in enumerate(line.text):
            for letter in _letters(character):
                letters.append(letter)
                origins.append((number, at))
    return "".join(letters), origins


def _letters(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())


def _marks(text: str) -> str:
    return "".join({each for each in text if not each.isalnum()})
