"""Tries a model server for `vitae doctor`: whether it answers, and which setting helps if it does not."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.network.server_route import DIRECT, ServerRoute
from app.observability.health import ModelListing, ask_for_one_word, list_models

TRY_SECONDS = 20.0
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class ServerFinding:
    """`is_model_server` False: something else is listening at that address."""

    answers: bool
    finding: str
    fix: str = ""
    is_model_server: bool = True


def try_server(
    name: str,
    base_url: str,
    shown: str,
    model: str | None,
    api_key: str | None,
    *,
    connect_seconds: float,
    route: ServerRoute = DIRECT,
) -> ServerFinding:
    """Send one tiny request to a self-hosted server. `shown` is its address without secrets."""
    word = ask_for_one_word(
        base_url, model, api_key, connect_seconds=connect_seconds, limit_seconds=TRY_SECONDS, route=route
    )
    if word.failure is None:
        return ServerFinding(True, f"{shown} answers as {model}." if model else f"{shown} answers.")
    if word.failure == "timeout":
        return ServerFinding(
            False,
            f"{shown} is reachable, but did not answer within {TRY_SECONDS:g} seconds.",
            f"`vitae clients test {name}` waits longer and shows which limits it needs, such as "
            f"clients.{name}.first_token_timeout_seconds",
        )
    if word.failure in {"http_401", "http_403"}:
        return ServerFinding(
            False,
            f"{shown} is reachable, but does not accept the key ({word.failure}).",
            f"set clients.{name}.api_key_env to the variable that holds its key",
        )
    headers: Mapping[str, str] = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    listing = list_models(
        base_url, model, headers, connect_seconds=connect_seconds, limit_seconds=TRY_SECONDS, route=route
    )
    if listing.failure is None and listing.names and model not in listing.names:
        return ServerFinding(
            False,
            f"{shown} is reachable, but does not know the model {model}; it has {names_of(listing)}.",
            f"set clients.{name}.model to one of these names",
        )
    if listing.failure is not None:
        return ServerFinding(
            False,
            f"{shown} is reachable, but is not an OpenAI-compatible server ({word.failure}).",
            f"correct clients.{name}.base_url; it usually ends in /v1",
            is_model_server=False,
        )
    return ServerFinding(
        False,
        f"{shown} is reachable, but its first answer failed ({word.failure}).",
        f"look at the log of the model server; `vitae clients test {name}` explains more",
    )


def names_of(listing: ModelListing) -> str:
    """The first names of the list, for a sentence."""
    more = len(listing.names) - _MOST_NAMES
    return ", ".join(listing.names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
