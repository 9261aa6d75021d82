"""Decides how much of a resume a model reads; called by `app.analysis.analyse` before the request.

* `model`: all of it.
* `verify`: the sections that the built-in parser may have misread (`app.analysis.readings.doubt`); none if there are no
  such sections.
* `rules-first`: nothing if the parser has read every required field with enough confidence, otherwise all of it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Self, get_args

from app.analysis.answer import Answer
from app.analysis.grounding.grounded_entries import Entry, Sections
from app.analysis.readings.confidence import with_confidence
from app.analysis.readings.doubt import doubtful_lines
from app.analysis.readings.entry_sections import leaves_of
from app.analysis.readings.rules_reading import RulesReading
from app.extraction.document import Document
from app.routing.attempt import Billing
from app.routing.clients import Client
from app.routing.tokens import estimate_tokens

StrategyName = Literal["model", "verify", "rules-first"]
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
RequiredField = Literal["name", "email", "phone", "work", "education", "skills", "languages"]
_HEAD: frozenset[RequiredField] = frozenset({"name", "email", "phone"})
# What identifies an entry of these and when it took place; the rest of an entry is not required to be certain.
_DECISIVE = {
    "work": ("name", "position", "startDate", "endDate"),
    "education": ("institution", "studyType", "area", "startDate", "endDate"),
    "skills": ("keywords",),
    "languages": ("language",),
}


# Estimates of tokens are upper ones, about a quarter too many (`app.routing.tokens`). Savings are not to be overstated.
_USUAL_SHARE = Decimal("0.8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a request about the whole document would have needed in addition. Estimates, and none of them is billed.

    `no_request` is True if no model was called at all. `client` is the one that would have been called first.
    """

    strategy: StrategyName
    client: str
    model: str | None
    billing: Billing
    input_tokens: int
    output_tokens: int
    no_request: bool


@dataclass(frozen=True, slots=True)
class RequestScope:
    """The numbers of the lines that a model is to read; empty if the built-in parser's reading is taken."""

    lines: frozenset[int]
    is_whole: bool

    @classmethod
    def all_of(cls, document: Document) -> Self:
        return cls(frozenset(line.number for line in document.lines), is_whole=True)

    def lines_to_send(self, rules: RulesReading, document: Document) -> frozenset[int]:
        """The lines in question, and that of the name: without it, a part of a resume looks like another document."""
        name = {leaf.evidence.line for leaf in leaves_of(rules.grounded.sections.basics, "name")}
        return frozenset((self.lines | name) & {line.number for line in document.lines})

    def saved(
        self, client: Client, answer: Answer, document: Document, whole_prompt_tokens: int, strategy: StrategyName
    ) -> Saved:
        """`answer` is the built-in parser's: it has the shape and the texts of the model's answer."""
        sent = estimate_tokens(document.numbered_text(self.lines))
        unsent = whole_prompt_tokens if not self.lines else estimate_tokens(document.numbered_text()) - sent
        return Saved(
            strategy=strategy,
            client=client.name,
            model=client.model,
            billing=client.billing,
            input_tokens=usual_tokens(unsent),
            output_tokens=usual_tokens(settled_tokens(answer, self.lines)),
            no_request=not self.lines,
        )


def usual_tokens(upper_estimate: int) -> int:
    """What such an estimate usually turns out to be."""
    return int(max(0, upper_estimate) * _USUAL_SHARE)


@dataclass(frozen=True, slots=True)
class Strategy:
    """`required` and `confidence` (0 to 1) apply to `rules-first`."""

    name: StrategyName = "model"
    required: tuple[RequiredField, ...] = ()
    confidence: float = 1.0

    def choose(self, rules: RulesReading, document: Document) -> RequestScope:
        everything = RequestScope.all_of(document)
        if self.name == "model":
            return everything
        doubtful = doubtful_lines(rules.parsed, rules.grounded.sections, document)
        if doubtful == everything.lines:
            return everything
        if self.name == "verify":
            return RequestScope(doubtful, is_whole=False)
        certain = all(_has(with_confidence(rules.grounded.sections), name, self.confidence) for name in self.required)
        return RequestScope(frozenset(), is_whole=False) if certain else everything


def _has(weighed: Sections, name: RequiredField, confidence: float) -> bool:
    """Whether the field is there, and every value of it that decides is confident enough."""
    if name in _HEAD:
        return weighed.basics.has_any(name) and _is_sure(weighed.basics, (name,), confidence)
    entries: Sequence[Entry] = getattr(weighed, name)
    return bool(entries) and all(_is_sure(entry, _DECISIVE[name], confidence) for entry in entries)


def _is_sure(entry: Entry, keys: Sequence[str], confidence: float) -> bool:
    return all(leaf.evidence.confidence >= confidence for key in keys for leaf in leaves_of(entry, key))


def settled_tokens(answer: Answer, lines: frozenset[int]) -> int:
    """Estimated tokens that a model would have written about everything outside of these lines."""
    value: dict[str, Any] = answer.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    settled: dict[str, Any] = {}
    for key, said in value.items():
        entries: list[dict[str, Any]] = said if isinstance(said, list) else [said] if isinstance(said, dict) else []
        left = [entry for entry in entries if lines.isdisjoint(entry.get("lines", ()))]
        if left:
            settled[key] = left if isinstance(said, list) else left[0]
    return estimate_tokens(json.dumps(settled, ensure_ascii=False, separators=(",", ":"))) if settled else 0
