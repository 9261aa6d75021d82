"""A redirect is never followed with a resume: the call is rejected, costs nothing, and the reason says what to set."""

import pytest

from app.routing.baml_client import call_model
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.servers.failure_reasons import explain_failure
from tests.contract.servers.connections.wire_server import Answer, sending, serving

QUESTION = Question.extract_profile("1| Nadia Perrault\n2| nadia.perrault@example.org\n")


def redirecting(status: int, location: str, body: bytes = b"") -> Answer:
    head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: {len(body)}\r\n\r\n"
    return sending(head.encode() + body)


_REDIRECTS = [
    pytest.param(301, b"<html>Moved</html>", id="301 to https (openai/openai-python#785)"),
    pytest.param(307, b"", id="307 for a missing slash (dbeaver/dbeaver#41932)"),
    pytest.param(308, b"", id="308 (CNSeniorious000/oai2ollama#11)"),
    pytest.param(302, b"<html>Sign in</html>", id="302 to a sign-in page (own variant)"),
    pytest.param(303, b"", id="303 (own variant)"),
    pytest.param(300, b"{}", id="300 with choices (own variant)"),
]


@pytest.mark.parametrize(("status", "body"), _REDIRECTS)
def test_a_redirect_is_rejected_at_no_cost_and_sends_the_resume_nowhere(status: int, body: bytes) -> None:
    with serving(redirecting(200, "")) as elsewhere:
        location = f"http://{elsewhere.address}/v1/chat/completions?key=secret"
        with serving(redirecting(status, location, body)) as server:
            client = Client(
                name="GPT4o", provider="openai", model="m", base_url=f"http://{server.address}/v1", api_key="k"
            )
            result = call_model(QUESTION, client, timeout_seconds=20)
    assert (result.outcome, result.error, result.http_status) == ("rejected", "redirect", status)
    assert (result.usage.input_tokens, result.usage.output_tokens, result.usage.estimated) == (0, 0, False)
    assert (len(server.requests), elsewhere.requests) == (1, [])


def test_the_reason_says_that_the_address_has_moved_and_which_setting_to_change() -> None:
    client = Client(name="GPT4o", provider="openai", model="m", base_url="http://models.example/v1")
    explained = explain_failure("rejected", "redirect", client)
    assert "has moved" in explained.reason
    assert explained.setting == "clients.GPT4o.base_url"
