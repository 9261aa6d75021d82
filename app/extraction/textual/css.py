"""The part of CSS that separates hidden from visible text: simple selectors, plain declarations. For `markup`."""

import itertools
import re
from dataclasses import dataclass
from typing import Any

Declarations = dict[str, str]
Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
MAX_SHEET_CHARACTERS = 500_000
MAX_RULES = 2000  # each is tried on each element
MAX_INVISIBLE_OPACITY = 0.1  # black ink of this opacity on white paper differs from it by 26 gray levels
MAX_COMPOUNDS = 8  # nested elements that one selector names
UNKNOWN_GROUND = "url()"  # a background that may have any color
_NAMES: dict[str, Colour] = {
    "white": (255, 255, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
    "black": BLACK,
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "teal": (0, 128, 128),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
    "darkgray": (169, 169, 169),
    "darkgrey": (169, 169, 169),
    "maroon": (128, 0, 0),
    "purple": (128, 0, 128),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
}
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"([A-Za-z][\w-]*|\*)?((?:[.#][\w-]+)*)")


def parse_declarations(text: str) -> Declarations:
    """Return `color: white; display:none` as a mapping; names and values in lower case, without `!important`."""
    out: Declarations = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            out[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return out


def is_transparent(value: str) -> bool:
    """Return whether the ink leaves almost nothing visible on the page."""
    value = value.strip().lower()
    if value == "transparent":
        return True
    found = re.fullmatch(r"(?:rgba?|hsla?)\([^()]*[,/]\s*(\d*\.?\d+)(%?)\s*\)", value)
    if found is None or (not value.startswith(("rgba", "hsla")) and "/" not in value):
        return False
    return float(found.group(1)) / (100 if found.group(2) else 1) <= MAX_INVISIBLE_OPACITY


def parse_colour(value: str) -> Colour | None:
    """Return red, green, blue; None for fully transparent colors and unknown words."""
    value = value.strip().lower()
    if value in _NAMES:
        return _NAMES[value]
    if found := re.fullmatch(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", value):
        digits = found.group(1)
        if len(digits) < 6:
            digits = "".join(digit * 2 for digit in digits)
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if found := re.fullmatch(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+%?))?\s*\)", value):
        if found.group(4) is not None and found.group(4).strip("0.%") == "":
            return None
        red, green, blue = (min(255, int(found.group(n))) for n in (1, 2, 3))
        return red, green, blue
    return None


@dataclass(frozen=True, slots=True)
class _Compound:
    """The requirements on one element, such as `p.note#first`."""

    tag: str
    classes: frozenset[str]
    identity: str
    parent_only: bool  # follows `>`: the part before it must match the direct parent

    def matches(self, element: Any) -> bool:
        return (
            self.tag in {"*", element.tag}
            and (not self.identity or self.identity == element.get("id"))
            and self.classes.issubset((element.get("class") or "").split())
        )


class Stylesheet:
    """Rules with element names, classes and ids, also nested; of other rules, only whether they paint a background.

    Rules inside `@media print` and the like are not applied, because they do not affect the screen.
    """

    def __init__(self) -> None:
        self._rules: list[tuple[tuple[_Compound, ...], Declarations]] = []  # the innermost element first

    def add(self, sheet: str) -> None:
        text = re.sub(r"/\*.*?\*/", "", sheet[:MAX_SHEET_CHARACTERS], flags=re.DOTALL)
        text = re.sub(r"@[\w-]+[^{;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", text)
        for selectors, body in _RULE.findall(text):
            declarations = parse_declarations(body)
            for selector in selectors.split(","):
                applied = declarations
                compounds = _compounds(selector)
                if compounds is None:
                    # It is not evaluated where it applies, but its elements may have any color behind their text.
                    compounds = _compounds(re.split(r"[\s>+~]+", selector.strip())[-1])
                    if not any(name.startswith("background") for name in declarations):
                        continue
                    applied = {"background": UNKNOWN_GROUND}
                if compounds and len(self._rules) < MAX_RULES:
                    self._rules.append((compounds, applied))

    def for_element(self, element: Any) -> Declarations:
        out: Declarations = {}
        for compounds, declarations in self._rules:
            if compounds[0].matches(element) and _inside(element, compounds):
                out |= declarations
        return out


def _compounds(selector: str) -> tuple[_Compound, ...] | None:
    """Return the innermost element first; None for selectors with more than names: siblings, attributes, states."""
    parts = re.sub(r"\s*>\s*", " >", selector.strip()).split()
    found: list[_Compound] = []
    for part in parts[:MAX_COMPOUNDS]:
        matched = _SELECTOR.fullmatch(part.removeprefix(">"))
        if matched is None or not part.removeprefix(">"):
            return None
        marks = re.findall(r"[.#][\w-]+", matched.group(2))
        classes = frozenset(mark[1:] for mark in marks if mark[0] == ".")
        identity = next((mark[1:] for mark in marks if mark[0] == "#"), "")
        found.append(_Compound((matched.group(1) or "*").lower(), classes, identity, part.startswith(">")))
    return tuple(reversed(found)) if found and len(parts) <= MAX_COMPOUNDS else None


def _inside(element: Any, compounds: tuple[_Compound, ...]) -> bool:
    """Return whether the surrounding elements match the outer parts of the selector."""
    outer = element.getparent()
    for inner, compound in itertools.pairwise(compounds):
        while outer is not None and not compound.matches(outer):
            if inner.parent_only:
                return False
            outer = outer.getparent()
        if outer is None:
            return False
        outer = outer.getparent()
    return True
