"""A model has read only a part of the document: the rest is settled, and nothing else gets in."""

from app.analysis.answer import Answer, Job, Person
from app.analysis.grounding.grounded_entries import Sections
from app.analysis.readings.part_of_document import reconcile_part
from app.analysis.readings.reconcile_readings import reconcile
from tests.unit.analysis.readings.test_reconcile_readings import RIGHT, grounded

SECOND_JOB = frozenset({8, 9, 10})


def employers(sections: Sections) -> list[str | None]:
    return [entry.text("name") for entry in sections.work]


def test_all_lines_are_reconciled_as_usual() -> None:
    whole = reconcile_part(grounded(RIGHT), grounded(RIGHT), None)
    assert whole == reconcile(grounded(RIGHT), grounded(RIGHT))


def test_entries_outside_of_the_part_are_taken_from_the_rules_in_the_order_of_the_document() -> None:
    better = Answer(is_resume=True, work=RIGHT.work[1:])
    torn = RIGHT.model_copy(
        update={"work": [RIGHT.work[0], RIGHT.work[1].model_copy(update={"start": None, "end": None})]}
    )
    result = reconcile_part(grounded(better), grounded(torn), SECOND_JOB)
    assert employers(result.sections) == ["Quarrystone Ltd", "Fernhollow GmbH"]
    assert result.sections.work[1].text("startDate") == "2015-01"
    assert [entry.text("institution") for entry in result.sections.education] == ["University of Harrowmere"]


def test_what_the_model_says_about_other_lines_is_ignored() -> None:
    beyond = Answer(
        is_resume=True,
        person=Person(name="Ilse Varga-Okoye", label="Analyst", lines=[1, 8]),
        work=[Job(employer="Quarrystone Ltd", position="Analyst", lines=[5, 8]), RIGHT.work[1]],
    )
    result = reconcile_part(grounded(beyond), grounded(RIGHT), frozenset({12, 13}))
    assert employers(result.sections) == ["Quarrystone Ltd", "Fernhollow GmbH"]
    assert result.sections.work[0].text("position") == "Data Engineer"
    assert result.sections.basics.text("label") == "Data Engineer"
    assert {
        leaf.agreement for entry in result.sections.work for leaf in entry.leaves.values() if not isinstance(leaf, list)
    } == {"unread"}


def test_an_empty_answer_about_a_part_leaves_the_settled_entries_alone() -> None:
    result = reconcile_part(grounded(Answer(is_resume=False)), grounded(RIGHT), frozenset({15}))
    assert employers(result.sections) == ["Quarrystone Ltd", "Fernhollow GmbH"]
    assert result.sections.basics.text("email") == "ilse.varga@example.org"
