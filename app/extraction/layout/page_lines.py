"""Adds the ordered words of a page to the Document as lines with boxes; used by `pdf_reader` and `scan`."""

import itertools
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from app.extraction.document import Box, Word
from app.extraction.layout.placed_word import PlacedWord, union
from app.extraction.layout.reading_order import Region
from app.extraction.line_builder import LineBuilder

LARGE_POINTS, LARGE_RATIO = 14.0, 1.3  # print that is this large, and this many times as large as the text next to it
LARGE_LETTERS = 3  # fewer letters next to it are a footnote or degree mark
BLOCK_PAUSE = 1.45  # a baseline distance this many times the usual one begins a new block


def add_regions(regions: Iterable[Region], builder: LineBuilder, onto_page: Callable[[Box], Box] | None = None) -> None:
    """Add the lines of all regions. `onto_page` maps boxes from the words' space to the displayed page."""
    for region in regions:
        _add_region(region, builder, onto_page)


def _add_region(region: Region, builder: LineBuilder, onto_page: Callable[[Box], Box] | None) -> None:
    builder.end_block()
    baselines = [_baseline(line) for line in region.lines]
    distances = [abs(after - here) for here, after in itertools.pairwise(baselines)]
    usual = statistics.median(distances) if distances else 0.0
    before: float | None = None
    boxes = _rounded([word.box for line in region.lines for word in line], onto_page)
    for whole, distance in zip(region.lines, [0.0, *distances], strict=True):
        parts = _by_print(whole)
        sizes = [_size(line) for line in parts]
        size = sizes[0]
        if before is not None and distance > BLOCK_PAUSE * min(usual, 1.5 * max(size, before)):
            builder.end_block()
        before = size
        for line, its_size in zip(parts, sizes, strict=True):
            places = list(itertools.islice(boxes, len(line)))
            builder.add_line(
                [Word(word.text, place, word.confidence, word.bold) for word, place in zip(line, places, strict=True)],
                box=union(places),
                size=its_size,
                bold=_is_bold(line),
            )


def _by_print(line: Sequence[PlacedWord]) -> list[Sequence[PlacedWord]]:
    """Split a name in large print from the title next to it; any other line stays whole."""
    large = line[0].size
    if large < LARGE_POINTS or len(line) < 3:
        return [line]
    at = next((at for at, word in enumerate(line) if word.size * LARGE_RATIO < large), len(line))
    head, rest = line[:at], line[at:]
    apart = len(head) > 1 and sum([len(word.text) for word in rest]) > LARGE_LETTERS
    return [head, rest] if apart and all(word.size * LARGE_RATIO < large for word in rest) else [line]


def _rounded(boxes: Sequence[Box], onto_page: Callable[[Box], Box] | None) -> Iterator[Box]:
    exact = np.array(boxes if onto_page is None else [onto_page(box) for box in boxes])
    edges = np.round(exact, 2)
    # Near a half, multiplying by a hundred may have crossed to the other side.
    for at, edge in np.argwhere(np.abs(exact * 100 % 1 - 0.5) < 1e-6).tolist():
        edges[at, edge] = round(float(exact[at, edge]), 2)
    edges[:, 2:] = np.maximum(edges[:, 2:], edges[:, :2] + 0.01)
    return (tuple(box) for box in edges.tolist())


def rounded(box: Box) -> Box:
    """Round to a hundredth of a point; the box never becomes empty."""
    x0, y0, x1, y1 = box
    x0, y0 = round(x0, 2), round(y0, 2)
    return x0, y0, max(round(x1, 2), x0 + 0.01), max(round(y1, 2), y0 + 0.01)


def _baseline(line: Sequence[PlacedWord]) -> float:
    first = line[0].baseline
    baselines = [word.baseline for word in line]
    return first if baselines.count(first) == len(baselines) else statistics.median(baselines)


def _size(line: Sequence[PlacedWord]) -> float:
    """Return the size in which most of the line is set."""
    sizes = {word.size for word in line}
    if len(sizes) == 1:
        return round(line[0].size, 2)
    weights: dict[float, int] = {}
    for word in line:
        size = round(word.size, 2)
        weights[size] = weights.get(size, 0) + len(word.text)
    return max(weights, key=lambda size: weights[size])


def _is_bold(line: Sequence[PlacedWord]) -> bool:
    bold = sum([len(word.text) for word in line if word.bold])
    return bold > 0 and bold > 0.6 * sum([len(word.text) for word in line])
