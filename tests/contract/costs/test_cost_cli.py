"""`vitae costs` and `vitae size` as a user runs them, the former against a service on a real socket."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

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


PUBLISHED = ("--input-tokens", "700", "--output-tokens", "100", "--client", "GPT4o")


def break_even(vitae: Vitae, *arguments: str) -> Any:
    return json.loads(vitae("costs", "break-even", *PUBLISHED, *arguments, "--json").stdout)


@pytest.mark.parametrize(
    ("volume", "api_month", "api_year", "monthly", "yearly"),
    [
        (100_000, "275", "3300", "-452", "-5424"),
        (200_000, "550", "6600", "-177", "-2124"),
        (500_000, "1375", "16500", "648", "7776"),
        (1_000_000, "2750", "33000", "2023", "24276"),
        (2_000_000, "5500", "66000", "4773", "57276"),
        (5_000_000, "13750", "165000", "13023", "156276"),
    ],
)
def test_the_command_computes_the_published_savings(
    vitae: Vitae, volume: int, api_month: str, api_year: str, monthly: str, yearly: str
) -> None:
    row = break_even(vitae, "--requests-per-month", str(volume))["now"]
    assert (row["api_monthly_usd"], row["api_yearly_usd"]) == (api_month, api_year)
    assert (row["own_monthly_usd"], row["monthly_saving_usd"], row["yearly_saving_usd"]) == ("727", monthly, yearly)


def test_the_command_corrects_the_wrong_figures_in_circulation(vitae: Vitae) -> None:
    # 1: $0.000088 per request at 2 million
    found = break_even(vitae, "--requests-per-month", "2000000", "--own-request", "0.000088")
    assert found["now"]["own_request_usd"] == "0.0003635"
    assert found["target"]["requests_per_month"] == 8_261_364
    assert found["target"]["requests_per_month_bare"] == 5_187_273
    # 2: a month of fallback without the machine
    mixed = ("--requests-per-month", "1000000", "--own-request", "0.000088", "--fallback-share")
    at_5, at_10 = (break_even(vitae, *mixed, share)["fallback"] for share in ("0.05", "0.10"))
    assert (at_5["own_variable_usd"], at_5["api_usd"], at_5["variable_usd"]) == ("83.6", "137.5", "221.1")
    assert (at_10["variable_usd"], at_5["month_usd"], at_10["month_usd"]) == ("354.2", "864.5", "1002")
    shown = vitae("costs", "break-even", *PUBLISHED, *mixed, "0.05").stdout
    assert "$727.00 + $137.50 = $864.50" in shown
    # 5: 500 tokens at $1.50 against two g5.12xlarge
    prices = ("--input-price", "1.50", "--output-price", "1.50", "--own-monthly", "8167.68")
    other = json.loads(
        vitae("costs", "break-even", "--input-tokens", "400", "--output-tokens", "100", *prices, "--json").stdout
    )
    assert (other["api_request_usd"], other["break_even_requests"]) == ("0.00075", 10_890_240)
    # 6: a constant break-even
    long = json.loads(
        vitae("costs", "break-even", "--input-tokens", "7000", "--output-tokens", "1000", "--json").stdout
    )
    assert long["break_even_requests"] == 26_437
    assert break_even(vitae, "--client", "GPT4oMini")["break_even_requests"] == 4_406_061
    assert break_even(vitae)["break_even_requests"] == 264_364


def test_a_single_price_is_rejected(vitae: Vitae) -> None:
    assert "both prices" in vitae("costs", "break-even", "--input-price", "1", status=1).stderr


def test_the_figures_need_no_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(commands, ["costs", "figures", "--json"])
    figures = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [figure["holds"] for figure in figures] == [True] * 9 + [False] * 6
    right = [figure["right"] for figure in figures[9:]]
    for figure, expected in zip(
        right,
        ("0.0003635", "$864.50 and $1,002.00", "$2.012 at half load", "80.0 %", "10,890,240", "26,437"),
        strict=True,
    ):
        assert expected in figure
    assert "WRONG  PagedAttention" in CliRunner().invoke(commands, ["costs", "figures"]).stdout


def test_only_the_operator_sees_the_summary_of_all_tenants(
    vitae: Vitae, ledger: Ledger, key: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add(NOW - timedelta(days=2), own=False)
    everybody = json.loads(vitae("costs", "summary", "--by", "tenant", "--all-tenants", "--json").stdout)
    assert len(everybody["groups"]) > 1
    monkeypatch.setenv("VITAE_API_KEY", key(ledger, "admin")["Authorization"].removeprefix("Bearer "))
    assert "first tenant" in vitae("costs", "summary", "--all-tenants", status=1).stderr
    monkeypatch.setenv("VITAE_API_KEY", key(ledger, "read")["Authorization"].removeprefix("Bearer "))
    assert "scope `admin`" in vitae("costs", "summary", "--all-tenants", status=1).stderr


def test_size_uses_measurements_and_writes_the_server_settings(vitae: Vitae, tmp_path: Path) -> None:
    environment = tmp_path / ".env"
    environment.write_text("OPENAI_API_KEY=kept\nVLLM_MAX_MODEL_LEN=1\n")
    shown = vitae("size", "--measured", "--write", str(environment)).stdout
    assert "32 measured prompts: median 700" in shown.replace("\n", " ")
    assert "max-model-len 1,024" in shown  # 700 and an answer of 100, rounded up
    lines = environment.read_text().splitlines()
    assert lines[:2] == ["OPENAI_API_KEY=kept", "VLLM_MAX_MODEL_LEN=1024"]
    assert 'VLLM_EXTRA_ARGS="--dtype bfloat16"' in lines
    vitae("size", "--measured", "--write", str(environment))
    assert environment.read_text().splitlines() == lines
    assert "not measured" not in vitae("size", "--measured", "--prefill-rate", "9000", "--decode-rate", "900").stdout
    assert "Cannot write" in vitae("size", "--write", str(tmp_path / "no" / "folder"), status=1).stderr


def test_forecast_report_and_ledger_commands_work(vitae: Vitae) -> None:
    assert "30 requests (80 % between 30 and 30)" in vitae("costs", "forecast").stdout
    report = vitae("costs", "report").stdout
    for heading in ("Last 30 days", "Break-even", "Forecast", "Recommendations"):
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
        "The price ends at 2026-12-01 00:00 UTC"
        in vitae("costs", "prices", "end", entered["id"], "--at", "2026-12-01").stderr
    )
    vitae("costs", "prices", "end", entered["id"], "--at", "2026-11-01")
    assert json.loads(vitae("costs", "prices", "list", "--json").stdout)["entered"] == []
    wrong = vitae("costs", "prices", "set", "x", *given, "--tier", "cheap", status=2)
    assert "'cheap' is not one of" in wrong.stderr


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
