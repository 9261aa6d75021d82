"""Profiles as JSON Resume, CSV and Markdown."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.analysis.exports.json_resume_export import to_json_resume
from app.analysis.exports.markdown import escape, to_markdown
from app.analysis.exports.spreadsheet import COLUMNS, ExportedResume, protect_cell, to_csv
from tests.unit.analysis.grounding.test_grounding import DOCUMENT, HONEST
from tests.unit.analysis.resume_documents import check, schema_errors

PROFILE = check(HONEST, DOCUMENT).profile


def test_the_json_resume_export_is_valid_and_has_the_extension_only_on_request() -> None:
    plain, extended = to_json_resume(PROFILE), to_json_resume(PROFILE, with_extension=True)
    assert schema_errors(plain) == schema_errors(extended) == []
    assert "x-vitae" not in plain
    assert extended["x-vitae"] == PROFILE["x-vitae"]
    assert "volunteer" not in plain
    assert PROFILE["volunteer"] == []


def test_the_csv_has_a_row_for_each_profile_and_can_be_read_back() -> None:
    exported = [ExportedResume(resume_id=f"id-{n}", filename=f"{n}.pdf", profile=PROFILE) for n in (1, 2)]
    rows = list(csv.DictReader(io.StringIO(to_csv(exported), newline="")))
    assert len(rows) == 2
    assert tuple(rows[0]) == COLUMNS
    assert [(row["id"], row["filename"]) for row in rows] == [("id-1", "1.pdf"), ("id-2", "2.pdf")]
    assert rows[0]["name"] == "Jana Orlow"
    assert rows[0]["latest_employer"] == "Kiesel GmbH"
    assert rows[0]["skills"] == "Python; C++; R; SQL"
    assert rows[0]["phone"] == "'+4930901820"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_a_cell_that_a_spreadsheet_would_run_as_a_formula_gets_an_apostrophe(start: str) -> None:
    assert protect_cell(f"{start}1+1").startswith("'")


@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_any_names_survive_the_csv_without_becoming_formulas(names: list[str]) -> None:
    exported = [ExportedResume(resume_id="id", filename=name, profile={"basics": {"name": name}}) for name in names]
    rows = list(csv.reader(io.StringIO(to_csv(exported), newline="")))
    assert len(rows) == len(names) + 1
    assert all(not cell.lstrip().startswith(("=", "+", "-", "@")) for row in rows[1:] for cell in row)


def test_the_markdown_has_the_headings_and_highlights() -> None:
    text = to_markdown(PROFILE)
    assert text.startswith("# Jana Orlow\n")
    assert "### Senior Engineer, Kiesel GmbH, Berlin (2019-03 –)" in text
    assert "- Mentored 4 engineers" in text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "![x](http://evil.example/p.png)",
        "# heading",
        "1. list",
        "- list",
        "`code` **bold** _it_ ~~no~~",
        "a | b",
        "&lt;b&gt;",
        "one\n\n# two",
    ],
)
def test_hostile_text_is_shown_literally_in_markdown(hostile: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(escape(hostile))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == " ".join(hostile.split())
