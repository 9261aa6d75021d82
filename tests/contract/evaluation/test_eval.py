"""`vitae eval` as a user types it: real files, the sandbox, BAML, and model servers on sockets."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli.main import app as commands
from app.files.evaluations import latest_by_client
from tests.scripted_model import Behaviour, ScriptedModel

RESUMES = {
    "ilse": ("Ilse Varga-Okoye", "ilse.varga@example.org", "Data Engineer", "Quarrystone Ltd", "2019", "2023"),
    "tobias": ("Tobias Ankersen", "tobias@example.net", "Head Gardener", "Fernhollow Estates", "2011", "2017"),
    "mirja": ("Mirja Lahtela", "mirja@example.com", "Ferry Captain", "Saimaa Lines Oy", "2008", "2020"),
}

Vitae = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "labelled"
    target.mkdir()
    for stem, (name, email, position, employer, start, end) in RESUMES.items():
        text = f"{name}\n{email}\n\nExperience\n{position}, {employer}\n{start} - {end}\n\nEducation\n"
        (target / f"{stem}.txt").write_text(text + "B.Sc. Botany, University of Szeged\n2001 - 2004\n")
        truth = {
            "basics": {"name": name, "email": email},
            "work": [{"name": employer, "position": position, "startDate": start, "endDate": end}],
            "education": [
                {
                    "institution": "University of Szeged",
                    "studyType": "B.Sc.",
                    "area": "Botany",
                    "startDate": "2001",
                    "endDate": "2004",
                }
            ],
            "meta": {"layout": "plain", "language": "en"},
        }
        (target / f"{stem}.truth.json").write_text(json.dumps(truth))
    return target


@pytest.fixture
def self_hosted() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture
def hosted() -> Iterator[ScriptedModel]:
    with ScriptedModel(api_key="sk-scripted") as model:
        yield model


@pytest.fixture
def vitae(self_hosted: ScriptedModel, hosted: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vitae:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITAE_STORAGE__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VITAE_CLIENTS__LOCALVLLM__BASE_URL", self_hosted.base_url)
    monkeypatch.setenv("VITAE_CLIENTS__LOCALVLLM__MODEL", self_hosted.model)
    monkeypatch.setenv("VITAE_CLIENTS__GPT4O__BASE_URL", hosted.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-scripted")

    def run(*arguments: str, status: int = 0) -> Result:
        answer = CliRunner().invoke(commands, ["eval", *arguments])
        assert answer.exit_code == status, answer.output
        return answer

    return run


def test_clients_are_compared_by_accuracy_tokens_and_cost_with_a_report_page(
    vitae: Vitae, folder: Path, tmp_path: Path, hosted: ScriptedModel
) -> None:
    page = tmp_path / "evaluation.html"
    answer = vitae(str(folder), "--clients", "LocalVLLM,GPT4o,builtin", "--json", "--report", str(page))
    evaluation = json.loads(answer.stdout)
    by_name = {client["client"]: client for client in evaluation["clients"]}
    assert list(by_name) == ["LocalVLLM", "GPT4o", "builtin"]
    for client in by_name.values():
        assert client["accuracy"] == 1.0
        assert client["invention_rate"] == 0.0
        assert client["grounded_share"] == 1.0
        assert client["failed"] == 0
        assert client["by_language"]["en"]["documents"] == 3
        assert client["f1_low"] == client["f1_high"] == 1.0
    assert by_name["LocalVLLM"]["comparison"] is None
    assert by_name["builtin"]["comparison"] == {
        "best": "LocalVLLM",
        "difference_low": 0.0,
        "difference_high": 0.0,
        "equal": True,
    }
    # Each hosted document takes one call, for the only function that has a truth.
    assert len(hosted.calls) == 3
    assert by_name["GPT4o"]["tokens"]["input"] > 0
    assert float(by_name["GPT4o"]["cost_usd"]) > 0
    assert by_name["LocalVLLM"]["cost_usd"] is None or by_name["LocalVLLM"]["unpriced_attempts"] == 0
    assert by_name["builtin"]["attempts"] == 0
    assert latest_by_client(tmp_path / "data")["GPT4o"]["accuracy"] == 1.0
    written = page.read_text("utf-8")
    assert "LocalVLLM" in written
    assert "http" not in written.replace("http-equiv", "")


def test_dates_as_printed_are_shown_beside_the_strict_figure(vitae: Vitae, folder: Path) -> None:
    path = folder / "ilse.truth.json"
    truth = json.loads(path.read_text())
    truth["work"][0]["startDate"] = "2019-09"
    path.write_text(json.dumps(truth))
    fields = json.loads(vitae(str(folder), "--json", "--no-keep").stdout)["clients"][0]["fields"]
    assert (fields["work_dates"]["right"], fields["work_dates"]["missed"]) == (5, 1)
    assert (fields["work_dates_as_printed"]["right"], fields["work_dates_as_printed"]["missed"]) == (6, 0)
    assert "education_dates_as_printed" not in fields


def test_a_client_that_fails_or_lies_gets_no_credit_from_the_built_in_parser(
    vitae: Vitae, folder: Path, self_hosted: ScriptedModel, hosted: ScriptedModel
) -> None:
    self_hosted.script.replace(Behaviour(kind="error", status=400))
    hosted.script.replace(Behaviour(kind="lies"))
    answer = vitae(str(folder), "--clients", "LocalVLLM,GPT4o", "--json", status=1)
    broken, lying = json.loads(answer.stdout)["clients"]
    assert broken["failed"] == lying["failed"] == 3
    assert broken["accuracy"] == lying["accuracy"] == 0.0
    assert {result["failure"] for result in broken["results"]} == {"rejected"}
    assert {result["failure"] for result in lying["results"]} == {"unusable_answer"}
    assert lying["omission_rate"] == 1.0


def test_the_table_says_which_clients_are_equal_and_which_are_lower(
    vitae: Vitae, folder: Path, hosted: ScriptedModel
) -> None:
    hosted.script.replace(Behaviour(kind="lies"))
    shown = vitae(str(folder), "--clients", "builtin,LocalVLLM,GPT4o", "--no-keep", status=1).stdout
    (interval,) = [line for line in shown.splitlines() if "95 % interval" in line]
    assert interval.split("  ")[-1].strip() == "0.0 – 0.0 %"
    (compared,) = [line for line in shown.splitlines() if "compared with the best" in line]
    assert [cell.strip() for cell in compared.split("  ") if cell.strip()] == [
        "compared with the best",
        "best",
        "equal within the interval",
        "lower",
    ]


def test_two_runs_on_the_same_folder_give_the_same_figures(vitae: Vitae, folder: Path) -> None:
    first, second = (json.loads(vitae(str(folder), "--json", "--no-keep").stdout) for _ in range(2))
    for evaluation in (first, second):
        for changing in ("id", "made_at"):
            evaluation.pop(changing)
        evaluation["clients"][0].pop("seconds")
    assert first == second


def test_invalid_truths_are_named_and_the_rest_is_evaluated(vitae: Vitae, folder: Path) -> None:
    (folder / "ilse.truth.json").write_text("{")
    answer = vitae(str(folder), "--details", status=1)
    assert "skipped ilse.truth.json: The file is not valid JSON" in answer.stderr
    assert "2 documents" in answer.stdout
    assert "mirja.txt" in answer.stdout


def test_wrong_usage_prints_one_line_and_exits_with_2(vitae: Vitae, folder: Path, tmp_path: Path) -> None:
    assert "is not a folder" in vitae(str(tmp_path / "nowhere"), status=2).stderr
    assert "Nobody" in vitae(str(folder), "--clients", "Nobody", status=2).stderr
    (tmp_path / "empty").mkdir()
    assert "no document with a valid" in vitae(str(tmp_path / "empty"), status=2).stderr
    assert "--clients is empty" in vitae(str(folder), "--clients", ",", status=2).stderr


def test_a_client_without_its_key_is_not_called(
    vitae: Vitae, folder: Path, monkeypatch: pytest.MonkeyPatch, hosted: ScriptedModel
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "OPENAI_API_KEY" in vitae(str(folder), "--clients", "GPT4o", status=2).stderr
    assert hosted.calls == []


def test_strategies_are_compared_like_clients(vitae: Vitae, folder: Path, hosted: ScriptedModel) -> None:
    arguments = [str(folder), "--clients", "builtin,GPT4o", "--strategies", "model,verify", "--json", "--no-keep"]
    told = json.loads(vitae(*arguments).stdout)
    assert [each["client"] for each in told["clients"]] == ["builtin", "GPT4o", "GPT4o (verify)"]
    rules, whole, verify = told["clients"]
    assert (whole["attempts"], whole["without_request"], whole["failed"]) == (3, 0, 0)
    assert (verify["attempts"], verify["without_request"], verify["failed"]) == (0, 3, 0)
    assert verify["accuracy"] == rules["accuracy"]
    assert len(hosted.calls) == 3


def test_an_unknown_strategy_is_refused_with_the_known_ones(vitae: Vitae, folder: Path) -> None:
    refused = vitae(str(folder), "--strategies", "cheap", status=2)
    assert "model, verify, rules-first" in refused.output
