"""Reads certificates, awards and publications with title, issuer and date.

Used by `app.analysis.rules.parse_resume`.
"""

import re
from dataclasses import replace
from typing import Literal

from app.analysis.answer import Credential
from app.analysis.rules.person.contact_details import find_urls
from app.analysis.rules.phrases.organisations import company_score, institution_score
from app.analysis.rules.phrases.periods import Period, find_periods, without_periods
from app.analysis.rules.phrases.places import place_score
from app.analysis.rules.phrases.spelling import clean_value, split_top_level
from app.analysis.rules.structure.entry_bodies import continues
from app.analysis.rules.structure.row import Row

CredentialKind = Literal["certificates", "awards", "publications"]

_ISSUED_BY = re.compile(
    r"\s*[,(]?\s*\b(?:issued by|awarded by|offered by|by|ausgestellt von|verliehen von|"
    r"délivré par|otorgado por|rilasciato da|von)\s+|\s*@\s+|\s+at\s+(?=[A-Z])|"
    r"\s+bei\s+(?=[A-Z])|\s+chez\s+(?=[A-Z])",
    re.IGNORECASE,
)
_STRONG = re.compile(r"\s+[|•·●]\s+|\s+[-–—]\s+|\s*[—|]\s*|\t+|\s*[｜]\s*")
_BARS = re.compile(r"\s+[|•·●]\s+|\s*[—|]\s*|\t+|\s*[｜]\s*")
_ONLINE = re.compile(r"(?:online|remote|virtual|e-learning)", re.IGNORECASE)
_LABEL_NOISE = re.compile(
    r"^(?:issued|date|credential id|credential|license no\.?|expires?|expiration|valid until|"
    r"gültig bis|exp\.?|renewed|see credential|url|link|doi|verify)\b",
    re.IGNORECASE,
)


_NUMBER_MARK = re.compile(r"^(?:\[[A-Z]?\d{1,3}\]|\(?\d{1,3}[.)](?=\s))\s*")
_VENUE = re.compile(
    r"\b(?:journal|proceedings|conference|transactions|letters|review|annals|press|springer|"
    r"elsevier|ieee|acm|arxiv|neurips|icml|workshop|symposium|magazine|bulletin|zeitschrift|"
    r"revue|revista|rivista|tagungsband|verlag|congress|nature|science|lecture notes|university press)\b",
    re.IGNORECASE,
)


def read_credentials(rows: list[Row], kind: CredentialKind) -> list[Credential]:
    found: list[Credential] = []
    groups = _groups([_marked(_without_expiry(row)) for row in rows], kind)
    if kind != "publications":
        groups = [part for group in groups for part in _bar_list(group)]
    for group in groups:
        joined = _joined(group)
        entry = _publication(joined) if kind == "publications" else _credential(joined)
        if entry is not None:
            found.append(entry)
    return found


_EXPIRY = re.compile(
    r"\s*[,;(–-]?\s*\b(?:expires?|exp\.|expiry|valid\s+(?:until|through|thru|till|to)|gültig\s+bis|expira|válido\s+hasta|"
    r"valable\s+jusqu)\b.{0,30}$",
    re.IGNORECASE,
)


def _without_expiry(row: Row) -> Row:
    """Removes the date on which a certificate expires, which is not the date on which it was issued."""
    end = _EXPIRY.search(row.text)
    if end is None or end.start() < 4:
        return row
    text = row.text[: end.start()].rstrip(" ,;(")
    return replace(row, text=text, cells=(text,))


def _bar_list(group: list[Row]) -> list[list[Row]]:
    """Splits "Scrum Master | AWS Architect | ITIL" into titles if it has no date."""
    if len(group) == 1 and not group[0].periods:
        titles = [clean_value(title) for title in re.split(r"\s*[|•·、]\s*", group[0].text) if clean_value(title)]
        if len(titles) >= 3:
            return [[replace(group[0], text=title, cells=(title,))] for title in titles]
    return [group]


