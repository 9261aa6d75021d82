"""What a hosted model sees of a person, and how the real words are restored in its answer."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.folding import fold
from app.analysis.grounding.check import check_answer
from app.analysis.identity.pseudonyms import Pseudonyms
from app.analysis.identity.search import Identity, find_identity
from app.analysis.rules import parse_resume
from app.extraction.extract import ExtractionLimits, extract_document
from app.intake.file_types import detect_media_type
from tests.unit.analysis.resume_documents import document_of

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
NAMES = ("amara-whitfield.pdf", "katrin-ellerbrock.pdf", "minegishi-sakura.docx", "priya-raghunathan.pdf")


@pytest.mark.parametrize("name", NAMES)
def test_a_hosted_model_sees_no_name_and_no_contact_and_its_answer_still_grounds(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    document = extract_document(content, detect_media_type(content, name), ExtractionLimits())
    checked = check_answer(parse_resume(document), document, as_of=date(2026, 11, 1), default_region="US")
    evidence = {pointer: place.to_json() for pointer, place in checked.evidence.items()}
    pseudonyms = Pseudonyms(find_identity(checked.profile, evidence, document), document)
    hidden = pseudonyms.hide_document(document)

    truth: dict[str, Any] = json.loads((SAMPLES / f"{name.split('.', maxsplit=1)[0]}.truth.json").read_text())["basics"]
    seen = fold(hidden.numbered_text()).text
    for secret in (*truth["name"].split(), truth["email"]):
        assert fold(secret).text not in seen

    # The built-in parser plays a model that was sent the pseudonymized text.
    answered = parse_resume(hidden)
    restored = type(answered).model_validate(pseudonyms.restore(answered.model_dump(mode="json")))
    profile = check_answer(restored, document, as_of=date(2026, 11, 1), default_region="US").profile
    assert profile["basics"]["name"] == checked.profile["basics"]["name"]
    assert profile["basics"]["email"] == checked.profile["basics"]["email"]
    assert [job["name"] for job in profile["work"]] == [job["name"] for job in checked.profile["work"]]


@pytest.mark.parametrize("before", ["✉ ", "E-mail: ", "Mail ", ""])
def test_an_address_behind_an_icon_or_a_label_in_a_line_of_contacts_is_hidden(before: str) -> None:
    email = "rowan@thistlewood.example.net"
    document = document_of(f"Rowan Thistlewood\n☎ +44 191 498 0144 | {before}{email} | Newcastle")
    identity = Identity(names=("Rowan Thistlewood",), literals=((email, "contact"),))
    pseudonyms = Pseudonyms(identity, document)
    line = pseudonyms.hide_document(document).lines[1].text
    assert "thistlewood" not in line
    assert "@mail.example" in line
    assert email in pseudonyms.restore(line)


def test_documents_can_get_different_names() -> None:
    document = document_of("Ilse Varga")
    identity = Identity(names=("Ilse Varga",))
    shown = {Pseudonyms(identity, document, first_word=at).hide_document(document).text for at in range(16)}
    assert len(shown) == 16


def test_a_word_has_the_same_placeholder_everywhere_and_initials_match_it() -> None:
    document = document_of("Ilse Varga\nILSE VARGA\nI. Varga, Varga I.\nIlse")
    pseudonyms = Pseudonyms(Identity(names=("Ilse Varga",)), document)
    first, second, third, fourth = (line.text for line in pseudonyms.hide_document(document).lines)
    given_name, family_name = first.split()
    assert second == first.upper()
    assert third == f"{given_name[0]}. {family_name}, {family_name} {given_name[0]}."
    assert fourth == given_name


def test_the_username_of_a_network_is_hidden_but_not_the_network() -> None:
    document = document_of("Ilse Varga\nlinkedin.com/in/ilse-varga | github.com/ilv")
    pseudonyms = Pseudonyms(Identity(names=("Ilse Varga",)), document)
    seen = pseudonyms.hide_document(document).lines[1].text
    assert seen.startswith("linkedin.com/in/candidate")
    assert "| github.com/candidate" in seen
    assert pseudonyms.restore(seen) == "linkedin.com/in/ilse-varga | github.com/ilv"
    assert pseudonyms.restore({"username": seen.split("/")[2].split(" ")[0]}) == {"username": "ilse-varga"}


def test_a_placeholder_is_never_a_word_of_the_document() -> None:
    document = document_of("Ilse Varga\nQuillon Tarrowby Evrane Mostwick\n+49 7301 7302")
    pseudonyms = Pseudonyms(Identity(names=("Ilse Varga",)), document)
    hidden = pseudonyms.hide_document(document)
    assert not {"quillon", "tarrowby", "evrane", "mostwick"} & set(hidden.lines[0].text.lower().split())
    assert pseudonyms.restore(hidden.lines[1].text) == "Quillon Tarrowby Evrane Mostwick"


WORDS = st.sampled_from(
    ["Ilse", "VARGA", "Varga", "I.", "ilse@varga.example", "+36 1 555 0142", "github.com/ilv", "and", "led"]
)


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_hidden_words_are_restored(words: list[str]) -> None:
    document = document_of("Ilse Varga\n" + " ".join(words))
    pseudonyms = Pseudonyms(Identity(names=("Ilse Varga",), phones=("+3615550142",)), document)
    for line, hidden in zip(document.lines, pseudonyms.hide_document(document).lines, strict=True):
        restored = pseudonyms.restore(hidden.text)
        # An initial comes back as the placeholder's initial; everything longer is restored, apart from its case.
        assert fold(restored).text.replace("q.", "i.") == fold(line.text).text
