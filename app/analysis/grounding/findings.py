"""What grounding reports about an answer: the number of values it left out, and sentences for a person.

A sentence names the place in the answer, never the value: the value may be somebody's, or invented.
"""

from dataclasses import dataclass, field

# A model that invents everything shall not fill the page with sentences; the count stays exact.
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
        self.warn(f"{place} does not stand with its {other} in the document and was left out.")

    def unusable(self, place: str, what: str) -> None:
        """`what` says what it should be: "a valid e-mail address"."""
        self.dropped += 1
        self.warn(f"{place} is not {what} and was left out.")

    def entry_dropped(self, place: str, missing: str) -> None:
        self.warn(f"{place} was left out as a whole: {missing} of it stands in the document.")

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def sentences(self) -> tuple[str, ...]:
        hidden = len(self.warnings) - _MOST_WARNINGS
        if hidden <= 0:
            return tuple(self.warnings)
        return (*self.warnings[:_MOST_WARNINGS], f"{hidden} more remarks of this kind were left out.")
