"""Positions: employer, title, place and period of every entry of the work and volunteer sections; `resume` calls it."""

import re
from dataclasses import dataclass, field

from app.analysis.answer import Job
from app.analysis.rules.bodies import read_items, summary_and_highlights
from app.analysis.rules.entries import Entry, find_entries, find_undated_entries
from app.analysis.rules.organisations import company_score, institution_score
from app.analysis.rules.pieces import HeaderRow, comma_parts, read_header_row
from app.analysis.rules.roles import role_score
from app.analysis.rules.rows import Row
from app.analysis.rules.spelling import clean_value, is_cjk, mostly_cjk, word_set

_AT = re.compile(r"\s+(?:at|@|bei(?:\s+der|\s+dem)?|beim|chez|presso|hos|w firmie|в компании|в)\s+|\s*@\s+")
_LABELLED = re.compile(
    r"^(?P<label>company|employer|organi[sz]ation|firma|arbeitgeber|unternehmen|entreprise|"
    r"employeur|empresa|azienda|werkgever|公司|会社名|"
    r"position|title|job title|role|designation|stelle|funktion|poste|puesto|cargo|ruolo|"
    r"functie|职位|岗位|役職|職種)\s*[:：]\s*(?P<value>\S.*)$",
    re.IGNORECASE,
)
_EMPLOYER_LABELS = word_set(
    "company employer organization organisation firma arbeitgeber unternehmen entreprise "
    "employeur empresa azienda werkgever 公司 会社名"
)
_NOT_A_HEADER = re.compile(
    r"^(?:responsibilities|achievements|projects?|technologies|tech(?:nology)? stack|tools|"
    r"skills|environment|key )\b",
    re.IGNORECASE,
)
_CONFIDENT = 0.45


