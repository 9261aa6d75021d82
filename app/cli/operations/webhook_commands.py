"""`vitae webhooks`: where the service tells of events; what was delivered, and having it told again."""

import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from app.cli.help import Commands
from app.cli.service_connection import Service, service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, moment, notes, print_json, results, settings_or_exit, table

_PURPOSE = """Webhooks: make, try, list, delete; see and replay.

Examples:
    vitae webhooks create https://example.com/hooks/vitae
    vitae webhooks list
"""

webhooks = Commands(help=_PURPOSE, no_args_is_help=True)


class _Event(StrEnum):  # Typer takes no list of literals
    RESUME_DONE = "resume.done"
    RESUME_FAILED = "resume.failed"
    CLIENT_DOWN = "client.down"
    CLIENT_UP = "client.up"


_State = Literal["pending", "delivered", "failed"]
_Id = Annotated[str, typer.Argument(metavar="ID", help="As `vitae webhooks list` shows it.")]
_Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
_TEST_SECONDS = 30.0


@webhooks.command("create")
def create(
    url: Annotated[str, typer.Argument(help="https, and a public address.")],
    event: Annotated[
        list[_Event] | None, typer.Option(help="Once for each kind of event; all of them when left away.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="Words of your own.")] = None,
    as_json: _Json = False,
) -> None:
    """Make a webhook; its secret is printed once.

    Examples:
        vitae webhooks create https://example.com/hooks/vitae
        vitae webhooks create https://example.com/hooks/vitae --event resume.done
    """
    body = {"url": url, "description": description, **({"events": event} if event else {})}
    with service(settings_or_exit()) as client:
        made = client.request("POST", "/v1/webhooks", json=body)
    _show_secret(made, as_json=as_json)
    if not as_json:
        notes.print(f"Try it out:  vitae webhooks test {made['id']}")


@webhooks.command("list")
def list_webhooks(as_json: _Json = False) -> None:
    """List the webhooks of your tenant.

    Examples:
        vitae webhooks list
        vitae webhooks list --json | jq -r '.[].id'
    """
    with service(settings_or_exit()) as client:
        items = client.get("/v1/webhooks")["items"]
    if as_json:
        print_json(items)
        return
    shown = table("id", "url", "events", "state", "description", whole=("id",), less=("description", "events"))
    for item in items:
        shown.add_row(item["id"], item["url"], ", ".join(item["events"]), _state(item), item["description"])
    results.print(shown)


@webhooks.command("delete")
def delete(webhook_id: _Id) -> None:
    """Delete a webhook; what waits for it is not sent.

    Examples:
        vitae webhooks delete ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        client.request("DELETE", f"/v1/webhooks/{webhook_id}")
    notes.print("Deleted.")


@webhooks.command("enable")
def enable(webhook_id: _Id) -> None:
    """Switch a webhook on; what waited is sent.

    Examples:
        vitae webhooks enable ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        client.request("PATCH", f"/v1/webhooks/{webhook_id}", json={"enabled": True})
    notes.print("It is on. `vitae webhooks replay ID --since TIME` tells what happened while it was off.")


@webhooks.command("disable")
def disable(webhook_id: _Id) -> None:
    """Switch a webhook off.

    Nothing is queued for it until it is on again.

    Examples:
        vitae webhooks disable ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        client.request("PATCH", f"/v1/webhooks/{webhook_id}", json={"enabled": False})
    notes.print("It is off.")


@webhooks.command("rotate")
def rotate(
    webhook_id: _Id,
    overlap_hours: Annotated[float, typer.Option(min=0, max=168, help="So long the old secret signs, too.")] = 24,
    as_json: _Json = False,
) -> None:
    """Replace the secret; during the overlap both sign.

    Examples:
        vitae webhooks rotate ID --overlap-hours 48
    """
    body = {"overlap_seconds": round(overlap_hours * 3600)}
    with service(settings_or_exit(), "vitae webhooks list") as client:
        made = client.request("POST", f"/v1/webhooks/{webhook_id}/rotate", json=body)
    _show_secret(made, as_json=as_json)


@webhooks.command("test")
def try_out(webhook_id: _Id, as_json: _Json = False) -> None:
    """Send a `webhook.test` and say what becomes of it.

    Exit status 1 when the receiver does not take it.

    Examples:
        vitae webhooks test ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        delivery = client.request("POST", f"/v1/webhooks/{webhook_id}/test")
        delivery = _wait(client, webhook_id, delivery)
    if as_json:
        print_json(delivery)
    if delivery["state"] != "delivered":
        why = delivery["last_error"] or "it was not sent yet; is the scheduler running?"
        fail(f"Not taken: {why}. It is tried again by itself; `vitae webhooks deliveries {webhook_id}` shows it.")
    notes.print(f"Taken with status {delivery['last_status']} after {delivery['last_latency_ms']} ms.")


@webhooks.command("deliveries")
def deliveries(
    webhook_id: _Id,
    state: Annotated[_State | None, typer.Option(help="Those in this state alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most rows shown.")] = 20,
    as_json: _Json = False,
) -> None:
    """Show what was sent, what waits, what was given up.

    Examples:
        vitae webhooks deliveries ID --state failed
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        items = client.get(f"/v1/webhooks/{webhook_id}/deliveries", state=state, limit=limit)["items"]
    columns = ("id", "event", "resume", "state", "tries", "answer", "ms", "happened")
    less = ("resume", "ms", "happened", "tries", "answer")
    shown = table(*columns, right=("tries", "ms"), whole=("id", "resume", "happened"), less=less)
    for item in items:
        if as_json:
            print_json(item)
        shown.add_row(
            item["id"],
            item["event"],
            item["resume_id"],
            item["state"],
            str(item["attempts"]),
            str(item["last_error"] or item["last_status"] or ""),
            "" if item["last_latency_ms"] is None else str(item["last_latency_ms"]),
            moment(item["happened_at"]),
        )
    if not as_json:
        results.print(shown)


@webhooks.command("replay")
def replay(
    webhook_id: _Id,
    delivery: Annotated[str | None, typer.Option(help="The id of one delivery.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="All events since then, UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
    ] = None,
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="With --since: leave out what was taken before.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Send one delivery, or all events since a time, again.

    Examples:
        vitae webhooks replay ID --since 2026-05-04T09:30:00
        vitae webhooks replay ID --since 2026-05-04 --undelivered
    """
    if (delivery is None) == (since is None):
        fail("Say either --delivery ID or --since TIME.", EXIT_WRONG_USAGE)
    with service(settings_or_exit(), "vitae webhooks list") as client:
        if since is not None:
            body = {"since": since.replace(tzinfo=UTC).isoformat(), "only_undelivered": undelivered}
            answer = client.request("POST", f"/v1/webhooks/{webhook_id}/replay", json=body)
            told = f"{answer['queued']} deliveries are queued."
        else:
            answer = client.request("POST", f"/v1/webhooks/{webhook_id}/deliveries/{delivery}/replay")
            told = "The delivery is queued."
    if as_json:
        print_json(answer)
    notes.print(told)


def _wait(client: Service, webhook_id: str, delivery: dict[str, Any]) -> dict[str, Any]:
    """Until it was tried once."""
    end = time.monotonic() + _TEST_SECONDS
    while delivery["last_latency_ms"] is None and time.monotonic() < end:
        time.sleep(0.3)
        delivery = client.get(f"/v1/webhooks/{webhook_id}/deliveries/{delivery['id']}")
    return delivery


def _show_secret(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    notes.print(f"Webhook {made['id']}. This is the only time its secret is shown:")
    results.print(made["secret"], soft_wrap=True)


def _state(item: dict[str, Any]) -> str:
    if not item["enabled"]:
        return f"off ({item['disabled_reason']})"
    if item["failing_since"]:
        return f"failing since {moment(item['failing_since'])}"
    return "on"
