"""Properties of grounding that hold for any answer and any document, true or invented."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.answer import (
    Answer,
    Credential,
    Interest,
    Job,
    Link,
    Person,
    Project,
    SkillGroup,
    SpokenLanguage,
    Study,
)
from app.analysis.grounding.check import check_answer
from app.analysis.grounding.text_tokens import cut
from app.analysis.normalise.contacts import normalise_email, normalise_phone, normalise_url
from app.analysis.person import describes_a_person
from app.analysis.summary import summary_is_supported
from app.extraction.document import Document, Line, Page, Word
from tests.unit.analysis.resume_documents import leaf_pointers, schema_errors, value_at

# Parts that make true, half-true and invented values likely, and any other Unicode text.
_PIECES = st.sampled_from(
    [
        *("Mara", "Lind", "Kiesel", "GmbH", "C", "C++", "Java", "JavaScript", "R&D", "Senior", "$5M", "Germany"),
        *("2019", "2019 – 2021", "03/2019", "Present", "heute", "٣", "+49 30 901820", "M A R A", "develop-", "ment"),
        *("mara@kiesel.example", "github.com/mara", "https://", "www.kiesel.example/a?b=c#d", "[", "//", "%"),
        *("•", "-", "|", "@", "北方", "株式会社", "é", "e\u0301", "ß", "İ", "\u00ad", "\ufb01", "\u3300"),
    ]
)
_texts = st.lists(_PIECES | st.text(max_size=6), max_size=6).map(" ".join)
_maybe = st.none() | _texts
_lists = st.lists(_texts, max_size=3)
_numbers = st.lists(st.integers(-3, 12) | st.just(10**9), max_size=4)
_languages = st.sampled_from(["en", "de", "ja", "und", ""])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    lines: list[Line] = []
    for number, text in enumerate(draw(st.lists(_texts, max_size=9)), start=1):
        line = " ".join(text.split())
        boxed = draw(st.booleans())
        words = tuple(
            Word(word, (float(place), 1.0, place + 1.0, 2.0) if boxed else None)
            for place, word in enumerate(line.split())
        )
        page = 1 + number // 6
        lines.append(Line(number, page, line, words, block=draw(st.integers(0, 2))))
    return Document("text/plain", (Page(1, 0, 0), Page(2, 0, 0)), tuple(lines), language=draw(_languages))


_people = st.builds(
    Person,
    name=_maybe, label=_maybe, email=_maybe, phone=_maybe, url=_maybe, summary=_maybe, address=_maybe,
    postal_code=_maybe,
    city=_maybe, region=_maybe, country=_maybe, lines=_numbers,
    links=st.lists(st.builds(Link, network=_maybe, username=_maybe, url=_maybe), max_size=2),
)  # fmt: skip
_jobs = st.builds(
    Job,
    employer=_maybe, position=_maybe, location=_maybe, url=_maybe, start=_maybe, end=_maybe, ongoing=st.booleans(),
    summary=_maybe, highlights=_lists, lines=_numbers,
)  # fmt: skip
_credentials = st.builds(
    Credential, title=_maybe, issuer=_maybe, date=_maybe, url=_maybe, summary=_maybe, lines=_numbers
)
answers = st.builds(
    Answer,
    is_resume=st.booleans(),
    person=_people,
    work=st.lists(_jobs, max_size=3),
    volunteer=st.lists(_jobs, max_size=1),
    education=st.lists(
        st.builds(
            Study, institution=_maybe, area=_maybe, degree=_maybe, start=_maybe, end=_maybe, score=_maybe,
            courses=_lists, lines=_numbers,
        ),
        max_size=2,
    ),
    skills=st.lists(st.builds(SkillGroup, name=_maybe, level=_maybe, keywords=_lists, lines=_numbers), max_size=2),
    languages=st.lists(st.builds(SpokenLanguage, language=_texts, fluency=_maybe, lines=_numbers), max_size=1),
    projects=st.lists(
        st.builds(Project, name=_maybe, url=_maybe, start=_maybe, keywords=_lists, lines=_numbers), max_size=1
    ),
    certificates=st.lists(_credentials, max_size=1),
    awards=st.lists(_credentials, max_size=1),
    publications=st.lists(_credentials, max_size=1),
    interests=st.lists(st.builds(Interest, name=_texts, keywords=_lists, lines=_numbers), max_size=1),
)  # fmt: skip


# Leaves that have a standard form instead of the quoted words.
DERIVED = {"email", "phone", "url", "countryCode", "network", "username", "startDate", "endDate", "date", "releaseDate"}


def _words(text: str) -> str:
    """The text without spaces, because hyphenation and letter-spacing change them."""
    first, *others = text.split("\n")
    tokens = [*cut(first), *(token for line in others for token in cut(line, drop_letter_bullet=True))]
    return "".join(token.bare for token in tokens)


@given(answers, documents())
@settings(max_examples=150, deadline=None)
def test_any_answer_for_any_document_gives_a_valid_profile_with_evidence_for_each_leaf(
    answer: Answer, document: Document
) -> None:
    checked = check_answer(answer, document, as_of=date(2026, 11, 15), default_region="US")
    assert schema_errors(checked.profile) == []
    assert set(leaf_pointers(checked.profile)) == set(checked.evidence)
    text = document.text
    for evidence in checked.evidence.values():
        line = document.line(evidence.line)
        assert line is not None
        assert line.page == evidence.page
        assert evidence.quote in text
        assert evidence.quote.split("\n")[0] in line.text
        assert 0 < evidence.confidence <= 1
    for pointer, evidence in checked.evidence.items():
        if pointer.rsplit("/", 1)[1] not in DERIVED:
            assert _words(value_at(checked.profile, pointer)) == _words(evidence.quote)
    describes_a_person(checked, document)
    summary_is_supported(checked.profile["x-vitae"]["summary"] or "", checked.profile, document)


@given(st.text(max_size=60))
def test_contacts_in_any_text_are_none_or_normalized(text: str) -> None:
    email, url = normalise_email(text), normalise_url(text)
    assert email is None or normalise_email(email) == email
    assert url is None or normalise_url(url) == url
    phone = normalise_phone(text, "DE")
    assert phone is None or phone.startswith("+")
