"""The blind view hides the person's identity everywhere and keeps what is evaluated."""

from datetime import date
from typing import Any

import pytest

from app.analysis.grounding.check import check_answer
from app.analysis.identity.blind import blind_document, blind_profile, mask
from app.analysis.identity.search import Identity, find_identity
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from tests.unit.analysis.resume_documents import document_of


def read(document: Document) -> tuple[dict[str, Any], dict[str, Any]]:
    checked = check_answer(parse_resume(document), document, as_of=date(2026, 11, 1), default_region="US")
    return checked.profile, {pointer: place.to_json() for pointer, place in checked.evidence.items()}


def masked(text: str, identity: Identity, line: int | None = None) -> str:
    return mask(text, identity.marks_in(text, line))


IDENTITY = Identity(names=("Amara O'Neill-Whitfield",), phones=("+15205550134",), language="en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Amara O'Neill-Whitfield", "[name]"),
        ("WHITFIELD, Amara", "[name]"),
        ("A. Whitfield led the study", "[name] led the study"),
        ("amaraoneillwhitfield", "[name]"),
        ("Whitfield's first book", "[name]'s first book"),
        ("Mail amara@clinic.example or 520.555.0134", "Mail [contact] or [contact]"),
        ("whitfield.example · Node.js", "[contact] · Node.js"),
        ("She leads her team", "[gender] leads [gender] team"),
        ("Ms Whitfield", "[gender] [name]"),
        ("MS Project, MS Office", "MS Project, MS Office"),
        ("Date of birth: 4 May 1990 | Nationality: Irish", "Date of birth: [personal] | Nationality: [personal]"),
        ("34 years old", "[personal]"),
        ("Grew revenue over 34 years", "Grew revenue over 34 years"),
        ("Address: 4 Elm Row, Leeds", "Address: [address]"),
        ("Address customer complaints", "Address customer complaints"),
        ("06/2017 – 05/2018", "06/2017 – 05/2018"),
        ("Lead a team of 12, budget 1,200,000", "Lead a team of 12, budget 1,200,000"),
    ],
)
def test_only_words_that_reveal_the_person_are_masked(text: str, expected: str) -> None:
    assert masked(text, IDENTITY) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Geburtsdatum: 12.03.1985", "Geburtsdatum: [personal]"),
        ("de", "geboren am 12.03.1985 in Kiel", "[personal]"),
        ("de", "Frau Ellerbrock, verheiratet, 2 Kinder", "[gender] Ellerbrock, [gender], 2 Kinder"),
        ("de", "Aufbau her zu einem Team", "Aufbau her zu einem Team"),
        ("fr", "32 ans, célibataire", "[personal], [gender]"),
        ("fr", "des enfants de 8 à 12 ans", "des enfants de 8 à 12 ans"),
        ("es", "Estado civil: casada", "Estado civil: [personal]"),
        ("ja", "1991年4月2日生 (満 35 歳) 女", "[personal]生 ([personal]) [gender]"),
        ("ja", "〒113-0000 東京都文京区本郷台町3-14-7", "[address]"),
        ("zh", "性别：女 | 出生日期：1993-02-01", "性别：[gender] | 出生日期：[personal]"),
    ],
)
def test_personal_facts_are_masked_in_the_language_of_the_resume(language: str, text: str, expected: str) -> None:
    assert masked(text, Identity(language=language)) == expected


def test_a_town_is_hidden_as_the_persons_home_and_kept_as_the_place_of_a_job() -> None:
    document = document_of("Ilse Varga\nilse@varga.example | Leeds\n\nExperience\nEngineer\nBrightwater Mills, Leeds")
    evidence = {"/basics/location/city": {"page": 1, "line": 2, "quote": "Leeds", "box": None, "confidence": 1.0}}
    profile = {"basics": {"name": "Ilse Varga", "location": {"city": "Leeds"}}}
    identity = find_identity(profile, evidence, document)
    lines = blind_document(document, identity).lines
    assert [lines[0].text, lines[1].text] == ["[name]", "[contact] | [address]"]
    assert lines[-1].text == "Brightwater Mills, Leeds"


def test_the_town_is_hidden_in_a_line_of_contacts_even_if_no_client_found_it() -> None:
    identity = Identity(names=("Ilse Varga",), language="en")
    assert (
        masked("ilse@varga.example | +36 1 555 0142 | Leeds, England", identity) == "[contact] | [contact] | [address]"
    )
    assert masked("Brightwater Mills | Leeds, England", identity) == "Brightwater Mills | Leeds, England"


def test_schools_are_hidden_only_on_request() -> None:
    document = document_of("Ilse Varga\n\nBSc Physics, Hollin University")
    profile = {
        "basics": {"name": "Ilse Varga"},
        "education": [{"institution": "Hollin University", "studyType": "BSc"}],
    }
    shown = blind_profile(profile, {}, find_identity(profile, {}, document))
    hidden = blind_profile(profile, {}, find_identity(profile, {}, document, hide_schools=True))
    assert shown.profile["education"] == [{"institution": "Hollin University", "studyType": "BSc"}]
    assert hidden.profile["education"] == [{"institution": "[school]", "studyType": "BSc"}]


def test_a_corrected_name_is_hidden_in_both_spellings() -> None:
    document = document_of("Ilse Vargha\n\nEngineer")
    profile = {"basics": {"name": "Ilse Varga"}}
    place = {
        "page": None, "line": None, "quote": None, "box": None, "confidence": 1.0,
        "source": "human", "document_value": "Ilse Vargha", "by": "key of Ilse", "at": "2026-11-01T00:00:00+00:00",
    }  # fmt: skip
    identity = find_identity(profile, {"/basics/name": place}, document)
    assert masked("Varga and Vargha", identity) == "[name] and [name]"


def test_references_and_other_peoples_names_are_left_out_and_dates_stay_dates() -> None:
    profile = {
        "basics": {"name": "Ilse Varga", "image": "https://varga.example/me.jpg", "label": "Engineer"},
        "work": [{"name": "Brightwater", "url": "https://brightwater.example", "startDate": "2019-03"}],
        "projects": [{"name": "Sluice", "url": "https://github.com/ilse/sluice"}],
        "references": [{"name": "Otto Lind", "reference": "She is great"}],
    }
    blind = blind_profile(profile, {}, Identity(names=("Ilse Varga",), language="en")).profile
    assert blind["basics"] == {"label": "Engineer"}
    assert blind["work"] == profile["work"]
    assert blind["projects"] == [{"name": "Sluice"}]
    assert "references" not in blind
