"""`GET /v1/clients`: which model clients are asked, in which order, and why one cannot be."""

from collections.abc import Mapping

from fastapi import Request

from app.api import schemas
from app.api.auth import parts_of, router_for
from app.api.openapi import problems
from app.routing.baml_source import installed_source
from app.routing.clients import Client, build_clients
from app.routing.policy import configured_order
from app.settings import BUILTIN, RoutingSettings

router = router_for("read", "Clients")


@router.get("/v1/clients", summary="List model clients", responses=problems("unauthenticated", "forbidden"))
def list_clients(request: Request) -> schemas.Clients:
    """As configured when the service started; the built-in parser always answers last, without any model."""
    loaded = parts_of(request).loaded
    source = installed_source()
    clients = build_clients(loaded.settings, loaded.environment, source)
    return describe_clients(loaded.settings.routing, clients, source.functions())


def describe_clients(routing: RoutingSettings, clients: Mapping[str, Client], functions: list[str]) -> schemas.Clients:
    """The clients that are asked come first, in their order; then the rest by name."""
    order = _until_builtin(routing.clients)
    orders = {function: _until_builtin(configured_order(function, routing)) for function in functions}
    asked = dict.fromkeys([*order, *(name for names in orders.values() for name in names)])
    names = [*asked, *sorted(set(clients) - set(asked))]
    return schemas.Clients(
        order=order,
        functions=orders,
        clients=[_describe(name, clients.get(name), order, orders) for name in names],
    )


def _describe(name: str, client: Client | None, order: list[str], orders: Mapping[str, list[str]]) -> schemas.Client:
    reason = None if client is None else client.not_configured
    return schemas.Client(
        name=name,
        location="local" if client is None else client.location,
        model=None if client is None else client.model,
        order=order.index(name) + 1 if name in order else None,
        functions=[function for function, names in orders.items() if name in names],
        configured=reason is None,
        reason=reason,
    )


def _until_builtin(names: list[str]) -> list[str]:
    """Nobody is asked behind the built-in parser, because it always answers."""
    return [*names[: names.index(BUILTIN)], BUILTIN] if BUILTIN in names else [*names, BUILTIN]
