"""Finds the person's name: its text as written and its rows; `app.analysis.rules.parse_resume` calls it first."""

import re
from dataclasses import dataclass

from app.analysis.normalise.document_titles import DOCUMENT_TITLE
from app.analysis.rules.person.contact_details import is_contact_text
from app.analysis.rules.phrases.organisations import company_score
from app.analysis.rules.phrases.places import place_score
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import clean_value, collapse_letter_spacing, fold, is_cjk, mostly_cjk, word_set
from app.analysis.rules.structure.headings import find_kind
from app.analysis.rules.structure.row import Row
from app.analysis.rules.vocabulary.heading_words import HEADINGS
from app.analysis.rules.vocabulary.language_words import LANGUAGE_NAMES
from app.analysis.rules.vocabulary.organisation_words import (
    CJK_COMPANY,
    CJK_INSTITUTION,
    COMPANY_WORDS,
    INSTITUTION_WORDS,
)
from app.analysis.rules.vocabulary.role_words import CJK_ROLES, ROLE_NOUNS

_LABEL = re.compile(
    r"^(?:(?:apelidos?|apellidos?|noms?|nome|cognome|nachname|nazwisko|naam)(?:\([\w-]+\))?\s*/\s*"
    r"(?:nomes?|nombres?|pr[ée]noms?|nome|cognome|vorname|imi\w+|voornaam)(?:\([\w-]+\))?|full\s+name|first\s+name\(?s?\)?\s*/\s*surname\(?s?\)?|candidate\s+name|first\s+and\s+last\s+name|name,\s*vorname|"
    r"vor-?\s*und\s+nachname|vor-?\s*und\s+zuname|name\s+and\s+surname|name|"
    r"nombre\s+y\s+apellidos|nombre\s+completo|nombre|nom\s+et\s+pr[ée]nom|"
    r"nom\s+complet|nom|nome\s+e\s+cognome|nome\s+completo|nome|naam|imi[ęe]\s+i\s+nazwisko|"
    r"namn|navn|nimi|ad\s+soyad|ф\.?и\.?о\.?|имя|氏\s*名|姓\s*名|名前|お名前|이름|성명|الاسم)"
    r"\s*[:：|]?\s+(?P<name>\S.*)$|^(?:name|nombre|nom|nome|naam|姓名|氏名|名前|이름|성명)\s*[:：](?P<glued>\S.*)$",
    re.IGNORECASE,
)
_PART_LABELS = (
    re.compile(
        r"^(?:first\s+name|given\s+names?|vorname|pr[ée]nom|nombre|nome|"
        r"voornaam)\s*[:：]\s*(\S.*)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:last\s+name|surname|family\s+name|nachname|zuname|familienname|"
        r"nom(?:\s+de\s+famille)?|apellidos?|cognome|sobrenome|achternaam)\s*[:：]\s*(\S.*)$",
        re.IGNORECASE,
    ),
)
_FAMILY_AND_GIVEN = re.compile(r"[\u3040-\u9fff]{1,4}\s[\u3040-\u9fff]{1,4}")
_TITLES = word_set("""
    mr mrs ms miss dr prof professor sir dame ing dipl-ing herr frau mme mlle m sr sra srta dott dott.ssa
    dr.ssa avv eng ir drs mag rev dr.med dr.-ing prof.dr med rer nat phil jur univ
    """)
_PARTICLES = word_set("""
    de da do dos das del della di du des la le van von der den ten ter te vom zu zur y e el al bin ibn
    binti bint abu af av d' 't san st. mac mc e. o'
    """)
_CREDENTIAL = re.compile(
    r"(?:,|\s[-–—|]|\s)\s*\(?(?:ph\.?\s?d\.?|m\.?d\.?|mba|m\.?sc\.?|b\.?sc\.?|m\.?a\.?|"
    r"b\.?a\.?|rn|bsn|msn|crna|aprn|np|cpa|cfa|pmp|esq\.?|pe|p\.e\.|jd|ll\.?m\.?|dds|"
    r"rn-bc|lpn|cna|lcsw|shrm-cp|sphr|phr|acca|aca|frcs|mrcs|csm|cissp|edd|dnp|pharmd|ccrn|"
    r"fnp|fnp-c|facp|bcba|ot|pt|dpt|ceng|mengg|aia|leed|gphr|ccna)\)?\.?(?=$|\s*[,)|/–-]|"
    r"\s+[A-Z.]{2,6}\b)",
    re.IGNORECASE,
)
_NOT_NAME = word_set("""
    resume cv curriculum vitae lebenslauf page contact email e-mail mail phone tel telefon mobile address
    adresse linkedin github www http https date confidential updated profile summary experience education
    skills about hello hi the my me i am your our for with in at on street road avenue university college
    inc llc gmbh ltd born geboren geburtsdatum nationality references available upon request applicant
    bewerbung candidate application portfolio website last present current januar january february march
    april june july august september october november december objective science arts engineering computer
    data software web digital business management marketing finance sales project product development
    design research network security cloud mobile machine learning intelligence systems technology
    information human resources customer service healthcare medical legal administrative creative senior
    junior executive full stack front back end certified licensed registered professional personal details
    driving license years old single married male female gender status work history employment key core
    soft hard technical languages hobbies interests projects awards certificates invoice recipe menu dear
    agreement contract quotation statement report
    """)
