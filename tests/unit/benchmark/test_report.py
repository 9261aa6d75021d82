"""Reports are stored, compared and drawn; nothing is spent without consent."""

import json
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from app.benchmark.arrivals import Stage
from app.benchmark.cost import consent_needed, is_loopback, stage_cost_usd
from app.benchmark.drive import Measured
from app.benchmark.load_summary import Limits, StageSummary, summarise
from app.benchmark.plot import draw
from app.benchmark.report import NoReport, Report, compare, plain, read_report
from app.benchmark.sample import Sample
from app.clock import utc_now
from app.ledger.catalogue.cost_profiles import MONTH_HOURS
from app.routing.clients import Client
from app.wiring.cost_parts import build_pricing

OWN = Client(
    name="LocalVLLM",
    provider="openai-generic",
    model="m",
    base_url="http://gpu-1:8000/v1",
    location="local",
    billing="self_hosted",
)
HOSTED = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url="https://api.openai.com/v1")


def stage(latency: float = 1.0, errors: int = 0, name: int = 10) -> StageSummary:
    samples = [Sample(0.0, 0.0, latency, first_token_at=0.1, input_tokens=700, output_tokens=100) for _ in range(10)]
    samples += [Sample(0.0, 0.0, 1.0, outcome="http_500") for _ in range(errors)]
    return summarise(Measured(Stage(concurrency=name), samples, seconds=latency), Limits(2.0))


def report(*stages: StageSummary, kind: str = "model") -> dict[str, Any]:
    made = Report(kind, "2026-11-25T10:00:00+00:00", {}, {}, Limits(), 1000.0, list(stages))
    return read_report(json.dumps(made.to_json(), default=plain), "a.json")


def test_a_run_compared_with_itself_shows_no_change() -> None:
    changes = compare(report(stage()), report(stage()))
    assert {change.ratio for change in changes} <= {1.0, None}
    assert {change.better for change in changes} == {None}


def test_slower_answers_and_lower_throughput_are_worse() -> None:
    changes = {change.figure: change for change in compare(report(stage(1.0)), report(stage(2.0)))}
    assert changes["latency p99 s"].ratio == 2.0
    assert changes["latency p99 s"].better is False
    assert changes["requests/s"].ratio == 0.5
    assert changes["requests/s"].better is False


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"vitae_bench": 99}', "root:x:0:0"])
def test_an_unrelated_file_is_rejected(text: str) -> None:
    with pytest.raises(NoReport, match=r"a\.json"):
        read_report(text, "a.json")


def test_runs_without_a_common_stage_are_not_compared() -> None:
    with pytest.raises(NoReport, match="in common"):
        compare(report(stage(name=1)), report(stage(name=2)))
    with pytest.raises(NoReport, match="pipeline"):
        compare(report(stage()), report(stage(), kind="pipeline"))


def test_the_chart_is_well_formed_for_any_measurement() -> None:
    failed = summarise(Measured(Stage(rate=1.0), [Sample(0.0, 0.0, 1.0, outcome="timeout")], seconds=1.0), Limits())
    for stages in ([], [stage()], [stage(), failed], [stage(0.0)]):
        root = ET.fromstring(draw(stages, "a <b> & c"))  # noqa: S314 - our own text
        assert root.tag.endswith("svg")
        numbers = [value for each in root.iter() for key, value in each.attrib.items() if key in {"x", "y", "height"}]
        assert "nan" not in " ".join(numbers)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://10.0.0.4/v1", False),
        ("http://127.0.0.1.example.org/v1", False),
        ("http://localhost.example.org/v1", False),
    ],
)
def test_this_machine_is_distinguished_from_others(url: str, loopback: bool) -> None:  # noqa: FBT001
    assert is_loopback(url) is loopback


def test_consent_is_needed_for_what_is_billed_and_for_foreign_addresses() -> None:
    assert consent_needed("http://gpu-1:8000/v1", OWN, None) is None
    assert consent_needed("http://127.0.0.1:9/v1", None, None) is None
    assert "$1.2500" in (consent_needed("https://api.openai.com/v1", HOSTED, Decimal("1.25")) or "")
    assert "unknown amount" in (consent_needed("https://api.openai.com/v1", HOSTED, None) or "")
    assert "http://10.0.0.9/v1" in (consent_needed("http://10.0.0.9/v1", None, None) or "")


def test_a_hosted_stage_costs_tokens_times_price_and_a_self_hosted_one_machine_time() -> None:
    at = utc_now()
    priced, basis = stage_cost_usd(stage(), HOSTED, build_pricing({"GPT4o": HOSTED}), {}, at)
    assert (priced, basis) == (10 * Decimal("0.00275"), "tokens x price")
    own = Client(
        name="L",
        provider="openai-generic",
        model="m",
        base_url="http://gpu",
        billing="self_hosted",
        cost_profile="aws-g5.xlarge-1yr",
    )
    amount, basis = stage_cost_usd(stage(36.0), own, build_pricing({"L": own}), {}, at)
    assert amount is not None
    assert amount == pytest.approx(Decimal("726.48") / MONTH_HOURS / 100)
    assert "aws-g5.xlarge-1yr" in basis
    assert stage_cost_usd(stage(), None, build_pricing({}), {}, at)[0] is None
