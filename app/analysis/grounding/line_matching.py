"""Looks up a value in the lines of a document, token by token. Used by grounding and by the check of summaries.

A value of several words matches only where its words follow each other, possibly across a line break.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from statistics import median

from app.analysis.grounding.text_tokens import Token, cut
from app.extraction.document import Box, Document, Line


class Closeness(IntEnum):
    """How far a match differs from the value, the closest first."""

    LITERAL = 0  # the same characters, apart from white space
    NORMALISED = 1  # differs in case, punctuation, line breaks or letter-spacing
    WITHOUT_ACCENTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`first` and `last` are line numbers. `quote` is the document's text with newlines between lines.

    `text` is the quote as running text: lines joined, hyphenated words restored, bullets removed.
    `spaced_out` is True if the document spaces the letters of the value.
    """

    first: int
    last: int
    start: int
    end: int
    quote: str
    text: str
    closeness: Closeness
    spaced_out: bool = False


@dataclass(frozen=True, slots=True)
class _Placed:
    token: Token
    line: int  # index into Document.lines
    broken: bool = False  # the line ends with a hyphen within this word


# Between two words these show that they are not one name: a new cell, list item or sentence follows.
_HARD_GAP = re.compile(r"[,;:|•·!?\u2022\t/]|\s[-–—]+\s|[。、，；：]")
_SENTENCE_STOP = re.compile(r"[\"'”’)\]]*\.\s")
_LONGEST_ABBREVIATION = 2  # letters before a dot within a sentence: "St. Anna"; longer words usually end a sentence
# Next to these a single word is a complete name: "Kiesel, Ulm" but not "Kiesel Cloud".
_DELIMITED_BEFORE = re.compile(r"(?:^|[^\w\s]|\b(?:at|for|with|bei|für|chez|en|presso|bij|in|@))\s*$", re.IGNORECASE)
_DELIMITED_AFTER = re.compile(r"\s*(?:$|[^\w\s&+]|\d)")
_WORD_BEFORE = re.compile(r"([^\W\d_][\w&'’.-]*)\s+$")
_WORD_AFTER = re.compile(r"\s+([^\W\d_]\w*)")
_WITHIN_PHRASE = re.compile(
    r"\b(?:and|of|for|at|the|und|für|der|et|de|des|du|y|del|e|di|en|van|og|och|&)$", re.IGNORECASE
)
_LARGE_PRINT = 1.25  # times the median size: headings, and the name at the top, which may cover two lines
# "Harbor Drugs-Mobile, AL": job boards join an employer and its town with a hyphen.
_GLUED_PLACE = re.compile(r"[-‐‑][A-Z]\w+(?:[ .'’]+\w+){0,3}, [A-Z]{2}\s*")
_ADDRESS_CHUNK = re.compile(r"@|://|^www\.|[a-z]\.[a-z]{2,}/", re.IGNORECASE)
_COMPOUND = {"-", "‐", "‑", "'", "’"}
_EDGES = " \t.,;:()[]{}<>|\"'“”„‚‘’«»•·*–—-!?/"
_LONE_LEFT = {"", *" ,;/|(:•·"}
_LONE_RIGHT = {"", *" ,;/|)•·:"}
# No value in a resume is longer. The limit bounds the work that a hostile answer can cause.
_MOST_TOKENS = 1000
_MIN_SPELT_LETTERS = 3  # "J a n" may be a spaced-out word; "J D" are initials


