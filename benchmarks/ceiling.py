"""Measures how much of the truth is in the extracted text: `python -m benchmarks.ceiling DIR`, a ceiling for any model.

For each document with a truth file: the share of its strings (names, titles, sentences) that are in the extracted text,
and the share in the right order: entry after entry, each with its highlights after its heading.
"""

import argparse
import bisect
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.analysis.evaluation.truth_files import find_labelled
from app.errors import DocumentError
from app.extraction.limits import ExtractionLimits
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type

MOST_PLACES = 20  # occurrences of one string in one document
# The fields in the heading of an entry, in any order, and the fields that follow it.
_SECTIONS = {
    "work": (("name", "position", "location"), ("summary", "highlights")),
    "volunteer": (("organization", "position"), ("summary", "highlights")),
    "education": (("institution", "area", "studyType"), ("courses",)),
    "projects": (("name",), ("description", "highlights")),
    "skills": (("name",), ("keywords",)),
    "languages": (("language",), ()),
    "awards": (("title", "awarder"), ()),
    "certificates": (("name", "issuer"), ()),
    "publications": (("name", "publisher"), ()),
}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Counts for one document; `missing` lists the strings that are not in its text."""

    strings: int
    present: int
    in_order: int
    missing: tuple[str, ...] = ()


def measure(text: str, truth: dict[str, Any]) -> Ceiling:
    """Compares without regard to spaces, punctuation, case and compatibility forms of characters."""
    page = _letters(text)
    strings = present = in_order = 0
    missing: list[str] = []
    for section in _sections(truth):
        places: list[list[int]] = []
        for group in section:
            found = [(string, _places(page, _letters(string))) for string in group if _letters(string)]
            strings += len(found)
            missing += [string for string, at in found if not at]
            # Within a group any order is correct, so sort it as on the page.
            places += sorted((at for _, at in found if at), key=lambda at: at[0])
        present += len(places)
        in_order += _longest_rise(places)
    return Ceiling(strings, present, in_order, tuple(missing))


def _sections(truth: dict[str, Any]) -> Iterator[list[list[str]]]:
    """Sections can be in any order; the groups within a section cannot."""
    basics = truth.get("basics") or {}
    for key in ("name", "label", "email", "url"):
        yield [_strings(basics.get(key))]
    yield [[line] for line in _strings(basics.get("summary"))]
    for name, (heads, tails) in _SECTIONS.items():
        groups: list[list[str]] = []
        for entry in truth.get(name) or []:
            groups.append([string for key in heads for string in _strings(entry.get(key))])
            groups += [[string] for key in tails for string in _strings(entry.get(key))]
        yield groups


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def _places(page: str, string: str) -> list[int]:
    found: list[int] = []
    at = page.find(string)
    while at >= 0 and len(found) < MOST_PLACES:
        found.append(at)
        at = page.find(string, at + 1)
    return found


def _longest_rise(places: list[list[int]]) -> int:
    """The length of the longest sequence of strings whose places increase."""
    ends: list[int] = []
    for options in places:
        for place in reversed(options):  # backwards, so that each string counts once
            at = bisect.bisect_left(ends, place)
            ends[at : at + 1] = [place]
    return len(ends)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--missing", action="store_true", help="also list the strings that are not in the text")
    arguments = parser.parse_args()
    labelled = find_labelled(arguments.folder)
    if not labelled:
        sys.exit(f"No documents with truth files (NAME.truth.json) in {arguments.folder}.")
    print("| document | strings | present | in the right order |\n|---|---:|---:|---:|")
    total = Ceiling(0, 0, 0)
    for item in labelled:
        content = item.path.read_bytes()
        try:
            text = extract_in_sandbox(content, detect_media_type(content, item.path.name), ExtractionLimits()).text
        except DocumentError as error:
            print(f"{item.path.name}: {error.detail}", file=sys.stderr)
            text = ""
        found = measure(text, item.truth)
        _print_row(item.path.name, found)
        for string in found.missing if arguments.missing else ():
            print(f"{item.path.name}: not in the text: {string}", file=sys.stderr)
        total = Ceiling(total.strings + found.strings, total.present + found.present, total.in_order + found.in_order)
    _print_row("**all**", total)


def _print_row(name: str, found: Ceiling) -> None:
    shares = (100 * count / found.strings if found.strings else 0.0 for count in (found.present, found.in_order))
    print(f"| {name} | {found.strings} | {' | '.join(f'{share:.1f} %' for share in shares)} |")


if __name__ == "__main__":
    main()
