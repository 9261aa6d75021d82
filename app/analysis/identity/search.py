"""Finds text that reveals who a person is: name, contacts, address, age, gender, origin and, on request, schools.

`app.analysis.identity.blind` masks what it finds; `app.analysis.identity.pseudonyms` replaces it before text is sent to
a hosted model. It uses only rules, because a model must not see this text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import phonenumbers

from app.analysis.folding import FoldedText, fold
from app.analysis.identity.identity_words import IdentityKind
from app.analysis.identity.personal_facts import Mark, find_personal_marks, is_caseless, values_of_lone_labels
from app.analysis.rules.person.contact_details import EMAIL
from app.extraction.document import Document, Line

# Parts of names that are also ordinary words. They are hidden only within the complete name.
_PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "della",
        "di",
        "du",
        "des",
        "la",
        "le",
        "les",
        "van",
        "von",
        "der",
        "den",
        "ten",
        "ter",
        "te",
        "vom",
        "zu",
        "zur",
        "y",
        "e",
        "el",
        "al",
        "bin",
        "ibn",
        "binti",
        "bint",
        "abu",
        "af",
        "av",
        "san",
        "st",
        "mac",
        "mc",
        "jr",
        "sr",
        "ii",
        "iii",
        "iv",
        "dr",
        "prof",
        "mr",
        "mrs",
        "ms",
        "miss",
        "dipl",
        "ing",
        "mba",
        "phd",
        "md",
        "herr",
        "frau",
        "mme",
    ]
)
_WEB = re.compile(
    r"(?:https?:/{1,2}\s?|www\.)[^\s<>()\[\]|,;\"'“”]+"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+[a-z]{2,12}/[^\s<>()\[\]|,;\"'“”]+"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)*(?:linkedin|github|gitlab|xing|twitter|facebook|instagram|behance|dribbble)\.[a-z]{2,4}\b",
    re.IGNORECASE,
)
# The rest of an address that continues from the line above. The network's name may follow in brackets.
_REST = re.compile(r"[^\s()|,;•·]+")
_NETWORK_BEHIND = re.compile(r"\s*\((?:LinkedIn|Xing|GitHub)\)\s*$")
_NUMBER = re.compile(r"(?<![\w@./#])(?:\+|\(\+|00)?\s?\(?\d(?:[\d\s().\-–‑/]){5,20}\d(?![\w@])")
_PHONE_BEFORE = re.compile(
    r"(?:phone|tel|telephone|telefon|mobile|mobil|mob|cell|handy|fax|fon|portable|movil|celular|cellulare|telemovel|"
    r"telefoon|komorka|whatsapp|тел|телефон|电话|電話|手机|携帯|휴대폰|전화|연락처|الهاتف|טלפון|[☎✆📞📱])"
    r"[a-z]{0,6}\.?\s*[:：.]?\s*$"
)
_DOMAIN = re.compile(r"(?<![\w@.-])(?:[\w-]+\.)+[a-z]{2,12}\b", re.IGNORECASE)
# Digits that are dates: a separate year, or a day with month and year.
_DATES = re.compile(r"(?:^|\D)(?:19|20)\d\d(?:\D|$)|(?:^|\D)\d{1,2}[./]\d{1,2}[./]\d{2,4}(?:\D|$)")
_PIECE = re.compile(r"[^|·•;]+")
_HANDLE = re.compile(r"@?[a-z0-9][a-z0-9._-]{3,}")
_MOST_HANDLES = 4  # a line with more other words is a sentence
_MOST_PLACE_WORDS = 4
_LEAST_HANDLE = 4  # characters in a username; shorter ones are ordinary words
_SAME_NUMBER_DIGITS = 7


@dataclass(frozen=True)
class Identity:
    """What is known about one person. `marks_in` finds it, and similar facts, in any text about the person.

    `literals` are hidden everywhere; `in_lines` only in the line with that number, because a city may also be the
    location of a job. Texts are as written in the document.
    """

    names: tuple[str, ...] = ()
    literals: tuple[tuple[str, IdentityKind], ...] = ()
    in_lines: Mapping[int, tuple[tuple[str, IdentityKind], ...]] = field(
        default_factory=dict[int, tuple[tuple[str, IdentityKind], ...]]
    )
    phones: tuple[str, ...] = ()
    language: str = "und"

    def marks_in(self, text: str, line_number: int | None = None) -> list[Mark]:
        """The marks in order of position, without overlaps."""
        folded = fold(text)
        found = [
            *self._name_marks(folded),
            *self._literal_marks(folded, (*self.literals, *self.in_lines.get(line_number or 0, ()))),
            *(Mark(*each.span(), "contact") for pattern in (EMAIL, _WEB) for each in pattern.finditer(text)),
            *self._own_domains(text),
            *find_personal_marks(folded, self.language),
        ]
        found += self._phone_marks(folded, among_contacts=any(mark.kind == "contact" for mark in found))
        if sum(mark.kind in {"contact", "name"} for mark in found) > 1:
            found += _among_contacts(text, [mark for mark in found if mark.kind == "contact"])
        if EMAIL.search(text):
            found += _beside_email(text, _without_overlap(found, text))
        return _without_overlap(found, text)

    @cached_property
    def _whole_names(self) -> tuple[re.Pattern[str], ...]:
        patterns: list[re.Pattern[str]] = []
        for name in self.names:
            parts = [re.escape(part) for part in _parts(name)]
            if not parts:
                continue
            orders = [parts, [*parts[-1:], *parts[:-1]], parts[::-1]] if len(parts) > 1 else [parts]
            patterns += [bounded(r"[\W_]{0,3}".join(order)) for order in orders]
            if len(parts) > 1:  # "A. Whitfield", "Whitfield A."
                first, last = _parts(name)[0][0], parts[-1]
                patterns += [
                    bounded(rf"{re.escape(first)}\.?\s?{last}"),
                    bounded(rf"{last},?\s{re.escape(first)}\.?"),
                ]
        return tuple(patterns)

    @cached_property
    def _name_parts(self) -> tuple[re.Pattern[str], ...]:
        return tuple(bounded(re.escape(word)) for word in self.name_words)

    @property
    def name_words(self) -> list[str]:
        """The folded parts of the names that identify the person by themselves: no initials and no particles."""
        parts = {part for name in self.names for part in _parts(name)}
        return sorted(
            part
            for part in parts
            if part not in _PARTICLES and (len(part) > 2 or (len(part) == 2 and is_caseless(part)))
        )

    def _name_marks(self, folded: FoldedText) -> Iterator[Mark]:
        for pattern in self._whole_names:
            for found in pattern.finditer(folded.text):
                yield Mark(*folded.original_span(*found.span()), "name")
        for pattern in self._name_parts:
            for found in pattern.finditer(folded.text):
                start, end = folded.original_span(*found.span())
                # "Will" is a name if it has a capital; "will" is not.
                if not folded.original[start].islower():
                    yield Mark(start, end, "name")

    @staticmethod
    def _literal_marks(folded: FoldedText, literals: Iterable[tuple[str, IdentityKind]]) -> Iterator[Mark]:
        for text, kind in literals:
            wanted = r"[\s,]+".join(re.escape(word) for word in fold(text).text.replace(",", " ").split())
            if wanted:
                for found in bounded(wanted).finditer(folded.text):
                    yield Mark(*folded.original_span(*found.span()), kind)

    def _own_domains(self, text: str) -> Iterator[Mark]:
        """Domains with the person's name, such as `whitfield.example.com`. Other bare domains ("Node.js") stay."""
        parts = [part for name in self.names for part in _parts(name) if len(part) >= _LEAST_HANDLE]
        for found in _DOMAIN.finditer(text):
            if any(part in fold(found[0]).text for part in parts):
                yield Mark(*found.span(), "contact")

    def _phone_marks(self, folded: FoldedText, *, among_contacts: bool) -> Iterator[Mark]:
        own = [tail for phone in self.phones if (tail := re.sub(r"\D", "", phone)[-_SAME_NUMBER_DIGITS:])]
        for found in _NUMBER.finditer(folded.text):
            digits = re.sub(r"\D", "", found[0])
            if not 7 <= len(digits) <= 16:
                continue
            told = (
                any(tail in digits for tail in own)
                or (found[0].lstrip(" (").startswith(("+", "00")) and len(digits) >= 9)
                or _PHONE_BEFORE.search(folded.text[: found.start()]) is not None
            )
            if told or (_DATES.search(found[0]) is None and (among_contacts or _is_phone(found[0], self.language))):
                yield Mark(*folded.original_span(*found.span()), "contact")


