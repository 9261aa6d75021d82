"""Decides which parameters a client's requests have: `[clients.NAME.parameters]`, then the model's family.

Called by `app.routing.clients`; `app.routing.baml_client` writes the requests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.routing.parameters.model_families import MaxTokensName, find_family

OMIT = "omit"
# Set by other settings, or handled here; every other key of the section is sent as it is.
_HANDLED = {"temperature", "max_tokens_name", "response_format", "stream_options", "reasoning_effort"}
_MAX_TOKENS_NAMES: Mapping[str, MaxTokensName] = {
    "openai": "max_completion_tokens",
    "azure-openai": "max_completion_tokens",
    "openai-generic": "max_tokens",
    "openrouter": "max_tokens",
    "ollama": "max_tokens",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParameters:
    """`max_tokens_name` None: a provider of another protocol, for which BAML knows the name.

    `more` is sent as it is; `omitted` are options of clients.baml that are not sent.
    """

    temperature: float | None
    max_tokens_name: str | None
    response_format: bool
    stream_options: bool
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    omitted: frozenset[str] = frozenset()


def decide_parameters(
    given: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    provider: str,
    model: str | None,
    base_url: str | None,
) -> RequestParameters:
    """`given` is the section `parameters` of the settings, `options` are those of clients.baml."""
    family = find_family(model, base_url)
    more = {name: value for name, value in given.items() if name not in _HANDLED and not _is_omitted(value)}
    effort = given.get("reasoning_effort")
    # So that a change of the model alone does not make every request fail.
    if effort and not _is_omitted(effort) and family.reasoning_effort is not False:
        more["reasoning_effort"] = effort
    return RequestParameters(
        temperature=_temperature(given, options, takes_any=family.temperature),
        max_tokens_name=given.get("max_tokens_name") or _max_tokens_name(provider, family.max_tokens_name),
        response_format=_is_wanted(given.get("response_format"), family.response_format),
        stream_options=_is_wanted(given.get("stream_options"), family.stream_options),
        more=more,
        omitted=frozenset(name for name, value in given.items() if _is_omitted(value)),
    )


def _temperature(given: Mapping[str, Any], options: Mapping[str, Any], *, takes_any: bool) -> float | None:
    value = given.get("temperature")
    if value is None:
        value = options.get("temperature", 0) if takes_any else None
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def _max_tokens_name(provider: str, of_family: str | None) -> str | None:
    usual = _MAX_TOKENS_NAMES.get(provider)
    if usual is None:
        return "max_tokens" if provider == "anthropic" else None
    return of_family or usual


def _is_wanted(value: Any, by_family: bool) -> bool:  # noqa: FBT001
    return by_family if value is None else value is True


def _is_omitted(value: Any) -> bool:
    return value == OMIT
