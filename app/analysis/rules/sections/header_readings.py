"""Lists the ways to read a position's header as title and employer, and scores them.

Used by `app.analysis.rules.sections.work`.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from app.analysis.rules.phrases.organisations import company_score, institution_score
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import clean_value, mostly_cjk, word_set, words
from app.analysis.rules.structure.entry_rows import Entry
from app.analysis.rules.structure.header_pieces import HeaderRow, comma_parts

AT = re.compile(
    r"\s+(?:at|@|bei(?:\s+der|\s+dem)?|beim|bij(?:\s+de|\s+het)?|chez|presso|hos|ved|w firmie|в компании|в)\s+|\s*@\s+"
)
# A lower score says nothing about which text is the title.
CONFIDENT = 0.45
# After a comma these are departments, not employers ("Vice President, Finance").
_DEPARTMENTS = word_set("""
    finance marketing sales operations engineering product products hr human resources it risk research
    design communications strategy legal compliance quality procurement logistics supply chain customer
    success support service services business development analytics data technology manufacturing
    production accounting audit tax treasury planning and of the global international regional corporate
    development r&d programs projects partnerships growth security infrastructure platform icu er
    emergency department pediatrics surgery oncology icu/ccu med-surg
""")


@dataclass(slots=True)
class Draft:
    entry: Entry
    rows: list[HeaderRow]
    offsets: list[int] = field(default_factory=list[int])  # of `rows`, relative to the row with the period
    candidates: list["Candidate"] = field(default_factory=list["Candidate"])
    title: str | None = None
    employer: str | None = None
    location: str | None = None
    url: str | None = None
    tail: str | None = None  # body text after the period in the header row


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read a header as two texts in document order; `level` says how they were separated."""

    first: str
    second: str
    level: Literal["rows", "pieces", "comma", "at"]
    remark: bool = False  # the second text may be a remark rather than an employer
    plain: int = 0  # how many of the two are in rows that are less prominent than other rows of the header

    @property
    def title_first(self) -> float:
        """Positive if the first text is the title, negative if it is the employer. The size is the certainty."""
        return titleness(self.first) - titleness(self.second)


def titleness(text: str) -> float:
    role, company = role_score(text), company_score(text)
    if institution_score(text) >= 0.9:
        company = max(company, 0.8)
    if role >= 0.9 and company < 0.9 and _ends_with_role(text):
        company *= 0.4
    return role - 0.9 * company


def _ends_with_role(text: str) -> bool:
    parts = text.replace("(", " ").split()
    return bool(parts) and (role_score(parts[-1]) >= 0.7 or role_score(parts[0]) >= 0.7)


def find_candidates(draft: Draft) -> list[Candidate]:
    """All direct ways to read the header as title and employer, in document order."""
    found: list[Candidate] = []
    filled = [header for header in draft.rows if header.pieces]
    for index, header in enumerate(filled):
        for later in filled[index + 1 :]:
            found.extend(
                Candidate(
                    _whole_title(header, one),
                    _whole_title(later, two),
                    "rows",
                    remark=_is_remark(draft, later, two),
                    plain=_is_plain(header, filled) + _is_plain(later, filled),
                )
                for one in header.pieces[:2]
                for two in later.pieces[:2]
            )
    for header in filled:
        for index, one in enumerate(header.pieces):
            found.extend(Candidate(one, two, "pieces") for two in header.pieces[index + 1 :])
    remarks = any(candidate.remark for candidate in found)
    if remarks or not found or all(abs(candidate.title_first) < 0.3 for candidate in found):
        for header in filled:
            for piece in header.pieces:
                found.extend(_cut_candidates(piece))
    return found


