"""Reads the contact block: name, title, e-mail, phone, address, links, and the resume's own summary.

`app.analysis.rules.parse_resume` calls it.
"""

import re

from app.analysis.answer import Person
from app.analysis.rules.person.contact_details import (
    EMAIL,
    find_email,
    find_phone,
    find_urls,
    find_web,
    is_contact_text,
)
from app.analysis.rules.person.names import FoundName, name_shape
from app.analysis.rules.phrases.organisations import company_score, institution_score
from app.analysis.rules.phrases.places import Place, place_score, read_address
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import clean_value, is_cjk
from app.analysis.rules.structure.entry_bodies import read_items
from app.analysis.rules.structure.headings import Section, find_kind
from app.analysis.rules.structure.row import Row

_ADDRESS_LABEL = re.compile(
    r"^(?:(?:home|current|postal|mailing)?\s*address|location|based in|residence|lives in|"
    r"city|adresse|anschrift|wohnort|wohnhaft(?: in)?|direcci[óo]n|domicilio|residencia|"
    r"ubicaci[óo]n|ciudad|localidad|indirizzo|residenza|"
    r"citt[àa]|morada|endere[çc]o|cidade|adres|woonplaats|adress|ort|ville|domicile|"
    r"localisation|адрес|город|проживает|"
    r"место жительства|地址|住址|现居地|现居|所在地|居住地|現住所|住所|주소)\s*[:：]?\s+(?P<value>\S.*)$|^(?:地址|"
    r"住址|现居地|现居|所在地|居住地|現住所|住所|주소)\s*[:：](?P<glued>\S.*)$",
    re.IGNORECASE,
)
_TITLE_LABEL = re.compile(
    r"^(?:professional title|job title|current position|occupation|profession|beruf|berufsbezeichnung|profesi[óo]n|"
    r"profissão|professione|m[ée]tier|beroep|functie|zaw[óo]d|yrke|stilling|ammatti|meslek|профессия|должность|"
    r"желаемая должность|求职意向|应聘职位|希望職種|희망직무|المسمى الوظيفي|المهنة|תפקיד|מקצוע)"
    r"(?:\s*[:：]\s*|\s+)(?P<value>\S.*)$",
    re.IGNORECASE,
)
_PIECES = re.compile(r"\s+//\s+|\s+[|•·●◆■/]\s*|\s*[|•·●◆■]\s+|\s+[–—]\s+|\s{3,}|[\ue000-\uf8ff]+")
# "Email ID" is not a town in Idaho.
_CONTACT_LABEL = re.compile(r"(?:e-?mail|mail|phone|tel|mobile|contact)\b", re.IGNORECASE)
# The label between an address and a number: "Lincoln LN2 1PZ. Telephone"
_NEXT_LABEL = re.compile(
    r"(?<=\S)[.,;]\s*(?:tele(?:phone|fon)|tel|phone|mobile|cell|e-?mail|mail|t[ée]l[ée]phone|tel[ée]fono|handy|mobil)[.:]?$",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"^(?:geb(?:oren|\.)|geburts|born|date of birth|dob|birth|nationality|nationalit|"
    r"staatsangeh|familienstand|marital|gender|sex|age|alter|civil|driv|führerschein|permis|"
    r"n[ée]e?\s+le|fecha de nac|estado civil|data di nascita|nascid|"
    r"dni|visa|passport|nie|生年月日|性别|性別|出生|年龄|年齢|民族|籍贯|政治面貌|nació|ledig|verheiratet|single|married)",
    re.IGNORECASE,
)


def read_person(sections: list[Section], rows: list[Row], name: FoundName | None, language: str) -> Person:
    own = [row for section in sections if section.kind in {"head", "contact", "personal"} for row in section.rows]
    head = [row for section in sections if section.kind == "head" for row in section.rows]
    others = [
        row
        for section in sections
        if section.kind not in {"references", "head", "contact", "personal"}
        for row in section.rows
    ]
    email = find_email(own) or find_email([row for row in others if row.page == rows[0].page]) or find_email(others)
    phone = find_phone(own, language) or find_phone(_near_edges(others), language)
    web = find_web(own)
    place, place_numbers = _find_address(own, name, phone.text if phone else "")
    label, label_numbers = _labelled_title(own) or _find_label(head, name)
    if label is None:
        label, label_numbers = _wanted_title(sections)
    summary, summary_numbers = _find_summary(sections, head, label)
    numbers = {
        *(name.numbers if name else ()),
        *(email.numbers if email else ()),
        *(phone.numbers if phone else ()),
        *web.numbers,
        *place_numbers,
        *label_numbers,
        *summary_numbers,
    }
    return Person(
        name=name.text if name else None,
        label=label,
        email=email.text if email else None,
        phone=phone.text if phone else None,
        url=web.url.text if web.url else None,
        summary=summary,
        address=place.text if place else None,
        postal_code=place.postal_code if place else None,
        city=place.city if place else None,
        region=place.region if place else None,
        country=place.country if place else None,
        links=list(web.links),
        lines=sorted(numbers),
    )


