"""When two readings say the same; differences of case, accents, spaces and punctuation do not count."""

import re

from app.analysis.folding import fold

_OUTER = re.compile(r"^[\W_]+|[^\w+#]+$")


def plain(value: str) -> str:
    """The form of a value that is compared."""
    return _OUTER.sub("", re.sub(r"[\s\-–—]+", " ", fold(value, accents=True).text))


def same_text(one: str | None, other: str | None) -> bool:
    """Whether both are missing, or both are there and equal."""
    if one is None or other is None:
        return one is other
    return one == other or plain(one) == plain(other)
