"""Which clients may be called, and why the others may not."""

from itertools import permutations
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.routing.clients import Client
from app.routing.policy import Privacy, choose_candidates
from app.routing.question import Traits
from app.routing.situation import Situation
from app.settings import RoutingSettings

LOCAL = Client(
    name="LocalVLLM", provider="openai-generic", model="m", base_url="http://127.0.0.1:8000/v1", location="local"
)
HOSTED = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=None, api_key="k")
KEYLESS = Client(
    name="GPT4oMini", provider="openai", model="gpt-4o-mini", base_url=None, not_configured="OPENAI_API_KEY is not set"
)
CLIENTS = {client.name: client for client in (LOCAL, HOSTED, KEYLESS)}


def routing(*names: str, **functions: list[str]) -> RoutingSettings:
    return RoutingSettings.model_validate(
        {"clients": list(names), "functions": {name: {"clients": order} for name, order in functions.items()}}
    )


def names(function: str, privacy: Privacy, settings: RoutingSettings) -> list[str]:
    return [client.name for client in choose_candidates(function, privacy, settings, CLIENTS).order]


def test_the_configured_order_is_kept() -> None:
    assert names("ExtractProfile", "any", routing("LocalVLLM", "GPT4o")) == ["LocalVLLM", "GPT4o"]
    assert names("ExtractProfile", "any", routing("GPT4o", "LocalVLLM")) == ["GPT4o", "LocalVLLM"]


def test_a_function_can_have_its_own_order() -> None:
    settings = routing("LocalVLLM", Summarise=["GPT4o"])
    assert names("Summarise", "any", settings) == ["GPT4o"]
    assert names("ExtractProfile", "any", settings) == ["LocalVLLM"]


@given(order=st.lists(st.sampled_from([*CLIENTS, "builtin"]), min_size=1, unique=True), word=st.text())
def test_local_only_and_any_unknown_word_never_yield_a_hosted_client(order: list[str], word: str) -> None:
    for privacy in ("local_only", word):
        if privacy == "any":
            continue
        chosen = choose_candidates("ExtractProfile", cast("Any", privacy), routing(*order), CLIENTS)
        assert all(client.location == "local" for client in chosen.order)


@pytest.mark.parametrize("order", list(permutations(["LocalVLLM", "GPT4o", "GPT4oMini"])))
def test_every_excluded_client_has_a_reason(order: tuple[str, ...]) -> None:
    chosen = choose_candidates("ExtractProfile", "local_only", routing(*order), CLIENTS)
    reasons = {item.client: item.reason for item in chosen.left_out}
    assert reasons == {
        "GPT4o": "is hosted, and the resume is local_only",
        "GPT4oMini": "is hosted, and the resume is local_only",
    }


def test_a_client_without_a_key_is_excluded_with_the_missing_variable() -> None:
    chosen = choose_candidates("ExtractProfile", "any", routing("GPT4oMini", "LocalVLLM"), CLIENTS)
    assert [client.name for client in chosen.order] == ["LocalVLLM"]
    assert chosen.left_out[0].reason == "is not configured: OPENAI_API_KEY is not set"


def test_no_client_after_the_builtin_parser_is_called() -> None:
    chosen = choose_candidates("ExtractProfile", "any", routing("LocalVLLM", "builtin", "GPT4o"), CLIENTS)
    assert [client.name for client in chosen.order] == ["LocalVLLM"]
    assert "builtin" in chosen.left_out[0].reason


def ruled(*rules: dict[str, Any]) -> RoutingSettings:
    return RoutingSettings.model_validate({"clients": ["LocalVLLM"], "rules": list(rules)})


RULE = {"name": "strong", "clients": ["GPT4o", "LocalVLLM"]}


@pytest.mark.parametrize(
    ("condition", "traits", "situation"),
    [
        ({"pages_over": 4}, Traits(pages=5), Situation()),
        ({"tokens_over": 3000}, Traits(tokens=3001), Situation()),
        ({"languages": ["ja", "ar"]}, Traits(language="ar"), Situation()),
        ({"columns": True}, Traits(columns=True), Situation()),
        ({"hours": "22-6"}, Traits(), Situation(hour=23)),
        ({"hours": "22-6"}, Traits(), Situation(hour=5)),
        ({"hours": "8-18"}, Traits(), Situation(hour=17)),
        ({"waiting_over": 100}, Traits(), Situation(waiting=101)),
        ({"server_waiting_over": 8}, Traits(), Situation(server_waiting=9)),
        ({"functions": ["ExtractProfile"]}, Traits(), Situation()),
    ],
)
def test_a_matching_rule_sets_the_order(condition: dict[str, Any], traits: Traits, situation: Situation) -> None:
    settings = ruled({**RULE, **condition})
    chosen = choose_candidates("ExtractProfile", "any", settings, CLIENTS, traits, situation)
    assert ([client.name for client in chosen.order], chosen.rule) == (["GPT4o", "LocalVLLM"], "strong")


@pytest.mark.parametrize(
    "condition",
    [
        {"pages_over": 1},
        {"tokens_over": 0},
        {"languages": ["de"]},
        {"columns": True},
        {"hours": "22-6"},
        {"hours": "8-12"},
        {"waiting_over": 0},
        {"server_waiting_over": 0},
        {"functions": ["Summarise"]},
        {"pages_over": 0, "columns": True},
    ],
)
def test_a_rule_applies_only_when_all_its_conditions_hold(condition: dict[str, Any]) -> None:
    chosen = choose_candidates("ExtractProfile", "any", ruled({**RULE, **condition}), CLIENTS, Traits(), Situation())
    assert ([client.name for client in chosen.order], chosen.rule) == (["LocalVLLM"], None)


def test_the_first_matching_rule_applies_and_none_adds_a_hosted_client_to_a_local_only_request() -> None:
    settings = ruled({**RULE, "name": "first"}, {**RULE, "name": "second", "clients": ["LocalVLLM"]})
    chosen = choose_candidates("ExtractProfile", "local_only", settings, CLIENTS)
    assert (chosen.rule, [client.name for client in chosen.order]) == ("first", ["LocalVLLM"])
