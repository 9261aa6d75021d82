"""As much CSS as tells hidden text from visible text: simple selectors, plain declarations; used by `markup`."""

import re

Declarations = dict[str, str]
Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
MAX_SHEET_CHARACTERS = 500_000
MAX_RULES = 2000  # each is tried on each element
UNKNOWN_GROUND = "url()"  # a background that may have any colour
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
    """`color: white; display:none` as a mapping; names and values in lower case, without `!important`."""
    out: Declarations = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            out[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return out


def parse_colour(value: str) -> Colour | None:
    """Red, green, blue; fully transparent colours and unknown words give None."""
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


class Stylesheet:
    """Rules whose selector is one element name, classes or an id; of others only that they paint a background.

    Rules inside `@media print` and the like are not applied: they do not say what the screen shows.
    """

    def __init__(self) -> None:
        self._rules: list[tuple[str, frozenset[str], str, Declarations]] = []

    def add(self, sheet: str) -> None:
        text = re.sub(r"/\*.*?\*/", "", sheet[:MAX_SHEET_CHARACTERS], flags=re.DOTALL)
        text = re.sub(r"@[\w-]+[^{;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", text)
        for selectors, body in _RULE.findall(text):
            declarations = parse_declarations(body)
            for selector in selectors.split(","):
                applied = declarations
                compounds = re.split(r"[\s>+~]+", selector.strip())
                if len(compounds) > 1:
                    # Where it applies is not worked out; but what it colours may be any colour behind the text.
                    if not any(name.startswith("background") for name in declarations):
                        continue
                    applied = {"background": UNKNOWN_GROUND}
                found = _SELECTOR.fullmatch(compounds[-1])
                if not found or not compounds[-1] or len(self._rules) >= MAX_RULES:
                    continue
                marks = re.findall(r"[.#][\w-]+", found.group(2))
                classes = frozenset(mark[1:] for mark in marks if mark[0] == ".")
                identity = next((mark[1:] for mark in marks if mark[0] == "#"), "")
                element = (found.group(1) or "*").lower()
                self._rules.append((element, classes, identity, applied))

    def for_element(self, tag: str, identity: str, classes: list[str]) -> Declarations:
        out: Declarations = {}
        for rule_tag, rule_classes, rule_identity, declarations in self._rules:
            if (
                rule_tag in {"*", tag}
                and rule_classes.issubset(classes)
                and (not rule_identity or rule_identity == identity)
            ):
                out |= declarations
        return out