def is_contact_row(row: Row) -> bool:
    """Whether a row is part of a contact block: an e-mail address, a phone, a URL or a postal address."""
    if row.word_count > 14:
        return False
    place = read_address(row.text)
    return is_contact_text(row.text) or (place is not None and (place.street or place.postal_code is not None))


def _near_edges(rows: list[Row]) -> list[Row]:
    """Rows outside the contact block that may have the phone number, because an e-mail address is near."""
    near: list[Row] = []
    for index, row in enumerate(rows):
        around = rows[max(0, index - 3) : index + 4]
        short = row.word_count <= 12 or re.search(r"[^\W\d_]", row.text) is None  # numbers alone are not a sentence
        if short and (
            any(EMAIL.search(each.text) for each in around)
            or re.search(r"\b(?:phone|tel|mobile|telefon|电话|電話)\b", row.text, re.IGNORECASE)
        ):
            near.append(row)
    return near


def _find_address(rows: list[Row], name: FoundName | None, phone: str) -> tuple[Place | None, tuple[int, ...]]:
    best: Place | None = None
    best_numbers: tuple[int, ...] = ()
    name_numbers = set(name.numbers if name else ())
    for index, row in enumerate(rows):
        if _PERSONAL.match(row.text):
            continue
        for piece in _address_pieces(row, phone):
            if name is not None and (
                piece == name.text
                or (set(row.numbers) <= name_numbers and name_shape(piece) > 0 and place_score(piece) < 0.8)
            ):
                continue
            if _CONTACT_LABEL.match(piece):
                continue
            labelled = _ADDRESS_LABEL.match(piece)
            text = (labelled["value"] or labelled["glued"]) if labelled is not None else piece
            if (
                (role_score(text) >= 0.7 and place_score(text) < 0.6)
                or (company_score(text) >= 0.9 and not re.search(r"\d", text))
                or institution_score(text) >= 0.9
                or (len(text.split()) > 18)
            ):
                continue
            place = read_address(text)
            if place is None and labelled is not None and len(text.split()) <= 5 and not re.search(r"[\d@]", text):
                place = Place(text=clean_value(text), city=clean_value(text))
            if place is None:
                continue
            if place.street and place.city is None:
                place = _with_next_row(place, rows[index + 1] if index + 1 < len(rows) else None, phone)
            if best is None or _weight(place) > _weight(best):
                best, best_numbers = place, row.numbers
    return best, best_numbers


def _with_next_row(place: Place, following: Row | None, phone: str) -> Place:
    """Joins a street and a town on two rows."""
    if following is None:
        return place
    for piece in _address_pieces(following, phone):
        town = read_address(piece)
        if town is not None and town.city is not None:
            return Place(
                text=f"{place.text} {town.text}",
                city=town.city,
                region=town.region,
                country=town.country,
                postal_code=town.postal_code or place.postal_code,
                street=True,
            )
    return place


def _address_pieces(row: Row, phone: str) -> list[str]:
    pieces: list[str] = []
    for cell in row.cells:
        text = EMAIL.sub(" | ", cell)
        if phone:
            text = text.replace(phone, " | ")
        for url in find_urls(row):
            text = text.replace(url, " | ")
        cut = [clean_value(part.strip(" /")) for part in _PIECES.split(text)]
        cut = [clean_value(_NEXT_LABEL.sub("", piece)) for piece in cut]
        parts = [piece for piece in cut if len(piece) > (1 if is_cjk(piece) else 2)]
        # An address may contain dashes: "Rua das Acácias, 221 – Funcionários – Belo Horizonte".
        whole = read_address(text) if len(parts) > 1 and "|" not in text else None
        pieces.extend([clean_value(text)] if whole is not None and whole.street and whole.city else parts)
    return pieces


def _weight(place: Place) -> int:
    return 2 * bool(place.city) + bool(place.postal_code) + bool(place.region) + bool(place.country) + place.street


def _labelled_title(rows: list[Row]) -> tuple[str, tuple[int, ...]] | None:
    """A title after its label in a table of personal facts."""
    for row in rows:
        found = _TITLE_LABEL.match(row.text)
        if found is not None and len(found["value"].split()) <= 8 and not is_contact_text(found["value"]):
            return clean_value(found["value"]), row.numbers
    return None


