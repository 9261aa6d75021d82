"""What a job asks for, in a form that a profile can be held against; shared by reading, matching and the API."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["skill", "experience", "degree", "language"]
Cefr = Literal["A1", "A2", "B1", "B2", "C1", "C2", "native"]
CEFR: tuple[Cefr, ...] = ("A1", "A2", "B1", "B2", "C1", "C2", "native")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that is asked for; `quote` are the words of the description.

    `names`: skills or other words, any one of which will do; the level of a degree; the BCP 47 tag of a language.
    `months` is the least experience, `cefr` the least command of a language.
    """

    kind: Kind
    names: tuple[str, ...] = ()
    must: bool = True
    months: int | None = None
    cefr: Cefr | None = None
    quote: str = ""
