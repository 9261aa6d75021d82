"""Describes how hard a document is to read, for the routing rules. Pure; called by `app.analysis.analyse`."""

from collections import defaultdict

from app.extraction.document import Box, Document
from app.routing.question import Traits
from app.routing.tokens import estimate_tokens

_LEAST_BLOCK_LINES = 4  # a date beside a job is not a column
_LEAST_OVERLAP_SHARE = 0.5  # of the height of the lower block


def describe_traits(document: Document) -> Traits:
    return Traits(
        pages=len(document.pages),
        tokens=estimate_tokens(document.text),
        language=document.language,
        columns=has_columns(document),
    )


def has_columns(document: Document) -> bool:
    """Whether any page has two blocks of several lines side by side."""
    lines: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for line in document.lines:
        if line.box is not None:
            lines[line.page, line.block].append(line.box)
    by_page: dict[int, list[Box]] = defaultdict(list)
    for (page, _), boxes in lines.items():
        if len(boxes) >= _LEAST_BLOCK_LINES:
            by_page[page].append(
                (
                    min(box[0] for box in boxes),
                    min(box[1] for box in boxes),
                    max(box[2] for box in boxes),
                    max(box[3] for box in boxes),
                )
            )
    return any(
        _side_by_side(one, other)
        for blocks in by_page.values()
        for at, one in enumerate(blocks)
        for other in blocks[at + 1 :]
    )


def _side_by_side(one: Box, other: Box) -> bool:
    beside = one[2] <= other[0] or other[2] <= one[0]
    overlap = min(one[3], other[3]) - max(one[1], other[1])
    return beside and overlap >= _LEAST_OVERLAP_SHARE * min(one[3] - one[1], other[3] - other[1])
