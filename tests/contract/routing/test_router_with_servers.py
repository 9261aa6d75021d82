"""The complete path of a request: settings, clients, router, BAML and two real HTTP servers."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from app.errors import TextTooLong
from app.ledger.entries import PriceAttempt
from app.ledger.prices import PricedModel
from app.routing.attempt import Attempt
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client
from app.routing.decision import RetryPolicy
from app.routing.question import Question
from app.routing.router import NoClientAnswered, Router
from app.settings import RoutingSettings
from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel, Step

Configure = Callable[..., tuple[dict[str, Client], Router]]
QUESTION = Question.extract_profile(RESUME)


def test_the_order_is_swapped_by_one_line_of_settings(
    configure: Configure, local: ScriptedModel, hosted: ScriptedModel
) -> None:
    _, router = configure()
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None).client == "LocalVLLM"
    _, router = configure({"VITAE_ROUTING__CLIENTS": "GPT4o,LocalVLLM"})
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None).client == "GPT4o"
    assert (len(local.calls), len(hosted.calls)) == (1, 1)
    assert hosted.calls[0].model == "gpt-4o"


def test_when_the_self_hosted_server_is_down_the_hosted_one_answers_and_both_attempts_are_priced(
    configure: Configure, local: ScriptedModel, hosted: ScriptedModel
) -> None:
    local.refuse()
    hosted.script.replace(Behaviour(prompt_tokens=700, completion_tokens=100))
    clients, router = configure()
    attempts: list[Attempt] = []
    routed = router.ask(QUESTION, privacy="any", deadline_seconds=30, record=attempts.append)
    assert (routed.client, routed.location) == ("GPT4o", "hosted")
    price = PriceAttempt(
        {
            name: PricedModel(model=c.model, price_provider=c.price_provider, billing=c.billing)
            for name, c in clients.items()
        }
    )
    told = [(a.client, a.outcome, price(a).cost_basis, price(a).cost_usd) for a in attempts]
    assert told == [
        ("LocalVLLM", "unreachable", "nothing_sent", Decimal(0)),
        ("GPT4o", "ok", "list_price", Decimal("0.00275")),
    ]


def test_the_self_hosted_server_is_used_again_as_soon_as_it_is_back(configure: Configure, local: ScriptedModel) -> None:
    _, router = configure()
    local.refuse()
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None).client == "GPT4o"
    local.listen()
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None).client == "LocalVLLM"


def test_a_slow_server_is_abandoned_for_the_next_one(configure: Configure, local: ScriptedModel) -> None:
    local.script.replace(Behaviour("hang_before_headers"))
    _, router = configure({"VITAE_CLIENTS__LOCALVLLM__TOTAL_TIMEOUT_SECONDS": "0.4"})
    attempts: list[Attempt] = []
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=attempts.append).client == "GPT4o"
    assert [(a.outcome, a.tokens_estimated) for a in attempts] == [("timeout", True), ("ok", False)]


def test_a_local_only_resume_stays_local_even_when_the_self_hosted_server_is_down(
    configure: Configure, local: ScriptedModel, hosted: ScriptedModel
) -> None:
    local.refuse()
    _, router = configure()
    with pytest.raises(NoClientAnswered, match="GPT4o is hosted"):
        router.ask(QUESTION, privacy="local_only", deadline_seconds=30, record=lambda _: None)
    assert hosted.calls == []


def test_without_a_key_the_hosted_client_is_not_tried(configure: Configure, hosted: ScriptedModel) -> None:
    _, router = configure({"OPENAI_API_KEY": "", "VITAE_ROUTING__CLIENTS": "GPT4o"})
    with pytest.raises(NoClientAnswered, match="OPENAI_API_KEY is not set"):
        router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None)
    assert hosted.calls == []


def test_a_server_that_reports_a_small_context_is_skipped_without_a_call(
    configure: Configure, local: ScriptedModel
) -> None:
    local.max_model_len = 800
    _, router = configure()
    attempts: list[Attempt] = []
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=attempts.append).client == "GPT4o"
    assert local.calls == []
    assert len(attempts) == 1


def test_a_context_of_2048_tokens_is_enough_for_a_short_resume(configure: Configure, local: ScriptedModel) -> None:
    local.max_model_len = 2048
    _, router = configure()
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None).client == "LocalVLLM"
    assert (local.calls[0].max_tokens or 0) < 2048


def test_a_text_too_long_for_every_server_is_rejected_not_truncated(
    configure: Configure, local: ScriptedModel, hosted: ScriptedModel
) -> None:
    local.max_model_len = 800
    _, router = configure({"VITAE_CLIENTS__GPT4O__CONTEXT_TOKENS": "900"})
    with pytest.raises(TextTooLong, match="holds 800 tokens"):
        router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None)
    assert local.calls == []
    assert hosted.calls == []


def test_after_a_server_rejects_a_text_as_too_long_the_next_one_is_called(
    configure: Configure, local: ScriptedModel
) -> None:
    local.script.replace(Behaviour("too_long"))
    _, router = configure()
    attempts: list[Attempt] = []
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=attempts.append).client == "GPT4o"
    assert [a.outcome for a in attempts] == ["too_long", "ok"]


def test_a_function_can_be_routed_to_its_own_client(
    configure: Configure, local: ScriptedModel, hosted: ScriptedModel
) -> None:
    _, router = configure({"VITAE_ROUTING__FUNCTIONS__Summarise__CLIENTS": "GPT4o"})
    facts = Question.summarise("label: Cook", language="en")
    assert router.ask(facts, privacy="any", deadline_seconds=30, record=lambda _: None).client == "GPT4o"
    assert router.ask(QUESTION, privacy="any", deadline_seconds=30, record=lambda _: None).client == "LocalVLLM"
    assert [call.function for call in hosted.calls] == ["Summarise"]


def test_after_failures_of_every_kind_a_usable_answer_still_arrives(configure: Configure, local: ScriptedModel) -> None:
    kinds = ("prose", "malformed", "cut_body", "truncated", "reset")
    local.script.replace(*(Step(Behaviour(kind), calls=1) for kind in kinds), Behaviour())
    _, router = configure()
    tried: list[Attempt] = []
    winners = [router.ask(QUESTION, privacy="any", deadline_seconds=30, record=tried.append).client for _ in range(6)]
    assert winners == ["GPT4o"] * 5 + ["LocalVLLM"]
    assert len(tried) == 11


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour("error", status=500),
        Behaviour("error", status=429, retry_after="0.1"),
        Behaviour("prose"),
        Behaviour("truncated"),
        Behaviour("cut_body"),
        Behaviour("reset"),
        Behaviour("malformed"),
        Behaviour("hang_after_headers"),
    ],
    ids=lambda behaviour: behaviour.kind,
)
def test_with_retries_the_servers_saw_exactly_the_calls_that_were_recorded(
    local: ScriptedModel, hosted: ScriptedModel, configure: Configure, behaviour: Behaviour
) -> None:
    limits = {f"VITAE_CLIENTS__{name}__FIRST_TOKEN_TIMEOUT_SECONDS": "0.3" for name in ("LOCALVLLM", "GPT4O")}
    clients, _ = configure(limits)
    settings = RoutingSettings.model_validate({"clients": ["LocalVLLM", "GPT4o"]})
    policy = RetryPolicy(attempts_per_endpoint=2, backoff_seconds=0.05, wait_for_preferred_seconds=1)
    router = Router(clients, settings, BamlCaller(), retry_policy=policy)
    local.script.replace(behaviour)
    hosted.script.replace(behaviour)
    attempts: list[Attempt] = []
    with pytest.raises(NoClientAnswered):
        router.ask(QUESTION, privacy="any", deadline_seconds=30, record=attempts.append)
    seen = (len(local.calls), len(hosted.calls))
    assert seen == tuple(sum(a.client == name for a in attempts) for name in ("LocalVLLM", "GPT4o"))
    # At temperature 0 an unreadable answer would be the same again.
    assert seen == ((2, 2) if attempts[0].outcome in policy.retryable - {"parse_error"} else (1, 1))