def _marked(row: Row) -> Row:
    """Treats a number in brackets or with a full stop before an entry as a bullet."""
    mark = _NUMBER_MARK.match(row.text)
    if mark is None:
        return row
    text = row.text[mark.end() :]
    cells = (row.cells[0][min(len(row.cells[0]), mark.end()) :].strip(), *row.cells[1:])
    text_left = row.text_left
    if row.left is not None and row.size:
        text_left = row.left + 0.5 * row.size * mark.end()
    return replace(
        row,
        text=text,
        cells=tuple(cell for cell in cells if cell) if len(row.cells) > 1 else (text,),
        bullet=True,
        text_left=text_left,
    )


def _is_triple(group: list[Row]) -> bool:
    """Whether title, issuer and date are on a row each, so that the issuer is not a wrapped part of the title."""
    return (
        len(group) == 3
        and group[2].is_date_only
        and not group[1].starts_lower
        and not group[0].bullet
        and not group[0].periods
    )


def _joined(group: list[Row]) -> list[Row]:
    """Joins wrapped rows."""
    rows: list[Row] = []
    last: Row | None = None
    for row in group:
        if last is not None and rows and continues(last, row) and not _is_triple(group):
            text = f"{rows[-1].text} {row.text}"
            cells = (*rows[-1].cells[:-1], f"{rows[-1].cells[-1]} {row.cells[0]}", *row.cells[1:])
            rows[-1] = replace(rows[-1], text=text, cells=cells, numbers=(*rows[-1].numbers, *row.numbers))
            last = replace(
                row, bullet=last.bullet, left=last.left if last.bullet else row.left, text_left=last.text_left
            )
            continue
        rows.append(row)
        last = row
    return rows


def _groups(rows: list[Row], kind: CredentialKind) -> list[list[Row]]:
    """A list of rows for each entry: list items with their wrapped lines or, without bullets, by periods and looks."""
    groups: list[list[Row]] = []
    marked = sum(1 for row in rows if row.bullet)
    looks = [_look(row) for row in rows]
    head = looks[0] if looks else None
    alternating = (
        head is not None
        and 0 < looks.count(head) < len(looks)
        and looks.count(head) >= 2
        and (len(rows) < 2 or looks[1] != head)
    )
    dated_first = bool(rows) and rows[0].periods and rows[0].text[: rows[0].periods[0].span[0]].strip() == ""
    # Short rows with the same look, without bullets and dates: each is a title.
    bare = kind != "publications" and len(set(looks)) == 1 and not marked and not any(row.periods for row in rows)
    before: Row | None = None
    for row in rows:
        fresh = False
        if not groups or before is None:
            fresh = True
        elif bare and row.word_count <= 9:
            fresh = not continues(before, row)
        elif marked >= max(1, 0.4 * len(rows)):
            fresh = row.bullet or (_look(row) == head and rows[0].bullet is False and not continues(before, row))
        elif alternating:
            fresh = _look(row) == head and not (
                row.is_date_only or (continues(before, row) and len(groups[-1]) == 1 and kind == "publications")
            )
        elif dated_first:
            fresh = (bool(row.periods) and row.text[: row.periods[0].span[0]].strip() == "") or (
                not row.is_date_only and not continues(before, row)
            )
        elif row.is_date_only or _LABEL_NOISE.match(row.text) or continues(before, row):
            fresh = False
        elif before.is_date_only and not row.is_date_only:
            fresh = True
        elif row.text.rstrip().endswith(".") and row.word_count >= 5 and not row.periods and kind != "publications":
            fresh = False
        elif (
            (
                any(each.periods for each in groups[-1])
                or (kind != "publications" and not _awaits_date(rows, row, groups[-1]))
            )
            or row.gap > 0.6
            or row.new_block
        ):
            fresh = True
        if fresh:
            groups.append([])
        groups[-1].append(row)
        before = row
    return groups


