"""A row: a visible line as the parsers see it; `app.analysis.rules.structure.read_rows` makes the rows."""

from dataclasses import dataclass
from functools import cached_property

from app.analysis.rules.phrases.periods import Period, find_periods, without_periods
from app.analysis.rules.phrases.spelling import clean_value, is_cjk


@dataclass(frozen=True)
class Row:
    """A visible row. `text` and `cells` have no bullet and no icons; `numbers` are those of its lines."""

    numbers: tuple[int, ...]
    text: str
    cells: tuple[str, ...]
    bullet: bool = False
    page: int = 1
    block: int = 0
    size: float = 0.0
    bold: bool = False
    left: float | None = None
    right: float | None = None
    top: float = 0.0
    bottom: float = 0.0
    text_left: float | None = None  # where the words after the bullet begin
    gap: float = 0.0  # distance from the row above, in line heights; 0 if unknown
    usual_gap: float = 0.0  # between the lines of a paragraph in this document
    new_block: bool = False
    edge: float | None = None  # the right edge of the column
    chips: tuple[str, ...] = ()  # parts separated by more than a space: labels in a row without separators
    runs: tuple[str, ...] = ()  # parts of the same weight
    margin: bool = False  # contact details at the very top or bottom of a page
    language: str | None = None

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        return find_periods(self.text, self.language)

    @cached_property
    def undated(self) -> str:
        """The text without its periods."""
        return without_periods(self.text, self.periods)

    @cached_property
    def is_date_only(self) -> bool:
        return bool(self.periods) and len(clean_value(self.undated)) <= 2

    @cached_property
    def upper(self) -> bool:
        letters = [letter for letter in self.text if letter.isalpha()]
        return len(letters) >= 3 and all(letter == letter.upper() for letter in letters) and not is_cjk(self.text)

    @cached_property
    def starts_lower(self) -> bool:
        first = next((letter for letter in self.text if not letter.isspace()), "")
        return first.isalpha() and first == first.lower() and first != first.upper()

    @cached_property
    def word_count(self) -> int:
        return len(self.text.split()) if not is_cjk(self.text) else max(1, len(self.text) // 2)
