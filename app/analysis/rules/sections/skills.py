"""Reads skills in groups or lists and splits them into keywords; used by `app.analysis.rules.parse_resume`."""

import re
from dataclasses import dataclass, field, replace

from app.analysis.answer import Credential, Interest, SkillGroup, SpokenLanguage
from app.analysis.rules.phrases.spelling import clean_value, fold, is_cjk, split_top_level, word_set
from app.analysis.rules.sections.languages import LANGUAGES_LABEL, language_at_start, looks_like_fluency, read_languages
from app.analysis.rules.structure.entry_bodies import continues
from app.analysis.rules.structure.headings import find_kind
from app.analysis.rules.structure.row import Row
from app.analysis.rules.vocabulary.language_words import SKILL_LEVELS

_LABEL = re.compile(r"^(?P<label>[^:：]{2,48}?)\s*[:：]\s*(?P<rest>.*)$")
_RATING = re.compile(
    r"\s*(?:[●○◦•★☆■□⬤◯]{2,}|\(?\b\d(?:[.,]\d)?\s*/\s*(?:5|10)\)?|\b\d{1,3}\s?%|"
    r"\(\d+\+?\s*(?:years?|yrs?|Jahre|ans|años)\))\s*$",
    re.IGNORECASE,
)
_LIST_MARK = re.compile(r"\s+[•·●▪|]\s*|\s*[•·●▪|]\s+|\s*[;；、]\s*|\s+[–—]\s+(?=[A-Z][\w+#.]*(?:\s|$))")
# The beginning of a sentence that is a list: "Proficient in Java, Python and SQL".
_PROFICIENT = re.compile(
    r"^(?:proficient|proficiency|experienced|skilled|expertise|familiar|familiarity|"
    r"(?:working |good |strong )?knowledge|kenntnisse|maîtrise|dominio|manejo|conhecimentos?)\s+"
    r"(?:in|with|of|de|del|en|em)\s+",
    re.IGNORECASE,
)
_MAX_SKILL_WORDS = 7
_LONGEST_ACRONYM = 8  # characters; "IFRS" above other skills does not name a group
_SENTENCE_OPENERS = word_set("""
    experienced experience proficient skilled ability able strong excellent proven demonstrated familiar working
    solid deep extensive developed managed led responsible i my""")


@dataclass(slots=True)
class SkillsSection:
    groups: list[SkillGroup] = field(default_factory=list[SkillGroup])
    languages: list[SpokenLanguage] = field(default_factory=list[SpokenLanguage])
    interests: list[Interest] = field(default_factory=list[Interest])
    certificates: list[Credential] = field(default_factory=list[Credential])


@dataclass(slots=True)
class _Draft:
    name: str | None
    level: str | None = None
    texts: list[str] = field(default_factory=list[str])
    numbers: list[int] = field(default_factory=list[int])


def read_skills(rows: list[Row]) -> SkillsSection:
    section = SkillsSection()
    spoken = [row for row in rows if _is_spoken(row)]
    section.languages.extend(read_languages([_without_label(row) for row in spoken]))
    rows = [row for row in rows if row not in spoken]
    for draft in _drafts(rows):
        keywords = [word for text in draft.texts for word in split_skills(text)]
        keywords = list(dict.fromkeys(keywords))
        kind = find_kind(draft.name) if draft.name else None
        lines = sorted(set(draft.numbers))
        if keywords and all(language_at_start(word) for word in keywords):
            section.languages.extend(read_languages(_as_rows(draft, rows)))
        elif kind == "interests" and keywords:
            section.interests.extend(Interest(name=word, lines=lines) for word in keywords)
        elif kind == "certificates" and keywords:
            section.certificates.extend(Credential(title=word, lines=lines) for word in keywords)
        elif keywords or draft.level:
            if not keywords and draft.name is not None:
                keywords, draft.name = [draft.name], None
            section.groups.append(SkillGroup(name=draft.name, level=draft.level, keywords=keywords, lines=lines))
    return section


def _without_label(row: Row) -> Row:
    label = LANGUAGES_LABEL.match(row.text)
    return row if label is None else replace(row, text=label["list"], cells=(label["list"],))


