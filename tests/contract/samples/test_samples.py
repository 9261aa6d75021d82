"""The sample files match the output of `samples.render`, and each truth matches its page."""

import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import lxml.etree
import phonenumbers
import pypdfium2
import pytest
from bs4 import BeautifulSoup
from jsonschema import Draft7Validator

from app.analysis.evaluation.accuracy import FieldScore, bare_link, score
from app.analysis.evaluation.truth_files import LabelledDocument, find_labelled
from samples.render import SAMPLES, rendered
from samples.reportlab_layouts import HIDDEN_INSTRUCTION, HIDDEN_KEYWORDS
from samples.resume import PEOPLE, load_people
from samples.wording import shown_date, shown_range

LABELLED = find_labelled(SAMPLES)
RENDITIONS = sorted(rendition.file for resume in load_people() for rendition in resume.renditions)
DATE_KEYS = {"startDate", "endDate", "date", "releaseDate"}
RESERVED_DOMAINS = ("example.com", "example.org", "example.net")
WORD_TEXT_PARTS = re.compile(r"word/(document|header\d+)\.xml")
LARGEST_TOTAL_BYTES = 2_000_000

# The parts of JSON Resume 1.0.0 that its schema constrains: types, dates, URLs.
DATE = {"type": "string", "pattern": r"^[12]\d{3}(-[01]\d(-[0-3]\d)?)?$"}
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["basics"],
    "properties": {
        "basics": {
            "type": "object",
            "required": ["name", "email", "phone", "location"],
            "properties": {
                "name": TEXT,
                "email": {"type": "string", "pattern": "@"},
                "phone": {"type": "string", "pattern": r"^\+\d{8,15}$"},
                "url": {"type": "string", "pattern": "^https://"},
                "location": {"type": "object", "required": ["city"], "additionalProperties": TEXT},
                "profiles": {"type": "array", "items": {"required": ["network", "username", "url"]}},
            },
        },
        **{
            section: {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": required,
                    "properties": {**dict.fromkeys(DATE_KEYS, DATE), "highlights": TEXTS, "keywords": TEXTS},
                },
            }
            for section, required in {
                "work": ["name", "position", "startDate"],
                "volunteer": ["organization", "position"],
                "education": ["institution", "studyType"],
                "skills": ["keywords"],
                "languages": ["language", "fluency"],
                "certificates": ["name"],
                "awards": ["title"],
                "publications": ["name", "publisher"],
                "projects": ["name"],
                "interests": ["name"],
            }.items()
        },
    },
}


@cache
def newly_rendered() -> dict[str, bytes]:
    return rendered()


def text_of(name: str, content: bytes) -> str:
    """All text of a sample in any order, which is enough to check whether words are there."""
    match Path(name).suffix:
        case ".pdf":
            pages = pypdfium2.PdfDocument(content)
            return "\n".join(page.get_textpage().get_text_range() for page in pages)
        case ".docx":
            with zipfile.ZipFile(io.BytesIO(content)) as parts:
                xml = [parts.read(part) for part in parts.namelist() if WORD_TEXT_PARTS.fullmatch(part)]
            paragraphs = [node for part in xml for node in lxml.etree.fromstring(part).iter("{*}p")]
            return "\n".join("".join(node.itertext()) for node in paragraphs)
        case ".html":
            return BeautifulSoup(content, "html.parser").get_text("\n")
        case _:
            return content.decode()


def letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def leaves(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in cast("dict[str, object]", value).items():
            yield from leaves(item, name)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from leaves(item, key)
    else:
        yield key, str(value)


def stated(labelled: LabelledDocument) -> dict[str, Any]:
    """The truth about the person, without schema, layout and language."""
    return {name: part for name, part in labelled.truth.items() if name not in {"$schema", "meta"}}


def raw_of(labelled: LabelledDocument) -> dict[str, Any]:
    """The data file from which the document was rendered."""
    file = str(labelled.path.relative_to(SAMPLES))
    for path in PEOPLE.glob("*.toml"):
        raw = tomllib.loads(path.read_text("utf-8"))
        if any(rendition["file"] == file for rendition in raw["renditions"]):
            return raw
    raise AssertionError(file)


def test_every_rendered_file_has_a_truth_beside_it() -> None:
    assert [str(labelled.path.relative_to(SAMPLES)) for labelled in LABELLED] == RENDITIONS


def test_the_samples_cover_many_occupations_and_countries_in_all_formats() -> None:
    people = load_people()
    assert len(people) >= 40
    assert len({resume.language for resume in people}) >= 15
    assert {Path(file).suffix for file in RENDITIONS} == {".pdf", ".docx", ".txt", ".md", ".html"}
    assert len({rendition.layout for resume in people for rendition in resume.renditions}) >= 35


def test_the_committed_samples_match_the_output_of_the_script() -> None:
    for name, content in newly_rendered().items():
        committed = SAMPLES / name
        assert committed.is_file(), f"{name} is missing; run python -m samples.render"
        assert text_of(name, content) == text_of(name, committed.read_bytes()), f"{name} is stale"


def test_rendering_twice_gives_the_same_bytes() -> None:
    again = rendered()
    assert [name for name, content in newly_rendered().items() if again[name] != content] == []


def test_the_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < LARGEST_TOTAL_BYTES


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.truth.json")), ids=lambda path: path.name)
def test_a_truth_is_a_valid_json_resume(path: Path) -> None:
    errors = [error.message for error in Draft7Validator(SCHEMA).iter_errors(json.loads(path.read_text("utf-8")))]
    assert errors == []


@pytest.mark.parametrize("labelled", LABELLED, ids=lambda labelled: labelled.path.name)
def test_every_value_of_a_truth_is_in_its_document(labelled: LabelledDocument) -> None:
    page = letters(text_of(labelled.path.name, labelled.path.read_bytes()))
    basics = raw_of(labelled)["basics"]
    for key, value in leaves(stated(labelled)):
        shown = {
            "phone": basics["phone_shown"],
            "countryCode": basics["location"].get("country_shown", "no country"),
            "url": bare_link(value),
        }.get(key, value)
        if key not in DATE_KEYS:
            assert letters(shown) in page, f"{key}: {shown}"


@pytest.mark.parametrize("labelled", LABELLED, ids=lambda labelled: labelled.path.name)
def test_every_date_of_a_truth_is_printed_with_its_precision(labelled: LabelledDocument) -> None:
    page = letters(text_of(labelled.path.name, labelled.path.read_bytes()))
    raw = raw_of(labelled)
    for section in ("work", "volunteer", "education", "projects"):
        for entry in labelled.truth.get(section, []):
            start, end = entry.get("startDate"), entry.get("endDate")
            ongoing = bool(start and not end)
            shown = shown_range(start, end, ongoing=ongoing, language=raw["language"], form=raw["dates"])
            assert letters(shown) in page, f"{section}: {shown}"
    for section in ("certificates", "awards", "publications"):
        for entry in labelled.truth.get(section, []):
            date = entry.get("date") or entry.get("releaseDate")
            if date is not None:
                shown = shown_date(date, raw["language"], raw["dates"])
                assert letters(shown) in page, f"{section}: {shown}"


@pytest.mark.parametrize("path", sorted(PEOPLE.glob("*.toml")), ids=lambda path: path.stem)
def test_email_domains_are_reserved_and_phone_numbers_are_valid(path: Path) -> None:
    raw = tomllib.loads(path.read_text("utf-8"))
    basics = raw["basics"]
    assert basics["email"].endswith(RESERVED_DOMAINS)
    number = phonenumbers.parse(basics["phone_shown"], raw["phone_region"])
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == basics["phone"]


def test_an_ongoing_job_has_no_end_and_the_others_have_one() -> None:
    for labelled in LABELLED:
        ends = ["endDate" in job for job in labelled.truth.get("work", [])]
        assert ends == [] or ends == [False] + [True] * (len(ends) - 1), labelled.path.name


def test_the_version_with_hidden_text_has_the_same_truth_and_more_text() -> None:
    clean, attacked = (
        next(labelled for labelled in LABELLED if labelled.path.name == name)
        for name in ("desmond-fairweather.pdf", "desmond-fairweather-hidden-text.pdf")
    )
    assert stated(clean) == stated(attacked)
    clean_text = letters(text_of(clean.path.name, clean.path.read_bytes()))
    attacked_text = letters(text_of(attacked.path.name, attacked.path.read_bytes()))
    for secret in (*HIDDEN_KEYWORDS, HIDDEN_INSTRUCTION):
        assert letters(secret) in attacked_text
        assert letters(secret) not in clean_text
    assert not any(letters(word) in letters(json.dumps(stated(clean))) for word in ("Kubernetes", "Quantaverse"))


def test_the_scan_has_no_text_and_the_files_beside_it_have_no_truth() -> None:
    folder = SAMPLES / "not_resumes"
    assert text_of("scan.pdf", (folder / "scan-without-text.pdf").read_bytes()).strip() == ""
    assert "INVOICE" in text_of("invoice.pdf", (folder / "invoice.pdf").read_bytes())
    assert list(folder.glob("*.truth.json")) == []


def test_word_files_contain_no_creation_date() -> None:
    for path in SAMPLES.glob("*.docx"):
        with zipfile.ZipFile(path) as parts:
            assert {part.date_time for part in parts.infolist()} == {(2025, 1, 1, 0, 0, 0)}


def test_every_truth_gets_a_perfect_score_against_itself() -> None:
    for labelled in LABELLED:
        for field, counts in score(labelled.truth, labelled.truth).items():
            assert counts == FieldScore(true_positive=counts.true_positive), field
