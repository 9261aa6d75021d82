"""Joins the wrapped lines under an entry's header to list items and paragraphs; used by all parsers of entries."""

import re
from dataclasses import dataclass, replace

from app.analysis.rules.phrases.spelling import clean_value, fold, is_cjk, phrase_set
from app.analysis.rules.structure.row import Row

# A line that ends like this must continue.
_HANGING = re.compile(
    r"(?:[,&/(–·|-]|\b(?:and|or|of|for|the|a|an|in|on|with|to|from|by|at|und|oder|für|der|die|"
    r"das|des|von|mit|im|et|de|du|la|le|les|des|pour|avec|y|e|o|del|los|las|con|para|di|della|"
    r"en|van|voor|het|do|da|dos))$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"^(?:https?:/|www\.)\S+$")
_SENTENCE_END = re.compile(r"[.!?。！？;:：]['\")]?$")
_LABELS = phrase_set("""
    highlights|responsibilities|achievements|key responsibilities|main duties|duties|
    key achievements|tasks|aufgaben|tatigkeiten|taches|missions|funciones|logros|responsabilita|
    taken|accomplishments|description|details|job description|roles and responsibilities|
    main responsibilities|key accomplishments|erfolge|hauptaufgaben|principales funciones|工作内容|工作描述|
    principais atividades|atividades|atividades desenvolvidas|principais responsabilidades|responsabilidades|
    atribuicoes|obowiazki|zakres obowiazkow|arbetsuppgifter|обязанности|должностные обязанности|
    主要职责|業務内容|职责|业绩|主な業務
    """)


@dataclass(frozen=True, slots=True)
class Item:
    """A list item or paragraph with its lines joined by single spaces."""

    text: str
    bullet: bool
    numbers: tuple[int, ...]


def continues(before: Row, row: Row) -> bool:
    """Whether `row` continues the sentence of `before`: a wrapped line, not a new item or header."""
    if row.bullet or _ADDRESS.match(row.text):
        return False
    if len(row.cells) > 1 and row.periods and row.periods[-1].is_range:
        return False  # a header whose period is in a separate cell
    if before.right is not None and row.left is not None and before.left is not None and row.page == before.page:
        return _continues_on_page(before, row)
    if row.is_date_only:
        return False
    if (row.starts_lower or _HANGING.search(before.text)) and not row.new_block:
        return True
    if row.page != before.page:
        return row.starts_lower
    if before.size > 0:
        return False  # a line of a word processor is a complete paragraph
    if row.new_block or (_SENTENCE_END.search(before.text) and len(before.text) < 60):
        return False
    # Manually wrapped text has nearly full lines of equal width.
    return len(before.text) >= 65 and not row.periods


def _continues_on_page(before: Row, row: Row) -> bool:
    if before.right is None or row.left is None or before.left is None:
        return False
    if row.gap > min(1.1, max(0.6, 2.0 * row.usual_gap)) or row.top < before.top:
        # The next column starts further up. Only an unfinished sentence continues there.
        return row.top < before.top and row.starts_lower
    unsteady = 0.4 if row.starts_lower and row.size != round(row.size) else 0.12  # OCR estimates sizes
    if abs(row.size - before.size) > unsteady * max(before.size, 1.0) or (
        row.bold != before.bold and not row.starts_lower
    ):
        return False
    if before.bullet and before.text_left is not None:
        if row.left < before.text_left - 4.0 and row.left <= before.left + 2.0:
            # A bullet that is typed as an ordinary character: the next lines start below it.
            wrapped = row.starts_lower or (not row.new_block and not row.periods and _reaches_edge(before, row))
            return wrapped and not _SENTENCE_END.search(before.text)
        return True
    if row.is_date_only:
        return False
    if row.starts_lower or _HANGING.search(before.text):
        return True
    if before.periods and before.text.rstrip(" ).").endswith(
        before.text[before.periods[-1].span[0] : before.periods[-1].span[1]].rstrip(" ).")
    ):
        return False
    return _reaches_edge(before, row)


def _reaches_edge(before: Row, row: Row) -> bool:
    """Whether the first word of `row` did not fit on the row above."""
    if before.edge is None or before.left is None or before.right is None or row.left is None or row.right is None:
        return False
    first = row.text.split(" ", 1)[0]
    width = row.size if is_cjk(row.text) else (row.right - row.left) * (len(first) + 1) / max(1, len(row.text))
    return before.right + width > before.edge - 0.02 * (before.edge - before.left)


def read_items(rows: list[Row]) -> list[Item]:
    items: list[Item] = []
    before: Row | None = None
    for each in rows:
        row = each
        if fold(row.text).strip(" :：") in _LABELS:
            before = None
            continue
        joined = before is not None and continues(before, row)
        if items and joined:
            last = items[-1]
            items[-1] = Item(f"{last.text} {row.text}", last.bullet, (*last.numbers, *row.numbers))
            # All lines of the item have the indentation of its bullet.
            if before is not None and before.bullet:
                row = _with_mark_of(row, before)
        else:
            items.append(Item(row.text, row.bullet, row.numbers))
        before = row
    return [Item(item.text.strip(), item.bullet, item.numbers) for item in items if re.search(r"\w", item.text)]


def _with_mark_of(row: Row, before: Row) -> Row:
    return replace(row, bullet=True, left=before.left, text_left=before.text_left)


def summary_and_highlights(items: list[Item]) -> tuple[str | None, list[str]]:
    """Paragraphs before the list are the summary. Several items without bullets also form a list."""
    marked = [item for item in items if item.bullet]
    plain = [item for item in items if not item.bullet]
    if marked:
        first = items.index(marked[0])
        lead = [item.text for item in items[:first] if len(item.text) > 3]
        return (" ".join(lead) or None), [item.text for item in items[first:]]
    if len(plain) == 1:
        return plain[0].text, []
    if len(plain) >= 2 and plain[0].text.endswith((".", "。")) and not plain[1].text.endswith((".", "。")):
        return plain[0].text, [item.text for item in plain[1:]]
    return None, [clean_value(item.text) for item in plain]
