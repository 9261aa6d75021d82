"""How far the two readings agree, in one sentence for people; shown by the candidate page and `vitae analyse`."""

from collections.abc import Mapping
from typing import Any


def describe_readings(readings: Mapping[str, Any] | None) -> str | None:
    """None if only one of them read the document or nothing was compared. `readings` is as the API has it."""
    if readings is None:
        return None
    lines: Mapping[str, int] = readings["lines_explained"]
    if readings["used"] == "rules":
        return (
            f"The built-in parser's reading was used: the model's covers {_lines(lines['model'])}, "
            f"the parser's {lines['builtin']}."
        )
    if readings["used"] == "model":
        return (
            f"The model's reading was used: the built-in parser's covers {_lines(lines['builtin'])}, "
            f"the model's {lines['model']}."
        )
    if readings["agreement"] is None:
        return None
    return f"The model and the built-in parser agree on {100 * readings['agreement']:.0f} % of the values."


def _lines(count: int) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"