class LineIndex:
    """All tokens of a document with their positions."""

    def __init__(self, document: Document) -> None:
        self.lines: tuple[Line, ...] = document.lines
        self._usual_size = median(line.size for line in self.lines) if self.lines else 0.0
        self._placed: list[_Placed] = []
        self._positions: dict[str, list[int]] = defaultdict(list)
        self._spelt: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, line in enumerate(self.lines):
            self._add_line(index, line.text)
        for position, placed in enumerate(self._placed):
            self._positions[placed.token.bare].append(position)
            if placed.broken and position + 1 < len(self._placed):
                self._positions[placed.token.bare + self._placed[position + 1].token.bare].append(position)

    def _add_line(self, index: int, text: str) -> None:
        tokens = cut(text, drop_letter_bullet=True)
        first = len(self._placed)
        stripped = text.rstrip()
        for number, token in enumerate(tokens):
            is_last = number == len(tokens) - 1
            broken = is_last and stripped[token.end :] in {"-", "‐", "\u00ad"} and token.text[-1:].isalpha()
            self._placed.append(_Placed(token, index, broken))
        run = 0
        for number in range(len(tokens) + 1):
            single = number < len(tokens) and len(tokens[number].text) == 1 and tokens[number].text.isalpha()
            if single and not tokens[number].is_unspaced:
                run += 1
                continue
            if run >= _MIN_SPELT_LETTERS:
                letters = "".join(token.bare for token in tokens[number - run : number])
                self._spelt[letters].append((first + number - run, first + number))
            run = 0

    def find(
        self,
        value: str,
        lines: Iterable[int] | None = None,
        *,
        whole_names: bool = False,
        running_text: bool = False,
        inside_addresses: bool = False,
        delimited: bool = False,
        unless: Callable[[str], bool] | None = None,
    ) -> Match | None:
        """The best match of `value` that begins in one of `lines` (line numbers; None for anywhere), or None.

        `whole_names`: neither end may be inside a hyphenated name. `running_text`: the match may cross separators,
        paragraphs and pages, as a wrapped sentence does. `inside_addresses`: it may be part of a URL or e-mail address.
        `delimited`: it must not be part of a longer name, so a single word needs separators around it and several words
        no capitalized word next to them. `unless`: rejects a match if true for the text before it in its line.
        """
        value = unicodedata.normalize("NFC", value)
        wanted = cut(value)
        if not wanted or len(wanted) > _MOST_TOKENS:
            return None
        allowed = None if lines is None else set(lines)
        best: Match | None = None
        for position in self._positions.get(wanted[0].bare, ()):
            if allowed is not None and self.lines[self._placed[position].line].number not in allowed:
                continue
            stop = self._match_from(position, wanted)
            if stop is None or not self._is_whole(
                position, stop, wanted, whole_names=whole_names, inside_addresses=inside_addresses
            ):
                continue
            if not running_text and not self._hangs_together(position, stop, value, wanted):
                continue
            if delimited and not self._is_delimited(position, stop):
                continue
            placed = self._placed[position]
            if unless is not None and unless(self.lines[placed.line].text[: placed.token.start]):
                continue
            match = self._describe(position, stop, value, wanted)
            if best is None or (match.closeness, match.last - match.first) < (best.closeness, best.last - best.first):
                best = match
            if best.closeness is Closeness.LITERAL and best.first == best.last:
                break
        return best or self._find_spelt_out(value, wanted, allowed)

    def _match_from(self, position: int, wanted: Sequence[Token]) -> int | None:
        """The position after a match that begins at `position`, or None."""
        at = position
        for token in wanted:
            if at >= len(self._placed):
                return None
            placed = self._placed[at]
            if placed.token.bare == token.bare:
                at += 1
            elif (
                placed.broken
                and at + 1 < len(self._placed)
                and placed.token.bare + self._placed[at + 1].token.bare == token.bare
            ):
                at += 2
            else:
                return None
        return at

    def _is_whole(
        self, position: int, stop: int, wanted: Sequence[Token], *, whole_names: bool, inside_addresses: bool
    ) -> bool:
        """Whether both ends of the match are the ends of an independent word or name."""
        first, last = self._placed[position], self._placed[stop - 1]
        before = self.lines[first.line].text[: first.token.start]
        after = self.lines[last.line].text[last.token.end :]
        if last.broken and whole_names:
            return False
        if not inside_addresses and (
            self._cuts_address(first, before, is_start=True) or self._cuts_address(last, after, is_start=False)
        ):
            return False
        glued_before = before[-1:] in _COMPOUND and before[-2:-1].isalnum()
        glued_after = after[:1] in _COMPOUND and after[1:2].isalnum()
        if glued_after and len(wanted) > 1 and _GLUED_PLACE.fullmatch(after) is not None:
            glued_after = False
        if whole_names and (
            (glued_before and not wanted[0].is_unspaced) or (glued_after and after[1:3] not in {"s", "s "})
        ):
            return False
        if len(wanted) == 1 and len(wanted[0].text) == 1 and not wanted[0].is_unspaced:
            # A single letter must be separate: "R" is neither in "R&D" nor in "R. Miller".
            return before[-1:] in _LONE_LEFT and (after[:1] in _LONE_RIGHT or after.strip() == ".")
        return True

    def _cuts_address(self, placed: _Placed, side: str, *, is_start: bool) -> bool:
        text = self.lines[placed.line].text
        begin = text.rfind(" ", 0, placed.token.start) + 1
        stop = text.find(" ", placed.token.end)
        chunk = text[begin : len(text) if stop < 0 else stop]
        if _ADDRESS_CHUNK.search(chunk) is None:
            return False
        rest = side[side.rfind(" ") + 1 :] if is_start else side.split(" ", 1)[0]
        return rest.strip(_EDGES) != ""

    def _hangs_together(self, position: int, stop: int, value: str, wanted: Sequence[Token]) -> bool:
        """Whether the words of the match form one phrase, without separators that the value does not have."""
        value_gaps = any(_separates(left, value[left.end : right.start]) for left, right in pairwise(wanted))
        for left, right in pairwise(self._placed[position:stop]):
            upper, lower = self.lines[left.line], self.lines[right.line]
            if left.line == right.line:
                gap = upper.text[left.token.end : right.token.start]
            else:
                gap = f"{upper.text[left.token.end :]} {lower.text[: right.token.start]}"
                if not self._is_one_print(upper, lower):
                    return False
            if _separates(left.token, gap) and not value_gaps:
                return False
        return True

    def _is_one_print(self, upper: Line, lower: Line) -> bool:
        """Whether two lines form one text: same weight, size and block, or one large heading."""
        # A bold title that breaks after "and" or "of" continues on a line whose rest may be regular.
        if upper.page != lower.page or (upper.bold != lower.bold and _WITHIN_PHRASE.search(upper.text) is None):
            return False
        if abs(upper.size - lower.size) > 0.15 * max(upper.size, lower.size):
            return False
        return upper.block == lower.block or min(upper.size, lower.size) > _LARGE_PRINT * self._usual_size > 0

    def _is_delimited(self, position: int, stop: int) -> bool:
        first, last = self._placed[position], self._placed[stop - 1]
        before = self.lines[first.line].text[: first.token.start]
        after = self.lines[last.line].text[last.token.end :]
        if stop - position > 1:
            neighbours = (_WORD_BEFORE.search(before), _WORD_AFTER.match(after))
            return not any(word is not None and word[1][:1].isupper() for word in neighbours)
        return _DELIMITED_BEFORE.search(before) is not None and _DELIMITED_AFTER.match(after) is not None

    def _describe(self, position: int, stop: int, value: str, wanted: Sequence[Token]) -> Match:
        first, last = self._placed[position], self._placed[stop - 1]
        start, end = self._with_edges(first, last, value, wanted)
        pieces = self._pieces(first.line, last.line, start, end)
        broken = {each.line for each in self._placed[position : stop - 1] if each.broken}
        merged = broken if stop - position > len(wanted) else set[int]()
        text = _join(pieces, first.line, merged)
        literal = " ".join(text.split()) == " ".join(value.split())
        same_accents = "".join(placed.token.text for placed in self._placed[position:stop]) == "".join(
            token.text for token in wanted
        )
        closeness = (
            Closeness.LITERAL if literal else Closeness.NORMALISED if same_accents else Closeness.WITHOUT_ACCENTS
        )
        return Match(
            first=self.lines[first.line].number,
            last=self.lines[last.line].number,
            start=start,
            end=end,
            quote="\n".join(pieces),
            text=text,
            closeness=closeness,
        )

    def _with_edges(self, first: _Placed, last: _Placed, value: str, wanted: Sequence[Token]) -> tuple[int, int]:
        """The span with the value's own punctuation at its ends, as far as the document has it: "B.Sc.", ".NET"."""
        lead, tail = value[: wanted[0].start].strip(), value[wanted[-1].end :].strip()
        start, end = first.token.start, last.token.end
        upper, lower = self.lines[first.line].text, self.lines[last.line].text
        while lead and start > 0 and upper[start - 1] == lead[-1]:
            start, lead = start - 1, lead[:-1]
        while tail and end < len(lower) and lower[end] == tail[0]:
            end, tail = end + 1, tail[1:]
        return start, end

    def _pieces(self, first_line: int, last_line: int, start: int, end: int) -> list[str]:
        if first_line == last_line:
            return [self.lines[first_line].text[start:end]]
        middle = [self.lines[index].text for index in range(first_line + 1, last_line)]
        return [self.lines[first_line].text[start:], *middle, self.lines[last_line].text[:end]]

    def _find_spelt_out(self, value: str, wanted: Sequence[Token], allowed: set[int] | None) -> Match | None:
        """Finds "J A N E D O E": a whole run of single letters that is the whole value."""
        for position, stop in self._spelt.get("".join(token.bare for token in wanted), ()):
            first, last = self._placed[position], self._placed[stop - 1]
            line = self.lines[first.line]
            if len(wanted) < stop - position and (allowed is None or line.number in allowed):
                start, end = first.token.start, last.token.end
                quote = line.text[start:end]
                return Match(
                    first=line.number,
                    last=line.number,
                    start=start,
                    end=end,
                    quote=quote,
                    text=value,
                    closeness=Closeness.NORMALISED,
                    spaced_out=True,
                )
        return None