def find_identity(
    profile: Mapping[str, Any],
    evidence: Mapping[str, Mapping[str, Any]],
    document: Document,
    *,
    hide_schools: bool = False,
) -> Identity:
    """The identity in a checked profile and its evidence. `evidence` maps JSON Pointers to objects with a `line`."""
    basics: dict[str, Any] = profile.get("basics", {})
    location: dict[str, Any] = basics.get("location", {})
    # A value entered by a person has no evidence, and the document's original value also reveals who it is.
    quotes: dict[str, str] = {pointer: place["quote"] for pointer, place in evidence.items() if place["quote"]}
    replaced: dict[str, Any] = {pointer: place.get("document_value") for pointer, place in evidence.items()}
    literals: list[tuple[str, IdentityKind]] = []
    # An address without a number is a town, and jobs have towns too.
    literals.extend(
        (location[key], "address")
        for key in ("address", "postalCode")
        if any(character.isdigit() for character in location.get(key) or "")
    )
    literals.extend(
        (each["username"], "contact")
        for each in basics.get("profiles", [])
        if len(each.get("username") or "") >= _LEAST_HANDLE
    )
    literals.extend(
        (text, "contact")
        for text in (basics.get("email"), basics.get("url"), replaced.get("/basics/email"), replaced.get("/basics/url"))
        if text
    )
    if hide_schools:
        studies: list[dict[str, Any]] = profile.get("education", [])
        literals.extend((study["institution"], "school") for study in studies if study.get("institution"))
        literals.extend(
            (text, "school")
            for pointer, text in quotes.items()
            if pointer.startswith("/education/") and pointer.endswith("/institution")
        )
    in_lines: dict[int, tuple[tuple[str, IdentityKind], ...]] = {}
    for key in ("address", "postalCode", "city", "region", "countryCode"):
        place = evidence.get(f"/basics/location/{key}")
        if place is None or place["line"] is None:
            continue
        number: int = place["line"]
        texts = dict.fromkeys(text for text in (location.get(key), place["quote"]) if text and len(text) > 1)
        in_lines[number] = (*in_lines.get(number, ()), *((text, "address") for text in texts))
    for number, mark in (*values_of_lone_labels(document), *_rests_of_torn_addresses(document.lines)):
        in_lines[number] = (*in_lines.get(number, ()), mark)
    names = [basics.get("name"), quotes.get("/basics/name"), replaced.get("/basics/name")]
    return Identity(
        names=tuple(dict.fromkeys(name for name in names if name)),
        literals=tuple(dict.fromkeys(literals)),
        in_lines=in_lines,
        phones=tuple(
            phone
            for phone in (basics.get("phone"), quotes.get("/basics/phone"), replaced.get("/basics/phone"))
            if phone
        ),
        language=document.language,
    )


