"""Text boxes of a DOCX: whether they have their own background, and whether they are on the page; for `docx_reader`."""

import re
from typing import Any

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
EMU_PER_POINT = 12_700
# Anchors count from a page, margin or column. A box that ends this far before it, or begins this far after it, is off
# the page.
MARGIN_POINTS = 150.0
PAGE_POINTS = 1_200.0  # the longer side of A3: no resume is printed on larger paper
_UNITS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, "": 0.75}


def is_filled(content: Any) -> bool:
    """Return whether the text box has its own background, on which white text may be legible."""
    shape = next(content.iterancestors(f"{_WPS}wsp"), None)
    if shape is None:
        return any("fillcolor" in ancestor.attrib for ancestor in content.iterancestors())
    properties = shape.find(f"{_WPS}spPr")
    if properties is None:
        return shape.find(f"{_WPS}style") is not None
    fills = [properties.find(f"{_A}{name}") for name in ("solidFill", "gradFill", "blipFill", "pattFill")]
    if properties.find(f"{_A}noFill") is not None:
        return False
    return any(fill is not None for fill in fills) or shape.find(f"{_WPS}style") is not None


def is_off_page(content: Any) -> bool:
    """Return whether the text box is anchored so far away, or is so small, that none of it is on the page."""
    anchor = next(content.iterancestors(f"{_WP}anchor"), None)
    if anchor is not None:
        extent = anchor.find(f"{_WP}extent")
        sides = [_points_of(extent.get(name)) if extent is not None else 0.0 for name in ("cx", "cy")]
        if extent is not None and min(sides) < 1.0:
            return True
        for axis, side in zip(("positionH", "positionV"), sides, strict=True):
            offset = anchor.find(f"{_WP}{axis}/{_WP}posOffset")
            if offset is not None and _is_away(_points_of(offset.text), side):
                return True
        return False
    style = next((ancestor.get("style") for ancestor in content.iterancestors() if ancestor.get("style")), None)
    if style is None:
        return False
    lengths = {
        name: float(number) * _UNITS.get(unit, 1.0)
        for name, number, unit in re.findall(r"([a-z-]+)\s*:\s*(-?\d*\.?\d+)(pt|in|cm|mm|px|)", style)
    }
    return any(
        _is_away(lengths[edge], lengths.get(side, 0.0))
        for edges, side in ((("left", "margin-left"), "width"), (("top", "margin-top"), "height"))
        for edge in edges
        if edge in lengths
    )


def _is_away(offset: float, side: float) -> bool:
    return offset + side < -MARGIN_POINTS or offset > PAGE_POINTS


def _points_of(emu: str | None) -> float:
    try:
        return int(emu or "0") / EMU_PER_POINT
    except ValueError:
        return 0.0
