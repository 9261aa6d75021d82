"""The description of the configured clients."""

import pytest

from app.api.routes.client_routes import describe_clients
from app.routing.clients import Client
from app.settings import RoutingSettings

_CLIENTS = {
    "Own": Client(
        name="Own", provider="openai-generic", model="tiny", base_url="http://127.0.0.1:8000/v1", location="local"
    ),
    "Far": Client(name="Far", provider="openai", model="gpt", base_url=None, not_configured="FAR_KEY is not set."),
    "Spare": Client(name="Spare", provider="openai", model="mini", base_url=None),
}


def _routing(*clients: str, **functions: list[str]) -> RoutingSettings:
    orders = {name: {"clients": names} for name, names in functions.items()}
    return RoutingSettings.model_validate({"clients": list(clients), "functions": orders})


def test_the_built_in_parser_is_the_last_of_every_order() -> None:
    shown = describe_clients(_routing("Far", "Own", F=["Spare"]), _CLIENTS, ["F", "G"])
    assert shown.order == ["Far", "Own", "builtin"]
    assert shown.functions == {"F": ["Spare", "builtin"], "G": ["Far", "Own", "builtin"]}
    assert [(client.name, client.order) for client in shown.clients] == [
        ("Far", 1),
        ("Own", 2),
        ("builtin", 3),
        ("Spare", None),
    ]
    assert shown.clients[3].functions == ["F"]


@pytest.mark.parametrize("clients", [["builtin"], ["builtin", "Own"], []])
def test_no_client_is_called_after_the_built_in_parser(clients: list[str]) -> None:
    assert describe_clients(_routing(*clients), _CLIENTS, []).order == ["builtin"]


def test_a_client_that_cannot_be_called_gives_the_reason() -> None:
    far = describe_clients(_routing("Far"), _CLIENTS, []).clients[0]
    assert (far.configured, far.reason, far.location) == (False, "FAR_KEY is not set.", "hosted")
