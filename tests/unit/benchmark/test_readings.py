"""The benchmark of combined readings measures each reading and prints four tables."""

from app.analysis.answer import Answer
from app.analysis.evaluation.accuracy import aggregate, overall
from app.analysis.grounding.check import check_answer
from app.analysis.profile import CheckedProfile
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from benchmarks.readings import (
    AS_OF,
    RULES,
    accuracy_table,
    calibration_table,
    measure,
    mistakes_table,
    reading_name,
    reconcile_answers,
    review_table,
)
from benchmarks.scripted_readings import perfect_answer
from tests.unit.benchmark.reading_examples import DOCUMENT, TRUTH


def oracle(model: Answer, rules: Answer, document: Document) -> CheckedProfile:
    """A combination that is always right."""
    return check_answer(perfect_answer(TRUTH, document), document, as_of=AS_OF, default_region="US")


RESULTS = measure([(DOCUMENT, TRUTH)], rates=[0.0, 0.2], seeds=4, reconcile=oracle)


def test_each_reading_is_measured_over_all_documents_and_seeds() -> None:
    assert {name: len(each.scores) for name, each in RESULTS.items()} == {
        RULES: 1,
        "model 0 %": 4,
        "both 0 %": 4,
        "model 20 %": 4,
        "both 20 %": 4,
    }


def test_mistakes_lower_the_score_of_the_model_and_a_perfect_combination_restores_it() -> None:
    f1 = {name: overall(aggregate(each.scores)).f1 or 0.0 for name, each in RESULTS.items()}
    assert f1["model 0 %"] == f1["both 20 %"] == 1.0
    assert f1["model 20 %"] < 0.95


def test_a_perfect_combination_corrects_all_mistakes() -> None:
    assert {end for (_, end), count in RESULTS["both 20 %"].outcomes.items() if count} == {"corrected"}
    assert {end for (_, end), count in RESULTS["model 20 %"].outcomes.items() if count} != {"corrected"}


def test_without_a_combination_only_the_single_readings_are_measured() -> None:
    results = measure([(DOCUMENT, TRUTH)], rates=[0.05], seeds=1, reconcile=None)
    assert list(results) == [RULES, "model 5 %"]


def test_the_tables_have_a_column_or_row_per_reading() -> None:
    header = accuracy_table(RESULTS).splitlines()[0]
    assert header == "| field | built-in parser | model 0 % | both 0 % | model 20 % | both 20 % | n |"
    assert "| both 20 % | **all** |" in mistakes_table(RESULTS)
    assert [line.split(" | ")[0] for line in calibration_table(RESULTS).splitlines()[2:]] == [
        f"| {name}" for name in RESULTS
    ]


def test_the_review_table_has_a_row_per_reading_and_never_falls() -> None:
    _, _, *rows = review_table(RESULTS).splitlines()
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in RESULTS]
    for row in rows:
        shares = [float(cell) for cell in row.strip("| ").split(" | ")[1:]]
        assert shares == sorted(shares)


def test_readings_are_combined_as_in_an_analysis() -> None:
    checked = reconcile_answers(perfect_answer(TRUTH, DOCUMENT), parse_resume(DOCUMENT), DOCUMENT)
    assert checked.profile["basics"]["name"] == TRUTH["basics"]["name"]
    assert {each.confidence for each in checked.evidence.values()} != {1.0}  # they are probabilities


def test_a_rate_is_written_in_percent() -> None:
    assert [reading_name("model", rate) for rate in (0.0, 0.025, 0.1)] == ["model 0 %", "model 2.5 %", "model 10 %"]
