"""`vitae bench model` as a user runs it, against healthy and faulty model servers on real sockets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.main import app as commands
from tests.scripted_model import Behaviour, ScriptedModel, Step

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = str(ROOT / "samples" / "marcus-delhaye.txt")


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("VITAE_", "OPENAI_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "bench", *arguments],
            cwd=self.folder,
            env={**variables, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0) -> str:
        """Its output, including errors."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, out + err
        return out + err

    def measure(self, model: ScriptedModel, *arguments: str, status: int = 0) -> dict[str, Any]:
        self.run(
            "model", SAMPLE, "--url", model.base_url, "--json", "r.json", "--warm-up", "0", *arguments, status=status
        )
        return json.loads((self.folder / "r.json").read_text("utf-8"))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_both_loops_send_vitaes_own_request_and_no_prompt_twice(bench: Bench, model: ScriptedModel) -> None:
    model.script.replace(Behaviour(prompt_tokens=700, completion_tokens=100, latency_seconds=0.02))
    report = bench.measure(
        model, "--concurrency", "4", "--rate", "50", "--arrivals", "poisson", "--requests", "12", "--plot", "p.svg"
    )
    closed, opened = report["stages"]
    assert (closed["name"], closed["ok"], closed["output_tokens"]) == ("4 at once", 12, 1200)
    assert (opened["name"], opened["ok"], opened["errors"]) == ("50/s poisson", 12, {})
    assert closed["most_in_flight"] == 4
    assert closed["first_token"]["p50"] >= 0.02
    assert closed["latency"]["p50"] >= closed["first_token"]["p50"]
    assert report["ceiling_per_second"] > 0
    assert {call.function for call in model.calls} == {"ExtractProfile"}
    assert len({call.system_sha256 for call in model.calls}) == 1  # the prefix a server may cache
    assert all(call.stream for call in model.calls)
    assert "<svg" in (bench.folder / "p.svg").read_text("utf-8")


def test_errors_are_reported_by_kind_and_do_not_count_as_answers(bench: Bench, model: ScriptedModel) -> None:
    model.script.replace(
        Step(Behaviour("error", status=500), calls=2),
        Step(Behaviour("cut_body"), calls=1),
        Step(Behaviour("reset"), calls=1),
        Step(Behaviour("truncated"), calls=1),
        Step(Behaviour("hang_after_headers"), calls=1),
        Behaviour(),
    )
    report = bench.measure(model, "--concurrency", "1", "--requests", "8", "--timeout-seconds", "2", status=1)
    (stage,) = report["stages"]
    assert stage["ok"] == 2
    assert stage["errors"] == {"http_500": 2, "closed_early": 2, "finish_length": 1, "timeout": 1}


def test_a_server_stall_shows_in_the_latency_of_all_requests_due_meanwhile(bench: Bench, model: ScriptedModel) -> None:
    """The server has one slot and its first call takes 1 s: in an open loop, the calls behind it wait too."""
    with ScriptedModel(slots=1) as narrow:
        narrow.script.replace(Step(Behaviour(latency_seconds=1.0), calls=1), Behaviour())
        report = bench.measure(narrow, "--rate", "20", "--requests", "10")
    latency = report["stages"][0]["latency"]
    assert latency["p50"] > 0.5
    assert latency["most"] >= 1.0


def test_ctrl_c_ends_the_run_and_keeps_the_measurements(bench: Bench, model: ScriptedModel) -> None:
    model.script.replace(Behaviour(latency_seconds=0.01))
    arguments = ("--concurrency", "2", "--requests", "100000", "--seconds", "100", "--json", "r.json", "--warm-up", "0")
    process = bench.start("model", SAMPLE, "--url", model.base_url, *arguments)
    end = time.monotonic() + 60
    while len(model.calls) < 10 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1, err
    assert "Stopped" in err
    assert "2 at once" in out
    report = json.loads((bench.folder / "r.json").read_text("utf-8"))
    assert report["interrupted"] is True
    assert report["stages"][0]["ok"] >= 8


def test_a_server_that_fails_every_request_is_not_measured(bench: Bench, model: ScriptedModel) -> None:
    model.refuse()
    told = bench.run("model", SAMPLE, "--url", model.base_url, "--warm-up", "2", status=1)
    assert "connection_failed" in told
    assert "Nothing was measured" in told


def test_nothing_is_sent_to_a_foreign_address_without_consent(bench: Bench) -> None:
    told = bench.run("model", SAMPLE, "--url", "http://192.0.2.1/v1", status=2)
    assert "http://192.0.2.1/v1" in told
    assert "--yes" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("model", "--concurrency", "0"), "positive numbers"),
        (("model", "--rate", "fast"), "positive numbers"),
        (("model", "--arrivals", "never"), "poisson"),
        (("model", "--client", "Nobody"), "Nobody"),
        (("model", "missing.pdf"), "missing.pdf"),
        (("model", "--url", "gpu-2:8000"), "not an HTTP URL"),
        (("pipeline", "--privacy", "none"), "local_only"),
        (("--compare", "a.json", "b.json"), "Cannot read"),
        ((), "Choose what to run"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(
    arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(commands, ["bench", *arguments])
    assert answer.exit_code == 2, answer.output
    assert said in " ".join(answer.output.split())


def test_two_runs_are_compared(bench: Bench, model: ScriptedModel) -> None:
    for name, seconds in (("a.json", 0.05), ("b.json", 0.4)):
        model.script.replace(Behaviour(latency_seconds=seconds))
        arguments = ("--concurrency", "2", "--requests", "6", "--warm-up", "0", "--json", name)
        bench.run("model", SAMPLE, "--url", model.base_url, *arguments)
    told = bench.run("--compare", "a.json", "b.json")
    assert "worse" in told
    assert "latency p50" in told