def _separates(left: Token, gap: str) -> bool:
    """Whether the characters between two words show that they do not belong to one name."""
    if _HARD_GAP.search(gap) is not None:
        return True
    return len(left.text) > _LONGEST_ABBREVIATION and _SENTENCE_STOP.match(gap) is not None


def match_box(line: Line, start: int, end: int) -> Box | None:
    """The union of the boxes of the words that overlap the half-open span of the line's text."""
    boxes: list[Box] = []
    at = 0
    for word in line.words:
        found = line.text.find(word.text, at)
        if found < 0:
            return line.box
        at = found + len(word.text)
        if word.box is not None and found < end and at > start:
            boxes.append(word.box)
    if not boxes:
        return line.box
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


_LEADING_BULLET = re.compile(r"^\s*(?:[•●▪■◦‣∙·►▸▶➢➤✓✔❖◆◇○◎⁃➔→*\uf0b7\uf0a7]|[-–—]\s|o\s(?=\S))\s*")


def _join(pieces: list[str], first_line: int, merged: set[int]) -> str:
    text = pieces[0]
    for offset, piece in enumerate(pieces[1:]):
        following = _LEADING_BULLET.sub("", piece).strip()
        if first_line + offset in merged:
            text = text.rstrip().rstrip("-‐\u00ad") + following
        elif text and following and _is_unspaced(text.rstrip()[-1:]) and _is_unspaced(following[0]):
            text = text.rstrip() + following
        else:
            text = f"{text.rstrip()} {following}"
    return " ".join(text.split())


def _is_unspaced(character: str) -> bool:
    tokens = cut(character)
    return bool(tokens) and tokens[0].is_unspaced
