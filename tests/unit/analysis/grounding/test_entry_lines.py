"""An answer may cite the first and the last line of an entry: the lines between them are its lines, too."""

from app.analysis.answer import Answer, Job, SkillGroup
from app.analysis.grounding.entry_lines import fill_gaps
from tests.unit.analysis.resume_documents import check, document_of

RESUME = document_of(
    """
Ilse Varga-Okoye

Data Engineer, Quarrystone Ltd
Mar 2019 - Present
Moved 40 pipelines to a queue
Trained two engineers
Kept the budget

Analyst, Brightwater Inc
2015 - 2018
Wrote the reports

Skills
C, R
D
"""
)


def test_the_lines_between_two_cited_ones_belong_to_the_entry() -> None:
    assert fill_gaps([[2, 6], [9], []]) == [frozenset(range(2, 7)), frozenset({9}), frozenset()]


def test_a_gap_ends_where_another_entry_is_cited() -> None:
    assert fill_gaps([[2, 9], [5, 7]]) == [frozenset({2, 3, 4, 9}), frozenset({5, 6, 7})]


def test_lines_far_apart_and_impossible_numbers_are_not_a_range() -> None:
    assert fill_gaps([[3, 90], [-(10**12), 10**12]]) == [frozenset({3, 90}), frozenset({-(10**12), 10**12})]


def test_a_highlight_between_the_cited_lines_is_as_certain_as_one_in_them() -> None:
    job = Job(
        employer="Quarrystone Ltd",
        position="Data Engineer",
        start="Mar 2019",
        ongoing=True,
        highlights=["Moved 40 pipelines to a queue", "Trained two engineers", "Kept the budget"],
        lines=[2, 6],
    )
    earlier = Job(employer="Brightwater Inc", position="Analyst", start="2015", end="2018", lines=[7, 9])
    checked = check(Answer(is_resume=True, work=[job, earlier]), RESUME)
    assert [checked.evidence[f"/work/0/highlights/{number}"].confidence for number in range(3)] == [1.0] * 3
    assert checked.warnings == ()


def test_a_single_letter_between_the_cited_lines_is_found() -> None:
    group = SkillGroup(name="Skills", keywords=["C", "R"], lines=[10, 12])
    checked = check(Answer(is_resume=True, skills=[group]), RESUME)
    assert checked.profile["skills"] == [{"name": "Skills", "keywords": ["C", "R"]}]
