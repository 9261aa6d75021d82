"""Reads positions with employer, title, place and period, in work and volunteer sections.

Used by `app.analysis.rules.parse_resume`.
"""

import re

from app.analysis.answer import Job
from app.analysis.rules.phrases.organisations import company_score, institution_score
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import clean_value, fold, is_cjk, word_set
from app.analysis.rules.sections.header_readings import (
    AT,
    CONFIDENT,
    Candidate,
    Draft,
    clearest,
    common_orders,
    find_candidates,
    titleness,
)
from app.analysis.rules.structure.entry_bodies import continues, read_items, summary_and_highlights
from app.analysis.rules.structure.entry_rows import Entry, capital_share, find_entries, find_undated_entries
from app.analysis.rules.structure.header_pieces import comma_parts, is_header_like, read_header_row, split_place
from app.analysis.rules.structure.labelled_entries import Label, LabelledEntry, read_labelled
from app.analysis.rules.structure.row import Row

_LABELLED = re.compile(
    r"^(?P<label>company|employer|organi[sz]ation|firma|arbeitgeber|unternehmen|entreprise|"
    r"employeur|empresa|azienda|werkgever|公司|会社名|"
    r"position|title|job title|role|designation|stelle|funktion|poste|puesto|cargo|ruolo|"
    r"functie|stanowisko|befattning|tjänst|stilling|ammattinimike|должность|职位|岗位|役職|職種|"
    r"pracodawca|arbetsgivare|arbejdsgiver|työnantaja|компания|работодатель)\s*[:：]\s*(?P<value>\S.*)$",
    re.IGNORECASE,
)
_EMPLOYER_LABELS = word_set(
    "company employer organization organisation firma arbeitgeber unternehmen entreprise "
    "employeur empresa azienda werkgever 公司 会社名 pracodawca arbetsgivare arbejdsgiver tyonantaja "
    "компания работодатель"
)
# "Worked as Test Engineer in Example Softworks, Kochi from ..."
_TOLD = re.compile(
    r"(?:(?:currently|presently|previously)\s+)?(?:work(?:ing|ed)|employed|serv(?:ing|ed)|join(?:ing|ed))\s+as\s+"
    r"(?:an?\s+|the\s+)?(?P<title>[^|]{3,60}?)\s+(?:in|at|with|for)\s+(?P<employer>[^|]{2,80}?)"
    r"(?:\s+(?:from|since|during))?[\s|.,]*$",
    re.IGNORECASE,
)
_NOT_A_HEADER = re.compile(
    r"^(?:responsibilities|achievements|projects?|technologies|tech(?:nology)? stack|tools|"
    r"skills|environment|key )\b",
    re.IGNORECASE,
)
_DEPARTMENT = re.compile(
    r"(?:department|dept\.?|faculty|division|laboratory|lab|chair|office|school|institut[eo]?|fachbereich|lehrstuhl|abteilung|"
    r"département|service|facultad|departamento|dipartimento)\b\s+(?:of|for|für|de|di|d['’]|del)\b",
    re.IGNORECASE,
)
_NEEDED_LABELS: frozenset[Label] = frozenset({"employer", "position"})


def read_jobs(rows: list[Row]) -> list[Job]:
    labelled = read_labelled(rows, _NEEDED_LABELS)
    if labelled:
        return [job for entry in labelled if (job := _labelled_job(entry)) is not None]
    entries = find_entries(rows) or find_undated_entries(rows)
    drafts = [_draft(entry) for entry in entries]
    drafts = [draft for draft in drafts if draft.rows or (draft.title and draft.employer)]
    _take_places_by_slot(drafts)
    for draft in drafts:
        draft.candidates = find_candidates(draft)
    orders = common_orders(drafts)
    tails = _tails(drafts)
    for draft in drafts:
        _assign(draft, orders, tails)
    _take_bracketed_places(drafts)
    drafts = _share_employers(drafts)
    return [job for draft in drafts if (job := _job(draft)) is not None]


def _labelled_job(entry: LabelledEntry) -> Job | None:
    employer, position = entry.values.get("employer"), entry.values.get("position")
    if employer is None and position is None:
        return None
    location = entry.values.get("location")
    if employer is not None:
        employer, place = split_place(employer)
        employer, location = _employer_name(employer), location or place
    row = entry.rows.get("period")
    periods = row.periods if row is not None else ()
    if not periods:
        periods = tuple(period for each in entry.rows.values() for period in each.periods)
    summary, highlights = summary_and_highlights(read_items(entry.body))
    return Job(
        employer=employer,
        position=position,
        location=location,
        start=periods[0].start if periods else None,
        end=periods[0].end if periods else None,
        ongoing=periods[0].ongoing if periods else False,
        summary=summary,
        highlights=highlights,
        lines=sorted(set(entry.numbers)),
    )


