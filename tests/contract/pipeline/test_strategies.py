"""`[analysis] strategy`: what a model reads, what is stored about the rest, and what the cost page says."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.analysis.analyse import Analyser
from app.analysis.strategy import Strategy
from app.ledger.entries import PriceAttempt
from app.ledger.prices import PricedModel
from app.storage.ledger.savings import SavingSums, get_savings
from tests.contract.pipeline.service import SAMPLE, Service
from tests.contract.pipeline.test_calls_on_record import ledger
from tests.scripted_model import Behaviour, ScriptedModel

TORN = """
VOLUNTEERING
------------
Harbour master's helper
Painted the hull of the Wendeltje, Oude Vaart, two winters
"""
VERIFY = Strategy("verify")
PRICED = PriceAttempt({"LocalVLLM": PricedModel(model="gpt-4o", price_provider="openai", billing="per_token")})


def savings(service: Service) -> SavingSums:
    with service.database.reading() as tx:
        return get_savings(
            tx, service.rows.tenant_id, datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        )


def analysed(service: Service, strategy: Strategy, more: str = "") -> tuple[Any, Any]:
    service.use(strategy)
    made = service.upload(content=SAMPLE.read_bytes() + more.encode())
    return made, service.analyse(made.resume_id)


@pytest.mark.parametrize("strategy", [VERIFY, Strategy("rules-first", ("name", "email", "work"), 0.9)])
def test_a_clear_resume_is_done_without_a_request_and_counts_as_saved(
    service: Service, model: ScriptedModel, strategy: Strategy
) -> None:
    made, analysis = analysed(service, strategy)
    assert (analysis.status, analysis.client, analysis.degraded) == ("done", "builtin", False)
    assert analysis.warnings == []
    assert not model.calls
    assert ledger(service, made.resume_id) == []
    found = savings(service)
    assert (found.analyses, found.without_request) == (1, 1)
    assert found.input_tokens > 500
    assert found.output_tokens > 200


def test_only_the_unclear_section_is_sent_and_the_rest_is_in_the_result(service: Service, model: ScriptedModel) -> None:
    said = {
        "is_resume": True,
        "volunteer": [{"employer": "Oude Vaart", "position": "Harbour master's helper", "lines": [34, 35]}],
    }
    model.script.replace(Behaviour(answer=said))
    made, analysis = analysed(service, VERIFY, TORN)
    assert (analysis.status, analysis.client, analysis.degraded) == ("done", "LocalVLLM", False)
    analysed(service, Strategy(), TORN)
    part, whole = model.calls
    resume = len(SAMPLE.read_text())
    assert whole.prompt_characters - part.prompt_characters > resume * 0.8
    assert len(analysis.profile["work"]) == 3
    assert analysis.profile["volunteer"][0]["organization"] == "Oude Vaart"
    assert analysis.readings["lines_requested"] < 5
    assert [row.outcome for row in ledger(service, made.resume_id)] == ["ok"]
    found = savings(service)
    assert (found.analyses, found.without_request) == (1, 0)
    assert found.output_tokens > 200


def test_a_model_that_says_no_resume_about_a_part_does_not_lose_the_rest(
    service: Service, model: ScriptedModel
) -> None:
    model.script.replace(Behaviour(answer={"is_resume": False}))
    _, analysis = analysed(service, VERIFY, TORN)
    assert analysis.status == "done"
    assert len(analysis.profile["work"]) == 3


def test_an_unavailable_model_leaves_the_parsers_result_degraded_and_nothing_is_saved(
    service: Service, model: ScriptedModel
) -> None:
    model.script.replace(*[Behaviour("error", status=503)] * 4)
    _, analysis = analysed(service, VERIFY, TORN)
    assert (analysis.status, analysis.client, analysis.degraded) == ("done", "builtin", True)
    assert savings(service).analyses == 0


def test_savings_have_a_price_where_the_client_is_billed_per_token(service: Service) -> None:
    analysed(service, VERIFY)
    assert (savings(service).unpriced, savings(service).saved_usd) == (1, 0)
    service.use(VERIFY, PRICED)
    analysed(service, VERIFY)
    found = savings(service)
    assert (found.analyses, found.unpriced) == (2, 1)
    tokens = Decimal(found.input_tokens // 2) * Decimal("2.50") + Decimal(found.output_tokens // 2) * 10
    assert found.saved_usd == tokens / 1_000_000


def test_results_of_different_strategies_are_not_reused_for_each_other(service: Service) -> None:
    keys = {
        service.analyser(service.router, strategy).result_key("any")
        for strategy in (Strategy(), VERIFY, Strategy("rules-first", ("name",), 0.9), Strategy("rules-first", (), 0.9))
    }
    assert len(keys) == 4


@pytest.mark.parametrize("second_reading", [True, False])
def test_the_second_reading_can_be_left_out(service: Service, *, second_reading: bool) -> None:
    service.parts = replace(
        service.parts,
        analyser=Analyser(
            service.router,
            deadline_seconds=20,
            summarise=False,
            default_region="US",
            second_reading=second_reading,
        ),
    )
    analysis = service.analyse(service.upload().resume_id)
    assert (analysis.status, analysis.client) == ("done", "LocalVLLM")
    assert (analysis.readings is not None) is second_reading