_NICKNAME = re.compile(r"(?<=\w)\s+[\"“”'‘][^\W\d_]{2,14}[\"”’']\s+(?=\w)")  # between first and last name
_TOKEN = re.compile(r"^[^\W\d_](?:[^\W\d_]|['’`.·-])*\.?$")
# A row with a lower score is a guess. A resume without a name is better than one with a wrong name.
_LEAST_SCORE = 3.2


@dataclass(frozen=True, slots=True)
class FoundName:
    text: str
    numbers: tuple[int, ...]
    rows: frozenset[int]  # indexes into the rows searched
    score: float


def find_name(rows: list[Row], email: str | None) -> FoundName | None:
    """The best candidate among labeled names, large or early rows, and rows that match the e-mail address."""
    labelled = _labelled(rows)
    if labelled is not None:
        return labelled
    first_page = [(index, row) for index, row in enumerate(rows) if row.page == rows[0].page][:120] if rows else []
    biggest = max((row.size for _, row in first_page), default=0.0)
    local = _local_part(email)
    # A size that many rows share is that of the text or of headings, so it is no sign of a name.
    alone = sum(1 for _, row in first_page if row.size >= biggest * 0.97) <= max(4, 0.2 * len(first_page))
    best: FoundName | None = None
    for position, (index, row) in enumerate(first_page):
        plain = not row.size or row.size < biggest * 0.75
        if position > 25 and plain and not _agreement(row.text, local):
            continue
        for text, used in _candidates(rows, index, local):
            shape = name_shape(text)
            if shape <= 0:
                continue
            score = (
                shape
                + _position_score(position, row, rows)
                + _size_score(row, biggest, alone=alone)
                + 2.5 * _agreement(text, local)
            )
            if position > 8 and not _agreement(text, local) and (not row.size or row.size < biggest * 0.97):
                score -= 1.5  # names further down belong to employers and referees
            if len(used) == 2:
                score += 0.2
            if row.bullet or row.periods:
                score -= 2.0
            if row.word_count > len(text.split()) + 6 and not (position == 0 and is_contact_text(row.text)):
                score -= 1.0
            if best is None or score > best.score + 0.01:
                best = FoundName(
                    text, tuple(number for each in used for number in rows[each].numbers), frozenset(used), score
                )
    return best if best is not None and best.score >= _LEAST_SCORE else None


