"""The shape of a row, the visible line as the parser reads it; `lines.read_rows` makes them, all others read them."""

from dataclasses import dataclass
from functools import cached_property

from app.analysis.rules.phrases.periods import Period, find_periods, without_periods
from app.analysis.rules.phrases.spelling import clean_value, is_cjk


@dataclass(frozen=True)
class Row:
    """One visible row. `text` and `cells` are without list mark and icons; `numbers` are the lines it came from."""

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
    text_left: float | None = None  # where the words after the list mark begin
    gap: float = 0.0  # distance to the row above in line heights; 0 when unknown
    usual_gap: float = 0.0  # between the lines of one paragraph in this document
    new_block: bool = False
    edge: float | None = None  # where lines of this column end at most
    chips: tuple[str, ...] = ()  # pieces set apart by more than a blank: labels in a row without any mark
    runs: tuple[str, ...] = ()  # pieces of one weight
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
