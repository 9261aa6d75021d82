"""What leaves the analysis: a JSON Resume profile, the evidence for each value, and what was found on the way.

`app.analysis.grounding.check` builds it from an `Answer` and a `Document`; storage keeps it as JSON, the API shows it.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from app.extraction.document import Box


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value stands. `line` counts through the document from 1; `box` in points from the page's top left.

    `quote` is the document's own text. `confidence` in 0..1: 1 = found as written in the cited lines; lower when it was
    found after normalising, or elsewhere on the page or in the document than the analyser said.
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
    `warnings` are sentences for a person (without resume text): what was dropped and why.
    `dropped` counts values that were not found in the document.
    """

    profile: dict[str, Any]
    evidence: dict[str, Evidence]
    warnings: tuple[str, ...] = field(default=())
    dropped: int = 0