def _draft(entry: Entry) -> Draft:
    draft = Draft(entry, [])
    for row in entry.header:
        keep = True
        if row is entry.anchor and entry.period is not None:
            after = row.text[entry.period.span[1] :].strip(" ).:;|–—-")
            before = row.text[: entry.period.span[0]].strip(" (|")
            sentence = re.search(r"[.!]$", after) is not None or capital_share(after) < 0.6
            if before and len(row.cells) == 1 and sentence and len(after.split()) >= 4:
                keep, draft.tail = False, after
        labelled = _LABELLED.match(row.undated or row.text)
        if labelled is not None:
            value = clean_value(labelled["value"])
            if fold(labelled["label"]) in _EMPLOYER_LABELS:
                draft.employer = value
            else:
                draft.title = value
            continue
        told = _TOLD.match(row.undated)
        if told is not None and role_score(told["title"]) >= 0.6:
            draft.title = clean_value(told["title"])
            employer, place = split_place(clean_value(told["employer"]))
            draft.employer, draft.location = _employer_name(employer), draft.location or place
            continue
        header = read_header_row(row, keep_after_period=keep)
        header.pieces = [piece for piece in header.pieces if not _NOT_A_HEADER.match(piece) or role_score(piece) >= 0.7]
        header.pieces = [_without_departments(piece) for piece in header.pieces]
        draft.location = draft.location or header.location
        draft.url = draft.url or header.url
        draft.rows.append(header)
        draft.offsets.append(_offset(entry, row))
    return draft


_CJK_DEPARTMENT = re.compile(r".+(?:部|課|室|係|局|支店|支社|本店|営業所|事業所|グループ|チーム|部门|部門|中心|团队)")


def _without_departments(piece: str) -> str:
    """Removes departments from "営業本部 首都圏第二課 課長代理": they are neither the title nor the employer."""
    tokens = piece.split()
    if len(tokens) < 2 or not all(is_cjk(token) for token in tokens):
        return piece
    kept = [token for token in tokens if not _CJK_DEPARTMENT.fullmatch(token)]
    return " ".join(kept) if any(role_score(token) >= 0.7 for token in kept) else piece


def _offset(entry: Entry, row: Row) -> int:
    header = entry.header
    anchor = next((index for index, each in enumerate(header) if each is entry.anchor), 0)
    return next((index for index, each in enumerate(header) if each is row), 0) - anchor


def _take_places_by_slot(drafts: list[Draft]) -> None:
    """If most entries have a known place, takes the text in the same position of the others as a place ("Gdynia")."""
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
                    len(comma_parts(piece)) > 1 or AT.search(piece)
                    for piece in (each for row in draft.rows for each in row.pieces)
                    if piece != last
                )
            ):
                header.pieces.pop()
            else:
                continue
            header.location = draft.location = clean_value(tail)
            break


def _take_bracketed_places(drafts: list[Draft]) -> None:
    """If the employers of several entries end with brackets, they are towns ("Restaurant L’Estran (La Rochelle)")."""
    ends = [(draft, _BRACKETED.fullmatch(draft.employer or "")) for draft in drafts]
    towns = [(draft, end) for draft, end in ends if end is not None and _may_be_place(end["place"])]
    if len(towns) < 2 or len(towns) * 2 <= len(drafts):
        return
    for draft, end in towns:
        draft.employer, draft.location = clean_value(end["name"]), draft.location or end["place"]


_BRACKETED = re.compile(r"(?P<name>[^()]{2,})\((?P<place>[^()]*[^\W\d_]{3}[^()]*)\)")


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


def _tails(drafts: list[Draft]) -> frozenset[str]:
    """Texts after the last comma in entries with another header row. They are departments, as the employer is there."""
    full = [draft.rows for draft in drafts if sum(bool(header.pieces) for header in draft.rows) > 1]
    pieces = [piece for rows in full for header in rows for piece in header.pieces]
    return frozenset(parts[-1] for piece in pieces if len(parts := comma_parts(piece)) > 1)


def _assign(draft: Draft, orders: dict[str, float], tails: frozenset[str]) -> None:
    if draft.title and draft.employer:
        return
    best = clearest(draft.candidates)
    two_rows = abs(orders.get("rows", 0.0)) > abs(orders.get("comma", 0.0))
    if best is not None and best.level == "comma" and _is_whole_title(draft, best, tails, two_rows=two_rows):
        draft.title = next(piece for header in draft.rows for piece in header.pieces)
        return
    if best is not None and (draft.title is None and draft.employer is None):
        sure = best.title_first
        common = orders.get(best.level, 0.0)
        if abs(sure) < CONFIDENT and common == 0.0:
            common = sum(orders.values()) * 0.5
        if abs(sure) >= CONFIDENT or best.level == "at":
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
        if draft.title is None and role_score(piece) >= 0.6 and titleness(piece) > 0:
            draft.title = piece
        elif draft.employer is None and piece != draft.title:
            draft.employer = _employer_name(piece)


