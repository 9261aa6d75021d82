"""The answers of a truthful model: reads the prompt of each BAML function with a small fixed routine.

It only copies text from the numbered lines and cites them, so that everything after the model (grounding, normalising,
ledger) can be tested with any document and without a real model. It is not meant to be a good parser.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

_LINE = re.compile(r"^(\d+)\| ?(.*)$")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{6,}\d")
_URL = re.compile(r"(?:https?://|www\.)[^\s|,;]+|\b(?:github|linkedin)\.com/[^\s|,;]+", re.IGNORECASE)
_DATE = r"(?:[^\W\d_]{3,9}\.? \d{4}|\d{1,2}[./]\d{4}|\d{4}-\d{2}|\d{4})"
_RANGE = re.compile(rf"({_DATE})\s*(?:-|–|—|to|bis|until|à|a)\s*({_DATE}|[^\W\d_]{{3,12}})", re.IGNORECASE)
_ONGOING = {"present", "today", "now", "current", "heute", "aktuell", "actualidad", "presente", "aujourd"}
_BULLET = re.compile(r"^[-•*▪◦·]\s+")
_HEADINGS = {
    "work": "experience|work experience|professional experience|employment|employment history|work history"
    "|berufserfahrung|beruflicher werdegang|experiencia|experiencia profesional|expérience professionnelle",
    "education": "education|academic background|ausbildung|studium|bildung|educación|formation|formación",
    "skills": "skills|technical skills|core skills|kenntnisse|fähigkeiten|habilidades|compétences",
    "languages": "languages|sprachen|sprachkenntnisse|idiomas|langues",
    "projects": "projects|personal projects|projekte|proyectos|projets",
    "certificates": "certificates|certifications|zertifikate|certificaciones",
    "awards": "awards|honours|honors|auszeichnungen|premios",
    "publications": "publications|publikationen|publicaciones",
    "interests": "interests|hobbies|interessen|intereses",
    "volunteer": "volunteer|volunteering|volunteer experience|ehrenamt|voluntariado",
    "summary": "summary|profile|about|about me|objective|profil|zusammenfassung|perfil",
}
# The functions for one section, by the beginning of the shape in their prompts.
_SECTION_FUNCTIONS = {
    "{work:[": "ReadJobs",
    "{education:[": "ReadStudies",
    "{skills:[": "ReadSkills",
    "{languages:[": "ReadLanguages",
    "{name,label,": "ReadPerson",
}
_SECTION_OF = {word: section for section, words in _HEADINGS.items() for word in words.split("|")}


@dataclass
class _Entry:
    """The lines of one job, degree or project: the content of the header and its bullet points."""

    start: str | None = None
    end: str | None = None
    ongoing: bool = False
    header: list[str] = field(default_factory=list[str])
    bullets: list[str] = field(default_factory=list[str])
    lines: list[int] = field(default_factory=list[int])


def function_of(prompt: str) -> str | None:
    """The BAML function that produced this prompt."""
    if "<document>" in prompt:
        return "ExtractProfile"
    if "<section>" in prompt:
        return next(function for key, function in _SECTION_FUNCTIONS.items() if key in prompt)
    return "Summarise" if "<facts>" in prompt else None


def truthful_answer(prompt: str) -> str:
    """The message text of a truthful model; a prompt of an unknown function gets a plain sentence."""
    match function_of(prompt):
        case "ExtractProfile":
            return _compact(extract(_inside(prompt, "document")))
        case "Summarise":
            return _compact({"summary": _summary(_inside(prompt, "facts"))})
        case None:
            return "ok"
        case function:
            return _compact(read_section(function, _inside(prompt, "section")))


def lying_answer(prompt: str) -> str:
    """Well-formed, but nothing in it is in the document."""
    match function_of(prompt):
        case "ExtractProfile":
            pass
        case "ReadPerson":
            return _compact({"name": "Zebulon Quillfeather", "email": "zebulon@moonbeam.invalid"})
        case "ReadJobs":
            lines = {"bullets_first": 9999, "bullets_last": -1}
            return _compact({"work": [{"employer": "Moonbeam Cartography Guild", "start": "Feb 1811", **lines}]})
        case "ReadStudies":
            return _compact({"education": [{"institution": "University of Atlantis"}]})
        case "ReadSkills":
            return _compact({"skills": [{"keywords": ["Levitation"]}]})
        case "ReadLanguages":
            return _compact({"languages": [{"language": "Atlantean"}]})
        case _:
            return _compact({"summary": "Winner of three moon races and a certified unicorn dentist since 1811."})
    job = {
        "employer": "Moonbeam Cartography Guild",
        "position": "Grand Vizier",
        "start": "Feb 1811",
        "lines": [9999, 1],
    }
    return _compact(
        {
            "is_resume": True,
            "person": {"name": "Zebulon Quillfeather", "email": "zebulon@moonbeam.invalid", "lines": [1]},
            "work": [job],
            "education": [{"institution": "University of Atlantis", "degree": "Dr. rer. mag.", "lines": [2]}],
            "skills": [{"keywords": ["Levitation"], "lines": [0]}],
        }
    )


def read_section(function: str, numbered_text: str) -> dict[str, Any]:
    """The answer of a function for one section. It gives the lines of bullet points instead of their texts."""
    lines = [(n, text) for n, text in _numbered(numbered_text) if text.rstrip(":").lower() not in _SECTION_OF]
    match function:
        case "ReadPerson":
            return {key: value for key, value in _person(lines, lines, []).items() if key != "lines"}
        case "ReadJobs":
            return {"work": [_with_bullet_range(_job(entry)) for entry in _entries(lines)]}
        case "ReadStudies":
            return {"education": [_with_bullet_range(_study(entry)) for entry in _entries(lines)]}
        case "ReadSkills":
            return {"skills": [_with_bullet_range(_skill(number, text)) for number, text in lines if text]}
        case _:
            return {"languages": [_with_bullet_range(found) for n, text in lines for found in _languages(n, text)]}


def _with_bullet_range(item: dict[str, Any]) -> dict[str, Any]:
    lines, bullets = item.pop("lines"), item.pop("highlights", [])
    return item | ({"bullets_first": lines[-len(bullets)], "bullets_last": lines[-1]} if bullets else {})


def _numbered(text: str) -> list[tuple[int, str]]:
    return [(int(m[1]), m[2].strip()) for raw in text.splitlines() if (m := _LINE.match(raw))]


def extract(numbered_text: str) -> dict[str, Any]:
    """An `ExtractProfile` answer built from numbered lines."""
    lines = _numbered(numbered_text)
    sections: dict[str, list[tuple[int, str]]] = {}
    current = "head"
    for number, text in lines:
        section = _SECTION_OF.get(text.rstrip(":").strip().lower())
        if section:
            current = section
            sections.setdefault(current, [])
        else:
            sections.setdefault(current, []).append((number, text))
    person = _person(lines, sections.get("head", []), sections.get("summary", []))
    found = len(sections.keys() - {"head", "summary"})
    if not (found >= 2 or (found >= 1 and ("email" in person or "phone" in person))):
        return {"is_resume": False}
    answer: dict[str, Any] = {
        "is_resume": True,
        "person": person,
        "work": [_job(e) for e in _entries(sections.get("work", []))],
        "volunteer": [_job(e) for e in _entries(sections.get("volunteer", []))],
        "education": [_study(e) for e in _entries(sections.get("education", []))],
        "skills": [_skill(number, text) for number, text in sections.get("skills", []) if text],
        "languages": [item for number, text in sections.get("languages", []) for item in _languages(number, text)],
        "projects": [_project(e) for e in _entries(sections.get("projects", []))],
        "interests": [
            {"name": part, "lines": [number]}
            for number, text in sections.get("interests", [])
            for part in _parts(_BULLET.sub("", text))
        ],
    }
    for name in ("certificates", "awards", "publications"):
        answer[name] = [{"title": _BULLET.sub("", t), "lines": [n]} for n, t in sections.get(name, []) if t]
    return {key: value for key, value in answer.items() if value not in ([], {}, None)}


def _person(
    lines: list[tuple[int, str]], head: list[tuple[int, str]], summary: list[tuple[int, str]]
) -> dict[str, Any]:
    person: dict[str, Any] = {}
    cited: list[int] = []
    for number, text in head:
        if not re.search(r"[\d@:/]", text) and 2 <= len(text.split()) <= 5:
            person["name"] = text
            cited.append(number)
            break
    for key, pattern in (("email", _EMAIL), ("phone", _PHONE), ("url", _URL)):
        for number, text in head or lines[:10]:
            if (hit := pattern.search(text)) and not (key == "phone" and _RANGE.search(text)):
                person[key] = hit[0].strip()
                cited.append(number)
                break
    if summary:
        person["summary"] = " ".join(text for _, text in summary)
        cited.extend(number for number, _ in summary)
    return {**person, "lines": sorted(set(cited))} if person else {}


def _entries(lines: list[tuple[int, str]]) -> list[_Entry]:
    """A line with a date range starts an entry, which includes undated lines before it that are not bullets."""
    entries: list[_Entry] = []
    waiting: list[tuple[int, str]] = []
    for number, text in lines:
        dates = _RANGE.search(text)
        if dates:
            entry = _Entry(start=dates[1], lines=[n for n, _ in waiting] + [number], header=[t for _, t in waiting])
            waiting = []
            entry.ongoing = dates[2].lower() in _ONGOING
            entry.end = None if entry.ongoing else dates[2]
            rest = (text[: dates.start()] + " " + text[dates.end() :]).strip(" ,|()–-")
            if rest:
                entry.header.append(rest)
            entries.append(entry)
        elif _BULLET.match(text) and entries and not waiting:
            entries[-1].bullets.append(_BULLET.sub("", text))
            entries[-1].lines.append(number)
        else:
            waiting.append((number, text))
    return entries


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;|•]", text) if part.strip()]


def _two(entry: _Entry) -> tuple[str | None, str | None]:
    parts = [part.strip() for line in entry.header for part in re.split(r",| at | bei | \| | – | — | - ", line)]
    parts = [part for part in parts if part]
    return (parts[0] if parts else None, parts[1] if len(parts) > 1 else None)


def _dated(entry: _Entry, **values: Any) -> dict[str, Any]:
    item = {**values, "start": entry.start, "end": entry.end, "highlights": entry.bullets, "lines": entry.lines}
    if entry.ongoing:
        item["ongoing"] = True
    return {key: value for key, value in item.items() if value not in (None, [])}


def _job(entry: _Entry) -> dict[str, Any]:
    position, employer = _two(entry)
    return _dated(entry, position=position, employer=employer)


def _study(entry: _Entry) -> dict[str, Any]:
    degree, institution = _two(entry)
    item = _dated(entry, degree=degree, institution=institution)
    item.pop("highlights", None)
    return item


def _project(entry: _Entry) -> dict[str, Any]:
    name, description = _two(entry)
    return _dated(entry, name=name, description=description)


def _skill(number: int, text: str) -> dict[str, Any]:
    name, colon, rest = _BULLET.sub("", text).partition(":")
    return (
        {"name": name, "keywords": _parts(rest), "lines": [number]}
        if colon
        else {"keywords": _parts(name), "lines": [number]}
    )


def _languages(number: int, text: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for part in _parts(_BULLET.sub("", text)):
        hit = re.match(r"^([^\W\d_]+)\s*(?:[(:–-]\s*([^)]+)\)?)?$", part)
        if hit:
            item: dict[str, Any] = {"language": hit[1], "lines": [number]}
            items.append({**item, "fluency": hit[2].strip()} if hit[2] else item)
    return items


def _summary(facts: str) -> str:
    """Sentences that reuse the words of the facts."""
    known = [line.partition(":")[::2] for line in facts.splitlines() if ":" in line]
    return (
        " ".join(f"{key.strip().replace('_', ' ').capitalize()}: {value.strip()}." for key, value in known)
        or "No facts given."
    )


def _inside(prompt: str, tag: str) -> str:
    """The last such block: the instructions before it may mention the tag too."""
    return prompt.rpartition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
