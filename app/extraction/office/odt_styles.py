"""Works out the look of ODT text through automatic, common and default styles; for `odt_reader`."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.extraction.office.flowing_text import RunLook

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
MAX_PARENTS = 20  # nested styles; a loop ends here
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75}
_WHITE = {"", "transparent", "#ffffff", "none"}


def points_of(length: str) -> float:
    """Convert a length such as `2.5cm` to points; 0 if it is not a length."""
    found = re.fullmatch(r"\s*(-?\d*\.?\d+)(pt|in|cm|mm|px)\s*", length)
    return float(found.group(1)) * _POINTS[found.group(2)] if found else 0.0


class OdtStyles:
    """The styles of both parts: those of `content.xml` take precedence over those of `styles.xml`."""

    def __init__(self, common: Any | None, content: Any) -> None:
        self._common = common
        self._styles: dict[tuple[str, str], Any] = {}
        self._default: dict[str, Any] = {}
        self._numbered: set[str] = set()
        for root in (common, content):
            if root is None:
                continue
            for style in root.iter(f"{STYLE}style"):
                self._styles[style.get(f"{STYLE}family", ""), style.get(f"{STYLE}name", "")] = style
            for style in root.iter(f"{STYLE}default-style"):
                self._default[style.get(f"{STYLE}family", "")] = style
            for style in root.iter(f"{TEXT}list-style"):
                first = next((level for level in style if level.get(f"{TEXT}level") == "1"), None)
                if first is None or first.tag != f"{TEXT}list-level-style-number":
                    continue
                if first.get(f"{STYLE}num-format", "1"):
                    self._numbered.add(style.get(f"{STYLE}name", ""))

    @property
    def has_dark_page(self) -> bool:
        """Return whether a page layout paints the page, so that white text may be legible."""
        if self._common is None:
            return False
        layouts = self._common.iter(f"{STYLE}page-layout-properties")
        return any((layout.get(f"{FO}background-color") or "").lower() not in _WHITE for layout in layouts)

    def master_parts(self, kinds: tuple[str, ...]) -> list[Any]:
        """Return headers or footers of the page styles, in the order of the kinds."""
        if self._common is None:
            return []
        return [
            part
            for kind in kinds
            for part in self._common.iter(f"{STYLE}{kind}")
            if part.get(f"{STYLE}display") != "false"
        ]

    def text_look(self, family: str, name: str | None, look: RunLook) -> RunLook:
        """Return the look of a paragraph or span with this style, inside an element with `look`."""
        if family == "paragraph":
            default = self._default.get(family)
            if default is not None:
                look = _with(look, default)
        for style in self._chain(family, name):
            look = _with(look, style)
        return look

    def cell_look(self, name: str | None, around: RunLook) -> RunLook:
        for style in self._chain("table-cell", name):
            properties = style.find(f"{STYLE}table-cell-properties")
            if properties is not None and (properties.get(f"{FO}background-color") or "").lower() not in _WHITE:
                around = replace(around, shaded=True)
        return around

    def graphic_look(self, name: str | None, around: RunLook) -> RunLook:
        """Return the look inside a box or section; only its background counts."""
        for family in ("graphic", "section"):
            for style in self._chain(family, name):
                for properties in style:
                    fill = (properties.get(f"{DRAW}fill") or "none") not in {"none", ""}
                    painted = (properties.get(f"{FO}background-color") or "").lower() not in _WHITE
                    if fill or painted:
                        around = replace(around, shaded=True)
        return around

    def is_numbered(self, list_style: str | None) -> bool:
        return list_style in self._numbered

    def is_title(self, name: str | None) -> bool:
        names = [name or "", *(style.get(f"{STYLE}name", "") for style in self._chain("paragraph", name))]
        return any(item.startswith(("Heading", "Title")) for item in names)

    def _chain(self, family: str, name: str | None) -> Iterator[Any]:
        """Yield the style and its parents, the oldest first."""
        chain: list[Any] = []
        while name and (family, name) in self._styles and len(chain) < MAX_PARENTS:
            chain.append(self._styles[family, name])
            name = chain[-1].get(f"{STYLE}parent-style-name")
        return reversed(chain)


def _with(look: RunLook, style: Any) -> RunLook:
    paragraph = style.find(f"{STYLE}paragraph-properties")
    if paragraph is not None and (paragraph.get(f"{FO}background-color") or "").lower() not in _WHITE:
        look = replace(look, shaded=True)
    properties = style.find(f"{STYLE}text-properties")
    if properties is None:
        return look
    size, colour = properties.get(f"{FO}font-size") or "", properties.get(f"{FO}color")
    if size.endswith("%") and size[:-1].replace(".", "", 1).isdecimal():
        look = replace(look, size=look.size * float(size[:-1]) / 100)
    elif points_of(size):
        look = replace(look, size=points_of(size))
    if colour is not None:
        look = replace(look, colour=colour.lower().removeprefix("#"))
    if properties.get(f"{STYLE}use-window-font-color") == "true":
        look = replace(look, colour="auto")
    weight = properties.get(f"{FO}font-weight")
    if weight is not None:
        look = replace(look, bold=weight == "bold" or (weight.isdecimal() and int(weight) >= 600))
    display = properties.get(f"{TEXT}display")
    if display is not None:
        look = replace(look, vanish=display == "none")
    ground = properties.get(f"{FO}background-color")
    if ground is not None and ground.lower() not in _WHITE:
        look = replace(look, shaded=True)
    return look