def _whole_title(header: HeaderRow, piece: str) -> str:
    """Keeps a title with a dash, such as "Director – IT Operations", whole if it is alone in its row."""
    if piece != header.pieces[0] or len(header.pieces) != 2 or role_score(piece) < 0.7:
        return piece
    other = header.pieces[1]
    text = header.row.undated
    begin, end = text.find(piece), text.find(other) + len(other)
    if (
        company_score(other) >= 0.5
        or institution_score(other) >= 0.9
        or begin < 0
        or end <= begin
        or (len(header.row.cells) > 1 and not header.row.periods)
    ):
        return piece
    whole = text[begin:end]
    return whole if " | " not in whole and "·" not in whole and len(whole.split()) <= 10 else piece


def _is_plain(header: HeaderRow, others: list[HeaderRow]) -> bool:
    """Whether at least two other rows of the header are bold or large and this one is not."""
    prominent = [other for other in others if (other.row.bold, other.row.size) > (header.row.bold, header.row.size)]
    return len(prominent) >= 2


def _is_remark(draft: Draft, header: HeaderRow, piece: str) -> bool:
    """Whether the piece follows the period of a complete header ("2013 – 2016 | Java, MySQL") and names no employer."""
    period = draft.entry.period
    if header.row is not draft.entry.anchor or period is None or not draft.entry.above:
        return False
    behind = not header.row.text[: period.span[0]].strip(" (|")
    return behind and company_score(piece) < 0.5 and role_score(piece) < 0.7


def _cut_candidates(piece: str) -> list[Candidate]:
    found: list[Candidate] = []
    for cut in AT.finditer(piece):
        first, second = clean_value(piece[: cut.start()]), clean_value(piece[cut.end() :])
        if first and second and role_score(first) >= 0.3:
            return [Candidate(first, second, "at")]
    parts = comma_parts(piece)
    for count in range(1, len(parts)):
        second_start = piece.find(parts[count], sum(len(part) for part in parts[:count]))
        first, second = clean_value(piece[:second_start]), clean_value(piece[second_start:])
        if first and second and not _is_department(second):
            found.append(Candidate(first, second, "comma"))
    tokens = piece.split() if mostly_cjk(piece) else []
    found.extend(
        Candidate(" ".join(tokens[:count]), " ".join(tokens[count:]), "comma") for count in range(1, len(tokens))
    )
    link = re.match(r"^(.{4,50}?)\s+(?:en|in|pour|per|na|no|für|for|with|à|a|voor)\s+(\S.*)$", piece)
    if not found and link is not None and role_score(link[1]) >= 0.9 and company_score(link[2]) >= 0.5:
        found.append(Candidate(link[1], link[2], "at"))
    return found


def _is_department(text: str) -> bool:
    tokens = words(text)
    return bool(tokens) and len(tokens) <= 5 and all(token in _DEPARTMENTS for token in tokens)


def common_orders(drafts: list[Draft]) -> dict[str, float]:
    """For each level, whether titles come first in this resume: positive if yes, negative if no."""
    orders: dict[str, float] = {}
    for draft in drafts:
        best = clearest(draft.candidates)
        if best is not None and abs(best.title_first) >= CONFIDENT:
            orders[best.level] = orders.get(best.level, 0.0) + (1.0 if best.title_first > 0 else -1.0)
    return orders


def clearest(candidates: list[Candidate]) -> Candidate | None:
    best: Candidate | None = None
    for candidate in candidates:
        if best is None or _clarity(candidate) > _clarity(best) + 0.05:
            best = candidate
    return best


def _clarity(candidate: Candidate) -> float:
    """How clearly the two texts are a title and an employer. Long texts with small letters are descriptions."""
    clear = abs(candidate.title_first)
    if candidate.level == "at":
        clear += 1.0
    if candidate.remark:
        clear -= 0.6
    for text in (candidate.first, candidate.second):
        tokens = text.split()
        small = sum(
            1
            for token in tokens
            if token[0].isalpha() and token[0] == token[0].lower() and token[0] != token[0].upper()
        )
        if len(tokens) > 2 and small > 0.5 * len(tokens):
            clear -= 0.5 if len(tokens) > 4 else 0.3
    return clear - 0.2 * candidate.plain
