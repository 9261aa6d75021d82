"""How much an entry is worth as a reading of its lines, judged by its form alone; called by `reconcile_readings`.

The same measure for both readings, so that a complete entry with a title for a position and a company for an employer
beats one that lacks a date, is torn across the page or has its values exchanged. It knows nothing of who read what.
"""

from app.analysis.grounding.grounded_entries import Entry
from app.analysis.readings.entry_sections import ReadEntry, leaves_of
from app.analysis.rules.phrases.degrees import degree_score
from app.analysis.rules.phrases.organisations import institution_score, is_organisation
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.structure.headings import find_kind

# What a value adds, about in proportion to how much of the entry is lost without it.
_IDENTITY, _START, _END, _DETAIL, _TEXT = 1.0, 0.8, 0.6, 0.2, 0.3
# What claiming an entry costs: one complete entry is worth more than the same values split over two.
_CLAIM_DATED, _CLAIM_PLAIN = 1.2, 0.5
# A value further than this from the other identifying values is likely to belong to another entry.
_COMPACT_LINES = 3
_TORN = 0.6
# Shares of a value that looks like what it should be, might be, and looks like something else.
_FITS, _MAY_FIT, _MISFIT = 1.0, 0.75, 0.25
# A title or degree word in its usual place; see `role_score` and `degree_score`.
_CLEAR_WORD, _SOME_WORD = 0.9, 0.6


def support(read: ReadEntry, foreign_heads: frozenset[int] = frozenset()) -> float:
    """Below 0: better left out. `foreign_heads` are lines where the other reading sees an entry begin."""
    entry = read.entry
    dated = len(read.shape.dates) > 1
    worth = sum(_IDENTITY * fit for fit in _identity_fits(read))
    if dated:
        worth += _period_worth(read)
    else:
        worth += sum(_DETAIL for key in read.shape.dates if key in entry.leaves)
    worth += sum(_IDENTITY / 2 for key in read.shape.lists for _ in leaves_of(entry, key))
    worth += _DETAIL * sum(key in entry.leaves for key in ("location", "url", "fluency", "issuer", "awarder", "score"))
    worth += _TEXT * any(key in entry.leaves for key in ("summary", "description", "highlights"))
    if dated and len(read.head) > 1 and max(read.head) - min(read.head) > _COMPACT_LINES:
        worth *= _TORN
    # Where the other reading sees an entry begin in the middle of this one's text, this one may have swallowed it.
    worth -= _TEXT * len((read.body - read.head) & foreign_heads)
    return worth - (_CLAIM_DATED if dated else _CLAIM_PLAIN)


def _identity_fits(read: ReadEntry) -> list[float]:
    entry = read.entry
    if read.section in {"work", "volunteer"}:
        employer = entry.text("name" if read.section == "work" else "organization")
        return [_employer_fit(employer), _position_fit(entry.text("position"))]
    if read.section == "education":
        return [_institution_fit(entry.text("institution")), _degree_fit(entry)]
    if read.section == "languages":
        # The heading of the section is no language.
        return [_FITS if find_kind(leaf.value) is None else 0.0 for leaf in leaves_of(entry, "language")]
    return [_FITS for key in read.shape.identity if key in entry.leaves]


def _employer_fit(text: str | None) -> float:
    if text is None:
        return 0.0
    if is_organisation(text):
        return _FITS
    return _MISFIT if role_score(text) >= _CLEAR_WORD else _MAY_FIT


def _position_fit(text: str | None) -> float:
    if text is None:
        return 0.0
    if role_score(text) >= _SOME_WORD:
        return _FITS
    return _MISFIT if is_organisation(text) else _MAY_FIT


def _institution_fit(text: str | None) -> float:
    if text is None:
        return 0.0
    if institution_score(text) >= _SOME_WORD:
        return _FITS
    return _MISFIT if degree_score(text) >= _CLEAR_WORD or role_score(text) >= _CLEAR_WORD else _MAY_FIT


def _degree_fit(entry: Entry) -> float:
    degree, area = entry.text("studyType"), entry.text("area")
    if degree is None and area is None:
        return 0.0
    if degree is not None and degree_score(degree) >= _SOME_WORD:
        return _FITS
    return _MISFIT if institution_score(degree or area or "") >= _CLEAR_WORD else _MAY_FIT


def _period_worth(read: ReadEntry) -> float:
    period = read.entry.period
    if period is None:
        return 0.0
    start, end = period.start, period.end
    worth = (_START if start is not None else 0.0) + (_END if end is not None or period.ongoing else 0.0)
    if start is not None and end is not None and start.first_month > end.last_month:
        return worth * _MISFIT
    far = [
        line
        for key in read.shape.dates
        for line in (leaf.evidence.line for leaf in leaves_of(read.entry, key))
        if read.head and min(abs(line - each) for each in read.head) > _COMPACT_LINES
    ]
    return worth * _TORN if far else worth
