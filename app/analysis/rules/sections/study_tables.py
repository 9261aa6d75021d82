"""Reads studies in the rows of a table, whose columns each have one kind of value.

Used by `app.analysis.rules.sections.education`.
"""

import re
from collections.abc import Callable

from app.analysis.answer import Study
from app.analysis.rules.phrases.degrees import degree_score, has_subjects, split_degree
from app.analysis.rules.phrases.organisations import institution_score
from app.analysis.rules.phrases.periods import find_periods
from app.analysis.rules.structure.header_pieces import split_place
from app.analysis.rules.structure.row import Row

_FEWEST_ROWS = 2
_FEWEST_CELLS = 3


def read_study_table(rows: list[Row]) -> list[Study]:
    """Reads rows such as "SSLC | St. Mary's HSS, Palai | 2011 | 92%".

    Empty unless all rows have the same number of cells and the columns can be identified.
    """
    counts = {len(row.cells) for row in rows}
    if len(rows) < _FEWEST_ROWS or len(counts) != 1 or min(counts) < _FEWEST_CELLS:
        return []
    columns = list(zip(*(row.cells for row in rows), strict=True))
    school = _telling(columns, lambda cell: institution_score(cell) >= 0.9)
    degree = _telling(columns, lambda cell: degree_score(cell) >= 0.85 and institution_score(cell) < 0.9)
    dates = _telling(columns, lambda cell: bool(find_periods(cell)))
    if school is None or degree is None or dates is None or len({school, degree, dates}) < 3:
        return []
    if not all(find_periods(cell) for cell in columns[dates]):
        return []
    others = [at for at in range(len(columns)) if at not in {school, degree, dates}]
    fields = [at for at in others if not any(re.search(r"\d", cell) for cell in columns[at])]
    return [_study(row, school, degree, dates, fields[0] if len(fields) == 1 else None) for row in rows]


def _telling(columns: list[tuple[str, ...]], tells: Callable[[str], bool]) -> int | None:
    """The column with the most cells that match; None if no cell does."""
    hits = [sum(map(tells, column)) for column in columns]
    return hits.index(max(hits)) if max(hits) else None


def _study(row: Row, school: int, degree: int, dates: int, field: int | None) -> Study:
    institution, place = split_place(row.cells[school])
    found = split_degree(row.cells[degree])
    period = find_periods(row.cells[dates], row.language)[0]
    start, end = (period.start, period.end) if period.is_range else (None, period.start or period.end)
    return Study(
        institution=institution,
        degree=found.degree,
        area=None if has_subjects(found.degree) else found.area or (row.cells[field] if field is not None else None),
        location=place,
        start=start,
        end=end,
        ongoing=period.ongoing and period.is_range,
        score=None,
        lines=sorted(set(row.numbers)),
    )
