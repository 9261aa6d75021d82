"""The requirements of a job in a form that can be compared with a profile; shared by reading, matching and the API."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["skill", "experience", "degree", "language"]
Cefr = Literal["A1", "A2", "B1", "B2", "C1", "C2", "native"]
CEFR: tuple[Cefr, ...] = ("A1", "A2", "B1", "B2", "C1", "C2", "native")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement; `quote` is the text in the description.

    `names` depends on the kind: skills or other terms, any of which is enough; the level of a degree; the BCP 47 tag of
    a language. `months` is the minimum experience, `cefr` the minimum level of a language.
    """

    kind: Kind
    names: tuple[str, ...] = ()
    must: bool = True
    months: int | None = None
    cefr: Cefr | None = None
    quote: str = ""
