"""Reads projects with name, period, description and technologies; used by `app.analysis.rules.parse_resume`."""

import re

from app.analysis.answer import Project
from app.analysis.rules.person.contact_details import find_urls
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import clean_value
from app.analysis.rules.sections.skills import split_skills
from app.analysis.rules.structure.entry_bodies import continues, read_items, summary_and_highlights
from app.analysis.rules.structure.header_pieces import comma_parts, is_header_like, read_header_row
from app.analysis.rules.structure.row import Row

_TECHNOLOGIES = re.compile(
    r"^(?:skills|technologies(?:\s+used)?|tech(?:nology)?\s*stack|tech|stack|"
    r"tools(?:\s+used)?|keywords|environment|built with|technologien|werkzeuge|outils|"
    r"tecnolog[íi]as|tecnologie|技术栈|技术|使用技術)\s*[:：]\s*(?P<list>\S.*)$",
    re.IGNORECASE,
)
_INLINE = re.compile(r"^(?P<name>[^:：]{2,70}?)\s*(?:[:：]|\s[–—-])\s+(?P<text>\S.{12,})$")
_LINK_WORD = re.compile(
    r"^(?:link|demo|live demo|github|source|code|website|repo|repository|live|view|video|"
    r"paper)$",
    re.IGNORECASE,
)


def read_projects(rows: list[Row]) -> list[Project]:
    groups = _groups(rows)
    return [project for group in groups if (project := _project(group)) is not None]


def _look(row: Row) -> tuple[float, bool, bool]:
    return (round(row.size * 2) / 2, row.bold, row.upper)


def _groups(rows: list[Row]) -> list[list[Row]]:
    """A list of rows for each project, which starts with a row that looks like the first one or is between bodies."""
    rows = [row for row in rows if row.text.strip()]
    if not rows:
        return []
    head = _look(rows[0])
    share = sum(1 for row in rows if _look(row) == head) / len(rows)
    distinct = share < 0.5 and not rows[0].bullet
    all_marked = all(row.bullet or (index and continues(rows[index - 1], row)) for index, row in enumerate(rows))
    dated = [index for index, row in enumerate(rows) if row.periods and not row.bullet and is_header_like(row)]
    groups: list[list[Row]] = []
    in_body = False
    for index, row in enumerate(rows):
        before = rows[index - 1] if index else None
        goes_on = before is not None and continues(before, row)
        if not groups:
            fresh = True
        elif all_marked:
            fresh = row.bullet
        elif row.bullet or goes_on or _TECHNOLOGIES.match(row.text) or _address_only(row) or row.is_date_only:
            fresh = False
        elif distinct:
            fresh = _look(row) == head
        else:
            fresh = is_header_like(row) and (
                in_body
                and (before is None or before.bullet or row.gap > 0.5 or row.new_block or not dated)
                and (not dated or index in dated or (index + 1) in dated or row.word_count <= 8)
            )
            if dated and not in_body and index in dated and any(each.periods for each in groups[-1]):
                fresh = True
        if fresh:
            groups.append([])
            in_body = all_marked
        else:
            in_body = in_body or row.bullet or not is_header_like(row) or len(row.text) > 60
        groups[-1].append(row)
    return groups


def _address_only(row: Row) -> bool:
    urls = find_urls(row)
    return bool(urls) and len(row.text) - sum(len(url) for url in urls) <= 4


def _project(group: list[Row]) -> Project | None:
    first, body = group[0], group[1:]
    inline = (
        _INLINE.match(first.text)
        if not first.periods or (first.bullet and not any(period.is_range for period in first.periods))
        else None
    )
    if inline is not None and (first.bullet or len(inline["name"].split()) <= 8):
        wrapped = read_items(group)
        joined = _INLINE.match(wrapped[0].text) if wrapped else None
        if joined is not None and len(joined["name"].split()) <= 9:
            urls = [url for row in group for url in find_urls(row)]
            return Project(
                name=clean_value(joined["name"]),
                description=joined["text"].strip(),
                url=urls[0] if urls else None,
                highlights=[item.text for item in wrapped[1:]],
                lines=_numbers(group),
            )
    header = read_header_row(first)
    pieces = [piece for piece in header.pieces if not _LINK_WORD.match(piece)]
    if not pieces and body and first.is_date_only:
        header_next = read_header_row(body[0])
        pieces, body = header_next.pieces, body[1:]
    if not pieces or len(pieces[0]) > 120 or len(pieces[0].split()) > 16:
        return None
    name = re.sub(r"\s*[\[(]?(?:link|demo|github)[\])]?$", "", pieces[0], flags=re.IGNORECASE).strip() or pieces[0]
    parts = comma_parts(name)
    if len(parts) == 2 and role_score(parts[0]) >= 0.9 and role_score(parts[1]) < 0.5:
        name = clean_value(parts[1])  # "Contributor, Openfield": the person's role comes first
    period = next(
        (
            row.periods[0]
            for row in group[:3]
            if row.periods and not row.bullet and (row is first or row.is_date_only or len(row.text) < 60)
        ),
        None,
    )
    keywords: list[str] = []
    if len(pieces) > 1 and "," in pieces[1]:
        keywords = split_skills(pieces[1])
    url = header.url
    kept: list[Row] = []
    for row in body:
        technologies = _TECHNOLOGIES.match(row.text)
        if technologies is not None:
            keywords.extend(split_skills(technologies["list"]))
        elif _address_only(row):
            url = url or find_urls(row)[0]
        elif row.is_date_only:
            continue
        else:
            kept.append(row)
    description, highlights = summary_and_highlights(read_items(kept))
    return Project(
        name=name,
        description=description,
        url=url,
        start=period.start if period else None,
        end=period.end if period else None,
        ongoing=period.ongoing if period else False,
        highlights=highlights,
        keywords=list(dict.fromkeys(keywords)),
        lines=_numbers(group),
    )


def _numbers(group: list[Row]) -> list[int]:
    return sorted({number for row in group for number in row.numbers})
