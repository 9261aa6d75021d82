"""`vitae clients`: which model clients are asked and how they are; taking one out, back in, or draining an endpoint."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.help import Commands
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

_PURPOSE = """Show the model clients; take one out, back in, drain it.

Without a command: the configured clients in the order they are asked, with breaker, health and share of answers.

Examples:
    vitae clients
    vitae clients --json | jq -r '.clients[].name'
    vitae clients explain cv.pdf
    vitae clients drain LocalVLLM
"""

clients = Commands(help=_PURPOSE)

_Endpoint = Annotated[str | None, typer.Option(help="Its base_url; without it all endpoints of the client.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="A client, as `vitae clients` shows it.")]


@clients.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
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
    """Take a client out: open its breaker.

    After the usual time one call tries it again.

    Examples:
        vitae clients open GPT4o
        vitae clients open LocalVLLM --endpoint http://gpu-2:8000/v1
    """
    _change(name, "breaker", {"action": "open", "endpoint": endpoint}, f"{name} is not asked for now.")


@clients.command("close")
def close_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Ask a client again at once: close its breaker.

    Examples:
        vitae clients close GPT4o
    """
    _change(name, "breaker", {"action": "close", "endpoint": endpoint}, f"{name} is asked again.")


@clients.command("reset")
def reset_breaker(name: _Name, endpoint: _Endpoint = None) -> None:
    """Close the breaker and forget the failures so far.

    Examples:
        vitae clients reset LocalVLLM
    """
    _change(name, "breaker", {"action": "reset", "endpoint": endpoint}, f"{name} begins anew.")


@clients.command("drain")
def drain(
    name: _Name,
    endpoint: _Endpoint = None,
    undo: Annotated[bool, typer.Option("--undo", help="Send calls to it again.")] = False,
) -> None:
    """Send no new calls to an endpoint.

    It can be stopped when those in flight have ended; `vitae clients --json` shows how many there are.

    Examples:
        vitae clients drain LocalVLLM --endpoint http://gpu-2:8000/v1
        vitae clients drain LocalVLLM --undo
    """
    told = "It gets calls again." if undo else "No new calls go there. `vitae clients --json` shows those in flight."
    _change(name, "drain", {"drained": not undo, "endpoint": endpoint}, told)


@clients.command("explain")
def explain(
    file: Annotated[Path, typer.Argument(help="A resume on this machine.")],
    privacy: Annotated[Privacy, typer.Option(help="local_only: hosted models never see it.")] = "any",
    hour: Annotated[int | None, typer.Option(min=0, max=23, help="As if it were this hour.")] = None,
    waiting: Annotated[int | None, typer.Option(min=0, help="As if so many analyses waited.")] = None,
    server_waiting: Annotated[
        int | None, typer.Option(min=0, help="As if so many requests waited in the model servers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False,
) -> None:
    """Say which client would be asked about a file, and why.

    By the settings on this machine; nothing is sent.

    Examples:
        vitae clients explain cv.pdf
        vitae clients explain cv.pdf --privacy local_only
        vitae clients explain cv.pdf --waiting 500 --hour 23
    """
    assumed = {"hour": hour, "waiting": waiting, "server_waiting": server_waiting}
    from app.wiring.command_line_parts import build_explain_routing

    try:
        told = build_explain_routing(settings_or_exit(), assumed)(file.read_bytes(), file.name, privacy)
    except OSError as error:
        fail(f"{file} cannot be read ({error.strerror}). Check its name and rights.", EXIT_WRONG_USAGE)
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
        + (f"Rule: {told['rule']}." if told["rule"] else "No rule matches; the usual order counts.")
    )
    shown = table("", "client", "why")
    asked = 0
    for step in told["steps"]:
        asked += step["asked"]
        shown.add_row(str(asked) if step["asked"] else "-", step["client"], step["why"])
    results.print(shown)


def _change(name: str, what: str, body: dict[str, Any], told: str) -> None:
    with service(settings_or_exit(), "vitae clients") as client:
        client.request("POST", f"/v1/clients/{name}/{what}", json=body)
    notes.print(told)


def _state(item: dict[str, Any], endpoint: dict[str, Any]) -> str:
    if not item["configured"]:
        return item.get("reason") or "not configured"
    if not item.get("expected", True):
        return "not connected: nothing has answered there"
    if endpoint.get("drained"):
        return f"drained, {endpoint.get('in_flight')} in flight"
    state = endpoint.get("state", "closed")
    if state in {"open", "half-open"}:
        return f"{'down' if state == 'open' else 'being tried'} ({endpoint.get('why') or 'no reason known'})"
    health = endpoint.get("health")
    return str(health) if health in {"saturated", "down"} else "ready"
