"""`vitae costs` and `vitae size` as they are typed, the former against a service on a socket."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from app.cli.main import app as commands
from tests.contract.api.conftest import serving
from tests.contract.costs.conftest import NOW, Headers, Ledger

Vitae = Callable[..., Result]


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.fixture
def vitae(address: str, operator: Ledger, key: Headers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Vitae:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITAE_URL", address)
    monkeypatch.setenv("VITAE_API_KEY", key(operator, "admin")["Authorization"].removeprefix("Bearer "))

    def run(*arguments: str, status: int = 0) -> Result:
        answer = CliRunner().invoke(commands, list(arguments))
        assert answer.exit_code == status, answer.output
        return answer

    return run


@pytest.fixture(autouse=True, scope="module")
def _traffic(operator: Ledger) -> None:  # pyright: ignore[reportUnusedFunction]
    for day in range(1, 17):
        operator.add(NOW - timedelta(days=day), client="LocalVLLM")
        operator.add(NOW - timedelta(days=day), own=False, number=2)


def test_the_summary_is_a_table_and_one_json_document(vitae: Vitae) -> None:
    shown = vitae("costs", "summary", "--by", "client")
    assert re.search(r"GPT4o +0 +16 +0 +\$0\.04", shown.stdout)
    answer = json.loads(vitae("costs", "summary", "--by", "client", "--json").stdout)
    assert answer["totals"]["attempts"] == 32


def test_break_even_shows_the_published_table_for_the_published_tokens(vitae: Vitae) -> None:
    shown = vitae("costs", "break-even", "--input-tokens", "700", "--output-tokens", "100").stdout
    for expected in ("264,364 requests/month", "$0.00275", "$727", "$726.48", "$57,276.00", "-$5,424.00", "528,728"):
        assert expected in shown


def test_forecast_report_and_ledger_answer(vitae: Vitae) -> None:
    assert "30 requests (80 % between 30 and 30)" in vitae("costs", "forecast").stdout
    report = vitae("costs", "report").stdout
    for heading in ("The last 30 days", "Break-even", "Forecast", "What to change"):
        assert heading in report
    assert set(json.loads(vitae("costs", "report", "--json").stdout)) >= {"forecast", "recommendations"}
    lines = vitae("costs", "ledger", "--json", "--limit", "5").stdout.splitlines()
    assert [json.loads(line)["function"] for line in lines] == ["ExtractProfile"] * 5
    assert "list_price" in vitae("costs", "ledger", "--client", "GPT4o").stdout


def test_a_bill_is_imported_from_a_file_and_reconciled(vitae: Vitae, tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_text("machine,start,end,amount_usd,reference\nLocalVLLM,2026-11-10,2026-11-11,30.00,INV-9\n")
    shown = vitae("costs", "import-bill", str(bill)).stdout
    assert "$24.216" in shown
    assert "$5.78" in shown
    reconciled = vitae("costs", "reconcile", "--from", "2026-11-10", "--to", "2026-11-11").stdout
    assert "INV-9" in reconciled
    assert "DIFFERS" not in reconciled
    usage = tmp_path / "usage.csv"
    usage.write_text("start_time,model,num_model_requests,input_tokens,output_tokens\n1794268800,gpt-4o,9,1,1\n")
    differs = vitae("costs", "reconcile", "--from", "2026-11-10", "--to", "2026-11-11", "--usage", str(usage), status=1)
    assert "DIFFERS" in differs.stdout
    bill.write_text("machine,start\n")
    assert "no column" in vitae("costs", "import-bill", str(bill), status=1).stderr


def test_a_price_is_entered_listed_and_ended(vitae: Vitae) -> None:
    given = ("--input", "2.00", "--output", "8.00", "--from", "2026-11-01", "--note", "contract of\x1b[2J November")
    entered = json.loads(vitae("costs", "prices", "set", "gpt-4o-mini", *given, "--json").stdout)
    assert (entered["state"], entered["from"]) == ("in force", "2026-11-01T00:00:00Z")
    shown = vitae("costs", "prices", "list").stdout
    assert "database: openai/gpt-4o-mini from 2026-11-01" in shown.replace("\n", " ")
    assert "unpriced" in shown
    assert "\x1b" not in shown
    assert (
        "It ends at 2026-12-01 00:00 UTC" in vitae("costs", "prices", "end", entered["id"], "--at", "2026-12-01").stderr
    )
    vitae("costs", "prices", "end", entered["id"], "--at", "2026-11-01")
    assert json.loads(vitae("costs", "prices", "list", "--json").stdout)["entered"] == []
    assert "Input should be" in vitae("costs", "prices", "set", "x", *given, "--tier", "cheap", status=1).stderr


def test_size_prints_the_arithmetic_and_a_command_without_any_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    lengths = tmp_path / "lengths.txt"
    lengths.write_text("900\n1200\n1400\n")
    answer = CliRunner().invoke(commands, ["size", "--lengths", str(lengths), "--rps", "20"])
    assert answer.exit_code == 0, answer.output
    assert "14.50 GB" in answer.stdout
    assert "vllm serve mistralai/Mistral-7B-Instruct-v0.3" in answer.stdout
    assert "--max-model-len 1536" in answer.stdout
    found = json.loads(CliRunner().invoke(commands, ["size", "--max-model-len", "2048", "--json"]).stdout)
    assert found["concurrency"] == 20
    wrong = CliRunner().invoke(commands, ["size", "--gpu", "Abacus"])
    assert wrong.exit_code == 2
    assert "A10G" in wrong.stderr
