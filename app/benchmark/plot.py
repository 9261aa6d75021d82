"""Draws a benchmark's stages as one SVG: throughput on the left, latency on the right. Pure."""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from app.benchmark.load_summary import StageSummary

_WIDTH, _HEIGHT = 940, 400
_PANEL = 400
_LEFT, _TOP, _BOTTOM = 58, 64, 84
_INK, _FAINT = "#24292f", "#d0d7de"
_BAR, _GOOD = "#8fb4dd", "#2f6fb3"
_LINES = (("p50", "#2e7d32"), ("p95", "#b26a00"), ("p99", "#b3261e"))


def draw(stages: Sequence[StageSummary], title: str) -> str:
    """An SVG document. Stages without a successful response are left out of the latency panel."""
    plot = _TOP, _HEIGHT - _BOTTOM
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" fill="{_INK}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        _text(16, 24, title, size=15, weight="600"),
        *_throughput(stages, _LEFT, plot),
        *_latency(stages, _LEFT + _PANEL + 76, plot),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _throughput(stages: Sequence[StageSummary], left: float, plot: tuple[int, int]) -> list[str]:
    most = max((stage.requests_per_second for stage in stages), default=0.0) or 1.0
    ticks = _linear_ticks(most)

    def y(value: float) -> float:
        return plot[1] - (plot[1] - plot[0]) * value / ticks[-1]

    parts = _frame(left, plot, [(y(tick), f"{tick:g}") for tick in ticks], "responses per second")
    limited = any(stage.goodput_per_second is not None for stage in stages)
    if limited:
        parts += _legend(left + 150, [("all", _BAR), ("within the limits", _GOOD)])
    width = _PANEL / max(1, len(stages))
    for number, stage in enumerate(stages):
        x = left + width * (number + 0.2)
        shown = [(stage.requests_per_second, _BAR if limited else _GOOD)]
        if stage.goodput_per_second is not None:
            shown.append((stage.goodput_per_second, _GOOD))
        for value, colour in shown:
            bar = f'<rect x="{x:.1f}" y="{y(value):.1f}" width="{width * 0.6:.1f}"'
            parts.append(f'{bar} height="{plot[1] - y(value):.1f}" fill="{colour}"/>')
        middle = x + width * 0.3
        value = stage.requests_per_second
        parts.append(_text(middle, y(value) - 4, f"{value:.3g}", anchor="middle"))
        parts += _stage_name(middle, plot[1], stage.name)
    return parts


def _latency(stages: Sequence[StageSummary], left: float, plot: tuple[int, int]) -> list[str]:
    spreads = [(number, stage.latency) for number, stage in enumerate(stages) if stage.latency is not None]
    values = [value for _, spread in spreads for value in (spread.p50, spread.p99) if value > 0] or [0.1, 1.0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = high if high > low else low + 1

    def y(value: float) -> float:
        return plot[1] - (plot[1] - plot[0]) * (math.log10(max(value, 10.0**low)) - low) / (high - low)

    ticks = [10.0**power for power in range(low, high + 1)]
    parts = _frame(left, plot, [(y(tick), f"{tick:g}") for tick in ticks], "seconds to the complete response")
    parts += _legend(left + 210, list(_LINES))
    width = _PANEL / max(1, len(stages))
    for name, colour in _LINES:
        points = [(left + width * (number + 0.5), y(getattr(spread, name))) for number, spread in spreads]
        path = " ".join(f"{x:.1f},{at:.1f}" for x, at in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{at:.1f}" r="3.5" fill="{colour}"/>' for x, at in points]
    for number, stage in enumerate(stages):
        parts += _stage_name(left + width * (number + 0.5), plot[1], stage.name)
    return parts


def _frame(left: float, plot: tuple[int, int], ticks: list[tuple[float, str]], label: str) -> list[str]:
    parts = [_text(left - 42, plot[0] - 16, label, weight="600")]
    for y, text in ticks:
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + _PANEL}" y2="{y:.1f}" stroke="{_FAINT}"/>')
        parts.append(_text(left - 6, y + 4, text, anchor="end"))
    return parts


def _legend(left: float, entries: list[tuple[str, str]]) -> list[str]:
    parts: list[str] = []
    for name, colour in entries:
        parts.append(f'<rect x="{left:.1f}" y="{_TOP - 26}" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(left + 14, _TOP - 17, name))
        left += 26 + 7 * len(name)
    return parts


def _stage_name(x: float, bottom: float, name: str) -> list[str]:
    return [_text(x, bottom + 18 + 15 * row, word, anchor="middle") for row, word in enumerate(name.split(" ", 1))]


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, weight: str = "400") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
    return f"<text {place}>{escape(text)}</text>"


def _linear_ticks(most: float) -> list[float]:
    """Ticks from 0 to at least `most` in four to six round steps."""
    rough = most / 5
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]
