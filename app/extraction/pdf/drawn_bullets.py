"""Puts a bullet before the words next to each small drawn disc, as browsers draw list markers; for `pdf_reader`."""

from collections.abc import Sequence

from app.extraction.document import Box
from app.extraction.layout.placed_word import PlacedWord
from app.extraction.unicode_text import BULLET, is_right_to_left

SMALLEST, LARGEST = 1.5, 6.0  # points; browsers draw them a third of an em wide
ROUND = 0.15  # width and height differ by less, as a share of the width
MOST_OF_EM = 0.5  # larger discs are the marks of a timeline
MOST_DISCS = 400  # a page with more is a drawing
REACH_EMS = 2.0  # from the disc to the first word


def is_disc(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return SMALLEST <= width <= LARGEST and abs(width - height) <= ROUND * width


def with_bullets(words: Sequence[PlacedWord], discs: Sequence[Box]) -> list[PlacedWord]:
    """Return the words, plus a bullet word for each disc that precedes one of them on its row."""
    found = list(words)
    if len(discs) > MOST_DISCS:
        return found
    number = max((word.sequence for word in words), default=0)
    for disc in discs:
        word = _word_beside(disc, words)
        if word is not None:
            number += 1
            found.append(
                PlacedWord(BULLET, disc, word.baseline, word.size, upright=True, style=word.style, sequence=number)
            )
    return found


def _word_beside(disc: Box, words: Sequence[PlacedWord]) -> PlacedWord | None:
    middle = (disc[1] + disc[3]) / 2
    row = [
        word
        for word in words
        if word.upright
        and word.baseline - 0.8 * word.size < middle < word.baseline
        and disc[2] - disc[0] <= MOST_OF_EM * word.size
    ]
    after = min((word for word in row if word.x0 >= disc[2]), key=lambda word: word.x0, default=None)
    before = max((word for word in row if word.x1 <= disc[0]), key=lambda word: word.x1, default=None)
    leading, trailing = (before, after) if _runs_left(before) else (after, before)
    if leading is None:
        return None
    gap = max(leading.x0 - disc[2], disc[0] - leading.x1)
    if gap > REACH_EMS * leading.size:
        return None
    # Between two words of one row it is a separator.
    clear = 0.0 if trailing is None else max(trailing.x0 - disc[2], disc[0] - trailing.x1)
    return leading if trailing is None or clear > 2 * gap else None


def _runs_left(word: PlacedWord | None) -> bool:
    return word is not None and is_right_to_left(word.text)
