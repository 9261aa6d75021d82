"""Draws the panels of a dashboard as one SVG of small line charts, from Prometheus query results."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

_COLOURS = ("#2f6fde", "#d9622b", "#2a9d5c", "#8e44ad", "#b8860b", "#c0392b", "#17a2b8", "#7f8c8d")
_COLUMNS, _WIDTH, _HEIGHT, _PLOT = 3, 380, 190, 110
_MOST_SERIES = 8
_MOST_LETTERS = 58


def draw(title: str, panels: Sequence[tuple[str, list[dict[str, Any]]]], begin: float, end: float) -> str:
    """The x-axis runs from `begin` to `end`, each panel's y-axis from 0 to its highest value."""
    rows = -(-len(panels) // _COLUMNS)
    width, height = _COLUMNS * _WIDTH, rows * _HEIGHT + 30
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="10" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (name, series) in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        parts.append(f'<g transform="translate({column * _WIDTH + 10},{row * _HEIGHT + 40})">')
        parts += _panel(name, series, begin, end)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(name: str, series: list[dict[str, Any]], begin: float, end: float) -> list[str]:
    lines = [(one["metric"], [(float(at), float(value)) for at, value in one["values"]]) for one in series]
    lines = [(labels, [point for point in points if math.isfinite(point[1])]) for labels, points in lines]
    # The series with the highest values first; of many series, only the first few are drawn.
    lines = sorted(lines, key=lambda line: -max((value for _, value in line[1]), default=0))[:_MOST_SERIES]
    highest = max((value for _, points in lines for _, value in points), default=0) or 1.0
    inner = _WIDTH - 30
    out = [
        f'<text y="0" font-weight="bold">{escape(name)}</text>',
        f'<text x="{inner}" y="0" text-anchor="end" fill="#666">{highest:.3g}</text>',
        f'<rect y="6" width="{inner}" height="{_PLOT}" fill="#f6f7f9"/>',
    ]
    for index, (labels, points) in enumerate(lines):
        colour = _COLOURS[index % len(_COLOURS)]
        place = " ".join(
            f"{(at - begin) / (end - begin) * inner:.1f},{6 + _PLOT - value / highest * _PLOT:.1f}"
            for at, value in points
        )
        out.append(f'<polyline points="{place}" fill="none" stroke="{colour}" stroke-width="1.3"/>')
        words = " ".join(str(v) for k, v in sorted(labels.items()) if k not in {"__name__", "job", "instance"}) or "all"
        if index < 3:
            out.append(f'<text y="{_PLOT + 20 + 13 * index}" fill="{colour}">{escape(words[:_MOST_LETTERS])}</text>')
    return out