def _is_spoken(row: Row) -> bool:
    """Whether the row has only spoken languages, at least one with its level or after a label for languages."""
    label = LANGUAGES_LABEL.match(row.text)
    if label is not None:
        return all(language_at_start(part) for part in split_top_level(label["list"], ",;、|"))
    if _LABEL.match(row.text):
        return False
    parts = [part for part in split_top_level(row.text, ",;、") if part]
    named = all(language_at_start(part) for part in parts)
    return bool(parts) and named and any(looks_like_fluency(re.sub(r"^\S+", "", part.strip())) for part in parts)


def _as_rows(draft: _Draft, rows: list[Row]) -> list[Row]:
    model = next(row for row in rows if row.numbers[0] in draft.numbers)
    return [replace(model, text=text, cells=(text,), numbers=tuple(sorted(set(draft.numbers)))) for text in draft.texts]


def _drafts(rows: list[Row]) -> list[_Draft]:
    drafts: list[_Draft] = []
    label_look = _label_look(rows)
    before: Row | None = None
    columns: list[_Draft] = []
    for index, row in enumerate(rows):
        text = row.text.strip()
        if not re.search(r"\w", text):
            continue
        labelled = _LABEL.match(text)
        if (
            labelled is not None
            and not (
                re.search(r"\d", labelled["label"]) and text[labelled.start("rest") - 1] == ":"
            )  # "1С:Предприятие"
            and len(labelled["label"].split()) <= 6
            and "http" not in labelled["label"]
            and (not (level := _is_level(labelled["label"])) or _has_marks(labelled["rest"]))
        ):
            columns = []
            label = clean_value(labelled["label"])
            drafts.append(_Draft(None if level else label, label if level else None, numbers=list(row.numbers)))
            if labelled["rest"].strip():
                drafts[-1].texts.append(labelled["rest"])
            before = row
            continue
        following = rows[index + 1] if index + 1 < len(rows) else None
        if (
            following is not None
            and _is_level(following.text)
            and not row.bullet
            and not _has_marks(text)
            and len(row.cells) == 1
        ):
            drafts.append(_Draft(clean_value(text), numbers=list(row.numbers)))
            before = row
            continue
        if _is_level(text) and drafts and len(row.cells) == 1:
            drafts[-1].level = drafts[-1].level or clean_value(text)
            drafts[-1].numbers.extend(row.numbers)
            before = row
            continue
        if len(row.cells) > 1 and columns and len(row.cells) == len(columns):
            for draft, cell in zip(columns, row.cells, strict=True):
                if _is_level(cell):
                    draft.level = clean_value(cell)
                else:
                    draft.texts.append(cell)
                draft.numbers.extend(row.numbers)
            before = row
            continue
        if label_look is not None and _look(row) == label_look and not row.bullet:
            if len(row.cells) > 1 and len(row.cells) <= 4 and not _has_marks(text):
                columns = [_Draft(clean_value(cell), numbers=list(row.numbers)) for cell in row.cells]
                drafts.extend(columns)
            else:
                columns = []
                drafts.append(_Draft(clean_value(text), numbers=list(row.numbers)))
            before = row
            continue
        columns = columns if len(row.cells) > 1 else []
        cells = _pieces(row)
        if (
            len(cells) == 2
            and not _has_marks(cells[0])
            and (_has_marks(cells[1]) or find_kind(cells[0]) is not None)
            and len(cells[0].split()) <= 4
            and not row.bullet
        ):
            drafts.append(_Draft(clean_value(cells[0]), texts=[cells[1]], numbers=list(row.numbers)))
            before = row
            continue
        goes_on = (
            before is not None
            and drafts
            and drafts[-1].texts
            and len(cells) == 1
            and not row.bullet
            and (
                drafts[-1].texts[-1].rstrip().endswith((",", "，", "&", "/", "·", "|", "and", "-", "("))
                or drafts[-1].texts[-1].count("(") > drafts[-1].texts[-1].count(")")
                or (_has_marks(drafts[-1].texts[-1]) and continues(before, row) and _flush(before, row))
            )
        )
        if goes_on:
            joined = drafts[-1].texts[-1].rstrip()
            drafts[-1].texts[-1] = f"{joined} {text}"
            drafts[-1].numbers.extend(row.numbers)
            before = row
            continue
        if (
            not drafts
            or (
                drafts[-1].name is not None
                and (
                    row.bullet
                    and before is not None
                    and _LABEL.match(before.text) is not None
                    and bool(drafts[-1].texts)
                )
            )
            or (
                drafts[-1].name is not None
                and drafts[-1].texts
                and label_look is None
                and before is not None
                and _LABEL.match(before.text) is not None
            )
        ):
            drafts.append(_Draft(None))
        drafts[-1].texts.extend(cells)
        drafts[-1].numbers.extend(row.numbers)
        before = row
    return drafts


