"""Puts stand-ins in the place of a person's name, contacts and address before a text leaves the premises.

What comes back is turned round again, so that grounding, evidence and the stored profile know only the real words. One
object serves one document: the same word always has the same stand-in, and no stand-in stands in the document itself.
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

# Stand-ins for the parts of a name: rare words that no resume is likely to have, and that look like names in every
# language a model reads.
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
    def __init__(self, identity: Identity, document: Document) -> None:
        self._identity = identity
        self._taken = fold(document.text).text
        self._numbers = count(1)
        self._names = (word for word in _NAME_WORDS if word.casefold() not in self._taken)
        self._stand_ins: dict[str, str] = {}  # real text -> stand-in
        self._back: dict[str, str] = {}  # stand-in, folded -> real text

    def hide_document(self, document: Document) -> Document:
        """The document as a model on somebody else's machine may see it. Lines keep their numbers."""
        lines = tuple(
            replace(line, text=self._hide(line.text, self._identity.marks_in(line.text, line.number)), words=())
            for line in document.lines
        )
        return replace(document, lines=lines)

    def hide(self, value: Any) -> Any:
        """Every string of a JSON value with stand-ins."""
        return _in_strings(value, lambda text: self._hide(text, self._identity.marks_in(text)))

    def restore(self, value: Any) -> Any:
        """Every string of a JSON value with the real words again."""
        if not self._back:
            return value
        pattern = re.compile(
            "|".join(re.escape(stand_in) for stand_in in sorted(self._back, key=len, reverse=True)), re.IGNORECASE
        )
        return _in_strings(value, lambda text: pattern.sub(lambda found: self._back[found[0].casefold()], text))

    def _hide(self, text: str, marks: list[Mark]) -> str:
        pieces: list[str] = []
        at = 0
        for mark in marks:
            if mark.kind in _HIDDEN:
                pieces += [text[at : mark.start], self._stand_in(text[mark.start : mark.end], mark)]
                at = mark.end
        return "".join([*pieces, text[at:]])

    def _stand_in(self, text: str, mark: Mark) -> str:
        if mark.kind == "name":
            return _WORD.sub(lambda found: self._name(found[0]), text)
        if text not in self._stand_ins:
            self._stand_ins[text] = self._made_up(text, mark)
        return self._stand_ins[text]

    def _made_up(self, text: str, mark: Mark) -> str:
        if mark.kind == "personal":
            return "(not stated)"  # nothing is read from it, so nothing has to come back
        number = self._number()
        if mark.kind == "address":
            # A town alone tells little, and where a candidate lives decides much; a street tells who it is.
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
        if key not in self._stand_ins:
            # One letter is an initial: it stands for the stand-in's first letter, or for itself.
            if len(word) == 1 and word.isascii():
                whole = next((other for real, other in self._stand_ins.items() if real.startswith(key)), word)
                return whole[0]
            self._stand_ins[key] = self._remember(word, next(self._names, None) or f"Person{self._number()}")
        stand_in = self._stand_ins[key]
        return stand_in.upper() if word.isupper() and len(word) > 1 else stand_in

    def _remember(self, real: str, stand_in: str) -> str:
        self._back[stand_in.casefold()] = real
        return stand_in

    def _number(self) -> int:
        """One whose digits do not stand in the document, so that no real number is taken for a stand-in."""
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
