"""The answer that the results of several sections make together."""

from typing import Any

import pytest

from app.routing.clients import Client
from app.routing.question import Question, SectionPart
from app.routing.sections.section_answers import assemble, bullet_points
from app.routing.sections.section_requests import asks_by_sections, requests_to_send

LINES = {
    1: "Ilse Varga-Okoye",
    3: "Experience",
    4: "Data Engineer, Quarrystone Ltd",
    5: "- Moved 40 pipelines",
    6: "to a queue",
    7: "- Trained two people",
    8: "Analyst, Brackwater GmbH",
    9: "• Wrote reports",
    11: "Skills",
    12: "SQL, Python",
}


def part(name: Any, *numbers: int) -> SectionPart:
    text = "\n".join(f"{number}| {LINES[number]}" for number in numbers)
    return SectionPart(name=name, text=text, first_line=min(numbers), last_line=max(numbers))


WORK = part("work", 3, 4, 5, 6, 7, 8, 9)
PERSON = part("person", 1)
SKILLS = part("skills", 11, 12)
QUESTION = Question.extract_profile(
    "\n".join(f"{number}| {text}" for number, text in LINES.items()), sections=(PERSON, WORK, SKILLS)
)


def jobs(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    return assemble(QUESTION, [(WORK, {"work": list(entries)})])["work"]


def test_bullet_points_are_cut_from_the_text_and_wrapped_lines_are_joined() -> None:
    [job] = jobs({"employer": "Quarrystone Ltd", "first": 4, "last": 7, "bullets_first": 5, "bullets_last": 7})
    assert job["highlights"] == ["Moved 40 pipelines to a queue", "Trained two people"]
    assert job["lines"] == [4, 5, 7]


def test_bullet_points_end_where_the_next_entry_begins() -> None:
    first, second = jobs(
        {"employer": "Quarrystone Ltd", "first": 4, "last": 9, "bullets_first": 5, "bullets_last": 9},
        {"employer": "Brackwater GmbH", "first": 8, "last": 9, "bullets_first": 5, "bullets_last": 9},
    )
    assert first["highlights"] == ["Moved 40 pipelines to a queue", "Trained two people"]
    assert second["highlights"] == ["Analyst, Brackwater GmbH", "Wrote reports"]


@pytest.mark.parametrize(("first", "last"), [(12, 12), (-3, 0), (7, 5), (10**9, 10**12), (1, 1), (None, 5), (5, None)])
def test_a_range_outside_of_the_section_gives_no_bullet_points(first: int | None, last: int | None) -> None:
    [job] = jobs({"employer": "X", "first": 4, "last": 7, "bullets_first": first, "bullets_last": last})
    assert "highlights" not in job


def test_line_numbers_outside_of_the_section_are_ignored() -> None:
    [job] = jobs({"employer": "X", "first": 1, "last": 10**12, "bullets_first": 9, "bullets_last": 10**12})
    assert job["lines"] == [9]
    assert job["highlights"] == ["Wrote reports"]


def test_entries_without_values_are_left_out() -> None:
    assert assemble(QUESTION, [(WORK, {"work": [{"first": 4, "last": 7}, {"employer": "", "ongoing": False}]})]) == {
        "is_resume": False
    }


def test_unknown_fields_of_another_section_are_not_taken_over() -> None:
    answer = assemble(QUESTION, [(WORK, {"work": [{"employer": "X", "summary": "Y"}], "skills": [{"name": "Z"}]})])
    assert answer == {"is_resume": True, "work": [{"employer": "X", "lines": []}]}


@pytest.mark.parametrize("missing", [{}, {"work": None}, {"work": []}])
def test_a_section_in_which_nothing_was_read_is_left_out(missing: dict[str, Any]) -> None:
    answer = assemble(QUESTION, [(WORK, missing), (SKILLS, {"skills": [{"keywords": ["SQL"], "first": 12}]})])
    assert answer == {"is_resume": True, "skills": [{"keywords": ["SQL"], "lines": [12]}]}


def test_a_contact_block_alone_is_no_resume() -> None:
    answer = assemble(QUESTION, [(PERSON, {"name": "Ilse Varga-Okoye", "label": ""})])
    assert answer == {"is_resume": False, "person": {"name": "Ilse Varga-Okoye", "lines": [1]}}


def test_bullets_without_text_give_no_bullet_point() -> None:
    assert bullet_points(["-", "", "•  One", "▪"]) == ["One"]
    assert bullet_points(["*", "a glyph on a separate line"]) == ["a glyph on a separate line"]


def test_only_a_client_set_to_sections_gets_a_request_per_section() -> None:
    whole = Client(name="A", provider="openai-generic", model="m", base_url="http://localhost/v1")
    by_sections = Client(
        name="A", provider="openai-generic", model="m", base_url="http://localhost/v1", requests="sections"
    )
    assert requests_to_send(QUESTION, whole) == (QUESTION,)
    assert [request.function for request in requests_to_send(QUESTION, by_sections)] == [
        "ReadPerson",
        "ReadJobs",
        "ReadSkills",
    ]
    assert not asks_by_sections(Question.extract_profile("1| Ann"), by_sections)


def test_a_section_is_not_in_the_representation_of_a_question() -> None:
    assert "Ilse" not in repr(PERSON)
    assert "Ilse" not in repr(QUESTION)