def _flush(before: Row, row: Row) -> bool:
    """Whether the rows may be one wrapped list: in the same block and left-aligned."""
    if row.new_block or before.bullet or before.left is None or row.left is None:
        return not row.new_block
    return abs(row.left - before.left) < 6.0


def _pieces(row: Row) -> list[str]:
    """The cells of a row, or its labels if they are slightly further apart than words."""
    if len(row.cells) > 1:
        return list(row.cells)
    if len(row.chips) > 1 and not _has_marks(row.text) and all(len(chip.split()) <= 4 for chip in row.chips):
        return list(row.chips)
    return [row.text.strip()]


def _look(row: Row) -> tuple[float, bool, bool]:
    return (round(row.size * 2) / 2, row.bold, row.upper)


def _label_look(rows: list[Row]) -> tuple[float, bool, bool] | None:
    """The look of rows that name a group above its list: larger or bolder than the list, without bullets."""
    looks = {_look(row) for row in rows if not row.bullet}
    if len(looks) < 2:
        return None
    first = next((row for row in rows if not row.bullet), None)
    if first is None or first is not rows[0] or _has_marks(first.text):
        return None
    look = _look(first)
    others = [row for row in rows if _look(row) != look]
    if not others or not (
        (first.bold and not others[0].bold)
        or look[0] > _look(others[0])[0]
        or (first.upper and not others[0].upper and len(first.text) > _LONGEST_ACRONYM)
    ):
        return None
    named = [row for row in rows if _look(row) == look]
    return (
        look
        if len(named) <= len(rows) * 0.6 and all(len(row.text.split()) <= 6 * len(row.cells) for row in named)
        else None
    )


def _has_marks(text: str) -> bool:
    return "," in text or "，" in text or "、" in text or _LIST_MARK.search(text) is not None


def _is_level(text: str) -> bool:
    return fold(text).strip(" ()") in SKILL_LEVELS


def split_skills(text: str) -> list[str]:
    """The keywords of a list. Sentences have none."""
    text = text.strip().rstrip(".。;")
    sentence = _PROFICIENT.match(text)
    if sentence is not None:
        text = re.sub(r"\s+(?:and|und|et|y|e)\s+(?=[^,]+$)", ", ", text[sentence.end() :])
    for mark in (" / ", " - ", " – "):
        if text.count(mark) >= 2 and not _has_marks(text):
            text = text.replace(mark, " | ")
    pieces = [piece for piece in _LIST_MARK.split(text) if piece and piece.strip()]
    found: list[str] = []
    for piece in pieces:
        for part in split_top_level(piece, ",，、"):
            skill = _skill(re.sub(r"^(?:and|und|et|y|e|en|&|sowie)\s+", "", part.strip()))
            if skill is not None:
                found.append(skill)
    return found


def _skill(text: str) -> str | None:
    text = _RATING.sub("", clean_value(text))
    text = re.sub(
        r"\s*\(([^()]*)\)$",
        lambda found: "" if _is_level(found[1]) or (looks_like_fluency(found[1]) and len(found[1]) < 20) else found[0],
        text,
    )
    level = re.fullmatch(r"(.{2,40}?)\s*[-–—:]\s*([^-–—:]{3,25})", text)
    if level is not None and _is_level(level[2]):
        text = level[1]
    text = text.strip(" .:;–—|")
    if not re.search(r"[^\W_]", text) or len(text) > 70 or _is_level(text):
        return None
    tokens = text.split()
    if len(tokens) > _MAX_SKILL_WORDS and not is_cjk(text):
        return None
    if len(tokens) >= 4 and fold(tokens[0]) in _SENTENCE_OPENERS:
        return None
    if re.fullmatch(r"[\d\s./%+-]+", text) or "@" in text:
        return None
    return text
