"""Routes for the model clients: their order, their state, and changing both by hand (scope `admin`)."""

import threading
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from fastapi import FastAPI, Request

from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.schemas import client_schemas, resume_schemas
from app.pipeline.operations.client_control import ClientControl, EndpointView
from app.pipeline.operations.trial_report import to_json
from app.pipeline.operations.try_client import RecordedTest
from app.routing.baml_source import installed_source
from app.routing.clients import Client
from app.routing.policy import configured_order
from app.settings import BUILTIN, RoutingSettings
from app.storage.ledger.attempts import ClientTraffic
from app.wiring.api_parts import ApiParts
from app.wiring.routing_parts import build_client_control
from app.wiring.trial_parts import build_recorded_test

reading = router_for("read", "Clients")
administering = router_for("admin", "Clients")

_making = threading.Lock()


@reading.get(
    "/v1/clients",
    summary="List model clients",
    responses=problems("unauthenticated", "forbidden", "dependency_unavailable"),
)
def list_clients(request: Request) -> resume_schemas.Clients:
    """As configured when the service started; the built-in parser always comes last and needs no model."""
    return _shown(request, caller_of(request).tenant_id)


@administering.post(
    "/v1/clients/{name}/breaker",
    summary="Open, close or reset a breaker",
    responses=problems(
        "invalid_request", "unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"
    ),
)
def change_breaker(request: Request, name: str, change: resume_schemas.BreakerChange) -> resume_schemas.Clients:
    """For all workers at once. A breaker opened by hand lets a probe through after the usual time."""
    client_control(request.app).set_breaker(name, change.endpoint, change.action)
    return _shown(request, caller_of(request).tenant_id)


@administering.post(
    "/v1/clients/{name}/drain",
    summary="Drain an endpoint",
    responses=problems(
        "invalid_request", "unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"
    ),
)
def drain(request: Request, name: str, change: resume_schemas.DrainChange) -> resume_schemas.Clients:
    """No new calls are sent to it and those in progress continue; `in_flight` shows when the last one has ended."""
    client_control(request.app).drain(name, change.endpoint, drained=change.drained)
    return _shown(request, caller_of(request).tenant_id)


@administering.post(
    "/v1/clients/{name}/warm-up",
    summary="Warm up a self-hosted server",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "not_found", "conflict"),
)
def warm_up(request: Request, name: str, asked: resume_schemas.WarmUp) -> resume_schemas.WarmedUp:
    """Checks it and requests one token, drained or not. A server that responds counts as up at once."""
    found = client_control(request.app).warm_up(name, asked.endpoint)
    started = found.server.started_at if found.server else None
    return resume_schemas.WarmedUp(
        base_url=_without_credentials(asked.endpoint) or "",
        health=found.health,
        reason=found.reason,
        running=found.running,
        waiting=found.waiting,
        started_at=datetime.fromtimestamp(started, UTC) if started is not None else None,
    )


@administering.post(
    "/v1/clients/{name}/test",
    summary="Test a client with one real request",
    responses=problems(
        "invalid_request", "unauthenticated", "forbidden", "not_found", "conflict", "dependency_unavailable"
    ),
)
def try_client(
    request: Request, name: str, asked: client_schemas.ClientTestRequest | None = None
) -> client_schemas.ClientTestResult:
    """Sends an invented resume to the client and explains what came back; the ledger records the cost.

    The response takes as long as the model, at most a little more than `timeout_seconds`.
    """
    asked = asked or client_schemas.ClientTestRequest.model_validate({})
    trial = _recorded_test(request.app)(caller_of(request).tenant_id, name, asked.endpoint, asked.timeout_seconds)
    return client_schemas.ClientTestResult.model_validate(to_json(trial))


@administering.get(
    "/v1/clients/{name}/pace",
    summary="Compare a client's speed with previous days",
    responses=problems("unauthenticated", "forbidden", "not_found", "dependency_unavailable"),
)
def read_pace(request: Request, name: str) -> resume_schemas.ClientPace:
    """The median time per output token of a self-hosted server, now and over the previous days.

    If a server becomes slower over days under the same load, a restart helps.
    """
    pace = client_control(request.app).pace(name)
    recent, earlier = pace.recent_ms_per_token, pace.earlier_ms_per_token
    return resume_schemas.ClientPace(
        recent_answers=pace.recent_answers,
        recent_ms_per_token=recent,
        earlier_answers=pace.earlier_answers,
        earlier_ms_per_token=earlier,
        ratio=round(recent / earlier, 3) if recent is not None and earlier else None,
    )