def _labelled(rows: list[Row]) -> FoundName | None:
    given = family = None
    used: list[int] = []
    for index, row in enumerate(rows[:40]):
        for text in (row.text, *row.cells):
            first, last = (pattern.match(text) for pattern in _PART_LABELS)
            if first is not None and given is None and name_shape(first[1], parts_alone=True) > 0:
                given = clean_value(first[1])
                used.append(index)
            elif last is not None and family is None and name_shape(last[1], parts_alone=True) > 0:
                family = clean_value(last[1])
                used.append(index)
    if given and family and given != family:
        numbers = tuple(number for index in sorted(set(used)) for number in rows[index].numbers)
        return FoundName(f"{given} {family}", numbers, frozenset(used), 9.0)
    for index, row in enumerate(rows[:40]):
        for text in (row.text, *row.cells):
            found = _LABEL.match(re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", " ", text))
            if found is None:
                continue
            value = clean_value(found["name"] or found["glued"] or "")
            value = re.split(
                r"\s{2,}|\s[|•·]\s|\s*(?:性别|性別|年龄|生年月日|電話|电话|印\b)|\b(?:tel|phone|e-?mail|date|geb)\b",
                value,
                flags=re.IGNORECASE,
            )[0]
            value = clean_value(_without_credentials(value))
            labelled = "：" in text or ":" in text or is_cjk(text)
            # After a label, even a word that is a section heading elsewhere is a name if it has family and given name.
            plain = is_cjk(text) and _FAMILY_AND_GIVEN.fullmatch(value) is not None
            if plain or (name_shape(value, parts_alone=True) > 0 and (labelled or name_shape(value) >= 1.5)):
                return FoundName(value, row.numbers, frozenset({index}), 9.0)
    return None


def _local_part(email: str | None) -> str:
    return fold(email.split("@")[0]) if email else ""


def _agreement(text: str, local: str) -> float:
    """How well a name matches the part of an e-mail address before the @: 0 to 1."""
    if not local:
        return 0.0
    letters = re.sub(r"[^a-z]", "", local)
    tokens = [re.sub(r"[^a-z]", "", fold(token)) for token in text.split()]
    tokens = [token for token in tokens if token and token not in _TITLES]
    if not tokens or len(tokens) > 6:
        return 0.0
    joined = "".join(tokens)
    if len(letters) >= 5 and letters == joined:
        return 1.0
    hits = sum(len(token) for token in tokens if len(token) >= 3 and token in letters)
    if hits:
        return min(1.0, 0.4 + hits / max(len(letters), 6))
    initials = "".join(token[0] for token in tokens)
    return 0.3 if len(letters) <= 4 and letters == initials else 0.0


def _position_score(position: int, row: Row, rows: list[Row]) -> float:
    if position == 0:
        return 1.6
    if position <= 2:
        return 1.2
    if position <= 6:
        return 0.6
    if row.top and row.top < 0.2 * max((each.bottom for each in rows[:120]), default=1.0):
        return 0.6
    return 0.0


def _size_score(row: Row, biggest: float, *, alone: bool) -> float:
    if not row.size or not biggest:
        return 0.5 if row.upper or row.bold else 0.3
    if row.size >= biggest * 0.97:
        return 2.0 if alone else 0.5
    if row.size >= biggest * 0.8:
        return 1.2
    return 0.4 if row.bold or row.upper else 0.0


def _candidates(rows: list[Row], index: int, local: str) -> list[tuple[str, tuple[int, ...]]]:
    """The texts of a row that may be a name: the row, its first parts, and two rows of one-word lines together."""
    row = rows[index]
    found: list[tuple[str, tuple[int, ...]]] = []
    spaced = _letter_spaced(row.text, local)
    text = row.text if spaced is None else spaced
    title = DOCUMENT_TITLE.match(text)
    if title is not None:
        if not title["rest"]:
            return []
        text = title["rest"]
    whole = clean_value(_without_credentials(text))
    found.append((whole, (index,)))
    pieces = re.split(r"\s*[|•·●/]\s*|\s+[-–—]\s+|,\s+|\s{3,}|\s*\(", text)
    if len(pieces) > 1:
        surname_first = re.fullmatch(r"([^\W\d_][\w'’ -]+),\s*([^\W\d_][\w'’. -]+)", text)
        if surname_first is None or name_shape(pieces[0]) >= 1.5:
            found.append((clean_value(_without_credentials(pieces[0])), (index,)))
    tokens = text.split()
    for count in (2, 3, 4):
        rest = " ".join(tokens[count:])
        if len(tokens) > count and role_score(rest) >= 0.9 and all(role_score(token) < 0.7 for token in tokens[:count]):
            found.append((" ".join(tokens[:count]), (index,)))
            break
    if len(row.cells) > 1:
        found.extend((clean_value(_without_credentials(cell)), (index,)) for cell in row.cells[:2])
    if index + 1 < len(rows):
        following = rows[index + 1]
        same = abs(following.size - row.size) <= 0.15 * max(row.size, 1.0) and following.page == row.page
        if same and not following.bullet and len(row.text.split()) <= 2 and len(following.text.split()) <= 3:
            alone = name_shape(row.text) < 1.5 or (row.size > 0 and row.size >= 1.3 * _typical_size(rows))
            both = clean_value(
                _without_credentials(f"{spaced or row.text} {_letter_spaced(following.text) or following.text}")
            )
            # A town above a complete name is not a first name.
            alone = alone and place_score(row.text) < 0.6 and (row.size > 0 or name_shape(following.text) < 1.5)
            if alone and name_shape(both) > 0 and (row.size > 0 or len(row.text.split()) == 1):
                found.append((both, (index, index + 1)))
    return found


def _typical_size(rows: list[Row]) -> float:
    sizes = sorted(row.size for row in rows)
    return sizes[len(sizes) // 2] if sizes else 0.0


def _letter_spaced(text: str, local: str = "") -> str | None:
    """A name spaced letter by letter. If single spaces hide the word boundaries, the e-mail address shows them."""
    joined = collapse_letter_spacing(text)
    if joined is None or " " in joined or not local:
        return joined
    cut: list[str] = []
    rest = joined
    for part in re.split(r"[^a-z]+", local):
        if part and fold(rest).startswith(part):
            cut.append(rest[: len(part)])
            rest = rest[len(part) :]
    return " ".join(cut) if cut and not rest else joined


def _without_credentials(text: str) -> str:
    found = _CREDENTIAL.search(text)
    if found is None or found.start() < 4:
        return text
    token = found.group().strip(" ,.|-–—()")
    # "Maria Pe Rossi" or "Jo Ma": short words are credentials only after a comma or in capitals.
    if (
        not found.group().lstrip().startswith(",")
        and token != token.upper()
        and "." not in token
        and token.casefold() != "phd"
    ):
        return text
    if (
        not found.group().lstrip().startswith(",")
        and text == text.upper()
        and len(token) <= 3
        and token.casefold() not in {"phd", "mba"}
    ):
        return text
    return text[: found.start()]


def name_shape(text: str, *, parts_alone: bool = False) -> float:
    """How much a text looks like a person's name, without context: 0 (not at all) to about 2.5."""
    text = _NICKNAME.sub(" ", text)
    text = clean_value(text).strip(" .") if not text.strip().endswith(("Jr.", "Sr.")) else text.strip()
    if not 2 <= len(text) <= 60 or re.search(r"[@\d:;!?=+*#&%$€\"“”<>\[\]{}]|//", text):
        return 0.0
    if mostly_cjk(text):
        return _cjk_shape(text)
    title = DOCUMENT_TITLE.match(text)
    if find_kind(text) is not None or (title is not None and not title["rest"]):
        return 0.0
    tokens = text.replace(",", " ").split()
    if len(tokens) > 7 or (len(tokens) < 2 and not parts_alone):
        return 0.0
    folded = [fold(token).strip(".,") for token in tokens]
    core = [token for token, key in zip(tokens, folded, strict=True) if key not in _TITLES]
    if not core or not all(_TOKEN.match(token.strip("(),'’\"")) for token in core):
        return 0.0
    keys = [fold(token).strip(".,()") for token in core]
    if any(key in _NOT_NAME for key in keys):
        return 0.0
    if company_score(text) >= 0.9 or fold(text) in HEADINGS:
        return 0.0
    proper = [token for token, key in zip(core, keys, strict=True) if key not in _PARTICLES]
    full = [token for token in proper if len(token.strip(".")) >= 2]
    if not full or (len(proper) < 2 and not parts_alone) or len(proper) > 5:
        return 0.0
    capital = sum(
        1 for token in proper if token[0] != token[0].lower() or not token[0].isalpha() or token[0] == token[0].upper()
    )
    if capital < len(proper):
        return 0.4 if parts_alone and capital else 0.0
    score = 2.0 if 2 <= len(proper) <= 4 else 1.6
    roles = sum(1 for key in keys if key in ROLE_NOUNS)
    if roles:
        score -= 1.3 * roles + (0.9 if role_score(text) >= 0.9 else 0.0)
    if any(key in COMPANY_WORDS or key in INSTITUTION_WORDS for key in keys):
        score -= 1.5
    if place_score(text) >= 0.6:
        score -= 1.3
    if any(key in LANGUAGE_NAMES for key in keys) and len(keys) <= 2:
        score -= 0.6
    if "," in text and not parts_alone:
        score -= 0.4
    return max(0.0, score)


def _cjk_shape(text: str) -> float:
    bare = re.sub(r"[\s·・]", "", text)
    if not 2 <= len(bare) <= 12 or not re.fullmatch(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af々〆]+", bare):
        return 0.0
    if find_kind(text) is not None or DOCUMENT_TITLE.match(bare):
        return 0.0
    if any(word in bare for word in (*CJK_ROLES, *CJK_COMPANY, *CJK_INSTITUTION)) or place_score(bare) > 0:
        return 0.0
    return (
        2.2 if len(bare) <= 4 else 1.6 if re.search(r"[\u30a0-\u30ff·・\s]", text) else 0.8 if len(bare) <= 6 else 0.0
    )
