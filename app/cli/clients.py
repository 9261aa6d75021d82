"""`vitae clients`: which model clients are asked and how they are; taking one out, back in, or draining an endpoint."""

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from app.cli.connection import service
from app.cli.terminal import fail, fail_with, notes, print_json, results, settings_or_exit, table
from app.errors import VitaeError
from app.routing.policy import Privacy
from app.wiring import build_explain_routing

clients = typer.Typer(help="Show the model clients, take one out or back in, drain an endpoint.")

_Endpoint = Annotated[str | None, typer.Option(help="Its base_url; without it all endpoints of the client.")]
_Name = Annotated[str, typer.Argument(metavar="NAME")]


@clients.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Show the configured clients of the running service."""
    if context.invoked_subcommand is not None:
        return
    with service(settings_or_exit()) as client:
        answer = client.get("/v1/clients")
    if as_json:
        print_json(answer)
        return
    shown = table("order", "client", "location", "model", "state", "since", "share", right=("order", "share"))
    for item in answer["clients"]:
        order = item.get("order")
        endpoints: list[dict[str, Any]] = item.get("endpoints") or [{}]
        for number, endpoint in enumerate(endpoints):
            share = item.get("traffic_share")
            name = item["name"] if len(endpoints) == 1 else f"{item['name']} {endpoint.get('base_url')}"
            shown.add_row(
                "" if order is None or number else str(order),
                name,
                item["location"],
                item.get("model") or "",
                _state(item, endpoint),
                (endpoint.get("since") or "")[:19].replace("T", " "),
                "" if share is None or number else f"{share:.0%}",
            )
    results.print(shown)


@clients.command("open")
def open_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Take a client out; after the usual time one call tries it again."""
    _change(name, "breaker", {"action": "open", "endpoint": endpoint}, f"{name} is not asked for now.")


@clients.command("close")
def close_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Ask a client again at once."""
    _change(name, "breaker", {"action": "close", "endpoint": endpoint}, f"{name} is asked again.")


@clients.command("reset")
def reset_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Close the breaker and forget the failures so far."""
    _change(name, "breaker", {"action": "reset", "endpoint": endpoint}, f"{name} begins anew.")


@clients.command("drain")
def drain(
    name: _Name,
    endpoint: _Endpoint = None,
    undo: Annotated[bool, typer.Option("--undo", help="Send calls to it again.")] = False,
) -> None:
    """Send no new calls to an endpoint, so that it can be stopped when those in flight have ended.

    Example:  vitae clients drain LocalVLLM --endpoint http://gpu-2:8000/v1
    """
    told = "It gets calls again." if undo else "No new calls go there. `vitae clients --json` shows those in flight."
    _change(name, "drain", {"drained": not undo, "endpoint": endpoint}, told)


@clients.command("explain")
def explain(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    privacy: Annotated[str, typer.Option(help="any, or local_only: hosted models never see it.")] = "any",
    hour: Annotated[int | None, typer.Option(min=0, max=23, help="As if it were this hour.")] = None,
    waiting: Annotated[int | None, typer.Option(min=0, help="As if so many analyses waited.")] = None,
    server_waiting: Annotated[
        int | None, typer.Option(min=0, help="As if so many requests waited in the model servers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Say which client would be asked about a file, and why, by the settings here; nothing is sent.

    Examples:  vitae clients explain cv.pdf --privacy local_only    ·    vitae clients explain cv.pdf --waiting 500
    """
    assumed = {"hour": hour, "waiting": waiting, "server_waiting": server_waiting}
    if privacy not in {"any", "local_only"}:
        fail("--privacy is `any` or `local_only`.", 2)
    try:
        told = build_explain_routing(settings_or_exit(), assumed)(
            file.read_bytes(), file.name, cast("Privacy", privacy)
        )
    except VitaeError as error:
        fail_with(error)
    if as_json:
        print_json(told)
        return
    traits = told["traits"]
    columns = "columns side by side" if traits["columns"] else "one column"
    notes.print(
        f"{traits['pages']} pages, about {traits['tokens']:,} tokens (prompt {traits['prompt_tokens']:,}), "
        f"language {traits['language']}, {columns}. "
        + (f"Rule: {told['rule']}." if told["rule"] else "No rule matches; the usual order counts."),
        markup=False,
    )
    shown = table("", "client", "why")
    asked = 0
    for step in told["steps"]:
        asked += step["asked"]
        shown.add_row(str(asked) if step["asked"] else "-", step["client"], step["why"])
    results.print(shown)


def _change(name: str, what: str, body: dict[str, Any], told: str) -> None:
    with service(settings_or_exit()) as client:
        client.request("POST", f"/v1/clients/{name}/{what}", json=body)
    notes.print(told)


def _state(item: dict[str, Any], endpoint: dict[str, Any]) -> str:
    if not item["configured"]:
        return item.get("reason") or "not configured"
    if endpoint.get("drained"):
        return f"drained, {endpoint.get('in_flight')} in flight"
    state = endpoint.get("state", "closed")
    if state in {"open", "half-open"}:
        return f"{'down' if state == 'open' else 'being tried'} ({endpoint.get('why') or 'no reason known'})"
    health = endpoint.get("health")
    return str(health) if health in {"saturated", "down"} else "ready"
