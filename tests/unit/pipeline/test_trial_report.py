"""The report on a tested client: checks, advice, and the lines of vitae.toml to change."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.pipeline.operations.measure_client import Measurement
from app.pipeline.operations.trial_report import (
    Money,
    Trial,
    TypicalResume,
    explain_not_configured,
    explain_trial,
    to_json,
)
from app.routing.attempt import Attempt
from app.routing.clients import Client

LAPTOP = Client(
    name="Laptop",
    provider="openai-generic",
    model="small",
    base_url="http://127.0.0.1:11434/v1",
    location="local",
    billing="self_hosted",
    first_token_timeout_seconds=5,
    total_timeout_seconds=60,
)
ANSWER = Attempt(
    number=1,
    function="ExtractProfile",
    client="Laptop",
    model="small",
    location="local",
    billing="self_hosted",
    outcome="ok",
    http_status=200,
    error=None,
    input_tokens=900,
    cached_tokens=0,
    output_tokens=300,
    tokens_estimated=False,
    started_at=datetime(2026, 11, 1, tzinfo=UTC),
    latency_ms=4_000,
    prompt_version="v",
    first_token_ms=1_000,
)
GOOD = Measurement(
    models=("small",),
    schema="ignored",
    context_tokens=8192,
    prompt_tokens=1000,
    attempt=ANSWER,
    is_resume=True,
    parser_values=20,
    shared_values=19,
)


def explain(
    measured: Measurement = GOOD, client: Client = LAPTOP, deadline: float = 120, typical: TypicalResume | None = None
) -> Trial:
    return explain_trial(
        client, measured, deadline_seconds=deadline, typical=typical or TypicalResume(), money=Money(note="unpriced")
    )


def failed(outcome: Any, error: str, **changes: Any) -> Measurement:
    attempt = replace(ANSWER, outcome=outcome, error=error, **changes)
    return replace(GOOD, attempt=attempt, is_resume=False, shared_values=0)


def check(trial: Trial, name: str) -> tuple[str, str, str]:
    found = next(each for each in trial.checks if each.check == name)
    return found.status, found.finding, found.fix


def lines(trial: Trial) -> list[str]:
    return [f"[{change.section}] {change.line}" for change in trial.changes]


def test_a_healthy_client_passes_every_check_and_needs_no_change() -> None:
    trial = explain()
    assert trial.usable
    assert {each.status for each in trial.checks} == {"ok"}
    assert all(not each.fix for each in trial.checks)
    assert trial.changes == ()
    assert (trial.first_token_seconds, trial.output_tokens_per_second, trial.agreement) == (1.0, 100.0, 0.95)


def test_a_typical_resume_takes_time_in_proportion_to_its_tokens() -> None:
    assert explain(typical=TypicalResume(1800, 500)).typical_seconds == 2 + 5


def test_the_averages_of_the_ledger_are_named_as_the_source() -> None:
    status, finding, _ = check(explain(typical=TypicalResume(1800, 500, "ledger")), "typical_resume")
    assert status == "ok"
    assert "1,800 tokens in, 500 out; average of the ledger" in finding


def test_an_unreachable_server_has_one_failed_check() -> None:
    trial = explain(failed("unreachable", "connection_failed", first_token_ms=None, output_tokens=0))
    assert [each.check for each in trial.checks] == ["reachable"]
    assert check(trial, "reachable")[2] == ("Start the model server, or correct its address (clients.Laptop.base_url).")
    assert not trial.usable


def test_a_wrong_key_is_reported_with_the_setting() -> None:
    trial = explain(failed("unauthorised", "http_401", first_token_ms=None, output_tokens=0))
    assert check(trial, "key")[0] == "failed"
    assert "clients.Laptop.api_key_env" in check(trial, "key")[2]


def test_a_wrong_model_name_is_replaced_by_the_most_similar_one() -> None:
    measured = failed("rejected", "http_404", first_token_ms=None, output_tokens=0)
    trial = explain(replace(measured, models=("other", "small:1b")))
    assert check(trial, "model")[:2] == ("failed", "The server does not know small; it has other, small:1b.")
    assert lines(trial) == ['[clients.Laptop] model = "small:1b"']


def test_a_server_that_answers_under_any_name_is_a_warning() -> None:
    trial = explain(replace(GOOD, models=("model.gguf",)))
    assert check(trial, "model")[0] == "warning"
    assert trial.usable


def test_ollama_lists_a_model_without_a_tag_as_latest() -> None:
    assert check(explain(replace(GOOD, models=("small:latest",))), "model")[0] == "ok"


def test_a_slow_start_gives_a_longer_first_token_limit() -> None:
    slow = replace(GOOD, attempt=replace(ANSWER, first_token_ms=9_000, latency_ms=12_000))
    trial = explain(slow)
    assert check(trial, "first_token")[0] == "warning"
    assert "[clients.Laptop] first_token_timeout_seconds = 30" in lines(trial)


def test_loading_the_model_counts_for_the_first_token_limit() -> None:
    trial = explain(replace(GOOD, warm_up_seconds=40))
    assert "which loads the model, took 40.0 s" in check(trial, "first_token")[1]
    assert "[clients.Laptop] first_token_timeout_seconds = 120" in lines(trial)


def test_a_slow_model_gives_a_longer_total_limit_and_deadline() -> None:
    slow = replace(GOOD, attempt=replace(ANSWER, latency_ms=100_000, output_tokens=300))
    trial = explain(slow)
    assert check(trial, "typical_resume")[0] == "warning"
    assert lines(trial) == ["[clients.Laptop] total_timeout_seconds = 450", "[routing] deadline_seconds = 450"]


def test_a_deadline_that_is_long_enough_stays() -> None:
    slow = replace(GOOD, attempt=replace(ANSWER, latency_ms=40_000))
    assert lines(explain(slow, deadline=600)) == ["[clients.Laptop] total_timeout_seconds = 180"]


def test_a_context_that_is_too_small_is_reported_with_the_commands_that_raise_it() -> None:
    small = replace(GOOD, attempt=None, is_resume=False, context_tokens=1024, needed_tokens=1500)
    trial = explain(small, replace(LAPTOP, context_tokens=1024))
    status, finding, fix = check(trial, "context")
    assert (status, finding) == ("failed", "The context holds 1,024 tokens, but prompt and answer need about 1,500.")
    assert "--ctx-size 8192" in fix
    assert lines(trial) == ["[clients.Laptop] context_tokens = 8192"]
    assert not trial.usable


def test_a_context_that_the_server_has_not_loaded_is_corrected() -> None:
    trial = explain(replace(GOOD, loaded_context_tokens=4096))
    assert check(trial, "context")[0] == "warning"
    assert lines(trial) == ["[clients.Laptop] context_tokens = 4096"]


def test_a_context_that_only_the_server_knows_becomes_a_setting() -> None:
    trial = explain(replace(GOOD, context_tokens=None, loaded_context_tokens=8192))
    assert lines(trial) == ["[clients.Laptop] context_tokens = 8192"]


def test_a_wrong_structure_suggests_the_schema_if_the_server_can_enforce_it() -> None:
    measured = failed("parse_error", "not_the_agreed_shape")
    assert "structured_output = true" not in "".join(lines(explain(measured)))
    assert "[clients.Laptop] structured_output = true" in lines(explain(replace(measured, schema="enforced")))


def test_a_refused_schema_is_turned_off_where_the_settings_turn_it_on() -> None:
    refused = replace(GOOD, schema="refused")
    assert lines(explain(refused)) == []
    assert lines(explain(refused, replace(LAPTOP, structured_output=True))) == [
        "[clients.Laptop] structured_output = false"
    ]


def test_refused_parameters_are_named_with_the_lines_that_leave_them_out() -> None:
    measured = replace(GOOD, refused_parameters=("max_tokens", "stream", "temperature", "top_k"))
    status, finding, fix = check(explain(measured), "parameters")
    assert (status, "refuses max_tokens and stream and temperature and top_k" in finding) == ("warning", True)
    assert fix == (
        'Write max_tokens_name = "max_completion_tokens" and temperature = false and top_k = "omit" below '
        "[clients.Laptop.parameters] and set clients.Laptop.stream = false."
    )


def test_an_answer_that_was_cut_off_gets_more_room_where_the_context_has_it() -> None:
    cut = failed("cut_off", "finish_reason_length")
    client = replace(LAPTOP, max_output_tokens=1024)
    assert "[clients.Laptop] max_output_tokens = 2048" in lines(explain(cut, client))
    full = replace(cut, context_tokens=2000)
    assert "max_output_tokens" not in "".join(lines(explain(full, client)))
    assert "its output limit of 1,000 tokens" in check(explain(full, client), "answer")[1]


def test_a_test_that_ran_out_of_time_says_so_instead_of_naming_the_configured_limit() -> None:
    status, finding, fix = check(
        explain(failed("timeout", "first_token_timeout", latency_ms=600_000, first_token_ms=None)), "answer"
    )
    assert (status, finding) == ("failed", "It sent no first token within the 600 s of this test.")
    assert "--timeout-seconds" in fix


def test_a_model_that_sees_no_resume_is_not_usable() -> None:
    trial = explain(replace(GOOD, is_resume=False))
    assert check(trial, "answer")[0] == "failed"
    assert not trial.usable


def test_little_agreement_is_a_warning() -> None:
    trial = explain(replace(GOOD, shared_values=4, not_in_document=1))
    status, finding, _ = check(trial, "agreement")
    assert status == "warning"
    assert "4 of 20 values of the built-in parser (20%); 1 value is not in the document" in finding
    assert trial.usable


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        ("timeout", "total_timeout"),
        ("server_error", "http_500"),
        ("rejected", "http_400"),
        ("rate_limited", "http_429"),
        ("parse_error", "values_lost"),
        ("cut_off", "finish_reason_length"),
        ("too_long", "http_400"),
        ("unreachable", "dns_failure"),
        ("unauthorised", "http_403"),
    ],
)
def test_every_failure_says_what_to_do_in_one_sentence(outcome: str, error: str) -> None:
    for each in explain(failed(outcome, error)).checks:
        if each.status == "failed":
            assert each.fix.endswith(".")
            assert ". " not in each.fix


def test_a_client_without_its_key_is_explained_without_a_call() -> None:
    trial = explain_not_configured(replace(LAPTOP, not_configured="LAPTOP_KEY is not set"))
    assert not trial.usable
    assert check(trial, "key") == (
        "failed",
        "Not configured: LAPTOP_KEY is not set.",
        "Write LAPTOP_KEY=... into .env.",
    )


def test_money_is_a_decimal_string() -> None:
    trial = explain_trial(
        LAPTOP,
        GOOD,
        deadline_seconds=120,
        typical=TypicalResume(),
        money=Money(Decimal("0.000012"), "list_price", Decimal("0.00725")),
    )
    shown = to_json(trial)
    assert (shown["cost_usd"], shown["typical_resume"]["cost_usd"]) == ("0.000012", "0.00725")
    assert "$0.00725" in check(trial, "typical_resume")[1]


def test_a_measurement_survives_the_pipe_between_two_processes() -> None:
    assert Measurement.from_json(GOOD.to_json()) == GOOD
