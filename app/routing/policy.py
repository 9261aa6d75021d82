"""Which clients may be asked, in which order, and why the others may not: a pure function, called by the router.

`GET /v1/clients` and `vitae clients` show the same reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.routing.clients import Client
from app.settings import BUILTIN, RoutingSettings

Privacy = Literal["any", "local_only"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    client: str
    reason: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """`order` is asked from the front; `left_out` has a sentence for each client that is named but may not be asked."""

    order: tuple[Client, ...]
    left_out: tuple[LeftOut, ...]


class PrivacyViolation(RuntimeError):
    """A local_only question was about to leave the premises. It is a fault in Vitae; nothing was sent."""


def choose_candidates(
    function: str, privacy: Privacy, routing: RoutingSettings, clients: Mapping[str, Client]
) -> Candidates:
    """The order configured for `function`, without clients that privacy or a missing key rules out."""
    order: list[Client] = []
    left_out: list[LeftOut] = []
    builtin_reached = False
    for name in configured_order(function, routing):
        if name == BUILTIN:
            builtin_reached = True
            continue
        client = clients[name]
        if builtin_reached:
            left_out.append(LeftOut(name, f"stands behind {BUILTIN}, which always answers"))
        elif not may_see(privacy, client):
            left_out.append(LeftOut(name, "is hosted, and the resume is local_only"))
        elif client.not_configured:
            left_out.append(LeftOut(name, f"is not configured: {client.not_configured}"))
        else:
            order.append(client)
    return Candidates(tuple(order), tuple(left_out))


def configured_order(function: str, routing: RoutingSettings) -> list[str]:
    own = routing.functions.get(function)
    return own.clients if own else routing.clients


def may_see(privacy: Privacy, client: Client) -> bool:
    """Anything but a plain "any" keeps hosted clients out, so that an unknown word fails closed."""
    return privacy == "any" or client.location == "local"
