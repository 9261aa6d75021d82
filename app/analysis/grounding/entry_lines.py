"""The lines of an answer's entries: those that each one cites, and those between them. Called by `check`.

A model cites the first and the last line of an entry, because a list of every line costs tokens and tempts small models
to count on without end. The built-in parser cites all of them.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

# Between two cited lines. A larger gap is more likely an entry whose parts are in different columns.
_LONGEST_GAP = 40


def fill_gaps(cited: Sequence[Sequence[int]]) -> list[frozenset[int]]:
    """For each entry its cited lines, and those after each up to its next one or to a line that another entry cites."""
    own = [frozenset(lines) for lines in cited]
    claims = Counter(line for lines in own for line in lines)
    return [lines | frozenset(_between(lines, claims)) for lines in own]


def _between(lines: frozenset[int], claims: Counter[int]) -> list[int]:
    found: list[int] = []
    for first, last in pairwise(sorted(lines)):
        if last - first > _LONGEST_GAP:
            continue
        for line in range(first + 1, last):
            if line in claims:
                break
            found.append(line)
    return found
