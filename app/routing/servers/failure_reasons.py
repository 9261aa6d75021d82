"""Says in words why a call failed, which setting decides about it, and what to do: a pure function.

The router puts it into warnings and problems, `vitae analyse` into its table, `vitae clients test` into its advice.
Every reason continues a sentence that begins with the name of the client.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from app.routing.attempt import Attempt, Outcome
from app.routing.clients import Client
from app.routing.failure import REDIRECT, STRUCTURED_OUTPUT_REFUSED
from app.routing.refusals.refusal_meanings import (
    CONTENT_FILTER,
    MODEL_NOT_FOUND,
    NO_CREDIT,
    NO_SUCH_PATH,
    OUTPUT_LIMIT,
    OVER_RATE_LIMIT,
    PROXY_LIMIT,
    PROXY_REFUSED,
    meaning_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReason:
    """`setting` is the dotted key that helps, if one does; `advice` is one sentence for the operator."""

    reason: str
    advice: str
    setting: str | None = None

    def __str__(self) -> str:
        return f"{self.reason} ({self.setting})" if self.setting else self.reason


def explain_attempt(attempt: Attempt, client: Client) -> FailureReason:
    return explain_failure(
        attempt.outcome,
        attempt.error,
        client,
        seconds=None if attempt.latency_ms is None else attempt.latency_ms / 1000,
        first_token_limit_seconds=attempt.first_token_limit_seconds,
    )


def explain_failure(
    outcome: Outcome,
    error: str | None,
    client: Client,
    *,
    seconds: float | None = None,
    first_token_limit_seconds: float | None = None,
) -> FailureReason:
    """`seconds` is how long the call took; `first_token_limit_seconds` is set where it was not the configured one."""
    call = _Call(outcome, error or outcome, client, seconds, first_token_limit_seconds)
    return _EXPLANATIONS.get(outcome, _other)(call)


def address_of(client: Client) -> str | None:
    """The client's base_url without a user name and password."""
    if client.base_url is None or "@" not in client.base_url:
        return client.base_url
    parts = urlsplit(client.base_url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@dataclass(frozen=True, slots=True)
class _Call:
    outcome: Outcome
    error: str
    client: Client
    seconds: float | None
    first_token_limit_seconds: float | None

    def key(self, setting: str) -> str:
        return f"clients.{self.client.name}.{setting}"


def _timeout(call: _Call) -> FailureReason:
    client = call.client
    if call.error == "first_token_timeout":
        limit = call.first_token_limit_seconds or client.first_token_timeout_seconds
        return FailureReason(
            reason=f"sent no first token within {limit:g} s",
            setting=call.key("first_token_timeout_seconds"),
            advice="Give the server more time to begin, or use a smaller model.",
        )
    if call.error == "stall_timeout":
        return FailureReason(
            reason=f"paused for {client.stall_timeout_seconds:g} s within its answer",
            setting=call.key("stall_timeout_seconds"),
            advice="Allow longer pauses, or stop other work on the server.",
        )
    if call.error.startswith("http_"):
        return FailureReason(
            reason=f"is behind a gateway that stopped waiting ({call.error})",
            advice="Raise the time limit of the gateway in front of the model server.",
        )
    if call.seconds is not None and call.seconds < client.total_timeout_seconds:
        return FailureReason(
            reason=f"did not finish within the {call.seconds:.0f} s that were left for the answer",
            setting="routing.deadline_seconds",
            advice="Give one answer more time in total.",
        )
    return FailureReason(
        reason=f"did not finish within {client.total_timeout_seconds:g} s",
        setting=call.key("total_timeout_seconds"),
        advice="Give a whole answer more time, or use a smaller model.",
    )


_NO_CONNECTION: Mapping[str, str] = {
    "connection_failed": "nothing accepts connections there",
    "dns_failure": "its host name is unknown",
    "dns_timeout": "its host name could not be looked up in time",
}
_PROXY_FAILURES: Mapping[str, str] = {
    "proxy_refused": "the proxy refused to connect",
    "proxy_authentication": "the proxy wants a user name and password, or does not accept those it was given",
    "proxy_unusable": "the proxy is not an http or https URL",
    "proxy_unavoidable": "the environment sets a proxy, which requests for this provider cannot avoid",
}


def _unreachable(call: _Call) -> FailureReason:
    address = address_of(call.client)
    where = f" at {address}" if address else ""
    if call.error == "connect_timeout":
        return FailureReason(
            reason=f"is unreachable{where}: no connection within {call.client.connect_timeout_seconds:g} s",
            setting=call.key("connect_timeout_seconds"),
            advice="Check that the server runs and that no firewall is in the way, or allow more time to connect.",
        )
    if call.error == "tls_failed":
        return FailureReason(
            reason=f"is unreachable{where}: its certificate is not trusted, or it does not speak TLS",
            setting=call.key("ca_file"),
            advice="Set ca_file to a PEM file with the server's certificate or that of its authority, or correct the "
            "scheme in base_url.",
        )
    if call.error == "ca_file_unreadable":
        return FailureReason(
            reason="was not called: its file of certificates cannot be read",
            setting=call.key("ca_file"),
            advice="Correct the path, or make the file readable for the worker.",
        )
    if call.error in _PROXY_FAILURES:
        return FailureReason(
            reason=f"is unreachable{where}: {_PROXY_FAILURES[call.error]}",
            setting=call.key("proxy"),
            advice="Correct the proxy's address, user name and password (proxy, or HTTPS_PROXY and HTTP_PROXY in the "
            'environment), or set proxy = "none" to connect directly.',
        )
    why = _NO_CONNECTION.get(call.error, call.error)
    return FailureReason(
        reason=f"is unreachable{where}: {why}",
        setting=call.key("base_url"),
        advice="Start the model server, or correct its address.",
    )


def _unauthorised(call: _Call) -> FailureReason:
    if meaning_of(call.error) is NO_CREDIT:
        return FailureReason(
            reason=f"has no credit left ({call.error})", advice="Add credit to the provider's account."
        )
    if meaning_of(call.error) is MODEL_NOT_FOUND:
        return FailureReason(
            reason=f"may not use the model {call.client.model} with this key ({call.error})",
            setting=call.key("model"),
            advice="Use a model that the key's project has access to.",
        )
    return FailureReason(
        reason=f"does not accept the key ({call.error})",
        setting=call.key("api_key_env"),
        advice="Check the key in the variable that this setting names.",
    )


def _rate_limited(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"is overloaded or limits the rate of requests ({call.error})",
        advice="Wait, or ask the provider for a higher limit.",
    )


# Cloudflare's statuses for an origin that it could not reach.
_ORIGIN_AWAY = tuple(f"http_{status}" for status in (502, 521, 522, 523, 525, 526, 530))


def _server_error(call: _Call) -> FailureReason:
    if call.error.startswith(_ORIGIN_AWAY):
        return FailureReason(
            reason=f"is behind a gateway that cannot reach the model server ({call.error})",
            advice="Start the model server, or correct the gateway's configuration.",
        )
    if call.error.startswith("http_") or call.error == "error_in_stream":
        return FailureReason(
            reason=f"reported an internal error ({call.error})", advice="Look at the log of the model server."
        )
    if call.error == "not_a_completion":
        return FailureReason(
            reason="returned something other than a chat completion",
            setting=call.key("base_url"),
            advice="Check that the address is that of an OpenAI-compatible API; it usually ends in /v1.",
        )
    return FailureReason(
        reason=f"ended the connection before its answer was complete ({call.error})",
        advice="Look at the log of the model server; it may have run out of memory.",
    )


def _rejected(call: _Call) -> FailureReason:
    if call.error == STRUCTURED_OUTPUT_REFUSED:
        return FailureReason(
            reason="refused the JSON schema",
            setting=call.key("structured_output"),
            advice="Set structured_output to false.",
        )
    if call.error == REDIRECT:
        return FailureReason(
            reason="has moved: it answered with a redirect, which is not followed because the request holds a resume",
            setting=call.key("base_url"),
            advice="Set base_url to the new address; often only https or the end (/v1) differs.",
        )
    meaning = meaning_of(call.error)
    if meaning is not None and meaning.name in _REJECTIONS:
        return _REJECTIONS[meaning.name](call)
    if call.error.startswith("http_404"):
        return FailureReason(
            reason=f"does not know the model {call.client.model} or the address ({call.error})",
            setting=call.key("model"),
            advice="Use a model name that the server lists, and an address that ends in /v1.",
        )
    if call.error.startswith("internal_"):
        return FailureReason(
            reason=f"could not be called with these settings ({call.error})",
            setting=call.key("base_url"),
            advice="Check the client's address and options.",
        )
    if call.error.endswith(_ABOUT_PARAMETERS):
        return FailureReason(
            reason=f"refused a parameter of the request ({call.error})",
            setting=call.key("parameters"),
            advice="Leave the parameter out, or set the value that the model takes.",
        )
    return FailureReason(
        reason=f"refused the request ({call.error})", advice="Look at the log of the model server for the reason."
    )


# Codes of OpenAI and Azure.
_ABOUT_PARAMETERS = ("_unsupported_parameter", "_unsupported_value", "_unknown_parameter", "_invalid_value")


def _model_not_found(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"does not know the model {call.client.model} ({call.error})",
        setting=call.key("model"),
        advice="Use a model name that the server lists.",
    )


def _no_such_path(call: _Call) -> FailureReason:
    address = address_of(call.client)
    return FailureReason(
        reason=f"offers no chat completions{f' at {address}' if address else ''} ({call.error})",
        setting=call.key("base_url"),
        advice="Correct the address; that of an OpenAI-compatible API usually ends in /v1.",
    )


def _output_limit(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"does not allow answers of {call.client.max_output_tokens:,} tokens ({call.error})",
        setting=call.key("max_output_tokens"),
        advice="Lower the limit to what the model allows.",
    )


def _content_filter(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"refused the document because of its content filter ({call.error})",
        advice="Relax the provider's content filter, or add a client without one.",
    )


def _proxy_limit(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"is behind a proxy that refuses requests of this size ({call.error})",
        advice="Raise the proxy's limit for request bodies, such as client_max_body_size of nginx.",
    )


def _proxy_refused(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"is behind a proxy or firewall that refused the request ({call.error})",
        advice="Allow this computer and its requests in the proxy's configuration.",
    )


def _over_rate_limit(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"allows fewer tokens a minute than this request needs ({call.error})",
        setting=call.key("max_output_tokens"),
        advice="Ask the provider for a higher limit, or lower the tokens of an answer.",
    )


_REJECTIONS: Mapping[str, Callable[[_Call], FailureReason]] = {
    MODEL_NOT_FOUND.name: _model_not_found,
    NO_SUCH_PATH.name: _no_such_path,
    OUTPUT_LIMIT.name: _output_limit,
    OVER_RATE_LIMIT.name: _over_rate_limit,
    CONTENT_FILTER.name: _content_filter,
    PROXY_LIMIT.name: _proxy_limit,
    PROXY_REFUSED.name: _proxy_refused,
}


def _too_long(call: _Call) -> FailureReason:
    return FailureReason(
        reason="refused the prompt as too long for its context",
        setting=call.key("context_tokens"),
        advice="Start the model server with a longer context.",
    )


def _cut_off(call: _Call) -> FailureReason:
    if call.error == "finish_reason_length":
        return FailureReason(
            reason=f"reached its output limit of {call.client.max_output_tokens:,} tokens",
            setting=call.key("max_output_tokens"),
            advice="Raise the limit and the server's context, or use a model that does not repeat itself.",
        )
    return FailureReason(
        reason=f"ended its answer early ({call.error})", advice="Look at the log of the model server for the reason."
    )


def _partial(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"gave an incomplete answer, of which the complete entries are used ({call.error})",
        setting=call.key("max_output_tokens"),
        advice="Raise the limit and the server's context, or use a model that does not repeat itself.",
    )


def _parse_error(call: _Call) -> FailureReason:
    return FailureReason(
        reason=f"returned an answer that does not have the agreed structure ({call.error})",
        setting=call.key("structured_output"),
        advice="Let the server enforce the JSON schema, or use a larger model.",
    )


def _lost(_: _Call) -> FailureReason:
    return FailureReason(
        reason="was being called when the worker ended", advice="Look at the log of the analysis worker."
    )


def _cancelled(_: _Call) -> FailureReason:
    return FailureReason(reason="was cancelled", advice="Try again.")


def _other(call: _Call) -> FailureReason:
    return FailureReason(reason=f"failed: {call.outcome} ({call.error})", advice="Look at the log of the model server.")


_EXPLANATIONS: Mapping[str, Callable[[_Call], FailureReason]] = {
    "partial": _partial,
    "timeout": _timeout,
    "unreachable": _unreachable,
    "unauthorised": _unauthorised,
    "rate_limited": _rate_limited,
    "server_error": _server_error,
    "rejected": _rejected,
    "too_long": _too_long,
    "cut_off": _cut_off,
    "parse_error": _parse_error,
    "lost": _lost,
    "cancelled": _cancelled,
}
