"""A failed call is explained in words, with the setting that decides about it."""

from typing import get_args

import pytest

from app.routing.attempt import Outcome
from app.routing.clients import Client
from app.routing.servers.failure_reasons import explain_failure
from app.settings import ClientSettings, Settings

CLIENT = Client(
    name="LocalVLLM",
    provider="openai-generic",
    model="tiny",
    base_url="http://user:secret@gpu-1:8000/v1",
    location="local",
    first_token_timeout_seconds=5,
    stall_timeout_seconds=15,
    total_timeout_seconds=60,
    max_output_tokens=4096,
)


@pytest.mark.parametrize(
    ("outcome", "error", "said"),
    [
        (
            "timeout",
            "first_token_timeout",
            "sent no first token within 5 s (clients.LocalVLLM.first_token_timeout_seconds)",
        ),
        ("timeout", "stall_timeout", "paused for 15 s within its answer (clients.LocalVLLM.stall_timeout_seconds)"),
        ("timeout", "total_timeout", "did not finish within 60 s (clients.LocalVLLM.total_timeout_seconds)"),
        ("timeout", "read_timeout", "did not finish within 60 s (clients.LocalVLLM.total_timeout_seconds)"),
        ("timeout", "http_504", "is behind a gateway that stopped waiting (http_504)"),
        (
            "unreachable",
            "connection_failed",
            "is unreachable at http://gpu-1:8000/v1: nothing accepts connections there (clients.LocalVLLM.base_url)",
        ),
        (
            "unreachable",
            "connect_timeout",
            (
                "is unreachable at http://gpu-1:8000/v1: no connection within 1 s "
                "(clients.LocalVLLM.connect_timeout_seconds)"
            ),
        ),
        ("unauthorised", "http_401", "does not accept the key (http_401) (clients.LocalVLLM.api_key_env)"),
        ("rate_limited", "http_429", "is overloaded or limits the rate of requests (http_429)"),
        ("rate_limited", "http_529", "is overloaded or limits the rate of requests (http_529)"),
        ("unauthorised", "http_429_insufficient_quota", "has no credit left (http_429_insufficient_quota)"),
        ("unauthorised", "http_402", "has no credit left (http_402)"),
        (
            "unauthorised",
            "http_403_model_not_found",
            "may not use the model tiny with this key (http_403_model_not_found) (clients.LocalVLLM.model)",
        ),
        ("server_error", "http_522", "is behind a gateway that cannot reach the model server (http_522)"),
        ("server_error", "http_503", "reported an internal error (http_503)"),
        (
            "server_error",
            "not_a_completion",
            "returned something other than a chat completion (clients.LocalVLLM.base_url)",
        ),
        (
            "server_error",
            "connection_reset",
            "ended the connection before its answer was complete (connection_reset)",
        ),
        (
            "rejected",
            "http_404_model_not_found",
            "does not know the model tiny (http_404_model_not_found) (clients.LocalVLLM.model)",
        ),
        (
            "rejected",
            "http_404",
            "does not know the model tiny or the address (http_404) (clients.LocalVLLM.model)",
        ),
        (
            "rejected",
            "http_405",
            "offers no chat completions at http://gpu-1:8000/v1 (http_405) (clients.LocalVLLM.base_url)",
        ),
        (
            "rejected",
            "http_400_output_limit",
            "does not allow answers of 4,096 tokens (http_400_output_limit) (clients.LocalVLLM.max_output_tokens)",
        ),
        (
            "rejected",
            "http_400_content_filter",
            "refused the document because of its content filter (http_400_content_filter)",
        ),
        (
            "rejected",
            "http_413_proxy_body_limit",
            "is behind a proxy that refuses requests of this size (http_413_proxy_body_limit)",
        ),
        (
            "rejected",
            "http_403_refused_by_proxy",
            "is behind a proxy or firewall that refused the request (http_403_refused_by_proxy)",
        ),
        (
            "rejected",
            "http_400_unsupported_value",
            "refused a parameter of the request (http_400_unsupported_value) (clients.LocalVLLM.parameters)",
        ),
        (
            "rejected",
            "http_429_larger_than_rate_limit",
            (
                "allows fewer tokens a minute than this request needs (http_429_larger_than_rate_limit) "
                "(clients.LocalVLLM.max_output_tokens)"
            ),
        ),
        ("rejected", "http_400", "refused the request (http_400)"),
        ("rejected", "structured_output_refused", "refused the JSON schema (clients.LocalVLLM.structured_output)"),
        ("too_long", "http_400", "refused the prompt as too long for its context (clients.LocalVLLM.context_tokens)"),
        (
            "cut_off",
            "finish_reason_length",
            "reached its output limit of 4,096 tokens (clients.LocalVLLM.max_output_tokens)",
        ),
        ("cut_off", "finish_reason_content_filter", "ended its answer early (finish_reason_content_filter)"),
        (
            "parse_error",
            "not_the_agreed_shape",
            (
                "returned an answer that does not have the agreed structure (not_the_agreed_shape) "
                "(clients.LocalVLLM.structured_output)"
            ),
        ),
    ],
)
def test_a_failure_names_its_reason_and_the_setting_that_helps(outcome: Outcome, error: str, said: str) -> None:
    assert str(explain_failure(outcome, error, CLIENT)) == said


def test_an_attempt_that_the_deadline_ended_names_the_deadline() -> None:
    found = explain_failure("timeout", "total_timeout", CLIENT, seconds=12.4)
    assert str(found) == "did not finish within the 12 s that were left for the answer (routing.deadline_seconds)"


def test_the_limit_that_applied_is_named_if_it_was_not_the_configured_one() -> None:
    found = explain_failure("timeout", "first_token_timeout", CLIENT, first_token_limit_seconds=22.5)
    assert found.reason == "sent no first token within 22.5 s"


@pytest.mark.parametrize("outcome", [outcome for outcome in get_args(Outcome) if outcome != "ok"])
def test_every_failure_says_what_to_do_in_one_sentence_and_names_only_existing_settings(outcome: Outcome) -> None:
    for error in (None, "something_new"):
        found = explain_failure(outcome, error, CLIENT)
        assert found.advice.endswith(".")
        assert ". " not in found.advice
        if found.setting is not None:
            section, *_, key = found.setting.split(".")
            known = ClientSettings if section == "clients" else type(Settings().routing)
            assert key in known.model_fields
