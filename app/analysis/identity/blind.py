"""The blind view: a profile and a document that do not reveal who the person is.

Removed or masked are name, contacts, photo, address, age, gendered words, nationality and family, people named as
references, and on request schools. Employers, dates of work and degrees stay, because they are what is evaluated.
Called by `app.pipeline.resumes.blind_view`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.analysis.identity.personal_facts import Mark
from app.analysis.identity.search import Identity, mark_lines
from app.extraction.document import Box, Document, Line, Word
from app.extraction.pages.page_layout import LaidPage, LaidWord
from app.extraction.pdf.page_words import PageWords

_HIDDEN_BASICS = frozenset({"name", "email", "phone", "url", "image", "location", "profiles"})
# Links to a person's work reveal the person; the website of an employer does not.
_ADDRESSES_KEPT = frozenset({"work", "education"})
# Values with a fixed format, which masking would break. A URL is kept as it is or removed.
_AS_THEY_ARE = frozenset({"url", "startDate", "endDate", "date", "releaseDate"})
_NAMES_OF_OTHERS = frozenset({"references"})


@dataclass(frozen=True, slots=True)
class Blinded:
    profile: dict[str, Any]
    evidence: dict[str, Any]


def mask(text: str, marks: Sequence[Mark]) -> str:
    """The text with `[name]`, `[contact]` and so on in place of the marks."""
    pieces: list[str] = []
    at = 0
    for mark in marks:
        pieces += [text[at : mark.start], f"[{mark.kind}]"]
        at = mark.end
    return "".join([*pieces, text[at:]])


def blind_profile(profile: Mapping[str, Any], evidence: Mapping[str, Any], identity: Identity) -> Blinded:
    """`evidence` keeps the entries of the remaining values. Their quotes are masked like the page."""
    kept: dict[str, Any] = {}
    for section, value in profile.items():
        if section in _NAMES_OF_OTHERS or section == "meta":
            continue
        if section == "basics":
            kept[section] = _masked({key: each for key, each in value.items() if key not in _HIDDEN_BASICS}, identity)
        else:
            kept[section] = _masked(_without_addresses(value, section), identity)
    kept.setdefault("basics", {})
    return Blinded(
        kept, {pointer: _blind_place(place, identity) for pointer, place in evidence.items() if _has(kept, pointer)}
    )


def _blind_place(place: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
    """Evidence with a masked quote. For a corrected value, the original is masked and the author is removed."""
    blind = {key: value for key, value in place.items() if key not in {"by", "document_value"}}
    if place["quote"]:
        blind["quote"] = mask(place["quote"], identity.marks_in(place["quote"], place["line"]))
    if "document_value" in place:
        blind["document_value"] = _masked(place["document_value"], identity)
    return blind


def blind_integrity(integrity: Mapping[str, Any] | None, identity: Identity) -> dict[str, Any] | None:
    """The findings stay, because they count against a resume, but their text is masked like all other text."""
    if integrity is None:
        return None
    return _masked(dict(integrity), identity)


def blind_document(document: Document, identity: Identity) -> Document:
    """The same lines with marked words masked, and without the hidden text."""
    marked = mark_lines(document.lines, identity)
    lines = tuple(_blind_line(line, marked[line.number]) if line.number in marked else line for line in document.lines)
    return replace(document, lines=lines, hidden=())


def words_by_page(document: Document, identity: Identity) -> dict[int, PageWords]:
    """The remaining words and the hidden boxes by page number. A word that a mark touches is hidden completely."""
    marked = mark_lines(document.lines, identity)
    kept: dict[int, list[tuple[str, Box]]] = {page.number: [] for page in document.pages}
    hidden: dict[int, list[Box]] = {page.number: [] for page in document.pages}
    for line in document.lines:
        gone = {id(word) for word, _ in _touched(line, marked.get(line.number, []))}
        for word in line.words:
            if word.box is None:
                continue
            if id(word) in gone:
                hidden[line.page].append(word.box)
            else:
                kept[line.page].append((word.text, word.box))
    return {number: PageWords(kept[number], hidden[number]) for number in kept}


def blind_pages(pages: Sequence[LaidPage], document: Document, identity: Identity) -> list[LaidPage]:
    """The same pages with `[name]`, `[contact]` ... for words that go.

    A word of the page that is not known from the document goes as well, unless it has neither letter nor digit.
    """
    marked = mark_lines(document.lines, identity)
    gone: dict[tuple[int, int], str] = {}
    for line in document.lines:
        kinds = {id(word): mark.kind for word, mark in _touched(line, marked.get(line.number, []))}
        gone |= {(line.number, at): kinds[id(word)] for at, word in enumerate(line.words) if id(word) in kinds}

    def blind(word: LaidWord) -> LaidWord:
        if word.line is not None and word.index is not None:
            kind = gone.get((word.line, word.index))
        else:
            kind = "unknown" if any(map(str.isalnum, word.text)) else None
        return word if kind is None else replace(word, text=f"[{kind}]", hidden=True)

    return [replace(page, words=tuple(map(blind, page.words))) for page in pages]


def _touched(line: Line, marks: Sequence[Mark]) -> list[tuple[Word, Mark]]:
    """The words that a mark touches. `line.text` consists of the words joined by single spaces."""
    found: list[tuple[Word, Mark]] = []
    start = 0
    for word in line.words:
        end = start + len(word.text)
        mark = next((mark for mark in marks if mark.start < end and start < mark.end), None)
        if mark is not None:
            found.append((word, mark))
        start = end + 1
    return found


def _blind_line(line: Line, marks: Sequence[Mark]) -> Line:
    text = mask(line.text, marks)
    hidden = {id(word): mark for word, mark in _touched(line, marks)}
    words = tuple(
        replace(word, text=f"[{hidden[id(word)].kind}]") if id(word) in hidden else word for word in line.words
    )
    return replace(line, text=text, words=words)


def _without_addresses(value: Any, section: str) -> Any:
    if section in _ADDRESSES_KEPT or not isinstance(value, list):
        return value
    return [
        {key: each for key, each in entry.items() if key != "url"} if isinstance(entry, dict) else entry
        for entry in value
    ]


def _masked(value: Any, identity: Identity) -> Any:
    """All strings of a JSON value masked, without URLs that contain the name."""
    if isinstance(value, str):
        return mask(value, identity.marks_in(value))
    if isinstance(value, list):
        return [_masked(each, identity) for each in value]
    if isinstance(value, dict):
        return {
            key: each if key in _AS_THEY_ARE else _masked(each, identity)
            for key, each in value.items()
            if key != "url" or not _tells_a_name(each, identity)
        }
    return value


def _tells_a_name(url: Any, identity: Identity) -> bool:
    # Every URL looks like a contact. Here it only matters whether this one contains the person's name.
    return not isinstance(url, str) or any(mark.kind == "name" for mark in replace(identity, literals=()).marks_in(url))


def _has(profile: Any, pointer: str) -> bool:
    at = profile
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(at, list):
            if not key.isdigit() or int(key) >= len(at):
                return False
            at = at[int(key)]
        elif isinstance(at, dict) and key in at:
            at = at[key]
        else:
            return False
    return True
