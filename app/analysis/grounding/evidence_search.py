"""Decides whether a value is in the document, and with which confidence; called by `app.analysis.grounding.check`.

The search moves outward: the cited lines, their neighbors, the page, the document. The further away a value is, the
lower its confidence, and the more specific it must be to count as found.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from app.analysis.grounding.contact_matching import find_email, find_phone, find_url
from app.analysis.grounding.denial import is_denied, is_somebody_else
from app.analysis.grounding.line_matching import Closeness, LineIndex, Match, match_box
from app.analysis.grounding.text_tokens import cut
from app.analysis.profile import Evidence
from app.extraction.document import Document

# An answer that cites this many lines for one entry has not located it.
_MOST_CITED_LINES = 80
# Confidence by distance. It is multiplied by the factor for how closely the text agrees.
_CITED, _ADJACENT, _SAME_PAGE, _ELSEWHERE, _UNCITED, _SHARED = 1.0, 0.95, 0.8, 0.65, 0.75, 0.4
_BESIDE_LINES = 2  # employer, position and location take one to three lines
_CLOSENESS = {Closeness.LITERAL: 1.0, Closeness.NORMALISED: 0.95, Closeness.WITHOUT_ACCENTS: 0.85}


class Kind(Enum):
    NAME = "name"  # of a person, an employer, an institution: never part of a hyphenated name
    PHRASE = "phrase"  # a title, a location
    POSITION = "position"  # held by the person, not by somebody mentioned in a sentence ("reported to the Director")
    CLAIM = "claim"  # a skill, a degree, a certificate, a language: not one that the page negates
    RUNNING_TEXT = "running text"  # sentences, over any number of lines
    USERNAME = "username"  # may be part of a URL
    EMAIL = "e-mail"
    URL = "url"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Grounded:
    """A value that may enter the profile, with its evidence. `lines` are all lines of the match."""

    value: str
    evidence: Evidence
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The lines of an entry. `own` are its cited lines, `adjacent` the lines next to them, `pages` the pages of `own`.

    `foreign` are lines that only other entries cite. If all are empty, the answer cited no usable lines.
    """

    own: frozenset[int] = frozenset()
    adjacent: frozenset[int] = frozenset()
    pages: frozenset[int] = frozenset()
    foreign: frozenset[int] = frozenset()


