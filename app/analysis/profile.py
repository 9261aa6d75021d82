"""The result of an analysis: a JSON Resume profile, the evidence for each value, and warnings.

Built from an `Answer` and a `Document` by `app.analysis.grounding.check`; stored as JSON and returned by the API.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from app.extraction.document import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a value was found. `line` counts through the document from 1; `box` is in points from the page's top left.

    `quote` is the document's own text. `confidence` is between 0 and 1. 1 means that the value was found as written in
    the cited lines. It is lower if the value was found only after normalization, or outside the cited lines.
    """

    page: int
    line: int
    quote: str
    box: Box | None
    confidence: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CheckedProfile:
    """`profile` is JSON Resume 1.0.0 with an `x-vitae` block; `evidence` maps JSON Pointers into it.

    Every string, number and date leaf of `profile` outside `x-vitae` and `meta` has an entry in `evidence`.
    `warnings` are sentences for people, without resume text: what was dropped and why.
    `dropped` is the number of values that were not found in the document.
    """

    profile: dict[str, Any]
    evidence: dict[str, Evidence]
    warnings: tuple[str, ...] = field(default=())
    dropped: int = 0
