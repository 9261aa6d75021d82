"""`python -m benchmarks.prompts` against a server that responds like a model: every variant, stopped and continued."""

import sys
from pathlib import Path

import pytest

from app.routing.baml_client import prompt_version
from benchmarks import prompts
from benchmarks.prompt_variants import CHANGES, SECTIONS
from tests.scripted_model import Behaviour, ScriptedModel, Step

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
RESUME = SAMPLES / "marcus-delhaye.txt"
RECIPE = SAMPLES / "not_resumes" / "recipe.txt"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks.prompts", *map(str, arguments)])
    prompts.main()


@pytest.mark.parametrize("variant", [*CHANGES, *prompts.VARIANTS])
def test_every_variant_fits_the_prompt_as_it_is_today(variant: str) -> None:
    source = prompts.read_source(RESUME)
    sent = prompts.requests_of(variant, prompts.question_about(source.document), source.document)
    assert len(sent) == (5 if variant == SECTIONS else 1)
    assert "Bluff City Distribution" in str(sent[1 if variant == SECTIONS else 0]["messages"])


def test_a_document_without_a_career_is_sent_as_a_whole() -> None:
    source = prompts.read_source(RECIPE)
    (body,) = prompts.requests_of(SECTIONS, prompts.question_about(source.document), source.document)
    assert "is_resume" in str(body["messages"])


def test_the_answers_of_the_sections_are_read_as_the_product_reads_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "grid.jsonl"
    with ScriptedModel() as model:
        run(monkeypatch, "--url", model.base_url, "--model", model.model, "--out", out, "--variants", SECTIONS, RESUME)
        model.script.replace(Behaviour("prose"))
        run(monkeypatch, "--url", model.base_url, "--model", model.model, "--out", out, "--variants", SECTIONS, RECIPE)
    read, unread = prompts.read_rows_of(out)
    assert (read.valid, len(read.texts), read.prompt_version) == (True, 5, prompts.version_of(SECTIONS))
    assert read.scores["employer"][0] == 3
    assert not unread.valid


def test_a_run_that_was_stopped_continues_with_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "grid.jsonl"
    with ScriptedModel() as model:
        arguments = ("--url", model.base_url, "--model", model.model, "--out", out, "--variants", "today,no-lines")
        model.script.replace(Step(Behaviour(), calls=1), Behaviour("error", status=503))
        with pytest.raises(SystemExit, match="http_503"):
            run(monkeypatch, *arguments, RESUME)
        version = prompt_version("ExtractProfile")
        assert [row.key for row in prompts.read_rows_of(out)] == [(model.model, version, RESUME.name, "today")]
        model.script.replace()
        run(monkeypatch, *arguments, RESUME, RECIPE)
        assert len(model.calls) == 2 + 3
        run(monkeypatch, *arguments, RESUME, RECIPE)
        assert len(model.calls) == 2 + 3
        assert "response_format" in model.calls[0].options
    rows = prompts.read_rows_of(out)
    assert [(row.document, row.variant) for row in rows] == [
        (name, variant) for name in (RESUME.name, RECIPE.name) for variant in ("today", "no-lines")
    ]
    today = rows[0]
    assert (today.valid, today.finish, today.is_resume, today.invented) == (True, ["stop"], True, 0)
    assert today.scores["name"] == [1, 0, 0]
    assert today.output_tokens
    run(monkeypatch, "--out", out, "--table")
    assert "| `today` | 2 | 2 of 2 | stop 2 |" in capsys.readouterr().out


def test_a_response_that_was_cut_off_is_not_valid_but_shows_how_far_it_came(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "grid.jsonl"
    with ScriptedModel() as model:
        model.script.replace(Behaviour("truncated"))
        run(monkeypatch, "--url", model.base_url, "--model", model.model, "--out", out, "--variants", "today", RESUME)
    (row,) = prompts.read_rows_of(out)
    assert (row.valid, row.finish) == (False, ["length"])
    assert row.scores["name"] == [0, 0, 1]
    assert row.kept_scores["name"] == [1, 0, 0]


def test_lies_are_counted_and_never_scored_as_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "grid.jsonl"
    with ScriptedModel() as model:
        model.script.replace(Behaviour("lies"))
        run(monkeypatch, "--url", model.base_url, "--model", model.model, "--out", out, "--variants", "today", RESUME)
    (row,) = prompts.read_rows_of(out)
    assert row.dropped > 0
    assert row.invented == 0
    assert row.scores["employer"][0] == 0


def test_a_model_that_repeats_itself_is_stopped_and_recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "grid.jsonl"
    with ScriptedModel() as model:
        model.script.replace(Behaviour(answer='{"is_resume": true, "person": {"name": "' + "Marcus " * 1000))
        run(monkeypatch, "--url", model.base_url, "--model", model.model, "--out", out, "--variants", "today", RESUME)
    (row,) = prompts.read_rows_of(out)
    assert (row.valid, row.outcomes) == (False, ["repetition"])
    assert len(row.texts[0]) < 7000
