"""The words of one page, parted into those that stay and those that go; from the blind view to `redaction`."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.extraction.document import Box


@dataclass(frozen=True, slots=True)
class PageWords:
    """Words that stay, with their boxes, and the boxes of those that go."""

    kept: Sequence[tuple[str, Box]]
    hidden: Sequence[Box]