class EvidenceSearch:
    def __init__(self, document: Document, index: LineIndex, region: str) -> None:
        """`index` belongs to the document. `region` (ISO alpha-2) is for phone numbers without a country code."""
        self.document = document
        self.region = region
        self._index = index
        self._lines_of_page: dict[int, list[int]] = {}
        for line in document.lines:
            self._lines_of_page.setdefault(line.page, []).append(line.number)

    def scope(self, cited: Iterable[int], others: Iterable[int] = ()) -> Scope:
        """The scope of an entry that cites these lines, while other entries cite `others`. Accepts any numbers."""
        last = len(self.document.lines)
        own = frozenset(number for number in cited if 1 <= number <= last)
        if len(own) > _MOST_CITED_LINES:
            own = frozenset()
        foreign = frozenset(others) - own
        adjacent = frozenset(
            near for number in own for near in (number - 1, number + 1) if 1 <= near <= last and near not in own
        )
        pages = frozenset(self.document.lines[number - 1].page for number in own)
        return Scope(own=own, adjacent=adjacent - foreign, pages=pages, foreign=foreign)

    def find(self, value: str, scope: Scope, kind: Kind = Kind.PHRASE, *, local: bool = False) -> Grounded | None:
        """The value with its evidence, or None. `local` searches no further than the neighboring lines."""
        value = " ".join(value.split())
        if not value or not any(character.isalnum() for character in value):
            return None
        look = self._lookup(value, kind)
        if not scope.own:
            if local or says_too_little(value, kind):
                return None
            return self._ground(value, self._lookup(value, kind, far=True)(None), _UNCITED)
        found = self._ground(value, look(scope.own), _CITED)
        if found is None:
            found = self._ground(value, look(scope.adjacent), _ADJACENT)
        if found is not None or local or says_too_little(value, kind):
            return found
        look = self._lookup(value, kind, far=True)
        same_page = [number for page in scope.pages for number in self._lines_of_page.get(page, ())]
        unclaimed = [number for number in same_page if number not in scope.foreign]
        found = self._ground(value, look(unclaimed), _SAME_PAGE)
        if found is None:
            elsewhere = [line.number for line in self.document.lines if line.number not in scope.foreign]
            found = self._ground(value, look(elsewhere), _ELSEWHERE)
        return found

    def find_shared(self, value: str, lines: Iterable[int], kind: Kind) -> Grounded | None:
        """A value shared with another entry. Its confidence is low, because only the order of entries supports it."""
        return self._ground(value, self._lookup(value, kind)(list(lines)), _SHARED)

    def find_beside(self, found: Grounded, other: Grounded, kind: Kind) -> Grounded | None:
        """The same value within two lines of `other`, if it was found further away."""
        if any(abs(one - two) <= _BESIDE_LINES for one in found.lines for two in other.lines):
            return None
        last = len(self.document.lines)
        near = {line + step for line in other.lines for step in range(-_BESIDE_LINES, _BESIDE_LINES + 1)}
        lines = [line for line in near if 1 <= line <= last]
        return self._ground(found.value, self._lookup(found.value, kind)(lines), _SAME_PAGE)

    def evidence_at(self, line_number: int, start: int, end: int, confidence: float) -> Evidence:
        """Evidence for a span that the caller has found itself (a date)."""
        line = self.document.lines[line_number - 1]
        return Evidence(
            page=line.page,
            line=line.number,
            quote=line.text[start:end],
            box=match_box(line, start, end),
            confidence=confidence,
        )

    def _lookup(self, value: str, kind: Kind, *, far: bool = False) -> Callable[[Iterable[int] | None], Match | None]:
        """The search for this kind of value. `far` from its entry, a one-word name must not be part of a longer one."""
        match kind:
            case Kind.EMAIL:
                return lambda lines: find_email(self._index, value, lines)
            case Kind.URL:
                return lambda lines: find_url(self._index, value, lines)
            case Kind.PHONE:
                return lambda lines: find_phone(self._index, value, lines, self.region)
            case Kind.NAME:
                return lambda lines: self._index.find(value, lines, whole_names=True, delimited=far)
            case Kind.RUNNING_TEXT:
                return lambda lines: self._index.find(value, lines, running_text=True)
            case Kind.USERNAME:
                return lambda lines: self._index.find(value, lines, inside_addresses=True)
            case Kind.POSITION:
                return lambda lines: self._index.find(value, lines, unless=is_somebody_else)
            case Kind.CLAIM:
                return lambda lines: self._index.find(value, lines, unless=is_denied)
            case Kind.PHRASE:
                return lambda lines: self._index.find(value, lines)

    def _ground(self, value: str, match: Match | None, nearness: float) -> Grounded | None:
        if match is None:
            return None
        line = self.document.lines[match.first - 1]
        # If a match covers several lines, the box is that of the part on the first line.
        end = match.end if match.first == match.last else len(line.text)
        evidence = Evidence(
            page=line.page,
            line=line.number,
            quote=match.quote,
            box=match_box(line, match.start, end),
            confidence=round(nearness * _CLOSENESS[match.closeness], 2),
        )
        return Grounded(_chosen_text(value, match), evidence, tuple(range(match.first, match.last + 1)))


def _chosen_text(value: str, match: Match) -> str:
    """The document's own text, unless only its typography differs: all capitals or letter-spacing."""
    if match.closeness is Closeness.LITERAL or match.spaced_out:
        return value
    capitals = match.text.isupper() and not value.isupper()
    return value if capitals and match.text.casefold() == value.casefold() else match.text


def says_too_little(value: str, kind: Kind) -> bool:
    """Whether a value has only one or two letters or digits: such values occur everywhere outside their entry."""
    if kind in {Kind.EMAIL, Kind.URL, Kind.PHONE}:
        return False
    tokens = cut(value)
    if tokens and all(token.is_unspaced for token in tokens):
        return len(tokens) < 2
    letters = sum(len(token.text) for token in tokens)
    return letters <= 2 or (letters <= 3 and value.strip().isdigit())
