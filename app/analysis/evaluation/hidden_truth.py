"""Makes a labelled document that does not show whose resume it is: its text and its truth with the same placeholders.

Pure. `app.pipeline.operations.evaluation_set` calls it for `vitae eval from-corrections --pseudonymise`. The truth is
not translated value by value: `+34600111222` in a profile is `600 111 222` on the page. Instead, the answer that a
perfect model would give is written with placeholders and checked against the text with placeholders.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from pydantic import ValidationError

from app.analysis.answer import Answer
from app.analysis.evaluation.ideal_answer import expressible, ideal_answer
from app.analysis.folding import fold
from app.analysis.grounding.check import check_answer
from app.analysis.identity.pseudonyms import Pseudonyms
from app.analysis.identity.search import Identity, bounded, find_identity
from app.extraction.document import Document

_PHONE_DIGITS = 7  # the part of a number that is the same with and without an international prefix
_LEAST_CHARACTERS = 4  # shorter user names are also ordinary words


@dataclass(frozen=True, slots=True)
class HiddenTruth:
    """`text` is the document, line by line; an empty line separates blocks. `evidence` counts the same lines."""

    text: str
    truth: dict[str, Any]
    evidence: dict[str, Any]


def hide_truth(
    truth: Mapping[str, Any],
    evidence: Mapping[str, Mapping[str, Any]],
    document: Document,
    *,
    default_region: str,
    first_word: int,
) -> HiddenTruth | None:
    """None if the person's name is unknown, if anything that identifies the person would remain, or if a value outside
    the contact block would be lost.
    """
    identity = find_identity(truth, evidence, document)
    if not identity.names:
        return None
    pseudonyms = Pseudonyms(identity, document, first_word=first_word)
    hidden = pseudonyms.hide_document(document)
    try:
        answer = ideal_answer(truth, evidence, document, default_region=default_region)
    except ValidationError:
        return None
    hidden_answer = Answer.model_validate(pseudonyms.hide(answer.model_dump()))
    checked = check_answer(hidden_answer, hidden, as_of=date.min, default_region=default_region)
    found = expressible(checked.profile)
    if "name" not in found["basics"] or _count_outside_basics(found) != _count_outside_basics(expressible(truth)):
        return None
    if any(_reveals(text, identity, truth) for text in (hidden.text, *_texts(found))):
        return None
    places = {pointer: place.to_json() for pointer, place in checked.evidence.items()}
    return HiddenTruth(_as_text(hidden), found, places)


def _count_outside_basics(profile: Mapping[str, Any]) -> int:
    return sum(1 for _ in _texts({name: each for name, each in profile.items() if name != "basics"}))


def _reveals(text: str, identity: Identity, truth: Mapping[str, Any]) -> bool:
    """Whether a text still has a name, an address or a number of the person.

    Stricter than the search: a first name that is also an ordinary word ("will") counts in lower case, too.
    """
    folded = fold(text).text
    if any(bounded(re.escape(word)).search(folded) for word in identity.name_words):
        return True
    basics: Mapping[str, Any] = truth.get("basics") or {}
    contacts = [basics.get("email"), basics.get("url")]
    contacts += [each.get(key) for each in basics.get("profiles") or [] for key in ("username", "url")]
    contacts += [text for text, kind in identity.literals if kind == "contact"]
    bare = [re.sub(r"^(?:https?://)?(?:www\.)?", "", fold(each).text).rstrip("/") for each in contacts if each]
    if any(len(each) >= _LEAST_CHARACTERS and each in folded for each in bare):
        return True
    digits = re.sub(r"\D", "", folded)
    tails = (re.sub(r"\D", "", phone)[-_PHONE_DIGITS:] for phone in identity.phones)
    return any(len(tail) == _PHONE_DIGITS and tail in digits for tail in tails)


def _as_text(document: Document) -> str:
    out: list[str] = []
    block: int | None = None
    for line in document.lines:
        if block is not None and line.block != block:
            out.append("")
        block = line.block
        out.append(line.text)
    return "\n".join(out) + "\n"


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in cast("dict[str, Any]", value).values() for text in _texts(each)]
    return [text for each in cast("list[Any]", value or []) for text in _texts(each)] if isinstance(value, list) else []