def _awaits_date(rows: list[Row], row: Row, group: list[Row]) -> bool:
    """Whether the date row of an entry with title, issuer and date on separate rows is still to come."""
    if len(group) >= 3 or not any(each.is_date_only for each in rows):
        return False
    index = rows.index(row)
    return any(each.is_date_only for each in rows[index : index + 2])


def _look(row: Row) -> tuple[float, bool, bool]:
    return (round(row.size * 2) / 2, row.bold, row.upper)


def _credential(group: list[Row]) -> Credential | None:
    date: str | None = None
    url: str | None = None
    texts: list[str] = []
    for row in group:
        urls = find_urls(row)
        url = url or (urls[0] if urls else None)
        for cell in row.cells:
            periods = find_periods(cell, row.language)
            date = date or _date(periods)
            bare = without_periods(cell, periods)
            for each in urls:
                bare = bare.replace(each, "")
            bare = re.sub(r"\(\s*\)", "", bare)
            if not _LABEL_NOISE.match(bare.strip()):
                texts.extend(piece for part in _pieces(bare) if (piece := _OBTAINED.sub("", clean_value(part))))
    texts = [text for text in texts if re.search(r"[^\W\d_]{2}", text)]
    texts = texts[:1] + [text for text in texts[1:] if place_score(text) < 0.8 and not _ONLINE.fullmatch(text)]
    if not texts:
        return None
    title, issuer, summary = texts[0], None, None
    rest = texts[1:]
    cut = _ISSUED_BY.search(title)
    if cut is not None and cut.start() > 3:
        issuer, title = clean_value(title[cut.end() :]), clean_value(title[: cut.start()])
    else:
        parts = split_top_level(title, ",，")
        if len(parts) >= 2 and not rest:
            last = parts[-1]
            head = title[: title.rindex(last)].rstrip(" ,，")
            if len(last.split()) <= 7 and (
                company_score(last) >= 0.5
                or institution_score(last) >= 0.9
                or (last[:1].isupper() and len(parts) == 2 and len(head.split()) >= 2)
            ):
                title, issuer = clean_value(head), clean_value(last)
    if issuer is None:
        bracket = re.fullmatch(r"(.{4,}?)\s*\(([^()]{3,40})\)", title)
        if bracket is not None and (company_score(bracket[2]) >= 0.5 or institution_score(bracket[2]) >= 0.9):
            title, issuer = clean_value(bracket[1]), clean_value(bracket[2])
    if issuer is None and rest and len(rest[0].split()) <= 8 and not rest[0].endswith("."):
        issuer = rest.pop(0)
    if rest:
        summary = " ".join(rest) if len(rest) == 1 else None
    if len(title) > 200 or len(title.split()) > 30:
        return None
    numbers = sorted({number for row in group for number in row.numbers})
    return Credential(title=title, issuer=issuer, date=date, url=url, summary=summary, lines=numbers)


_OBTAINED = re.compile(r"(?<=\S)\s+(?:取得|合格|修得|認定|취득|합격)$")


def _pieces(text: str) -> list[str]:
    """Splits at bars. A dash splits only before an issuer, because names of certificates contain dashes."""
    pieces: list[str] = []
    for part in _BARS.split(text):
        head, dash, tail = part.rpartition(" - ") if " - " in part else part.rpartition(" – ")
        known = company_score(tail) >= 0.5 or institution_score(tail) >= 0.9
        pieces.extend([head, tail] if dash and known and "," not in tail else [part])
    return pieces


def _date(periods: tuple[Period, ...]) -> str | None:
    for period in periods:
        if period.first_year is not None:
            return period.start or period.end
    return None


_QUOTED = re.compile(r"[\"“„«]([^\"”“»]{8,250})[\"”“»]")


