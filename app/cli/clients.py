"""`vitae clients`: which model clients are asked, in which order, and why one is left out."""

from typing import Annotated

import typer

from app.cli.connection import service
from app.cli.terminal import print_json, results, settings_or_exit, table


def clients(as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")] = False) -> None:
    """Show the configured clients of the running service."""
    with service(settings_or_exit()) as client:
        answer = client.get("/v1/clients")
    if as_json:
        print_json(answer)
        return
    shown = table("order", "client", "location", "model", "state", right=("order",))
    for item in answer["clients"]:
        order = item.get("order")
        state = "ready" if item["configured"] else item.get("reason") or "not configured"
        shown.add_row(
            "" if order is None else str(order), item["name"], item["location"], item.get("model") or "", state
        )
    results.print(shown)
