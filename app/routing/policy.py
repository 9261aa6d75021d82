"""Which clients may be called, in which order, and why the others may not: a pure function, called by the router.

`GET /v1/clients` and `vitae clients` show the same reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.routing.clients import Client
from app.routing.question import Traits
from app.routing.situation import Situation
from app.settings import BUILTIN, RoutingRule, RoutingSettings

Privacy = Literal["any", "local_only"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    client: str
    reason: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """`order` is tried from the front; `left_out` has a sentence for each listed client that may not be called."""

    order: tuple[Client, ...]
    left_out: tuple[LeftOut, ...]
    rule: str | None = None  # the name of the rule that set the order


class PrivacyViolation(RuntimeError):
    """A local_only request was about to leave the premises. This is a bug in Vitae; nothing was sent."""


def choose_candidates(
    function: str,
    privacy: Privacy,
    routing: RoutingSettings,
    clients: Mapping[str, Client],
    traits: Traits | None = None,
    situation: Situation | None = None,
) -> Candidates:
    """The order configured for `function`, without clients that privacy or a missing key rules out.

    A matching rule sets another order; it can never add a hosted client to a local_only request.
    """
    rule = find_rule(function, routing, traits or Traits(), situation or Situation())
    order: list[Client] = []
    left_out: list[LeftOut] = []
    builtin_reached = False
    for name in rule.clients if rule else configured_order(function, routing):
        if name == BUILTIN:
            builtin_reached = True
            continue
        client = clients[name]
        if builtin_reached:
            left_out.append(LeftOut(name, f"is listed after {BUILTIN}, which is always available"))
        elif not may_see(privacy, client):
            left_out.append(LeftOut(name, "is hosted, and the resume is local_only"))
        elif client.not_configured:
            left_out.append(LeftOut(name, f"is not configured: {client.not_configured}"))
        else:
            order.append(client)
    return Candidates(tuple(order), tuple(left_out), rule.name if rule else None)


def find_rule(function: str, routing: RoutingSettings, traits: Traits, situation: Situation) -> RoutingRule | None:
    return next((rule for rule in routing.rules if _matches(rule, function, traits, situation)), None)


def _matches(rule: RoutingRule, function: str, traits: Traits, situation: Situation) -> bool:
    return (
        (not rule.functions or function in rule.functions)
        and (rule.pages_over is None or traits.pages > rule.pages_over)
        and (rule.tokens_over is None or traits.tokens > rule.tokens_over)
        and (not rule.languages or traits.language in rule.languages)
        and (rule.columns is None or traits.columns == rule.columns)
        and (rule.hours is None or within_hours(rule.hours, situation.hour))
        and _is_over(situation.waiting, rule.waiting_over)
        and _is_over(situation.server_waiting, rule.server_waiting_over)
    )


def _is_over(number: int | None, limit: int | None) -> bool:
    """A condition that is not given holds; one about something unknown does not."""
    return limit is None or (number is not None and number > limit)


def within_hours(hours: str, hour: int) -> bool:
    """`22-6` spans midnight; the last hour is exclusive."""
    first, last = (int(part) for part in hours.split("-"))
    return first <= hour < last if first < last else hour >= first or hour < last


def configured_order(function: str, routing: RoutingSettings) -> list[str]:
    own = routing.functions.get(function)
    return own.clients if own else routing.clients


def named_models(routing: RoutingSettings) -> list[str]:
    """Every client that some order names, without the built-in parser and what stands behind it."""
    orders = [
        routing.clients,
        *(function.clients for function in routing.functions.values()),
        *(rule.clients for rule in routing.rules),
    ]
    return list(dict.fromkeys(name for order in orders for name in until_builtin(order)))


def until_builtin(order: list[str]) -> list[str]:
    """The models of an order: no client behind the built-in parser is ever called."""
    return order[: order.index(BUILTIN)] if BUILTIN in order else order


def may_see(privacy: Privacy, client: Client) -> bool:
    """Anything but a plain "any" keeps hosted clients out, so that an unknown word fails closed."""
    return privacy == "any" or client.location == "local"
