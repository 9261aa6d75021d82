"""Collects what grounding reports about an answer: the number of dropped values, and warnings for people.

A warning names the place in the answer, never the value, which may be personal or invented.
"""

from dataclasses import dataclass, field

# Keeps the warnings of a model that invents everything to a readable length. The count of values stays exact.
_MOST_WARNINGS = 60


@dataclass(slots=True)
class Findings:
    dropped: int = 0
    warnings: list[str] = field(default_factory=list[str])

    def not_found(self, place: str) -> None:
        self.dropped += 1
        self.warn(f"{place} was not found in the document and was left out.")

    def dates_not_found(self, place: str) -> None:
        self.dropped += 1
        self.warn(f"{place} was not found in the lines of its entry and was left out.")

    def not_together(self, place: str, other: str) -> None:
        self.dropped += 1
        self.warn(f"{place} is not next to its {other} in the document and was left out.")

    def same_text(self, place: str, other: str) -> None:
        self.dropped += 1
        self.warn(f"{place} is the text of its {other} and was left out.")

    def unusable(self, place: str, what: str) -> None:
        """`what` describes a usable value: "a valid e-mail address"."""
        self.dropped += 1
        self.warn(f"{place} is not {what} and was left out.")

    def entry_dropped(self, place: str, reason: str) -> None:
        self.warn(f"{place} was left out completely: {reason} in the document.")

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def sentences(self) -> tuple[str, ...]:
        hidden = len(self.warnings) - _MOST_WARNINGS
        if hidden <= 0:
            return tuple(self.warnings)
        return (*self.warnings[:_MOST_WARNINGS], f"{hidden} more warnings are not shown.")
