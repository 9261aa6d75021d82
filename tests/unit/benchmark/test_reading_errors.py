"""Injected mistakes are reproducible, as frequent as wanted, and of every kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.answer import Answer
from benchmarks.reading_errors import WEIGHTS, Kind, Mistake, count_values, with_errors
from benchmarks.scripted_readings import perfect_answer
from tests.unit.benchmark.reading_examples import DOCUMENT, TRUTH

PERFECT = perfect_answer(TRUTH, DOCUMENT)
RUNS = [with_errors(PERFECT, DOCUMENT, 0.04, seed) for seed in range(400)]


def examples(kind: Kind) -> list[tuple[Answer, Mistake]]:
    """Answers whose only mistake is of this kind."""
    return [(answer, mistakes[0]) for answer, mistakes in RUNS if [each.kind for each in mistakes] == [kind]]


def test_the_same_seed_gives_the_same_mistakes_and_another_seed_others() -> None:
    assert with_errors(PERFECT, DOCUMENT, 0.1, 1) == with_errors(PERFECT, DOCUMENT, 0.1, 1)
    assert len({str(with_errors(PERFECT, DOCUMENT, 0.1, seed)) for seed in range(10)}) > 5


def test_a_rate_of_zero_changes_nothing() -> None:
    assert with_errors(PERFECT, DOCUMENT, 0.0, 1) == (PERFECT, [])


@given(st.floats(0, 1), st.integers(0, 10_000))
def test_any_rate_gives_a_valid_answer(rate: float, seed: int) -> None:
    answer, mistakes = with_errors(PERFECT, DOCUMENT, rate, seed)
    assert answer.is_resume
    assert all(mistake.changes for mistake in mistakes)


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.10])
def test_the_rate_holds_on_average(rate: float) -> None:
    runs = 300
    changed = sum(
        len(mistake.changes) for seed in range(runs) for mistake in with_errors(PERFECT, DOCUMENT, rate, seed)[1]
    )
    assert changed / (runs * count_values(PERFECT)) == pytest.approx(rate, rel=0.25)


def test_no_value_is_changed_twice() -> None:
    for seed in range(100):
        _, mistakes = with_errors(PERFECT, DOCUMENT, 0.3, seed)
        places = [
            (change.section, change.entry, change.field)
            for mistake in mistakes
            for change in mistake.changes
            if change.field not in {"highlights", "keywords"}
        ]
        assert len(places) == len(set(places))


def test_every_kind_occurs() -> None:
    kinds = {mistake.kind for seed in range(200) for mistake in with_errors(PERFECT, DOCUMENT, 0.2, seed)[1]}
    assert kinds == set(WEIGHTS)


def test_a_wrong_pair_has_the_employer_of_another_job() -> None:
    employers = {job.employer for job in PERFECT.work}
    for answer, mistake in examples("wrong pair"):
        change = mistake.changes[0]
        assert change.after in employers - {change.before}
        assert answer.work[change.entry].employer == change.after
        assert answer.work[change.entry].position == PERFECT.work[change.entry].position


def test_an_invented_value_is_not_in_the_document() -> None:
    found = examples("invented value")
    assert found
    assert all(change.after not in DOCUMENT.text for _, mistake in found for change in mistake.changes if change.after)


def test_a_wrong_field_has_a_value_of_the_document() -> None:
    found = examples("wrong field")
    assert found
    assert all((change.after or "") in DOCUMENT.text for _, mistake in found for change in mistake.changes)


def test_a_date_of_another_line_is_in_the_document() -> None:
    found = examples("date of another line")
    assert found
    assert all((mistake.changes[0].after or "–") in DOCUMENT.text for _, mistake in found)


def test_a_heading_is_taken_as_a_value() -> None:
    headings = {mistake.changes[0].after for _, mistake in examples("heading as value")}
    assert headings
    assert headings <= {"EMPLOYMENT", "SCHOOLS", "WHAT I CAN DO"}


def test_a_missing_entry_loses_all_its_values() -> None:
    for seed in range(300):
        answer, mistakes = with_errors(PERFECT, DOCUMENT, 0.15, seed)
        if [mistake.kind for mistake in mistakes] == ["missing entry"]:
            (mistake,) = mistakes
            assert count_values(PERFECT) - count_values(answer) == len(mistake.changes)
            return
    pytest.fail("no missing entry in 300 runs")


def test_a_split_job_becomes_two_and_merged_jobs_become_one() -> None:
    sizes: dict[str, set[int]] = {}
    for seed in range(400):
        answer, mistakes = with_errors(PERFECT, DOCUMENT, 0.2, seed)
        kinds = {mistake.kind for mistake in mistakes}
        for kind in kinds & {"split entry", "merged entries"}:
            if not kinds & ({"split entry", "merged entries", "missing entry"} - {kind}):
                sizes.setdefault(kind, set()).add(len(answer.work))
    assert max(sizes["split entry"]) > len(PERFECT.work)
    assert min(sizes["merged entries"]) == len(PERFECT.work) - 1


def test_an_ongoing_job_gets_an_end_or_a_finished_one_loses_its_end() -> None:
    found = examples("wrong ongoing")
    assert found
    for answer, mistake in found:
        job, before = answer.work[mistake.changes[0].entry], PERFECT.work[mistake.changes[0].entry]
        assert job.ongoing is not before.ongoing
        assert (job.end is None) is job.ongoing
