"""Works out the look of DOCX text: size, weight, color, hiding and list markers, through styles; for `docx_reader`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.extraction.office.flowing_text import RunLook

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT_W = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
MAX_BASED_ON = 20  # nested styles; a loop ends here

_OFF = {"0", "false", "off", "none"}


def child(element: Any, name: str) -> Any | None:
    return element.find(f"{W}{name}") if element is not None else None


def value(element: Any, name: str, attribute: str = "val") -> str | None:
    found = child(element, name)
    return None if found is None else found.get(f"{W}{attribute}")


def is_shaded(properties: Any) -> bool:
    """Return whether `w:shd` or `w:highlight` paints a background that is not white."""
    shading = child(properties, "shd")
    if shading is not None:
        fill = (shading.get(f"{W}fill") or "auto").lower()
        pattern = shading.get(f"{W}val") or "clear"
        if fill not in {"auto", "ffffff"} or shading.get(f"{W}themeFill") or pattern not in {"clear", "nil"}:
            return True
    highlight = value(properties, "highlight")
    return highlight not in {None, "none", "white"}


class Styles:
    """`styles.xml` and `numbering.xml` of one document; either may be missing."""

    def __init__(self, styles: Any | None, numbering: Any | None) -> None:
        self._styles: dict[str, Any] = {}
        self._default_paragraph: str | None = None
        self._default_look = RunLook()
        if styles is not None:
            defaults = child(child(child(styles, "docDefaults"), "rPrDefault"), "rPr")
            self._default_look = look_with(self._default_look, defaults)
            for style in styles.iter(f"{W}style"):
                identity = style.get(f"{W}styleId", "")
                self._styles[identity] = style
                if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in {"1", "true", "on"}:
                    self._default_paragraph = identity
        self._numbering = _Numbering(numbering)

    def paragraph_look(self, properties: Any | None, *, shaded: bool) -> RunLook:
        """Return the look that runs of this paragraph inherit."""
        look = replace(self._default_look, shaded=shaded)
        for style in self._chain(value(properties, "pStyle") or self._default_paragraph):
            look = look_with(look, child(style, "rPr"))
            look = replace(look, shaded=look.shaded or is_shaded(child(style, "pPr")))
        return replace(look, shaded=look.shaded or is_shaded(properties))

    def run_look(self, look: RunLook, properties: Any | None) -> RunLook:
        for style in self._chain(value(properties, "rStyle")):
            look = look_with(look, child(style, "rPr"))
        return look_with(look, properties)

    def is_heading(self, properties: Any | None) -> bool:
        names = [value(properties, "pStyle") or ""]
        for style in self._chain(names[0]):
            names.append(value(style, "name") or "")
            outline = value(child(style, "pPr"), "outlineLvl")
            if outline is not None and outline.isdecimal() and int(outline) < 9:
                return True
        return any(name.lower().startswith(("heading", "title")) for name in names)

    def list_mark(self, properties: Any | None) -> str:
        """Return `•`, `3.` or nothing. It counts, so call it once for each paragraph, in order."""
        numbered = child(properties, "numPr")
        if numbered is None:
            for style in reversed(list(self._chain(value(properties, "pStyle")))):
                numbered = child(child(style, "pPr"), "numPr")
                if numbered is not None:
                    break
        if numbered is None:
            return ""
        return self._numbering.mark(value(numbered, "numId") or "0", value(numbered, "ilvl") or "0")

    def _chain(self, identity: str | None) -> Iterator[Any]:
        """Yield the style and those it is based on, the deepest first."""
        chain: list[Any] = []
        while identity and identity in self._styles and len(chain) < MAX_BASED_ON:
            chain.append(self._styles[identity])
            identity = value(chain[-1], "basedOn")
        return reversed(chain)


def look_with(look: RunLook, properties: Any | None) -> RunLook:
    """Return the look after applying one set of run properties."""
    if properties is None:
        return look
    size, colour = value(properties, "sz"), value(properties, "color")
    if size is not None and size.isdecimal():
        look = replace(look, size=int(size) / 2)
    if colour is not None:
        look = replace(look, colour=colour.lower())
    for name, attribute in (("b", "bold"), ("vanish", "vanish"), ("webHidden", "")):
        switch = child(properties, name)
        if switch is not None and attribute:
            on = (switch.get(f"{W}val") or "1").lower() not in _OFF
            look = replace(look, bold=on) if attribute == "bold" else replace(look, vanish=on)
    if is_shaded(properties):
        look = replace(look, shaded=True)
    return look


class _Numbering:
    def __init__(self, numbering: Any | None) -> None:
        self._formats: dict[tuple[str, str], tuple[str, int]] = {}  # (list, level) -> format, start
        self._counts: dict[tuple[str, str], int] = {}
        if numbering is None:
            return
        abstract: dict[str, dict[str, tuple[str, int]]] = {}
        for item in numbering.iter(f"{W}abstractNum"):
            levels: dict[str, tuple[str, int]] = {}
            for level in item.iter(f"{W}lvl"):
                start = value(level, "start") or "1"
                levels[level.get(f"{W}ilvl", "0")] = (
                    value(level, "numFmt") or "decimal",
                    int(start) if start.isdecimal() else 1,
                )
            abstract[item.get(f"{W}abstractNumId", "")] = levels
        for item in numbering.iter(f"{W}num"):
            for level, form in abstract.get(value(item, "abstractNumId") or "", {}).items():
                self._formats[item.get(f"{W}numId", ""), level] = form

    def mark(self, list_id: str, level: str) -> str:
        if list_id == "0":
            return ""  # a list that the paragraph turns off
        form, start = self._formats.get((list_id, level), ("bullet", 1))
        if form == "none":
            return ""
        if form != "decimal":
            return "•"
        key = (list_id, level)
        self._counts[key] = self._counts.get(key, start - 1) + 1
        return f"{self._counts[key]}."