def describe_clients(
    routing: RoutingSettings,
    clients: Mapping[str, Client],
    functions: list[str],
    endpoints: Mapping[str, list[EndpointView]] | None = None,
    traffic: Mapping[str, ClientTraffic] | None = None,
    expected: Collection[str] = (),
) -> resume_schemas.Clients:
    """The clients in the routing order come first, then the rest by name."""
    order = _until_builtin(routing.clients)
    orders = {function: _until_builtin(configured_order(function, routing)) for function in functions}
    asked = dict.fromkeys([*order, *(name for names in orders.values() for name in names)])
    names = [*asked, *sorted(set(clients) - set(asked))]
    answers = sum(item.answers for item in (traffic or {}).values())
    shown: list[resume_schemas.Client] = []
    for name in names:
        item = _describe(name, clients.get(name), order, orders, expected=name == BUILTIN or name in expected)
        item.endpoints = [_endpoint(view) for view in (endpoints or {}).get(name, [])]
        seen = (traffic or {}).get(name, ClientTraffic(0, 0))
        item.attempts_last_hour, item.answers_last_hour = seen.attempts, seen.answers
        # The ledger contains only calls to models, so it says nothing about the built-in parser.
        item.traffic_share = round(seen.answers / answers, 4) if answers and name in clients else None
        shown.append(item)
    return resume_schemas.Clients(order=order, functions=orders, clients=shown)


def _shown(request: Request, tenant_id: uuid.UUID) -> resume_schemas.Clients:
    control = client_control(request.app)
    return describe_clients(
        parts_of(request).settings.routing,
        control.clients,
        installed_source().functions(),
        {name: control.endpoints(name) for name in control.clients},
        control.traffic(tenant_id),
        control.expected(),
    )


def client_control(app: FastAPI) -> ClientControl:
    """Created at first use, so that a wrong client name does not keep the API from starting."""
    state = app.state
    with _making:
        if getattr(state, "client_control", None) is None:
            parts: ApiParts = state.parts
            state.client_control = build_client_control(parts.loaded, parts.database, parts.notices, parts.counts.tally)
    return state.client_control


def _recorded_test(app: FastAPI) -> RecordedTest:
    """One for the process, because it allows one test at a time."""
    state = app.state
    with _making:
        if getattr(state, "recorded_test", None) is None:
            parts: ApiParts = state.parts
            state.recorded_test = build_recorded_test(parts.loaded, parts.database, parts.counts.tally)
    return state.recorded_test


def _endpoint(view: EndpointView) -> resume_schemas.ClientEndpoint:
    breaker = view.breaker
    since = breaker.since_epoch_seconds if breaker else None
    return resume_schemas.ClientEndpoint(
        base_url=_without_credentials(view.base_url),
        state=breaker.state if breaker else "unknown",
        since=datetime.fromtimestamp(since, UTC) if since is not None else None,
        why=breaker.reason if breaker else None,
        health=view.load.health,
        drained=view.load.drained,
        in_flight=view.load.in_flight,
    )


def _without_credentials(url: str | None) -> str | None:
    if url is None or "@" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _describe(
    name: str, client: Client | None, order: list[str], orders: Mapping[str, list[str]], *, expected: bool
) -> resume_schemas.Client:
    reason = None if client is None else client.not_configured
    return resume_schemas.Client(
        name=name,
        location="local" if client is None else client.location,
        model=None if client is None else client.model,
        order=order.index(name) + 1 if name in order else None,
        functions=[function for function, names in orders.items() if name in names],
        configured=reason is None,
        reason=reason,
        expected=expected,
        attempts_last_hour=0,
        answers_last_hour=0,
        traffic_share=None,
    )


def _until_builtin(names: list[str]) -> list[str]:
    """No client comes after the built-in parser, because it is always available."""
    return [*names[: names.index(BUILTIN)], BUILTIN] if BUILTIN in names else [*names, BUILTIN]
