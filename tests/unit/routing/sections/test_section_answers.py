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
    return assemble([(WORK, {"work": list(entries)})])["work"]


def test_bullet_points_are_cut_from_the_text_and_wrapped_lines_are_joined() -> None:
    [job] = jobs({"employer": "Quarrystone Ltd", "bullets_first": 5, "bullets_last": 7})
    assert job["highlights"] == ["Moved 40 pipelines to a queue", "Trained two people"]
    assert job["lines"] == [4, 5, 7]


@pytest.mark.parametrize(("first", "last"), [(5, 9), (4, 7), (6, 6), (8, 9), (None, None), (10**9, 10**12), (7, 5)])
def test_a_marked_bullet_point_belongs_to_the_entry_above_it_whatever_numbers_the_model_gives(
    first: int | None, last: int | None
) -> None:
    one, two = jobs(
        {"employer": "Quarrystone Ltd", "bullets_first": first, "bullets_last": last},
        {"employer": "brackwater gmbh", "position": "Analyst"},
    )
    assert one["highlights"] == ["Moved 40 pipelines to a queue", "Trained two people"]
    assert one["lines"] == [4, 5, 7]
    assert two["highlights"] == ["Wrote reports"]
    assert two["lines"] == [8, 9]


PLAIN = {
    1: "2019 - 2021",
    2: "Analyst, Brackwater GmbH",
    3: "Wrote the reports",
    4: "and read them",
    5: "2015 - 2018",
    6: "Analyst",
    7: "Quarrystone Ltd",
    8: "Counted stones",
}


@pytest.mark.parametrize(
    ("named", "expected"),
    [((3, 4), ["Wrote the reports and read them"]), ((2, 3), ["Wrote the reports"]), ((4, 8), ["and read them"])],
)
def test_without_marks_the_model_says_where_bullet_points_are_within_its_entry(
    named: tuple[int, int], expected: list[str]
) -> None:
    text = "\n".join(f"{number}| {line}" for number, line in PLAIN.items())
    section = SectionPart(name="work", text=text, first_line=1, last_line=8)
    entries = [
        {"employer": "Brackwater GmbH", "position": "Analyst", "start": "2019", "end": "2021"}
        | dict(zip(("bullets_first", "bullets_last"), named, strict=True)),
        {"employer": "Quarrystone Ltd", "position": "Analyst", "start": "2015", "end": "2018"},
    ]
    one, two = assemble([(section, {"work": entries})])["work"]
    assert one["highlights"] == expected
    assert (one["lines"][:2], two["lines"]) == ([1, 2], [5, 6, 7])
    assert "highlights" not in two


def test_equal_entries_are_found_one_after_the_other() -> None:
    lines = {1: "Analyst, Brackwater GmbH", 2: "2019 - 2021", 3: "Analyst, Brackwater GmbH", 4: "2015 - 2018"}
    text = "\n".join(f"{number}| {line}" for number, line in lines.items())
    section = SectionPart(name="work", text=text, first_line=1, last_line=4)
    same = {"employer": "Brackwater GmbH", "position": "Analyst"}
    dated = assemble([(section, {"work": [{**same, "start": "2015"}, {**same, "start": "2019"}]})])["work"]
    assert [job["lines"] for job in dated] == [[3, 4], [1, 2]]
    undated = assemble([(section, {"work": [same, same]})])["work"]
    assert [job["lines"] for job in undated] == [[1], [3]]


def test_a_value_is_found_as_whole_words_only() -> None:
    [job] = jobs({"employer": "Quarry", "position": "Analyst"})
    assert job["lines"] == [8, 9]
    assert jobs({"employer": "Moonbeam"})[0]["lines"] == []


def test_entries_without_values_are_left_out() -> None:
    assert assemble([(WORK, {"work": [{"bullets_first": 4}, {"employer": "", "ongoing": False}]})]) == {
        "is_resume": False
    }


def test_unknown_fields_of_another_section_are_not_taken_over() -> None:
    answer = assemble([(WORK, {"work": [{"employer": "X", "summary": "Y"}], "skills": [{"name": "Z"}]})])
    assert answer == {"is_resume": True, "work": [{"employer": "X", "lines": []}]}


@pytest.mark.parametrize("missing", [{}, {"work": None}, {"work": []}])
def test_a_section_in_which_nothing_was_read_is_left_out(missing: dict[str, Any]) -> None:
    answer = assemble([(WORK, missing), (SKILLS, {"skills": [{"keywords": ["SQL"]}]})])
    assert answer == {"is_resume": True, "skills": [{"keywords": ["SQL"], "lines": [12]}]}


def test_a_contact_block_alone_is_no_resume() -> None:
    answer = assemble([(PERSON, {"name": "Ilse Varga-Okoye", "label": ""})])
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