def _publication(group: list[Row]) -> Credential | None:
    text = " ".join(row.text for row in group).strip()
    if len(text) < 8:
        return None
    numbers = sorted({number for row in group for number in row.numbers})
    urls = [url for row in group for url in find_urls(row)]
    date = next((found for row in group if (found := _date(row.periods)) is not None), None)
    quoted = _QUOTED.search(text)
    apa = re.match(
        r"^(?P<authors>.{3,200}?)\s*\((?P<year>(?:19|"
        r"20)\d\d)[a-z]?(?:,[^)]*)?\)[.,:]?\s*(?P<title>.{8,300}?)[.?!](?:\s+(?P<where>.+))?$",
        text,
    )
    if quoted is not None:
        title = quoted[1].rstrip(" ,.")
        where = re.split(r"[,.;(]", text[quoted.end() :].strip(" ,.;"))[0].strip()
        issuer = clean_value(re.sub(r"^(?:in|In)\s*:?\s+", "", where)) or None
        issuer = issuer if issuer is not None and not find_periods(issuer) and len(issuer) > 2 else None
        return Credential(title=title, issuer=issuer, date=date, url=urls[0] if urls else None, lines=numbers)
    if apa is not None:
        where = clean_value(re.split(r"[,.]\s", apa["where"])[0].rstrip(" .")) if apa["where"] else None
        where = re.sub(r"^(?:in|In)\s*:?\s+", "", where) if where else None
        return Credential(
            title=apa["title"].strip(),
            issuer=where or None,
            date=apa["year"],
            url=urls[0] if urls else None,
            lines=numbers,
        )
    if len(group) == 1 and (cited := _cited(text)) is not None:
        return Credential(title=cited[0], issuer=cited[1], date=date, url=urls[0] if urls else None, lines=numbers)
    first = group[0]
    head = first.text
    bare = clean_value(without_periods(head, find_periods(head)))
    title, _, rest = bare.partition(" | ")
    title = (
        clean_value(_STRONG.split(title)[0])
        if len(group) == 1 and len(_STRONG.split(title)) > 1
        else clean_value(title)
    )
    if not 8 <= len(title) <= 300:
        return None
    issuer = clean_value(rest) if rest and len(rest.split()) <= 10 else None
    return Credential(
        title=title.rstrip("."), issuer=issuer or None, date=date, url=urls[0] if urls else None, lines=numbers
    )


def _cited(text: str) -> tuple[str, str | None] | None:
    """Title and venue of "Authors. Title. Venue, year.", "Title. Venue, year." and "Title, Venue, year"."""
    sentences = [part.strip() for part in re.split(r"(?<=[a-zà-ÿ\d)?!])[.?!]\s+(?=[A-ZÀ-Þ(])", text) if part.strip()]
    if len(sentences) >= 2:
        authors = re.search(r"\b[A-Z]\.|\bet al\b", f"{sentences[0]}.") is not None and len(sentences[0].split()) <= 40
        place = 1 if authors and len(sentences) >= 2 else 0
        title = clean_value(without_periods(sentences[place], find_periods(sentences[place]))).rstrip(".")
        venue = _venue(sentences[place + 1]) if place + 1 < len(sentences) else None
        return (title, venue) if len(title) >= 8 else None
    parts = split_top_level(without_periods(text, find_periods(text)).replace(" | ", ", "), ",")
    if len(parts) >= 2 and _VENUE.search(parts[-1]) and len(parts[-1].split()) <= 12:
        title = text[: text.rindex(parts[-1])].rstrip(" ,")
        title = clean_value(without_periods(title, find_periods(title)))
        return (title, parts[-1].strip(" .")) if len(title) >= 8 else None
    return None


def _venue(text: str) -> str | None:
    venue = re.split(r",\s|\(|\s\d+\s*[(:]|;", clean_value(without_periods(text, find_periods(text))))[0]
    venue = clean_value(re.sub(r"^(?:in|In)\s*:?\s+", "", venue)).rstrip(".")
    return venue if 2 < len(venue) <= 120 and not re.fullmatch(r"[\d\W]+", venue) else None
