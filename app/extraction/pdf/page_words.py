"""The words of one page, divided into those to keep and those to remove; passed from the blind view to `redaction`."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.extraction.document import Box


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words to keep, with their boxes, and the boxes of those to remove."""

    kept: Sequence[tuple[str, Box]]
    hidden: Sequence[Box]
