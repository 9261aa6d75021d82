"""Reads an invented person's data file (`samples/people/*.toml`) as a resume to draw and as its truth.

`samples.render` reads the files with `load_resume`. Every layout draws the `Resume`, so that all layouts show the same
words, and `truth_of` uses the same entries without the keys that only control the drawing.
"""

import json
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from samples.wording import HEADINGS, DateForm, shown_date, shown_range

PEOPLE = Path(__file__).parent / "people"
SCHEMA_URL = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"

ENTRY_SECTIONS = ("work", "volunteer", "education", "projects")
TRUTH_SECTIONS = (
    "work",
    "volunteer",
    "education",
    "awards",
    "certificates",
    "publications",
    "skills",
    "languages",
    "interests",
    "projects",
)
# Keys of the data files that control the drawing; they are not part of the truth.
DRAWING_KEYS = frozenset(
    {
        "shown",
        "phone_shown",
        "country_shown",
        "birth_shown",
        "score_label",
        "courses_label",
        "ongoing",
        "duration",
        "stack_shown",
    }
)

SectionKind = Literal["text", "entries", "groups", "pairs", "credits", "words", "contact", "personal", "links"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One job, study or project as shown. `notes` are single lines such as a grade or a list of courses.

    `words` are the keywords of a project; `stack` is a line of tools and `duration` a counted period that some layouts
    show next to a job and that has no field in the truth.
    """

    title: str
    organization: str = ""
    location: str = ""
    dates: str = ""
    text: str = ""
    url: str = ""
    bullets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    stack: str = ""
    duration: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Skills under one label; the label is empty if the resume has a single list."""

    label: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credit:
    """A certificate, an award or a publication on one line."""

    title: str
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its content; only the field that belongs to `kind` is filled."""

    key: str
    heading: str
    kind: SectionKind
    text: str = ""
    entries: tuple[Entry, ...] = ()
    groups: tuple[Group, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    credits: tuple[Credit, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    email: str
    phone: str
    place: str
    links: tuple[str, ...]
    birth: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.email, self.phone, self.place, *self.links)


@dataclass(frozen=True, slots=True)
class Rendition:
    """One file to write: its path under `samples/` and its layout."""

    file: str
    layout: str


@dataclass(frozen=True, slots=True)
class Resume:
    """The content of a resume in order: `sections` in the main column, `sidebar` in the narrow one, if any."""

    language: str
    name: str
    label: str
    contact: Contact
    labels: dict[str, str]
    sections: tuple[Section, ...]
    sidebar: tuple[Section, ...]
    renditions: tuple[Rendition, ...]
    truth: dict[str, Any] = field(compare=False)

    @property
    def all_sections(self) -> tuple[Section, ...]:
        """For single-column layouts: the main sections, then those of the sidebar."""
        return self.sections + tuple(section for section in self.sidebar if section.kind not in ("contact", "links"))

    def to_json(self) -> str:
        """The resume as JSON, for the Typst templates."""
        shown = {key: value for key, value in asdict(self).items() if key not in ("truth", "renditions")}
        shown["contact_lines"] = self.contact.lines
        shown["all_sections"] = [asdict(section) for section in self.all_sections]
        return json.dumps(shown, ensure_ascii=False)


def load_people() -> list[Resume]:
    """Every invented person, in the order of the file names."""
    return [load_resume(path) for path in sorted(PEOPLE.glob("*.toml"))]


def load_resume(path: Path) -> Resume:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    basics = raw["basics"]
    headings = HEADINGS[raw["language"]] | raw.get("headings", {})
    return Resume(
        language=raw["language"],
        name=basics["name"],
        label=basics.get("label", ""),
        contact=Contact(
            email=basics["email"],
            phone=basics["phone_shown"],
            place=basics["location"]["shown"],
            links=tuple(
                bare_url(url)
                for url in [basics.get("url"), *(profile["url"] for profile in basics.get("profiles", []))]
                if url
            ),
            birth=basics.get("birth_shown", ""),
        ),
        labels=headings,
        sections=tuple(_section(key, raw, headings) for key in raw["order"]),
        sidebar=tuple(_section(key, raw, headings) for key in raw.get("sidebar", [])),
        renditions=tuple(Rendition(**rendition) for rendition in raw["renditions"]),
        truth=truth_of(raw),
    )


def truth_of(raw: dict[str, Any]) -> dict[str, Any]:
    """The data file as JSON Resume 1.0.0: the content of the page, with dates in the precision shown."""
    shown_sections = {*raw["order"], *raw.get("sidebar", [])}
    basics = _without_drawing_keys(raw["basics"])
    return {
        "$schema": SCHEMA_URL,
        "basics": basics,
        **{key: _without_drawing_keys(raw[key]) for key in TRUTH_SECTIONS if key in raw and key in shown_sections},
    }


def bare_url(url: str) -> str:
    """The link as printed, without its scheme."""
    return url.removeprefix("https://").removeprefix("http://")


def _without_drawing_keys(value: Any) -> Any:
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        return {key: _without_drawing_keys(item) for key, item in mapping.items() if key not in DRAWING_KEYS}
    if isinstance(value, list):
        return [_without_drawing_keys(item) for item in cast("list[Any]", value)]
    return value


def _section(key: str, raw: dict[str, Any], headings: dict[str, str]) -> Section:
    heading = headings[key]
    language: str = raw["language"]
    form: DateForm = raw["dates"]
    rows: list[dict[str, Any]] = raw.get(key, [])
    match key:
        case "contact" | "personal" | "links":
            return Section(key, heading, key)
        case "summary":
            return Section(key, heading, "text", text=raw["basics"]["summary"])
        case "skills":
            groups = tuple(Group(row.get("name", ""), tuple(row["keywords"])) for row in rows)
            return Section(key, heading, "groups", groups=groups)
        case "languages":
            pairs = tuple((row["language"], row["fluency"]) for row in rows)
            return Section(key, heading, "pairs", pairs=pairs)
        case "interests":
            return Section(key, heading, "words", words=tuple(row["name"] for row in rows))
        case "certificates" | "awards" | "publications":
            return Section(key, heading, "credits", credits=tuple(_credit(row, language, form) for row in rows))
        case _:
            return Section(key, heading, "entries", entries=tuple(_entry(row, language, form) for row in rows))


def _credit(row: dict[str, Any], language: str, form: DateForm) -> Credit:
    date = row.get("date") or row.get("releaseDate") or ""
    return Credit(
        title=row.get("title") or row["name"],
        source=row.get("issuer") or row.get("awarder") or row.get("publisher") or "",
        date=shown_date(date, language, form) if date else "",
    )


def _entry(row: dict[str, Any], language: str, form: DateForm) -> Entry:
    dates = shown_range(
        row.get("startDate"),
        row.get("endDate"),
        ongoing=row.get("ongoing", False),
        language=language,
        form=form,
    )
    notes: list[str] = []
    if "institution" in row:
        parts = [row["studyType"], row["area"]] if "area" in row else [row["studyType"]]
        title, organization = row.get("shown", ", ".join(parts)), row["institution"]
        if "score" in row:
            notes.append(f"{row['score_label']}: {row['score']}")
        if "courses" in row:
            notes.append(f"{row['courses_label']}: {', '.join(row['courses'])}")
    elif "position" in row:
        title, organization = row["position"], row.get("name") or row["organization"]
    else:
        title, organization = row["name"], ""
    return Entry(
        title=title,
        organization=organization,
        location=row.get("location", ""),
        dates=dates,
        text=row.get("summary") or row.get("description") or "",
        url=bare_url(row.get("url", "")),
        bullets=tuple(row.get("highlights", ())),
        notes=tuple(notes),
        words=tuple(row.get("keywords", ())),
        stack=row.get("stack_shown", ""),
        duration=row.get("duration", ""),
    )
