"""Dates of a truth are reduced to the precision of the printed page."""

import pytest

from app.analysis.evaluation.printed_dates import truth_as_printed


@pytest.mark.parametrize(
    ("text", "date", "expected"),
    [
        ("Mossbridge College 2003 - 2005", "2005-09", "2005"),
        ("Mossbridge College, Sept. 2005", "2005-09", "2005-09"),
        ("Mossbridge College, 09/2005", "2005-09-01", "2005-09"),
        ("Mossbridge College 2005, then a prize in September 2005", "2005-09", "2005-09"),
        ("Mossbridge College", "2005-09", "2005-09"),
        ("Mossbridge College 2004", "2005-09", "2005-09"),
        ("Mossbridge College, Sept. 2005", "2005", "2005"),
    ],
    ids=["year alone", "month", "no day", "month elsewhere", "no date", "another year", "page knows more"],
)
def test_a_date_is_cut_only_if_the_page_prints_it_less_precisely(text: str, date: str, expected: str) -> None:
    truth = {"basics": {"name": "Wren Ashdown"}, "education": [{"institution": "Mossbridge College", "endDate": date}]}
    assert truth_as_printed(truth, text)["education"][0]["endDate"] == expected


def test_the_truth_itself_is_not_modified() -> None:
    job = {"name": "Tidemark", "startDate": "2019-03"}
    truth = {"work": [job, "no entry"], "education": None}
    assert truth_as_printed(truth, "Tidemark 2019")["work"] == [{"name": "Tidemark", "startDate": "2019"}, "no entry"]
    assert job == {"name": "Tidemark", "startDate": "2019-03"}


def test_months_are_read_in_the_language_of_the_document() -> None:
    truth = {"work": [{"name": "Tidemark", "startDate": "2019-03"}]}
    assert truth_as_printed(truth, "Tidemark, März 2019", "de")["work"][0]["startDate"] == "2019-03"
