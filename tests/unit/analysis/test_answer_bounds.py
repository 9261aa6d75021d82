"""The bounds of an answer: no true answer about a document exceeds them."""

import pytest

from app.analysis.answer import Answer, Job, SpokenLanguage
from app.analysis.answer_bounds import bound_answer
from app.extraction.document import Document
from tests.unit.analysis.resume_documents import document_of

RESUME = """
Ilse Varga-Okoye

Data Engineer, Quarrystone Ltd
Mar 2019 - Present
Moved 40 pipelines to a queue

Languages
Hungarian, English, German, French, Italian, Spanish, Polish, Czech, Slovak, Romanian
"""


def entries(document: Document, parsed: Answer | None = None) -> dict[str, int]:
    return dict(bound_answer(document, parsed).entries)


def test_the_bounds_name_every_list_of_an_answer() -> None:
    lists = [name for name, field in Answer.model_fields.items() if name not in {"is_resume", "person"} and field]
    assert sorted(entries(document_of(RESUME))) == sorted(lists)


def test_a_short_resume_has_room_for_more_than_it_says() -> None:
    bounds = bound_answer(document_of(RESUME))
    assert bounds.last_line == 6
    assert entries(document_of(RESUME))["work"] >= 1 + 5
    assert entries(document_of(RESUME))["languages"] >= 10 + 5
    assert bounds.text_characters == bounds.prose_characters >= len(RESUME.strip()) - 2


@pytest.mark.parametrize("heading", ["Work", "Projects"])
def test_a_table_with_one_dated_line_for_each_entry_fits(heading: str) -> None:
    rows = "\n".join(f"{year} Lecturer, University of Coimbra" for year in range(1960, 2026))
    assert entries(document_of(f"Ann Lee\n\n{heading}\n{rows}"))[heading.lower()] >= 66 + 5


def test_a_list_of_publications_with_one_line_each_fits() -> None:
    rows = "\n".join(f"On the motion of planets, part {chr(65 + number)}" for number in range(20))
    assert entries(document_of(f"Ann Lee\n\nPublications\n{rows}"))["publications"] >= 20 + 5


def test_a_list_never_has_less_room_than_the_built_in_parser_needed() -> None:
    many = Answer(
        is_resume=True,
        work=[Job(employer=f"E{number}") for number in range(30)],
        languages=[SpokenLanguage(language="x")],
    )
    assert entries(document_of(RESUME), many)["work"] == 35
    assert entries(document_of(RESUME), many)["languages"] == entries(document_of(RESUME))["languages"]


def test_a_value_may_wrap_over_several_lines_of_a_narrow_column() -> None:
    column = "\n".join(["abcdefghij"] * 30)
    bounds = bound_answer(document_of(column))
    assert bounds.text_characters == 6 * 11
    assert bounds.prose_characters == 30 * 11


def test_an_empty_document_has_bounds_too() -> None:
    assert bound_answer(Document("text/plain", (), ())).last_line == 0
