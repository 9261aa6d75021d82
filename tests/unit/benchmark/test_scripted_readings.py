"""The perfect answer copies the page: raw dates, the page's spelling, and the right lines."""

from datetime import date

from app.analysis.evaluation.accuracy import overall, score
from app.analysis.grounding.check import check_answer
from benchmarks.printed_values import PrintedValues
from benchmarks.scripted_readings import perfect_answer
from tests.unit.benchmark.reading_examples import DOCUMENT, TRUTH, document_of


def test_dates_are_raw_and_cited_with_the_lines_of_their_entry() -> None:
    work = perfect_answer(TRUTH, DOCUMENT).work
    assert [(job.start, job.end, job.ongoing) for job in work] == [
        ("Mar 2019", None, True),
        ("06/2014", "02/2019", False),
        ("2011", "14", False),
    ]
    assert [job.lines for job in work] == [[4, 5], [6, 7], [8]]


def test_a_value_that_occurs_twice_is_cited_where_its_entry_is() -> None:
    answer = perfect_answer(TRUTH, DOCUMENT)
    assert answer.work[1].location == "Leeds"
    assert 2 not in answer.work[1].lines
    assert answer.person.lines == [1, 2]


def test_the_phone_is_written_as_on_the_page() -> None:
    assert perfect_answer(TRUTH, DOCUMENT).person.phone == "+44 20 7946 0112"


def test_the_page_decides_the_capitals() -> None:
    document = document_of("BEN OAKLEY\nWork\nMILLER at B.R. Mills (2019)")
    truth = {"basics": {"name": "Ben Oakley"}, "work": [{"position": "Miller", "name": "B.R. Mills"}]}
    answer = perfect_answer(truth, document)
    assert (answer.person.name, answer.work[0].position, answer.work[0].employer) == (
        "BEN OAKLEY",
        "MILLER",
        "B.R. Mills",
    )


def test_two_positions_share_the_line_of_their_employer() -> None:
    document = document_of("Acme\nLead, 2019 - 2021\nAnalyst, 2016 - 2019\nBeta\nAnalyst, 2014 - 2016")
    truth = {
        "basics": {},
        "work": [
            {"name": "Acme", "position": "Lead", "startDate": "2019", "endDate": "2021"},
            {"name": "Acme", "position": "Analyst", "startDate": "2016", "endDate": "2019"},
            {"name": "Beta", "position": "Analyst", "startDate": "2014", "endDate": "2016"},
        ],
    }
    assert [job.lines for job in perfect_answer(truth, document).work] == [[1, 2], [1, 3], [4, 5]]


def test_a_value_across_a_line_break_cites_both_lines() -> None:
    page = PrintedValues(document_of("Sliding laws for\nsurging glaciers"))
    assert [(found.first, found.last) for found in page.places("laws for surging")] == [(1, 2)]


def test_a_value_that_is_not_on_the_page_is_missing() -> None:
    truth = {"basics": {"name": "Somebody Else"}, "work": [{"name": "Nowhere Ltd", "startDate": "1999-01"}]}
    answer = perfect_answer(truth, DOCUMENT)
    assert answer.person.name is None
    assert (answer.work[0].employer, answer.work[0].start) == (None, None)


def test_dates_are_found_in_the_forms_of_several_countries() -> None:
    lines = "05.19\nIX 2015\nsince spring 2017\n3 de febrero de 2018\n2009-08-17"
    page = PrintedValues(document_of(lines, "es"))
    assert [page.dates(iso)[0].text for iso in ("2019-05", "2015-09", "2018-02-03", "2009-08-17")] == [
        "05.19",
        "IX 2015",
        "3 de febrero de 2018",
        "2009-08-17",
    ]
    assert page.dates("2017")[0].first == 3


def test_grounding_confirms_the_whole_perfect_answer() -> None:
    answer = perfect_answer(TRUTH, DOCUMENT)
    checked = check_answer(answer, DOCUMENT, as_of=date(2026, 1, 1), default_region="US")
    assert checked.dropped == 0
    assert overall(score(checked.profile, TRUTH)).f1 == 1.0
