"""Advice is based only on numbers: it appears only if it saves money, and its figures can be recomputed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.errors import InputError
from app.ledger.bills import ProviderUsage, make_bill, read_bills, read_provider_usage
from app.ledger.catalogue.cost_profiles import COST_PROFILES
from app.ledger.prices import UnitPrices
from app.ledger.recommend import Alternative, Evaluation, Facts, HostedFacts, MachineFacts, recommend
from app.ledger.reconcile import compare_usage
from app.ledger.token_profile import ASSUMED_PROFILE, TokenProfile

GPT4O = UnitPrices(
    input_usd_per_million=Decimal("2.50"),
    cached_input_usd_per_million=Decimal("1.25"),
    output_usd_per_million=Decimal(10),
    source="test",
)
BATCH = UnitPrices(
    input_usd_per_million=Decimal("1.25"),
    cached_input_usd_per_million=Decimal("0.625"),
    output_usd_per_million=Decimal(5),
    source="test",
)
MINI = UnitPrices(
    input_usd_per_million=Decimal("0.15"),
    cached_input_usd_per_million=Decimal("0.075"),
    output_usd_per_million=Decimal("0.60"),
    source="test",
)
QUIET = Facts(
    days=30,
    total_monthly_usd=Decimal(0),
    waste_monthly_usd=Decimal(0),
    fallback_share=Decimal(0),
    fallback_extra_monthly_usd=Decimal(0),
    batch_share=Decimal(0),
)


def _hosted(requests: int) -> HostedFacts:
    cost = requests * Decimal("0.00275")
    return HostedFacts(
        client="GPT4o",
        function="ExtractProfile",
        monthly_usd=cost,
        requests_per_month=Decimal(requests),
        tokens=ASSUMED_PROFILE,
        prices=GPT4O,
        batch_prices=BATCH,
    )


def _machine(requests: int, profile: str = "aws-g5.xlarge-1yr") -> MachineFacts:
    return MachineFacts(
        name="LocalVLLM",
        profile=COST_PROFILES[profile],
        replicas=1,
        rates_measured=True,
        monthly_usd=Decimal(727),
        requests_per_month=Decimal(requests),
        busy_hours_per_month=Decimal(700),
        utilisation=Decimal("0.3"),
    )


def _savings(facts: Facts) -> dict[str, Decimal]:
    return {item.kind: item.saving_monthly_usd for item in recommend(facts)}


def test_without_measurements_there_is_no_advice() -> None:
    assert recommend(QUIET) == []
    assert recommend(replace(QUIET, days=6, hosted=[_hosted(10**7)])) == []


def test_a_million_api_requests_should_move_to_the_self_hosted_machine_for_2023_dollars() -> None:
    facts = replace(QUIET, hosted=[_hosted(1_000_000)], possible_profiles=list(COST_PROFILES.values()))
    assert _savings(facts)["switch_to_own"] == Decimal(2023)
    few = replace(facts, hosted=[_hosted(200_000)])
    assert "switch_to_own" not in _savings(few)


def test_an_underused_self_hosted_machine_should_be_given_up() -> None:
    facts = replace(QUIET, hosted=[_hosted(1000)], machines=[_machine(200_000)])
    assert _savings(facts)["return_to_api"] == Decimal(177)
    assert "return_to_api" not in _savings(replace(facts, machines=[_machine(300_000)]))


def test_batch_halves_the_cost_of_requests_that_can_wait() -> None:
    facts = replace(QUIET, hosted=[_hosted(100_000)], batch_share=Decimal("0.4"))
    assert _savings(facts)["batch_at_night"] == Decimal(55)


def test_a_smaller_model_is_advised_only_with_an_evaluation_that_supports_it() -> None:
    good = [
        Evaluation(client="GPT4o", accuracy=Decimal("0.95"), resumes=80),
        Evaluation(client="Mini", accuracy=Decimal("0.945"), resumes=80),
    ]
    facts = replace(QUIET, hosted=[_hosted(100_000)])
    facts = replace(facts, alternatives=[Alternative("Mini", MINI)])
    assert "smaller_model" not in _savings(facts)
    assert _savings(replace(facts, evaluations=good))["smaller_model"] == Decimal("258.5")
    for refuted in (
        Evaluation(client="Mini", accuracy=Decimal("0.90"), resumes=80),  # worse
        replace(good[1], material="other resumes"),
        replace(good[1], function="Summarise"),
    ):
        assert "smaller_model" not in _savings(replace(facts, evaluations=[good[0], refuted]))


def test_fallback_above_a_tenth_waste_above_a_fiftieth_and_a_long_prompt_are_reported_with_their_cost() -> None:
    facts = replace(
        QUIET,
        total_monthly_usd=Decimal(1000),
        waste_monthly_usd=Decimal(50),
        fallback_share=Decimal("0.2"),
        fallback_extra_monthly_usd=Decimal(100),
        hosted=[_hosted(100_000)],
    )
    found = _savings(facts)
    assert found["fallback_share"] == Decimal(50)
    assert found["waste"] == Decimal(50)
    assert found["shorter_prompt"] == Decimal(25)
    calm = replace(facts, waste_monthly_usd=Decimal(20), fallback_share=Decimal("0.1"))
    assert {"fallback_share", "waste"}.isdisjoint(_savings(calm))


def test_a_rented_machine_is_stopped_in_hours_without_requests() -> None:
    night = replace(_machine(900_000, "aws-g5.xlarge-on-demand"), quiet_hours=(0, 1, 2, 3, 4, 5))
    assert _savings(replace(QUIET, machines=[night]))["stop_at_night"] == 180 * Decimal("1.006")
    reserved = replace(night, profile=COST_PROFILES["aws-g5.xlarge-1yr"])
    assert "stop_at_night" not in _savings(replace(QUIET, machines=[reserved]))
    two = replace(night, replicas=2, half_load_hours=8, quiet_hours=())
    assert _savings(replace(QUIET, machines=[two]))["fewer_replicas"] == 240 * Decimal("1.006")


def test_a_machine_with_few_busy_hours_is_rented_by_the_hour() -> None:
    facts = replace(
        QUIET,
        machines=[replace(_machine(900_000), busy_hours_per_month=Decimal(100), monthly_usd=Decimal("726.48"))],
        possible_profiles=[COST_PROFILES["aws-g5.xlarge-on-demand"]],
    )
    assert _savings(facts)["right_size"] == Decimal("726.48") - (Decimal("100.6") + 270)


def test_a_cached_prefix_is_advised_up_to_what_another_function_reaches() -> None:
    cached = TokenProfile(input_tokens=Decimal(1000), output_tokens=Decimal(100), cached_tokens=Decimal(500))
    facts = replace(
        QUIET,
        hosted=[
            HostedFacts(
                client="GPT4o",
                function="A",
                monthly_usd=Decimal(100),
                requests_per_month=Decimal(100_000),
                tokens=cached,
                prices=GPT4O,
                batch_prices=None,
            ),
            HostedFacts(
                client="GPT4o",
                function="B",
                monthly_usd=Decimal(100),
                requests_per_month=Decimal(100_000),
                tokens=ASSUMED_PROFILE,
                prices=GPT4O,
                batch_prices=None,
            ),
        ],
    )
    assert _savings(facts)["prefix_caching"] == Decimal("43.75")  # 350 tokens x 100,000 x $1.25 per million


def test_every_piece_of_advice_has_assumptions_a_confidence_and_a_change() -> None:
    facts = replace(QUIET, days=10, hosted=[_hosted(10**6)], possible_profiles=list(COST_PROFILES.values()))
    found = recommend(facts)
    assert found
    assert [item.saving_monthly_usd for item in found] == sorted(
        (item.saving_monthly_usd for item in found), reverse=True
    )
    for item in found:
        assert item.assumptions
        assert item.change
        assert item.confidence == "low"


def test_an_invalid_bill_is_reported_with_its_line_number() -> None:
    (bill,) = read_bills('machine,start,end,amount_usd,reference\nLocalVLLM,2026-11-01,2026-12-01,"$1,741.18",INV-1\n')
    assert (bill.amount_usd, bill.hours, bill.reference) == (Decimal("1741.18"), 720, "INV-1")
    for line in (
        "LocalVLLM,2026-11-01,2026-11-01,1",
        "LocalVLLM,soon,2026-12-01,1",
        "LocalVLLM,2026-11-01,2026-12-01,x",
    ):
        with pytest.raises(InputError, match="Line 2"):
            read_bills(f"machine,start,end,amount_usd\n{line}\n")
    with pytest.raises(InputError, match="no column amount_usd"):
        read_bills("machine,start,end\nA,2026-11-01,2026-12-01\n")
    with pytest.raises(InputError, match="whole hour"):
        make_bill("A", "2026-11-01T10:30", "2026-11-02", "1", None, "Bill 1")


def test_usage_exports_of_openai_are_read_as_csv_and_as_json() -> None:
    day = date(2026, 11, 3)
    csv_text = (
        "start_time,start_time_iso,model,num_model_requests,input_tokens,input_cached_tokens,output_tokens\n"
        "1793664000,2026-11-03T00:00:00+00:00,gpt-4o-2024-08-06,2,1400,100,200\n"
        "1793664000,2026-11-03T00:00:00+00:00,gpt-4o-2024-08-06,1,700,0,100\n"
        "1793750400,2026-11-04T00:00:00+00:00,,,,,\n"
    )
    json_text = (
        '{"data": [{"start_time": 1793664000, "results": [{"model": "gpt-4o-2024-08-06", "num_model_requests": 3,'
        ' "input_tokens": 2100, "input_cached_tokens": 100, "output_tokens": 300}]}]}'
    )
    expected = [
        ProviderUsage(
            day=day, model="gpt-4o-2024-08-06", requests=3, input_tokens=2100, cached_tokens=100, output_tokens=300
        )
    ]
    assert read_provider_usage(csv_text) == read_provider_usage(json_text) == expected
    assert all(check.ok for check in compare_usage([(day, "gpt-4o", 3, 2100, 100, 300)], expected))
    wrong = [check for check in compare_usage([(day, "gpt-4o-mini", 3, 2100, 100, 300)], expected) if not check.ok]
    assert len(wrong) == 8  # four counts that only the provider has, four that only the ledger has
    with pytest.raises(InputError, match="no usage export"):
        read_provider_usage("{}")
    ungrouped = json_text.replace('"gpt-4o-2024-08-06"', "null")
    with pytest.raises(InputError, match="by model"):
        read_provider_usage(ungrouped)
