"""The requests to a client with `requests = "sections"`: one for each section of a resume.

Called by the router, which checks and records their sizes and version, and by
`app.routing.sections.section_answers`, which sends them.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.routing.clients import Client
from app.routing.question import AnswerBounds, Question, SectionPart

# A section has at most one entry per line, except where several share a line.
_SPARE_ENTRIES = 10


@dataclass(frozen=True, slots=True)
class Reader:
    """`keys` are the fields that are taken over from an entry unchanged. Those of `identity` and `dates` show where in
    the section it is; `bullets` hold the first and the last line of its bullet points.
    """

    function: str
    keys: tuple[str, ...]
    identity: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    bullets: tuple[str, str] | None = None


# By the name of the section, which is also the key of the list in the answer.
READERS: Mapping[str, Reader] = {
    "person": Reader("ReadPerson", ("name", "label", "email", "phone", "url", "city", "region", "country")),
    "work": Reader(
        "ReadJobs",
        ("employer", "position", "location", "start", "end", "ongoing"),
        identity=("employer", "position"),
        dates=("start", "end"),
        bullets=("bullets_first", "bullets_last"),
    ),
    "education": Reader(
        "ReadStudies",
        ("institution", "area", "degree", "start", "end"),
        identity=("institution", "area", "degree"),
        dates=("start", "end"),
    ),
    "skills": Reader("ReadSkills", ("name", "keywords"), identity=("name",)),
    "languages": Reader("ReadLanguages", ("language", "fluency"), identity=("language",), dates=("fluency",)),
}
# Without one of these, the sections do not show whether the document is a resume.
CAREER = frozenset({"work", "education", "skills"})


def asks_by_sections(question: Question, client: Client) -> bool:
    """A document in which no work, education or skills were found is sent as a whole to every client."""
    return client.requests == "sections" and any(part.name in CAREER for part in question.sections)


def lines_read(question: Question, client: Client) -> frozenset[int] | None:
    """The lines of the sections that the client is sent; None if it gets the whole question."""
    if not asks_by_sections(question, client):
        return None
    return frozenset(number for part in question.sections for number in part.numbers)


def section_questions(question: Question) -> tuple[Question, ...]:
    """The request for each of the question's sections, in the same order."""
    return tuple(_section_question(part, question) for part in question.sections)


def requests_to_send(question: Question, client: Client) -> tuple[Question, ...]:
    """All requests of one attempt."""
    return section_questions(question) if asks_by_sections(question, client) else (question,)


def sections_version(prompt_version: Callable[[str], str]) -> str:
    """Twelve hex digits that change exactly when the prompt or the types of one of the section functions change."""
    versions = "\n".join(prompt_version(reader.function) for reader in READERS.values())
    return hashlib.sha256(versions.encode()).hexdigest()[:12]


def _section_question(part: SectionPart, question: Question) -> Question:
    bounds = AnswerBounds(
        first_line=part.first_line,
        last_line=part.last_line,
        entries=((part.name, part.last_line - part.first_line + 1 + _SPARE_ENTRIES),),
        text_characters=len(part.text),
        prose_characters=len(part.text),
    )
    return Question(
        READERS[part.name].function,
        {"numbered_text": part.text},
        question.answer_tokens_per_input_token,
        question.traits,
        bounds=bounds,
    )