def _is_whole_title(draft: Draft, best: Candidate, tails: frozenset[str], *, two_rows: bool) -> bool:
    """Whether a header on one row is only a title, where others have two rows: "Associate, Leveraged Finance"."""
    if sum(len(header.pieces) for header in draft.rows) != 1 or role_score(best.first) < 0.7:
        return False
    if best.second in tails:
        return True
    return two_rows and company_score(best.second) < 0.5 and institution_score(best.second) < 0.9


def _employer_name(text: str) -> str:
    """Removes a department after a comma, unless the comma belongs to the name."""
    parts = comma_parts(text)
    if len(parts) < 2 or is_cjk(text):
        return text
    if _DEPARTMENT.match(parts[0]):
        name = next((part for part in parts[1:] if institution_score(part) >= 0.9 or company_score(part) >= 0.5), None)
        if name is not None:
            return clean_value(name)
    return clean_value(parts[0]) if company_score(parts[0]) >= 0.5 or company_score(parts[1]) < 0.5 else text


def _share_employers(drafts: list[Draft]) -> list[Draft]:
    """Several positions with one employer: the employer is only in a row above the first of them."""
    both = sum(1 for draft in drafts if draft.title and draft.employer)
    kept: list[Draft] = []
    employer: str | None = None
    location: str | None = None
    _take_outer_employer(drafts)
    for index, draft in enumerate(drafts):
        following = drafts[index + 1] if index + 1 < len(drafts) else None
        if (
            draft.employer
            and not draft.title
            and following is not None
            and (not draft.entry.body or _encloses(draft, following))
            and following.title
            and not following.employer
        ):
            employer, location = draft.employer, draft.location
            continue
        if draft.title and not draft.employer and kept:
            _take_stray_employer(draft, kept[-1])
        if draft.employer:
            employer, location = draft.employer, draft.location
        elif draft.title and _ON_OWN_ACCOUNT.search(draft.title):
            employer = None
        elif draft.title and employer is not None and (both or kept == [] or kept[-1].employer):
            draft.employer = employer
            draft.location = draft.location or location
        kept.append(draft)
    return kept


_ON_OWN_ACCOUNT = re.compile(
    r"\b(?:freelance\w*|self[- ]employed|freiberuf\w*|selbständig\w*|indépendante?|autónom[oa])\b", re.IGNORECASE
)


def _take_outer_employer(drafts: list[Draft]) -> None:
    """An employer and period above positions within that period: text after a comma there is not an employer."""
    for index, outer in enumerate(drafts):
        following = drafts[index + 1] if index + 1 < len(drafts) else None
        if (
            following is None
            or not outer.employer
            or outer.title
            or outer.entry.body
            or not _encloses(outer, following)
        ):
            continue
        for inner in drafts[index + 1 :]:
            row = inner.rows[0].row if len(inner.rows) == 1 else None
            if row is None or not _encloses(outer, inner):
                break
            if inner.title and inner.employer and row.undated.startswith(inner.title):
                inner.title, inner.employer = clean_value(row.undated), None


def _encloses(draft: Draft, following: Draft) -> bool:
    """Whether a row of employer and period heads the positions below: it has no list, and its period covers theirs."""
    outer, inner = draft.entry.period, following.entry.period
    if outer is None or inner is None or any(row.bullet for row in draft.entry.body) or len(draft.entry.body) > 3:
        return False
    if outer.first_year is None or inner.first_year is None or not outer.is_range:
        return False
    return outer.first_year <= inner.first_year and (
        outer.ongoing or (outer.last_year or 0) >= (inner.last_year or inner.first_year)
    )


def _take_stray_employer(draft: Draft, before: Draft) -> None:
    """Takes the employer's row from the end of the entry above, to which it may have been assigned."""
    rows = before.entry.body
    row = rows[-1] if rows else None
    if row is None or row.bullet or row.starts_lower or row.word_count > 9 or not is_header_like(row):
        return
    under_item = len(rows) > 1 and continues(rows[-2], row)
    if under_item or capital_share(row.text) < 0.6 or row.text.rstrip().endswith((".", ",", ";")):
        return
    header = read_header_row(row)
    telling = header.location is not None or row.bold or company_score(header.pieces[0] if header.pieces else "") >= 0.5
    if header.pieces and telling and role_score(header.pieces[0]) < 0.6:
        draft.employer = _employer_name(header.pieces[0])
        draft.location = draft.location or header.location
        before.entry.body = rows[:-1]
        draft.entry.above = [row, *draft.entry.above]


def _job(draft: Draft) -> Job | None:
    title, employer = clean_value(draft.title or "") or None, clean_value(draft.employer or "") or None
    if title is None and employer is None:
        return None
    if any(text is not None and len(text) > 120 for text in (title, employer)):
        return None
    items = read_items([row for row in draft.entry.body if not row.is_date_only])
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