def _rests_of_torn_addresses(lines: Sequence[Line]) -> Iterator[tuple[int, tuple[str, IdentityKind]]]:
    """Line numbers and the rest of an address that continues from the line above: "in/amara-" then "whitfield-9"."""
    open_end = False
    for upper, lower in pairwise(lines):
        text = upper.text.rstrip()
        ends = [found.end() for found in _WEB.finditer(text)]
        open_end = (open_end and _REST.fullmatch(text) is not None) or bool(ends and ends[-1] == len(text))
        rest = _REST.match(lower.text)
        if not open_end or rest is None:
            open_end = False
            continue
        labelled = _NETWORK_BEHIND.match(lower.text, rest.end()) is not None
        if labelled or text.endswith(("-", "/", "_", "=", "%")):
            yield lower.number, (rest[0], "contact")
        else:
            open_end = False


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[\s,.()\[\]\"/'’-]+", fold(name).text) if part]


def bounded(pattern: str) -> re.Pattern[str]:
    """Requires no letter before and after, so that "Ann" is not found in "Annual", except in scripts without spaces."""
    if is_caseless(pattern):
        return re.compile(pattern)
    return re.compile(rf"(?<![^\W\d_]){pattern}(?![^\W\d_])")


def _is_phone(text: str, language: str) -> bool:
    region = {"en": "US", "zh": "CN", "ja": "JP", "ko": "KR", "sv": "SE", "da": "DK", "cs": "CZ", "el": "GR"}.get(
        language, language.upper()
    )
    for each in dict.fromkeys((region, "US", "GB", "IN", "DE", "FR")):
        try:
            number = phonenumbers.parse(text, each if len(each) == 2 else "US")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False


