"""`vitae analyse` shows when a client failed, why, and which setting helps."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.pipeline.operations.sample_resume import SAMPLE_RESUME
from tests.scripted_model import Behaviour, ScriptedModel

SAID = "LocalVLLM sent no first token within 0.3 s (clients.LocalVLLM.first_token_timeout_seconds)"


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def run(server: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cv.txt").write_text(SAMPLE_RESUME, "utf-8")

    def analyse(*words: str, **variables: str) -> Any:
        environment = {
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": server.base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": server.model,
            "VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS": "0.3",
            "VITAE_ROUTING__CLIENTS": "LocalVLLM",
            "COLUMNS": "160",
            **variables,
        }
        return CliRunner().invoke(app, ["analyse", "cv.txt", *words], env=environment)

    return analyse


def test_a_degraded_result_says_so_and_names_the_setting_that_helps(server: ScriptedModel, run: Any) -> None:
    server.script.replace(Behaviour("hang_before_headers"))
    shown = json.loads(run("--json").stdout)
    assert shown["degraded"] is True
    assert SAID in shown["warnings"][0]
    assert shown["failures"] == [
        {
            "client": "LocalVLLM",
            "reason": "sent no first token within 0.3 s",
            "setting": "clients.LocalVLLM.first_token_timeout_seconds",
        }
    ]
    text = run().stdout
    assert "Read by the built-in parser · degraded: a model should have read it" in text
    assert "clients.LocalVLLM.first_token_timeout_seconds" in text.partition("setting that helps")[2]


def test_a_failure_is_shown_although_a_later_client_answered(server: ScriptedModel, run: Any) -> None:
    with ScriptedModel() as hosted:
        variables = {
            "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o",
            "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
            "OPENAI_API_KEY": "k",
        }
        server.refuse()
        text = run(**variables).stdout
    assert "Read by GPT4o" in text
    assert "degraded" not in text
    assert "nothing accepts connections there" in text
    assert "clients.LocalVLLM.base_url" in text


def test_without_failures_there_is_no_table(server: ScriptedModel, run: Any) -> None:
    found = run("--json", VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS="60")
    assert json.loads(found.stdout)["failures"] == []
    assert "setting that helps" not in run(VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS="60").stdout
