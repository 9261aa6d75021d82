"""Replaces a person's name, contacts and address with placeholders before text is sent to a hosted model.

The response is translated back, so grounding, evidence and the stored profile only contain the real words. One object
serves one document: the same word always gets the same placeholder, and no placeholder occurs in the document.
Called by `app.analysis.analyse` when `privacy.pseudonymise_hosted` is set.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from app.analysis.folding import fold
from app.analysis.identity.personal_facts import Mark
from app.analysis.identity.search import Identity
from app.extraction.document import Document

# Placeholders for the parts of a name: words that are unlikely in any resume and look like names in every language
# that a model reads.
_NAME_WORDS = (
    "Quillon", "Tarrowby", "Evrane", "Mostwick", "Ostrella", "Brindlow", "Calvane", "Dorrimore", "Ferrath", "Hollisby",
    "Ivarne", "Jessamond", "Kestrand", "Lorravell", "Norwyth", "Pellandry",
)  # fmt: skip
_HIDDEN = frozenset({"name", "contact", "address", "personal"})
_NETWORK = re.compile(
    r"^(?P<site>(?:https?:/{1,2}\s?)?(?:www\.)?(?:linkedin\.com/(?:in|pub)|xing\.com/profile|(?:github|gitlab|twitter|x|medium|"
    r"dribbble|behance|kaggle|facebook|instagram)\.(?:com|net))/)@?(?P<user>[^/?#\s]+)(?P<rest>.*)$",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")


class Pseudonyms:
    """`first_word` is the number of the name word to begin with: different documents can get different names."""

    def __init__(self, identity: Identity, document: Document, *, first_word: int = 0) -> None:
        self._identity = identity
        self._taken = fold(document.text).text
        self._numbers = count(1)
        first = first_word % len(_NAME_WORDS)
        words = (*_NAME_WORDS[first:], *_NAME_WORDS[:first])
        self._names = (word for word in words if word.casefold() not in self._taken)
        self._placeholders: dict[str, str] = {}  # real text -> placeholder
        self._back: dict[str, str] = {}  # folded placeholder -> real text

    def hide_document(self, document: Document) -> Document:
        """The document in the form that a hosted model may see. Lines keep their numbers."""
        lines = tuple(
            replace(line, text=self._hide(line.text, self._identity.marks_in(line.text, line.number)), words=())
            for line in document.lines
        )
        return replace(document, lines=lines)

    def hide(self, value: Any) -> Any:
        """A JSON value with placeholders in all its strings."""
        return _in_strings(value, lambda text: self._hide(text, self._identity.marks_in(text)))

    def restore(self, value: Any) -> Any:
        """A JSON value with the real words restored in all its strings."""
        if not self._back:
            return value
        pattern = re.compile(
            "|".join(re.escape(each) for each in sorted(self._back, key=len, reverse=True)), re.IGNORECASE
        )
        return _in_strings(value, lambda text: pattern.sub(lambda found: self._back[found[0].casefold()], text))

    def _hide(self, text: str, marks: list[Mark]) -> str:
        pieces: list[str] = []
        at = 0
        for mark in marks:
            if mark.kind in _HIDDEN:
                pieces += [text[at : mark.start], self._placeholder(text[mark.start : mark.end], mark)]
                at = mark.end
        return "".join([*pieces, text[at:]])

    def _placeholder(self, text: str, mark: Mark) -> str:
        if mark.kind == "name":
            return _WORD.sub(lambda found: self._name(found[0]), text)
        if text not in self._placeholders:
            self._placeholders[text] = self._made_up(text, mark)
        return self._placeholders[text]

    def _made_up(self, text: str, mark: Mark) -> str:
        if mark.kind == "personal":
            return "(not stated)"  # no field of the profile comes from it, so nothing needs to be restored
        number = self._number()
        if mark.kind == "address":
            # A town reveals little, and where a candidate lives often matters. A street reveals who it is.
            return self._remember(text, f"{number} Placeholder Street") if re.search(r"\d", text) else text
        if "@" in text:
            return self._remember(text, f"candidate{number}@mail.example")
        network = _NETWORK.match(text)
        if network is not None:
            user = self._remember(network["user"], f"candidate{number}")
            return f"{network['site']}{user}{network['rest']}"
        if sum(character.isdigit() for character in text) > len(text) // 2:
            return self._remember(text, f"+1 202 555 {number:04d}")
        scheme = "https://" if text.lower().startswith("http") else ""
        return self._remember(text, f"{scheme}site{number}.example")

    def _name(self, word: str) -> str:
        key = fold(word).text
        if key not in self._placeholders:
            # A single letter is an initial. It becomes the initial of a placeholder, or stays as it is.
            if len(word) == 1 and word.isascii():
                whole = next((other for real, other in self._placeholders.items() if real.startswith(key)), word)
                return whole[0]
            self._placeholders[key] = self._remember(word, next(self._names, None) or f"Person{self._number()}")
        placeholder = self._placeholders[key]
        return placeholder.upper() if word.isupper() and len(word) > 1 else placeholder

    def _remember(self, real: str, placeholder: str) -> str:
        self._back[placeholder.casefold()] = real
        return placeholder

    def _number(self) -> int:
        """A number whose digits are not in the document, so that no real number is mistaken for a placeholder."""
        return next(number for number in _shifted(self._numbers) if f"{number:04d}" not in self._taken)


def _shifted(numbers: Iterator[int]) -> Iterator[int]:
    return (7300 + number for number in numbers)


def _in_strings(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_in_strings(each, change) for each in value]
    if isinstance(value, dict):
        return {key: _in_strings(each, change) for key, each in value.items()}
    return value
