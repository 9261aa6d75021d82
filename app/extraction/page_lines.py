"""Adds the ordered words of a page to the Document as lines with boxes; used by `pdf` and `scan`."""

import statistics
from collections.abc import Callable, Iterable, Sequence

from app.extraction.document import Box, Word
from app.extraction.line_builder import LineBuilder
from app.extraction.placed_word import PlacedWord, union
from app.extraction.reading_order import Region

BLOCK_PAUSE = 1.45  # a distance of baselines this many times the usual one begins a new block


def add_regions(
    regions: Iterable[Region], builder: LineBuilder, onto_page: Callable[[Box], Box] = lambda box: box
) -> None:
    """`onto_page` maps boxes from the space in which the words were ordered to that of the displayed page."""
    for region in regions:
        _add_region(region, builder, onto_page)


def _add_region(region: Region, builder: LineBuilder, onto_page: Callable[[Box], Box]) -> None:
    builder.end_block()
    distances = [abs(_baseline(b) - _baseline(a)) for a, b in zip(region.lines, region.lines[1:], strict=False)]
    usual = statistics.median(distances) if distances else 0.0
    before: float | None = None
    for line, distance in zip(region.lines, [0.0, *distances], strict=True):
        size = _size(line)
        if before is not None and distance > BLOCK_PAUSE * min(usual, 1.5 * max(size, before)):
            builder.end_block()
        before = size
        builder.add_line(
            [Word(word.text, rounded(onto_page(word.box)), word.confidence) for word in line],
            box=rounded(onto_page(union(word.box for word in line))),
            size=size,
            bold=_is_bold(line),
        )


def rounded(box: Box) -> Box:
    """To a hundredth of a point, and never empty."""
    x0, y0, x1, y1 = (round(edge, 2) for edge in box)
    return x0, y0, max(x1, x0 + 0.01), max(y1, y0 + 0.01)


def _baseline(line: Sequence[PlacedWord]) -> float:
    return statistics.median(word.baseline for word in line)


def _size(line: Sequence[PlacedWord]) -> float:
    """The size in which most of the line is set."""
    weights: dict[float, int] = {}
    for word in line:
        weights[round(word.size, 2)] = weights.get(round(word.size, 2), 0) + len(word.text)
    return max(weights, key=lambda size: weights[size])


def _is_bold(line: Sequence[PlacedWord]) -> bool:
    bold = sum(len(word.text) for word in line if word.bold)
    return bold > 0.6 * sum(len(word.text) for word in line)
