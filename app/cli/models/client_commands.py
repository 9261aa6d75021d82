"""`vitae clients`: shows the model clients and their state; tests, disables, re-enables and drains them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.help import Commands
from app.cli.models.try_client_command import try_client
from app.cli.service_connection import service
from app.cli.terminal import (
    EXIT_WRONG_USAGE,
    fail,
    fail_with,
    moment,
    notes,
    print_json,
    results,
    settings_or_exit,
    table,
)
from app.errors import VitaeError
from app.routing.policy import Privacy

_PURPOSE = """Show, test, disable, re-enable or drain model clients.

Without a command, lists the configured clients in the order they are tried, with breaker state, health and share of
responses.

Examples:
    vitae clients
    vitae clients --json | jq -r '.clients[].name'
    vitae clients test GPT4o
    vitae clients explain cv.pdf
    vitae clients drain LocalVLLM
"""

clients = Commands(help=_PURPOSE)
clients.command("test")(try_client)

_Endpoint = Annotated[str | None, typer.Option(help="base_url of one endpoint. Default: all endpoints of the client.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="The client's name, from `vitae clients`.")]


@clients.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")] = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    with service(settings_or_exit()) as client:
        answer = client.get("/v1/clients")
    if as_json:
        print_json(answer)
        return
    columns = ("order", "client", "location", "model", "state", "since", "share")
    shown = table(*columns, right=("order", "share"), whole=("since",), less=("since", "location", "model"))
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
                item.get("model"),
                _state(item, endpoint),
                moment(endpoint.get("since")),
                "" if share is None or number else f"{share:.0%}",
            )
    results.print(shown)


@clients.command("open")
def open_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Temporarily disable a client by opening its breaker.

    After the usual delay, a single call probes whether it can be used again.

    Examples:
        vitae clients open GPT4o
        vitae clients open LocalVLLM --endpoint http://gpu-2:8000/v1
    """
    _change(name, "breaker", {"action": "open", "endpoint": endpoint}, f"{name} is temporarily disabled.")


@clients.command("close")
def close_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Re-enable a client immediately by closing its breaker.

    Examples:
        vitae clients close GPT4o
    """
    _change(name, "breaker", {"action": "close", "endpoint": endpoint}, f"{name} is enabled again.")


@clients.command("reset")
def reset_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Close a client's breaker and clear its failure counts.

    Examples:
        vitae clients reset LocalVLLM
    """
    _change(
        name,
        "breaker",
        {"action": "reset", "endpoint": endpoint},
        f"{name} is enabled again, with its failure counts cleared.",
    )


@clients.command("drain")
def drain(
    name: _Name,
    endpoint: _Endpoint = None,
    undo: Annotated[bool, typer.Option("--undo", help="End the drain and send calls to it again.")] = False,
) -> None:
    """Send no new calls to a client or one of its endpoints.

    The server can be stopped when the calls in flight have ended; `vitae clients --json` shows their number.

    Examples:
        vitae clients drain LocalVLLM --endpoint http://gpu-2:8000/v1
        vitae clients drain LocalVLLM --undo
    """
    message = (
        "The drain has ended; it receives calls again."
        if undo
        else "Draining: it receives no new calls. `vitae clients --json` shows the calls in flight."
    )
    _change(name, "drain", {"drained": not undo, "endpoint": endpoint}, message)


@clients.command("explain")
def explain(
    file: Annotated[Path, typer.Argument(help="A resume file on this machine.")],
    privacy: Annotated[Privacy, typer.Option(help="local_only: no hosted model sees the file.")] = "any",
    hour: Annotated[int | None, typer.Option(min=0, max=23, help="Assume this hour of the day.")] = None,
    waiting: Annotated[int | None, typer.Option(min=0, help="Assume this many waiting analyses.")] = None,
    server_waiting: Annotated[
        int | None, typer.Option(min=0, help="Assume this many requests waiting in the model servers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")] = False,
) -> None:
    """Explain which client would analyse a file, and why.

    Uses the settings on this machine. Nothing is sent to any model.

    Examples:
        vitae clients explain cv.pdf
        vitae clients explain cv.pdf --privacy local_only
        vitae clients explain cv.pdf --waiting 500 --hour 23
    """
    assumed = {"hour": hour, "waiting": waiting, "server_waiting": server_waiting}
    from app.wiring.command_line_parts import build_explain_routing

    try:
        explained = build_explain_routing(settings_or_exit(), assumed)(file.read_bytes(), file.name, privacy)
    except OSError as error:
        fail(f"Cannot read {file} ({error.strerror}). Check its name and permissions.", EXIT_WRONG_USAGE)
    except VitaeError as error:
        fail_with(error)
    if as_json:
        print_json(explained)
        return
    traits = explained["traits"]
    columns = "multiple columns" if traits["columns"] else "one column"
    notes.print(
        f"{traits['pages']} pages, about {traits['tokens']:,} tokens (prompt {traits['prompt_tokens']:,}), "
        f"language {traits['language']}, {columns}. "
        + (f"Rule: {explained['rule']}." if explained["rule"] else "No rule matches; the default order applies.")
    )
    shown = table("", "client", "why")
    position = 0
    for step in explained["steps"]:
        position += step["asked"]
        shown.add_row(str(position) if step["asked"] else "-", step["client"], step["why"])
    results.print(shown)


def _change(name: str, what: str, body: dict[str, Any], message: str) -> None:
    with service(settings_or_exit(), "vitae clients") as client:
        client.request("POST", f"/v1/clients/{name}/{what}", json=body)
    notes.print(message)


def _state(item: dict[str, Any], endpoint: dict[str, Any]) -> str:
    if not item["configured"]:
        return item.get("reason") or "not configured"
    if not item.get("expected", True):
        return "not connected: no server has responded there"
    if endpoint.get("drained"):
        return f"drained, {endpoint.get('in_flight')} in flight"
    state = endpoint.get("state", "closed")
    if state in {"open", "half-open"}:
        return f"{'disabled' if state == 'open' else 'probing'} ({endpoint.get('why') or 'unknown reason'})"
    health = endpoint.get("health")
    return str(health) if health in {"saturated", "down"} else "ready"