@dataclass(slots=True)
class _Draft:
    entry: Entry
    rows: list[HeaderRow]
    offsets: list[int] = field(default_factory=list[int])  # of `rows`, counted from the row with the period
    candidates: list["_Candidate"] = field(default_factory=list["_Candidate"])
    title: str | None = None
    employer: str | None = None
    location: str | None = None
    url: str | None = None
    tail: str | None = None  # body text that stood behind the period in the header row


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to read a header as two texts in document order; `level` is how they were cut apart."""

    first: str
    second: str
    level: str
    remark: bool = False  # the second text may be a remark and no employer

    @property
    def title_first(self) -> float:
        """Positive when the first text is the title, negative when it is the employer; size is certainty."""
        return _titleness(self.first) - _titleness(self.second)


def _titleness(text: str) -> float:
    role, company = role_score(text), company_score(text)
    if institution_score(text) >= 0.9:
        company = max(company, 0.8)
    if role >= 0.9 and company < 0.9 and _ends_with_role(text):
        company *= 0.4
    return role - 0.9 * company


def _ends_with_role(text: str) -> bool:
    parts = text.replace("(", " ").split()
    return bool(parts) and (role_score(parts[-1]) >= 0.7 or role_score(parts[0]) >= 0.7)


def read_jobs(rows: list[Row]) -> list[Job]:
    entries = find_entries(rows) or find_undated_entries(rows)
    drafts = [_draft(entry) for entry in entries]
    drafts = [draft for draft in drafts if draft.rows]
    _take_places_by_slot(drafts)
    for draft in drafts:
        draft.candidates = _candidates(draft)
    orders = _common_orders(drafts)
    for draft in drafts:
        _assign(draft, orders)
    drafts = _share_employers(drafts)
    return [job for draft in drafts if (job := _job(draft)) is not None]


def _draft(entry: Entry) -> _Draft:
    draft = _Draft(entry, [])
    for row in entry.header:
        keep = True
        if row is entry.anchor and entry.period is not None:
            after = row.text[entry.period.span[1] :].strip(" ).:;|–—-")
            if (len(after.split()) > 7 and len(row.cells) == 1 and row.text[: entry.period.span[0]].strip()) or (
                len(row.cells) == 1
                and row.text[: entry.period.span[0]].strip()
                and re.search(r"[.!]$", after)
                and len(after.split()) >= 4
            ):
                keep, draft.tail = False, after
        labelled = _LABELLED.match(row.undated or row.text)
        if labelled is not None:
            value = clean_value(labelled["value"])
            if labelled["label"].casefold() in _EMPLOYER_LABELS:
                draft.employer = value
            else:
                draft.title = value
            continue
        header = read_header_row(row, keep_after_period=keep)
        header.pieces = [piece for piece in header.pieces if not _NOT_A_HEADER.match(piece) or role_score(piece) >= 0.7]
        draft.location = draft.location or header.location
        draft.url = draft.url or header.url
        draft.rows.append(header)
        draft.offsets.append(_offset(entry, row))
    return draft


def _offset(entry: Entry, row: Row) -> int:
    header = entry.header
    anchor = next((index for index, each in enumerate(header) if each is entry.anchor), 0)
    return next((index for index, each in enumerate(header) if each is row), 0) - anchor


def _take_places_by_slot(drafts: list[_Draft]) -> None:
    """Where most entries have a known place, the text that stands there in the others is one too ("Gdynia")."""
    slots: dict[int, int] = {}
    for draft in drafts:
        for offset, header in zip(draft.offsets, draft.rows, strict=True):
            if header.location is not None:
                slots[offset] = slots.get(offset, 0) + 1
    for draft in drafts:
        pieces = sum(len(header.pieces) for header in draft.rows)
        if draft.location is not None or not pieces:
            continue
        for offset, header in zip(draft.offsets, draft.rows, strict=True):
            if not slots.get(offset) or not header.pieces:
                continue
            last = header.pieces[-1]
            parts = comma_parts(last)
            tail = parts[-1] if len(parts) > 1 else last
            if not _may_be_place(tail):
                continue
            if len(parts) > 1:
                header.pieces[-1] = clean_value(last[: last.rindex(tail)])
            elif pieces >= 3 or (
                pieces == 2
                and any(
                    len(comma_parts(piece)) > 1 or _AT.search(piece)
                    for piece in (each for row in draft.rows for each in row.pieces)
                    if piece != last
                )
            ):
                header.pieces.pop()
            else:
                continue
            header.location = draft.location = clean_value(tail)
            break


def _may_be_place(text: str) -> bool:
    tokens = text.split()
    return (
        1 <= len(tokens) <= 3
        and tokens[0][0] != tokens[0][0].lower()
        and role_score(text) < 0.5
        and company_score(text) < 0.5
        and institution_score(text) < 0.5
        and not re.search(r"\d", text)
    )


def _candidates(draft: _Draft) -> list[_Candidate]:
    """All plain ways to read the header as title and employer, in document order."""
    found: list[_Candidate] = []
    filled = [header for header in draft.rows if header.pieces]
    for index, header in enumerate(filled):
        for later in filled[index + 1 :]:
            found.extend(
                _Candidate(
                    _whole_title(header, one), _whole_title(later, two), "rows", remark=_is_remark(draft, later, two)
                )
                for one in header.pieces[:2]
                for two in later.pieces[:2]
            )
    for header in filled:
        for index, one in enumerate(header.pieces):
            found.extend(_Candidate(one, two, "pieces") for two in header.pieces[index + 1 :])
    remarks = any(candidate.remark for candidate in found)
    if remarks or not found or all(abs(candidate.title_first) < 0.3 for candidate in found):
        for header in filled:
            for piece in header.pieces:
                found.extend(_cut_candidates(piece))
    return found


def _whole_title(header: HeaderRow, piece: str) -> str:
    """As in "Director – IT Operations" alone in its row is one title, though a dash stands inside."""
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


def _is_remark(draft: _Draft, header: HeaderRow, piece: str) -> bool:
    """Words behind the period under a full header ("2013 – 2016 | Java, MySQL") name no employer by themselves."""
    period = draft.entry.period
    if header.row is not draft.entry.anchor or period is None or not draft.entry.above:
        return False
    behind = not header.row.text[: period.span[0]].strip(" (|")
    return behind and company_score(piece) < 0.5 and role_score(piece) < 0.7


def _cut_candidates(piece: str) -> list[_Candidate]:
    found: list[_Candidate] = []
    for cut in _AT.finditer(piece):
        first, second = clean_value(piece[: cut.start()]), clean_value(piece[cut.end() :])
        if first and second and role_score(first) >= 0.3:
            return [_Candidate(first, second, "at")]
    parts = comma_parts(piece)
    for count in range(1, len(parts)):
        second_start = piece.find(parts[count], sum(len(part) for part in parts[:count]))
        first, second = clean_value(piece[:second_start]), clean_value(piece[second_start:])
        if first and second:
            found.append(_Candidate(first, second, "comma"))
    if mostly_cjk(piece) and len(tokens := piece.split()) == 2:
        found.append(_Candidate(tokens[0], tokens[1], "comma"))
    link = re.match(r"^(.{4,50}?)\s+(?:en|in|pour|per|na|no|für|for|with|à|a|voor)\s+(\S.*)$", piece)
    if not found and link is not None and role_score(link[1]) >= 0.9 and company_score(link[2]) >= 0.5:
        found.append(_Candidate(link[1], link[2], "at"))
    return found


def _common_orders(drafts: list[_Draft]) -> dict[str, float]:
    """For each way of cutting, whether titles come first in this resume: positive yes, negative no."""
    orders: dict[str, float] = {}
    for draft in drafts:
        best = _clearest(draft.candidates)
        if best is not None and abs(best.title_first) >= _CONFIDENT:
            orders[best.level] = orders.get(best.level, 0.0) + (1.0 if best.title_first > 0 else -1.0)
    return orders


def _clearest(candidates: list[_Candidate]) -> _Candidate | None:
    best: _Candidate | None = None
    for candidate in candidates:
        if best is None or _clarity(candidate) > _clarity(best) + 0.05:
            best = candidate
    return best


def _clarity(candidate: _Candidate) -> float:
    """How well the two texts are a title and an employer; long texts with small letters are descriptions."""
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
        if len(tokens) > 4 and small > 0.5 * len(tokens):
            clear -= 0.5
    return clear


def _assign(draft: _Draft, orders: dict[str, float]) -> None:
    if draft.title and draft.employer:
        return
    best = _clearest(draft.candidates)
    if best is not None and (draft.title is None and draft.employer is None):
        sure = best.title_first
        common = orders.get(best.level, 0.0)
        if abs(sure) < _CONFIDENT and common == 0.0:
            common = sum(orders.values()) * 0.5
        if abs(sure) >= _CONFIDENT or best.level == "at":
            title_first = sure > 0 or best.level == "at"
        elif common:
            title_first = common > 0
        else:
            title_first = sure >= 0
        draft.title, draft.employer = (best.first, best.second) if title_first else (best.second, best.first)
        draft.employer = _employer_name(draft.employer)
        if role_score(draft.title) == 0.0 and company_score(draft.title) >= 0.75 and role_score(draft.employer) == 0:
            draft.title = None if abs(sure) < 0.2 and not common else draft.title
        return
    pieces = [piece for header in draft.rows for piece in header.pieces]
    for piece in pieces:
        if draft.title is None and role_score(piece) >= 0.6 and _titleness(piece) > 0:
            draft.title = piece
        elif draft.employer is None and piece != draft.title:
            draft.employer = _employer_name(piece)


def _employer_name(text: str) -> str:
    """Without a department behind a comma, unless the comma belongs to the name."""
    parts = comma_parts(text)
    if len(parts) < 2 or is_cjk(text):
        return text
    return clean_value(parts[0]) if company_score(parts[0]) >= 0.5 or company_score(parts[1]) < 0.5 else text


def _share_employers(drafts: list[_Draft]) -> list[_Draft]:
    """Several positions under one employer: the employer's row stands once, above the first of them."""
    both = sum(1 for draft in drafts if draft.title and draft.employer)
    kept: list[_Draft] = []
    employer: str | None = None
    location: str | None = None
    for index, draft in enumerate(drafts):
        following = drafts[index + 1] if index + 1 < len(drafts) else None
        if (
            draft.employer
            and not draft.title
            and not draft.entry.body
            and following is not None
            and following.title
            and not following.employer
        ):
            employer, location = draft.employer, draft.location
            continue
        if draft.employer:
            employer, location = draft.employer, draft.location
        elif draft.title and employer is not None and (both or kept == [] or kept[-1].employer):
            draft.employer = employer
            draft.location = draft.location or location
        kept.append(draft)
    return kept


def _job(draft: _Draft) -> Job | None:
    title, employer = clean_value(draft.title or "") or None, clean_value(draft.employer or "") or None
    if title is None and employer is None:
        return None
    if any(text is not None and len(text) > 120 for text in (title, employer)):
        return None
    items = read_items(draft.entry.body)
    summary, highlights = summary_and_highlights(items)
    if draft.tail:
        summary = draft.tail if summary is None else f"{draft.tail} {summary}"
    period = draft.entry.period
    return Job(
        employer=employer,
        position=title,
        location=draft.location,
        url=draft.url,
        start=period.start if period else None,
        end=period.end if period else None,
        ongoing=period.ongoing if period else False,
        summary=summary,
        highlights=highlights,
        lines=draft.entry.numbers,
    )
