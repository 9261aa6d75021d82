"""The most that a truthful answer about a document can contain; called by `app.analysis.analyse` for each request.

The bounds are generous: they must never cut off a true answer. They keep a model that repeats itself from filling its
whole output with entries, line numbers or text that the document cannot hold.
"""

import re

from app.analysis.answer import Answer
from app.extraction.document import Document
from app.routing.question import AnswerBounds

_NUMBER = re.compile(r"\d\d")  # of any script: most dates contain one
_DATED = ("work", "volunteer", "education", "projects")
_OTHER = ("skills", "languages", "certificates", "awards", "publications", "interests")
# A job or degree without dates takes about three lines: employer, position, and at least one more.
_LINES_OF_UNDATED_ENTRY = 3
_SPARE_DATED_ENTRIES = 8
_SPARE_ENTRIES = 10  # several languages or interests may share one line
_SPARE_BEYOND_PARSER = 5
_LINES_OF_A_VALUE = 6  # a name, title or address that wraps in a narrow column


def bound_answer(document: Document, parsed: Answer | None = None) -> AnswerBounds:
    """`parsed` is the built-in parser's answer, if it is known: no list may have less room than that and some more."""
    lengths = [len(line.text) + 1 for line in document.lines]
    dated_lines = sum(_NUMBER.search(line.text) is not None for line in document.lines)
    dated = max(dated_lines, len(lengths) // _LINES_OF_UNDATED_ENTRY) + _SPARE_DATED_ENTRIES
    most = dict.fromkeys(_DATED, dated) | dict.fromkeys(_OTHER, len(lengths) + _SPARE_ENTRIES)
    if parsed is not None:
        most = {name: max(count, len(getattr(parsed, name)) + _SPARE_BEYOND_PARSER) for name, count in most.items()}
    longest = max((sum(lengths[at : at + _LINES_OF_A_VALUE]) for at in range(len(lengths))), default=0)
    return AnswerBounds(
        last_line=len(lengths),
        entries=tuple(most.items()),
        text_characters=longest,
        prose_characters=sum(lengths),
    )