def _wanted_title(sections: list[Section]) -> tuple[str | None, tuple[int, ...]]:
    """The title in an objective that consists only of the desired position."""
    for section in sections:
        if section.kind == "summary" and _is_title_alone(section):
            return clean_value(section.rows[0].text), section.rows[0].numbers
    return None, ()


def _is_title_alone(section: Section) -> bool:
    return (
        len(section.rows) == 1
        and section.rows[0].word_count <= 7
        and not _ends_sentence(section.rows[0])
        and role_score(section.rows[0].text) >= 0.7
    )


def _find_label(head: list[Row], name: FoundName | None) -> tuple[str | None, tuple[int, ...]]:
    """The professional title: next to the name or within the four rows around it."""
    if name is None:
        return None, ()
    numbers = set(name.numbers)
    at = next((index for index, row in enumerate(head) if numbers & set(row.numbers)), None)
    if at is None:
        return None, ()
    rest = head[at].text.replace(name.text, "", 1) if name.text in head[at].text else ""
    for piece in re.split(r"\s[|•·–—-]\s|,\s", rest):
        value = clean_value(piece)
        if role_score(value) >= 0.9 and len(value.split()) <= 8:
            return value, head[at].numbers
    last = max(index for index, row in enumerate(head) if numbers & set(row.numbers))
    candidates = [*head[last + 1 : last + 5], *head[max(0, at - 1) : at]]
    best: tuple[float, str, tuple[int, ...]] | None = None
    for distance, row in enumerate(candidates):
        for text in _label_texts(row):
            value = clean_value(text)
            if (
                not 3 <= len(value) <= 110
                or (is_contact_text(row.text) and text == row.text)
                or is_contact_text(value)
                or _PERSONAL.match(value)
            ):
                continue
            if (
                find_kind(value) is not None
                or (value.endswith(".") and len(value.split()) > 6)
                or row.periods
                or row.bullet
            ):
                continue
            if (
                len(value.split()) > 14
                or place_score(value) >= 0.6
                or (name_shape(value) > 1.8 and role_score(value) == 0)
            ):
                continue
            first_piece = re.split(r"\s[|•·]\s", value)[0]
            score = (
                max(role_score(value), role_score(first_piece) if len(value.split()) <= 14 else 0.0) - 0.12 * distance
            )
            if score > 0.3 and (best is None or score > best[0]):
                # "Infermiere – Iscrizione OPI n. 4821": a remark with a number is not part of the title.
                title, mark, remark = value.partition(" – ")
                value = title if mark and re.search(r"\d", remark) and role_score(title) >= 0.7 else value
                best = (score, value, row.numbers)
    if best is not None:
        return best[1], best[2]
    return None, ()


def _label_texts(row: Row) -> list[str]:
    """A row of contact details may have the title as one of its parts."""
    if len(row.cells) > 1:
        return list(row.cells)
    if not is_contact_text(row.text):
        # "Backend developer — Aberdeen, Scotland"
        pieces = re.split(r"\s+[|•·–—]\s+", row.text)
        return [pieces[0]] if len(pieces) == 2 and place_score(pieces[1]) >= 0.6 else list(row.cells)
    return [piece for piece in re.split(r"\s+[|•·]\s+|\s+[–—]\s+", row.text) if piece]


def _ends_sentence(row: Row) -> bool:
    return row.text.rstrip().endswith((".", "!", "。"))


def _find_summary(sections: list[Section], head: list[Row], label: str | None) -> tuple[str | None, tuple[int, ...]]:
    for section in sections:
        if section.kind != "summary" or not section.rows or _is_title_alone(section):
            continue
        prose = [row for row in section.rows if not is_contact_text(row.text) or row.word_count > 12]
        text = " ".join(row.text for row in prose)
        if len(text) >= 20 and sum(1 for row in prose if row.periods and row.word_count <= 10) <= len(prose) * 0.4:
            return text, tuple(number for row in prose for number in row.numbers)
    # A custom heading ("What drives me") with a paragraph below it, before any entry.
    for section in sections:
        if section.kind in {"work", "education", "history", "skills"}:
            break
        words_there = sum(len(row.text.split()) for row in section.rows)
        plain = not any(row.bullet or row.periods for row in section.rows)
        if section.kind == "other" and plain and 15 <= words_there <= 150 and _ends_sentence(section.rows[-1]):
            text = " ".join(row.text for row in section.rows)
            return text, tuple(number for row in section.rows for number in row.numbers)
    # No heading: sentences in the head.
    for item in read_items(head):
        tokens = item.text.split()
        if (
            len(tokens) >= 14
            and not is_contact_text(item.text)
            and item.text != label
            and re.search(r"[.!。]\s|[.!。]$", item.text)
        ):
            return item.text, item.numbers
    return None, ()
