"""Splits a header row of an entry at cells, bars, dashes and commas, and separates places and URLs from the rest.

Used by the parsers of work, education, projects and credentials in `app.analysis.rules.sections`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.analysis.rules.person.contact_details import find_urls
from app.analysis.rules.phrases.degrees import degree_score
from app.analysis.rules.phrases.organisations import company_score, institution_score, is_legal_form, is_organisation
from app.analysis.rules.phrases.periods import find_periods, without_periods
from app.analysis.rules.phrases.places import is_remote, is_state_code, place_score
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import clean_value, is_cjk, split_top_level
from app.analysis.rules.structure.row import Row

_STRONG = re.compile(
    r"\s*[|•·●▪■◆‣/]{1,2}(?=\s)\s*|(?<=\s)[|•·●▪■◆‣]\s*|\s+[-–—―~]+\s+|\s*[—―]\s*|\t+|\s{3,}|"
    r"\s+/+\s+|\s*[｜／]\s*"
)
_SEASON = re.compile(
    r"(?:summer|winter|spring|autumn|fall|sommer|herbst|frühling|frühjahr|été|hiver|printemps|"
    r"sommaren|somrarna|somrar|sommeren|zomer|automne|verano|invierno|otoño|primavera|estate|inverno|autunno|夏季|冬季|春季|秋季|夏|冬|春|秋)",
    re.IGNORECASE,
)
# The label of the duties after a title: "チームリーダー 【担当業務】".
_BODY_LABEL = re.compile(r"【[^】]{1,12}】")
_EMPLOYMENT_KIND = re.compile(
    r"^\(?(?:full[- ]?time|part[- ]?time|contract|contractor|permanent|temporary|freelance|"
    r"internship|seasonal|vollzeit|teilzeit|befristet|cdi|cdd|stage|"
    r"alternance|intérim|tiempo completo|media jornada|jornada completa|tempo pieno|part time|"
    r"remote|hybrid|\d{1,3}\s?%)\)?$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class HeaderRow:
    """The parts of a row in order. Its place and URL are separate; the type of employment is left out."""

    row: Row
    pieces: list[str] = field(default_factory=list[str])
    location: str | None = None
    url: str | None = None


def read_header_row(row: Row, *, keep_after_period: bool = True) -> HeaderRow:
    header = HeaderRow(row)
    urls = find_urls(row)
    if urls:
        header.url = urls[0]
    for cell in _undated_cells(row, keep_after_period=keep_after_period):
        text = cell
        for url in urls:
            text = text.replace(url, " | ")
        for piece in _strong_pieces(text):
            _take(header, piece)
    return header


def _undated_cells(row: Row, *, keep_after_period: bool) -> list[str]:
    chips = _undated(row.chips, row.language)
    if _chips_tell(chips) and not (row.periods and len(row.cells) <= 1):
        return chips
    if len(chips) <= 1 and len(row.runs) > 1 and _weights_tell(runs := _undated(row.runs, row.language)):
        return runs
    if len(row.cells) <= 1:
        if not keep_after_period and row.periods:
            return [row.text[: row.periods[-1].span[0]].rstrip(" (,–—-|")]
        return [row.undated] if row.undated.strip() else []
    cells: list[str] = []
    for cell in row.cells:
        bare = without_periods(cell, find_periods(cell, row.language))
        if bare.strip(" |,;-–—"):
            cells.append(bare)
    return cells


def _undated(pieces: Iterable[str], language: str | None) -> list[str]:
    """The pieces that contain more than a period."""
    return [each for each in pieces if without_periods(each, find_periods(each, language)).strip(" |,;:-–—")]


def _chips_tell(chips: list[str]) -> bool:
    """Whether the chips are a title or degree and an employer or school, separated only by a wider space (Europass)."""
    text = " ".join(chips)
    if not 2 <= len(chips) <= 3 or _STRONG.search(text) or is_cjk(text):
        return False
    organisations = [is_organisation(chip) for chip in chips[:2]]
    titles = [_is_title_or_degree(chip) for chip in chips[:2]]
    return organisations != titles and any(organisations) and any(titles)


def _weights_tell(runs: list[str]) -> bool:
    """Whether the runs are a title or degree and a name in another weight, without a separator."""
    if len(runs) != 2 or _STRONG.search(" ".join(runs)) or runs[0].endswith((",", ":", ";", ".")):
        return False
    if any(run[:1].islower() or len(run.split()) > 9 for run in runs):
        return False
    titles = [_is_title_or_degree(run) for run in runs]
    return titles[0] != titles[1] and place_score(runs[titles.index(False)]) < 0.6


def _is_title_or_degree(text: str) -> bool:
    """Whether the text is clearly a title or a degree."""
    return role_score(text) >= 0.7 or degree_score(text) >= 0.85


def _strong_pieces(text: str) -> list[str]:
    raw = [part for piece in _STRONG.split(text) if piece and clean_value(piece) for part in _around_colon(piece)]
    pieces: list[str] = []
    for piece in raw:
        # "Rock - Paper - Scissors (RPS" was cut inside brackets, so join it again.
        if pieces and pieces[-1].count("(") > pieces[-1].count(")"):
            pieces[-1] = f"{pieces[-1]} - {piece}" if f"{pieces[-1]} - {piece}" in text else piece
        else:
            pieces.append(piece)
    return pieces


def _around_colon(piece: str) -> list[str]:
    """Splits "Brightwater: Data Analyst": exactly one side of the colon is a title."""
    left, colon, right = clean_value(piece).partition(": ")
    titles = [role_score(left) >= 0.9, role_score(right) >= 0.9]
    if not colon or sum(titles) != 1 or max(len(left.split()), len(right.split())) > 6:
        return [clean_value(piece)]
    return [clean_value(left), clean_value(right)]


def _take(header: HeaderRow, piece: str) -> None:
    piece = clean_value(_BODY_LABEL.sub(" ", piece))
    if not re.search(r"[^\W\d_]", piece) or _EMPLOYMENT_KIND.match(piece) or _SEASON.fullmatch(piece):
        if is_remote(piece) and header.location is None:
            header.location = piece
        return
    place = 0.0 if _GLUED_PLACE.fullmatch(piece) else place_score(piece)
    if place >= 0.6 and institution_score(piece) < 0.5 and (role_score(piece) < 0.7 or place >= 1.0):
        if header.location is None:
            header.location = piece
            return
        if place >= 0.8:
            return
    rest, town = split_place(piece)
    if town is not None and header.location is None:
        header.location = town
    header.pieces.append(rest if town is not None else piece)


_TOWN_AND_STATE = re.compile(r"(?:[A-Z][\w.'-]+\s){1,3}[A-Z]{2}")
_SYSTEM = re.compile(
    r"(?:^|[,|–-]\s*)(?:the\s+)?university\s+of\s+(?:california|texas|north\s+carolina|"
    r"illinois|wisconsin|massachusetts|colorado|michigan|minnesota|nebraska|missouri|"
    r"tennessee|maryland|alabama|nevada|alaska|arkansas|hawaii|houston)$",
    re.IGNORECASE,
)


# "Harbor Drugs-Mobile, AL", as job boards print it, but not "Winston-Salem, NC".
_GLUED_PLACE = re.compile(r"(\S[^,]*\s[^,]*[^\W_])[-–—]([A-Z][^\W\d_]+(?:[ .'’]+[^\W\d_]+){0,3}), ([A-Z]{2})")


def split_place(piece: str) -> tuple[str, str | None]:
    """Splits "Acme, Inc., Austin, TX" into ("Acme, Inc.", "Austin, TX"). A piece without a place stays whole."""
    dutch = re.fullmatch(r"(.{3,}?)\s+te\s+([A-Z]['’\w-]+(?:\s[A-Z][\w-]+)?)", piece)
    if dutch is not None:
        return clean_value(dutch[1]), dutch[2]
    bracket = re.fullmatch(r"(.{2,}?)\s*\(([^()]{2,40})\)", piece)
    if bracket is not None and place_score(bracket[2]) >= 0.8:
        return clean_value(bracket[1]), bracket[2].strip()
    glued = _GLUED_PLACE.fullmatch(piece)
    if glued is not None and is_state_code(glued[3]):
        return clean_value(glued[1]), f"{glued[2]}, {glued[3]}"
    parts = split_top_level(piece, ",，、")
    if len(parts) < 2:
        return piece, None
    for count in (3, 2, 1):
        if len(parts) <= count:
            continue
        tail = ", ".join(parts[-count:])
        if tail not in piece:
            tail = piece[piece.rindex(parts[-count]) :]
        head = piece[: len(piece) - len(tail)].rstrip(" ,，、")
        if is_legal_form(parts[-count]) or institution_score(parts[-count]) >= 0.9 or role_score(parts[-count]) >= 0.7:
            continue
        if count > 1 and company_score(parts[-count]) >= 0.5:
            continue
        if count == 1 and _SYSTEM.search(head) and not is_state_code(tail):
            return piece, None  # "University of California, Berkeley" is one institution
        score = place_score(tail)
        state = tail.split()[-1]
        if count == 1 and _TOWN_AND_STATE.fullmatch(tail) and is_state_code(state) and not is_legal_form(state):
            score = max(score, 0.8)
        if (count == 1 and score >= 0.8) or (count > 1 and score >= 0.9):
            return clean_value(head), clean_value(tail)
        if count == 1 and is_state_code(parts[-1]) and len(parts) >= 3:
            tail = piece[piece.rindex(parts[-2]) :]
            return clean_value(piece[: len(piece) - len(tail)]), clean_value(tail)
    return piece, None


def comma_parts(piece: str) -> list[str]:
    """The parts between commas. A legal form stays with its company ("Acme, Inc.")."""
    parts: list[str] = []
    for part in split_top_level(piece, ",，"):
        if parts and is_legal_form(part):
            parts[-1] = f"{parts[-1]}, {part}" if f"{parts[-1]}, {part}" in piece else f"{parts[-1]} {part}"
        else:
            parts.append(part)
    return parts


def is_header_like(row: Row) -> bool:
    """Whether the row may belong to an entry's header: it is short, has no bullet and is not a sentence."""
    if re.match(r"^(?:https?:/|www\.)\S+$", row.text):
        return not row.bullet
    if row.bullet or (row.starts_lower and not row.periods):
        return False
    text = row.undated if row.periods else row.text
    count = len(text.split())
    if count > 16 or len(text) > 130:
        return False
    if (
        text.rstrip().endswith((".", "。", ";", ","))
        and count >= 5
        and not re.search(r"(?:\.\w+|\b\w{1,4})\.$", text.rstrip())
    ):
        return False
    if re.match(r"^[^:：]{3,30}[:：]\s+\S", text) and not re.match(
        r"^(?:company|employer|position|title|role|job title|firma|arbeitgeber|poste|"
        r"entreprise|empresa|puesto|cargo|ruolo|azienda|functie|werkgever|stanowisko|pracodawca|befattning|arbetsgivare|"
        r"stilling|arbejdsgiver|должность|компания|公司|职位|岗位|役職)",
        text,
        re.IGNORECASE,
    ):
        return False
    lower = sum(
        1 for word in text.split() if word[:1].isalpha() and word[0] == word[0].lower() and word[0] != word[0].upper()
    )
    return not (count >= 8 and lower > 0.6 * count)
