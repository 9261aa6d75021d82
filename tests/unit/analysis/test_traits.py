"""The traits of a document for the routing rules."""

import pytest

from app.analysis.traits import describe_traits, has_columns
from app.extraction.document import Box, Document, Line, Page

PAGE = Page(1, 595, 842)


def block(number: int, left: float, right: float, top: float, lines: int, page: int = 1) -> list[tuple[int, int, Box]]:
    return [(number, page, (left, top + 14 * at, right, top + 14 * at + 12)) for at in range(lines)]


def document(*blocks: list[tuple[int, int, Box]]) -> Document:
    lines = [
        Line(at, page, "A line of text", box=box, block=number)
        for at, (number, page, box) in enumerate((line for one in blocks for line in one), 1)
    ]
    return Document("application/pdf", (PAGE,), tuple(lines), language="en")


@pytest.mark.parametrize(
    ("blocks", "columns"),
    [
        ((block(0, 50, 180, 100, 20), block(1, 200, 550, 100, 30)), True),
        ((block(0, 50, 550, 100, 10), block(1, 50, 550, 300, 10)), False),  # one above the other
        ((block(0, 50, 400, 100, 20), block(1, 450, 550, 100, 1)), False),  # a date beside a job
        ((block(0, 50, 180, 100, 20), block(1, 200, 550, 100, 30, page=2)), False),  # on different pages
    ],
)
def test_columns_are_blocks_side_by_side(blocks: tuple[list[tuple[int, int, Box]], ...], *, columns: bool) -> None:
    assert has_columns(document(*blocks)) is columns


def test_pages_tokens_and_language_come_from_the_document() -> None:
    traits = describe_traits(document(block(0, 50, 550, 100, 10)))
    assert (traits.pages, traits.language, traits.columns) == (1, "en", False)
    assert traits.tokens > 30
