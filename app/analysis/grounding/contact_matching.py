"""Finds e-mail addresses, URLs and phone numbers in lines. Words and punctuation count differently there than in prose.

Used by `app.analysis.grounding.evidence_search`. An address must match completely: `ann@example.com` is not in
`joann@example.com`.
"""

import re
from collections.abc import Iterable, Iterator

from app.analysis.folding import fold
from app.analysis.grounding.line_matching import Closeness, LineIndex, Match
from app.analysis.normalise.contacts import normalise_phone

_PHONE = re.compile(r"(?:\+|\(\+|\b00|\(?\b)\d[\d\s()./\u00a0-]{4,}\d\b")
_POSTAL_CODE = re.compile(r"(?:\d{4,6}\s+(?=[(+]))?")
_MIN_PHONE_DIGITS = 6
# A space or line break may split an address at its own punctuation, but never between two letters.
_TEAR = re.compile(r"[@./_=?&-]")
_WRITTEN_PREFIX = re.compile(r"(?:https?://?\s*)?(?:www\.)?$", re.IGNORECASE)
_URL_PREFIX = re.compile(r"^(?:mailto:)?(?:[a-z][a-z0-9+.-]*://?\s*)?(?:www\.)?", re.IGNORECASE)


def find_email(index: LineIndex, value: str, lines: Iterable[int] | None = None) -> Match | None:
    """A complete e-mail address; case does not matter."""
    needle = value.strip().removeprefix("mailto:")
    found = _find_address(index, needle, lines, r"[\w.+%-]", r"(?:[\w@-]|\.\w)")
    return None if found is None else _match(index, *found, value)


def find_url(index: LineIndex, value: str, lines: Iterable[int] | None = None) -> Match | None:
    """A complete URL; the scheme, `www.` and a trailing slash do not matter."""
    needle = _URL_PREFIX.sub("", value.strip()).rstrip("/")
    found = _find_address(index, needle, lines, r"(?:(?<!www)\.|[\w@-]|(?<![:/])/)", r"(?:[\w@-]|[./?#=&]\w)")
    if found is None:
        return None
    position, start, end = found
    # If the document writes a scheme, the quote includes it.
    prefix = _WRITTEN_PREFIX.search(index.lines[position].text[:start])
    return _match(index, position, prefix.start() if prefix else start, end, value)


def find_phone(index: LineIndex, value: str, lines: Iterable[int] | None, region: str) -> Match | None:
    """A number in the document with the same digits, or one that is the same in international form."""
    wanted = _digits(value)
    if len(wanted) < _MIN_PHONE_DIGITS:
        return None
    standard = normalise_phone(value, region)
    for position in _positions(index, lines):
        line = index.lines[position]
        folded = fold(line.text)
        for candidate in _PHONE.finditer(folded.text):
            # "CA 94588 (555) 123-4567": a postal code before a bracket or a plus is not part of the number.
            begin = candidate.start() + _POSTAL_CODE.match(candidate.group()).end()  # pyright: ignore[reportOptionalMemberAccess]
            # "020 7946 0173 / 14 Tannery Row": the text after the slash may not be part of the number either.
            apart = re.search(r"\s/\s", folded.text[begin : candidate.end()])
            for stop in (candidate.end(), *([begin + apart.start()] if apart is not None else [])):
                number = folded.text[begin:stop]
                same_number = standard is not None and normalise_phone(number, region) == standard
                if _digits(number) == wanted or same_number:
                    start, end = folded.original_span(begin, stop)
                    return _match(index, position, start, end, value)
    return None


def _digits(text: str) -> str:
    """The digits to dial. The zero in "+49 (0)30" is not dialed from abroad."""
    folded = fold(text).text
    return "".join(each for each in folded.replace("(0)", "") if each.isdigit())


def _find_address(
    index: LineIndex, needle: str, lines: Iterable[int] | None, not_before: str, not_after: str
) -> tuple[int, int, int] | None:
    """The line's index and a half-open span, which may continue into the next line."""
    wanted = re.sub(r"\s+", "", fold(needle, accents=True).text)
    if len(wanted) < 4 or "." not in wanted:
        return None
    before, after = re.compile(not_before + "$"), re.compile(not_after)
    for position in _positions(index, lines):
        line = index.lines[position]
        following = index.lines[position + 1].text if position + 1 < len(index.lines) else ""
        joined = fold(f"{line.text}\n{following}", accents=True)
        packed = [place for place, character in enumerate(joined.text) if character != " "]
        haystack = "".join(joined.text[place] for place in packed)
        at = haystack.find(wanted)
        while at >= 0:
            first, last = packed[at], packed[at + len(wanted) - 1]
            start, end = joined.original_span(first, last + 1)
            left, right = joined.text[max(0, first - 4) : first], joined.text[last + 1 : last + 3]
            whole = before.search(left) is None and after.match(right) is None
            if start < len(line.text) and whole and _is_torn_well(joined.text[first : last + 1]):
                return (position, start, end)
            at = haystack.find(wanted, at + 1)
    return None


def _is_torn_well(found: str) -> bool:
    """Whether every gap inside the match is next to the punctuation of an address."""
    for gap in re.finditer(r" +", found):
        left, right = found[gap.start() - 1], found[gap.end()]
        if _TEAR.fullmatch(left) is None and _TEAR.fullmatch(right) is None:
            return False
    return True


def _match(index: LineIndex, position: int, start: int, end: int, value: str) -> Match:
    line = index.lines[position]
    runs_over = end > len(line.text)
    quote = f"{line.text}\n{index.lines[position + 1].text}"[start:end] if runs_over else line.text[start:end]
    return Match(
        first=line.number,
        last=line.number + 1 if runs_over else line.number,
        start=start,
        end=min(end, len(line.text)),
        quote=quote,
        text=quote if not runs_over else re.sub(r"\s+", "", quote),
        closeness=Closeness.LITERAL if quote == value.strip() else Closeness.NORMALISED,
    )


def _positions(index: LineIndex, lines: Iterable[int] | None) -> Iterator[int]:
    if lines is None:
        yield from range(len(index.lines))
    else:
        yield from (number - 1 for number in sorted(set(lines)) if 1 <= number <= len(index.lines))
