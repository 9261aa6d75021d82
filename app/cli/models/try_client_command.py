"""`vitae clients test`: tests a client with one real request, through the service where one runs, otherwise here."""

import os
from typing import Annotated, Any

import httpx
import typer
from rich.text import Text

from app.cli.local_address import local_url
from app.cli.service_connection import Service, ServiceError, service
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    EXIT_WRONG_USAGE,
    fail,
    money,
    notes,
    print_json,
    results,
    settings_or_exit,
    table,
)
from app.errors import NotFound, VitaeError
from app.settings import LoadedSettings

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "unknown": "dim"}
_HEALTH_SECONDS = 2.0
_MARGIN_SECONDS = 120.0  # the service answers a little later than the model


def try_client(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A client of baml_src/clients.baml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")] = False,
    timeout_seconds: Annotated[
        float, typer.Option(min=1, max=3600, help="Time limit of the request. The client's limits do not apply.")
    ] = 600,
    endpoint: Annotated[str | None, typer.Option(help="base_url of one endpoint. Default: the client's first.")] = None,
    here: Annotated[
        bool, typer.Option("--here", help="Test with the settings of this folder, even if a service is running.")
    ] = False,
) -> None:
    """Test a client with one real request and explain the result.

    Sends an invented resume. Shows whether server, key and model are right, how fast the model is, what a typical
    resume will take, and which lines of vitae.toml to change. The exit status is 0 for a usable result.

    Examples:
        vitae clients test GPT4o
        vitae clients test Ollama --here --json | jq -r '.changes[].line'
    """
    loaded = settings_or_exit()
    body = {"timeout_seconds": timeout_seconds, "endpoint": endpoint}
    if not here and _service_runs(loaded):
        with service(loaded) as connection:
            trial = _through(connection, name, body)
    else:
        trial = _in_this_process(loaded, name, timeout_seconds, endpoint)
    if as_json:
        print_json(trial)
    else:
        _print_trial(trial)
    raise typer.Exit(0 if trial["usable"] else EXIT_SOME_FAILED)


def _service_runs(loaded: LoadedSettings) -> bool:
    if os.environ.get("VITAE_URL", "").strip():
        return True
    try:
        return httpx.get(f"{local_url(loaded.settings)}/healthz", timeout=_HEALTH_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _through(connection: Service, name: str, body: dict[str, Any]) -> dict[str, Any]:
    notes.print(f"The service at {connection.url} tests {name}, for at most {body['timeout_seconds']:g} seconds.")
    try:
        path = f"/v1/clients/{name}/test"
        return connection.request("POST", path, json=body, timeout=2 * body["timeout_seconds"] + _MARGIN_SECONDS)
    except ServiceError as error:
        if error.code == "not_found":
            fail(error.detail, EXIT_WRONG_USAGE)
        raise


def _in_this_process(loaded: LoadedSettings, name: str, timeout_seconds: float, endpoint: str | None) -> dict[str, Any]:
    from app.pipeline.operations.trial_report import to_json
    from app.wiring.trial_parts import build_client_test

    try:
        test = build_client_test(loaded)
        client = test.find(name, endpoint)
        if not client.not_configured:
            notes.print(f"Testing {name} from this machine, for at most {timeout_seconds:g} seconds.")
        return to_json(test.run(client, timeout_seconds))
    except NotFound as error:
        fail(error.detail, EXIT_WRONG_USAGE)
    except VitaeError as error:
        fail(f"{error.title}: {error.detail}", EXIT_WRONG_USAGE)


def _print_trial(trial: dict[str, Any]) -> None:
    shown = table("check", "status", "finding", "how to fix it", whole=("check", "status"))
    for check in trial["checks"]:
        words = check["check"].replace("_", " ")
        shown.add_row(words, Text(check["status"], _STYLES[check["status"]]), check["finding"], check["fix"])
    results.print(shown)
    if trial["changes"]:
        results.print("\nLines to change in vitae.toml:", style="bold")
        section = None
        for change in trial["changes"]:
            if change["section"] != section:
                section = change["section"]
                results.print(f"[{section}]")
            results.print(f"{change['line']}  # {change['why']}", soft_wrap=True)
    usable = f"{trial['client']} is usable." if trial["usable"] else f"{trial['client']} is not usable yet."
    cost = f" This test cost {money(trial['cost_usd'])}." if trial["cost_basis"] in _PAID else ""
    results.print(f"\n{usable}{cost}", style="green" if trial["usable"] else "red")


# Bases of an amount that is final; a share of a server's bill is known only later.
_PAID = {"list_price", "own_price", "unpriced", "not_billed"}
