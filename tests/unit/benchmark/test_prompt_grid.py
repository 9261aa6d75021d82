"""The grid of prompts: what a response counts for, and how its results are stored and shown."""

from pathlib import Path
from typing import Any

import pytest

from app.extraction.document import Document
from benchmarks.prompts import Row, Source, append, judge, read_rows_of, tables
from tests.unit.analysis.resume_documents import document_of

DOCUMENT: Document = document_of("""
Ilse Varga-Okoye
ilse.varga@example.org

Experience
Data Engineer, Quarrystone Ltd
Mar 2019 - Present
""")
TRUTH: dict[str, Any] = {
    "basics": {"name": "Ilse Varga-Okoye", "email": "ilse.varga@example.org"},
    "work": [{"name": "Quarrystone Ltd", "position": "Data Engineer", "startDate": "2019-03"}],
}
RESUME = Source("ilse.txt", DOCUMENT, TRUTH)
ANSWER: dict[str, Any] = {
    "is_resume": True,
    "person": {"name": "Ilse Varga-Okoye", "phone": "+1 555 0100", "lines": [1]},
    "work": [{"employer": "Quarrystone Ltd", "position": "Data Engineer", "start": "Mar 2019", "lines": [4, 5]}],
}


def row(variant: str = "today", **changes: Any) -> Row:
    values: dict[str, Any] = {
        "model": "small",
        "prompt_version": "0a1b2c",
        "document": "ilse.txt",
        "variant": variant,
        "at": "2026-12-01T06:00:00Z",
        "valid": True,
        "outcomes": ["ok"],
        "finish": ["stop"],
        "seconds": 60.0,
        "input_tokens": 1000,
        "cached_tokens": 0,
        "output_tokens": 300,
        "is_resume": True,
        "expected_resume": True,
        "grounded": 9,
        "dropped": 1,
        "invented": 0,
        "scores": {"name": [1, 0, 0], "email": [0, 0, 1]},
        "kept_scores": {"name": [1, 0, 0], "email": [0, 0, 1]},
    }
    return Row(**{**values, **changes})


def test_an_answer_is_scored_after_its_values_were_looked_up_in_the_document() -> None:
    judged = judge(ANSWER, ANSWER, RESUME)
    assert judged["is_resume"] is True
    assert judged["dropped"] == 1  # the phone
    assert judged["invented"] == 0
    assert judged["scores"]["name"] == [1, 0, 0]
    assert judged["scores"]["email"] == [0, 0, 1]
    assert judged["scores"]["phone"] == [0, 0, 0]
    assert judged["scores"]["position"] == [1, 0, 0]


def test_an_answer_that_was_cut_off_counts_as_missing_but_its_complete_entries_are_shown() -> None:
    judged = judge(None, ANSWER, RESUME)
    assert judged["scores"]["name"] == [0, 0, 1]
    assert judged["kept_scores"]["name"] == [1, 0, 0]


def test_a_document_that_is_no_resume_has_no_scores() -> None:
    judged = judge({"is_resume": False}, {"is_resume": False}, Source("recipe.txt", DOCUMENT, None))
    assert (judged["is_resume"], judged["expected_resume"]) == (False, False)
    assert judged["scores"] == judged["kept_scores"] == {}


def test_results_are_appended_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "grid.jsonl"
    assert read_rows_of(path) == []
    first, second = row(texts=['{"is_resume": true}']), row("compact")
    append(path, first)
    append(path, second)
    assert read_rows_of(path) == [first, second]


def test_a_line_cut_off_by_a_kill_is_ignored_and_does_not_spoil_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "grid.jsonl"
    append(path, row())
    append(path, row("compact"))
    path.write_bytes(path.read_bytes()[:-30])
    append(path, row("sections"))
    assert [one.variant for one in read_rows_of(path)] == ["today", "sections"]
    assert "ignored an incomplete line" in capsys.readouterr().err


def test_the_table_has_a_row_for_each_variant_of_each_model() -> None:
    cut_off = row(
        "compact",
        document="recipe.txt",
        valid=False,
        finish=["length"],
        seconds=120.0,
        is_resume=None,
        expected_resume=False,
        scores={},
        kept_scores={},
    )
    timed_out = row(finish=[None], outcomes=["total_timeout"], valid=False, input_tokens=None, output_tokens=None)
    printed = tables([row(), timed_out, cut_off, row(model="large"), row(prompt_version="ffff", valid=False)])
    assert printed.index("### large, prompt 0a1b2c") < printed.index("### small, prompt 0a1b2c")
    small = printed.partition("### small, prompt 0a1b2c")[2].partition("### ")[0]
    cells = ("`today`", "2", "1 of 2", "stop 1, total_timeout 1", "1,000 / 300", "60", "0.67", "0.67", "2 of 20", "0")
    assert f"| {' | '.join(cells)} | 2 of 2 |" in small
    assert "| `compact` | 1 | 0 of 1 | length 1 | 1,000 / 300 | 120 |  |  | 1 of 10 | 0 | 0 of 1 |" in small
    assert "| name | 1.00 |  |" in small
    assert "| phone |" not in small