def _among_contacts(text: str, contacts: Sequence[Mark]) -> Iterator[Mark]:
    """Other parts of a line of contacts: usernames next to the icon of a network, and the person's town.

    A part around a contact ("✉ ana@lopez.example") does not include it, because the contact has its own mark.
    """
    pieces = list(_PIECE.finditer(text))
    longest = _MOST_PLACE_WORDS if len(pieces) > 1 else 1
    for piece in pieces:
        found = piece[0].strip()
        count = len(found.split())
        if 0 < count <= longest and not any(character.isdigit() for character in found):
            start = piece.start() + piece[0].index(found)
            whole = Mark(start, start + len(found), "contact" if count == 1 else "address")
            yield from _around_contacts(whole, text, contacts)


def _around_contacts(piece: Mark, text: str, contacts: Sequence[Mark]) -> Iterator[Mark]:
    """The words of a piece that are outside the contacts in it; the whole piece if there are none."""
    inside = [mark for mark in sorted(contacts) if mark.start < piece.end and piece.start < mark.end]
    if not inside:
        yield piece
    starts = [piece.start, *(mark.end for mark in inside)]
    ends = [*(mark.start for mark in inside), piece.end]
    for start, end in zip(starts, ends, strict=True):
        if inside and any(map(str.isalnum, text[start:end])):
            yield piece._replace(start=start, end=end)


def _beside_email(text: str, marks: Sequence[Mark]) -> Iterator[Mark]:
    """Sites and usernames in the line of the e-mail address, if it has few other words."""
    rest = [
        found
        for found in re.finditer(r"\S+", text)
        if not any(m.start < found.end() and found.start() < m.end for m in marks)
    ]
    sites = [found for found in rest if _DOMAIN.fullmatch(found[0])]
    handles = [found for found in rest if _HANDLE.fullmatch(found[0])]
    for found in sites + (handles if len(rest) <= _MOST_HANDLES else []):
        yield Mark(*found.span(), "contact")


def _without_overlap(marks: Sequence[Mark], text: str) -> list[Mark]:
    """Merges overlapping and touching marks, with the kind of the first, and trims white space at their ends.

    "Whitfield, Amara" is one name, but a comma separates two contacts.
    """
    merged: list[Mark] = []
    for mark in sorted(marks, key=lambda each: (each.start, -each.end)):
        start, end = mark.start, mark.end
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start >= end:
            continue
        if merged and (
            start < merged[-1].end
            or (
                mark.kind == merged[-1].kind
                and not text[merged[-1].end : start].strip(" ," if mark.kind == "name" else " ")
            )
        ):
            merged[-1] = merged[-1]._replace(end=max(end, merged[-1].end))
        else:
            merged.append(Mark(start, end, mark.kind))
    return merged


def mark_lines(lines: Iterable[Line], identity: Identity) -> dict[int, list[Mark]]:
    """Marks by line number, for the lines that have any."""
    found = {line.number: identity.marks_in(line.text, line.number) for line in lines}
    return {number: marks for number, marks in found.items() if marks}
