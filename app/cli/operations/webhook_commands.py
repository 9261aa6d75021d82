"""`vitae webhooks`: manages webhooks, shows their deliveries and sends deliveries again."""

import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from app.cli.help import Commands
from app.cli.service_connection import Service, service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, moment, notes, print_json, results, settings_or_exit, table

_PURPOSE = """Manage and test webhooks; show and replay deliveries.

Examples:
    vitae webhooks create https://example.com/hooks/vitae
    vitae webhooks list
"""

webhooks = Commands(help=_PURPOSE, no_args_is_help=True)


class _Event(StrEnum):  # Typer does not accept a list of literals
    RESUME_DONE = "resume.done"
    RESUME_FAILED = "resume.failed"
    CLIENT_DOWN = "client.down"
    CLIENT_UP = "client.up"


_State = Literal["pending", "delivered", "failed"]
_Id = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id, from `vitae webhooks list`.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
_TEST_SECONDS = 30.0


@webhooks.command("create")
def create(
    url: Annotated[str, typer.Argument(help="Where events are sent: an https URL with a public address.")],
    event: Annotated[
        list[_Event] | None, typer.Option(help="Event to send; repeat for several. Default: all events.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="A note for yourself, shown in the list.")] = None,
    as_json: _Json = False,
) -> None:
    """Create a webhook; its secret is printed only once.

    Examples:
        vitae webhooks create https://example.com/hooks/vitae
        vitae webhooks create https://example.com/hooks/vitae --event resume.done
    """
    body = {"url": url, "description": description, **({"events": event} if event else {})}
    with service(settings_or_exit()) as client:
        made = client.request("POST", "/v1/webhooks", json=body)
    _show_secret(made, as_json=as_json)
    if not as_json:
        notes.print(f"Test it:  vitae webhooks test {made['id']}")


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
    """Delete a webhook and its pending deliveries.

    Examples:
        vitae webhooks delete ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        client.request("DELETE", f"/v1/webhooks/{webhook_id}")
    notes.print("Deleted.")


@webhooks.command("enable")
def enable(webhook_id: _Id) -> None:
    """Enable a webhook and send its pending deliveries.

    Examples:
        vitae webhooks enable ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        client.request("PATCH", f"/v1/webhooks/{webhook_id}", json={"enabled": True})
    notes.print("Enabled. To send the events it missed, run `vitae webhooks replay ID --since TIME`.")


@webhooks.command("disable")
def disable(webhook_id: _Id) -> None:
    """Disable a webhook.

    No events are queued for it until it is enabled again.

    Examples:
        vitae webhooks disable ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        client.request("PATCH", f"/v1/webhooks/{webhook_id}", json={"enabled": False})
    notes.print("Disabled.")


@webhooks.command("rotate")
def rotate(
    webhook_id: _Id,
    overlap_hours: Annotated[
        float, typer.Option(min=0, max=168, help="Hours during which deliveries are also signed with the old secret.")
    ] = 24,
    as_json: _Json = False,
) -> None:
    """Replace a webhook's secret, with an overlap for both secrets.

    Examples:
        vitae webhooks rotate ID --overlap-hours 48
    """
    body = {"overlap_seconds": round(overlap_hours * 3600)}
    with service(settings_or_exit(), "vitae webhooks list") as client:
        made = client.request("POST", f"/v1/webhooks/{webhook_id}/rotate", json=body)
    _show_secret(made, as_json=as_json)


@webhooks.command("test")
def try_out(webhook_id: _Id, as_json: _Json = False) -> None:
    """Send a `webhook.test` event and report the outcome.

    The exit status is 1 if the receiver does not accept it.

    Examples:
        vitae webhooks test ID
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        delivery = client.request("POST", f"/v1/webhooks/{webhook_id}/test")
        delivery = _wait(client, webhook_id, delivery)
    if as_json:
        print_json(delivery)
    if delivery["state"] != "delivered":
        why = delivery["last_error"] or "it has not been sent yet (check that the scheduler is running)"
        fail(
            f"Not delivered: {why}. Vitae retries automatically; `vitae webhooks deliveries {webhook_id}` shows "
            "the result."
        )
    notes.print(f"Delivered in {delivery['last_latency_ms']} ms with status {delivery['last_status']}.")


@webhooks.command("deliveries")
def deliveries(
    webhook_id: _Id,
    state: Annotated[_State | None, typer.Option(help="Only deliveries in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Maximum number of rows.")] = 20,
    as_json: _Json = False,
) -> None:
    """List a webhook's deliveries: pending, delivered and failed.

    Examples:
        vitae webhooks deliveries ID --state failed
    """
    with service(settings_or_exit(), "vitae webhooks list") as client:
        items = client.get(f"/v1/webhooks/{webhook_id}/deliveries", state=state, limit=limit)["items"]
    columns = ("id", "event", "resume", "state", "attempts", "response", "ms", "time")
    less = ("resume", "ms", "time", "attempts", "response")
    shown = table(*columns, right=("attempts", "ms"), whole=("id", "resume", "time"), less=less)
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
    delivery: Annotated[str | None, typer.Option(help="Send this delivery, by its id.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(help="Send all events since this time (UTC).", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    ] = None,
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="With --since: skip events that were already delivered.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Resend one delivery, or all events since a given time.

    Examples:
        vitae webhooks replay ID --since 2026-05-04T09:30:00
        vitae webhooks replay ID --since 2026-05-04 --undelivered
    """
    if (delivery is None) == (since is None):
        fail("Give either --delivery ID or --since TIME.", EXIT_WRONG_USAGE)
    with service(settings_or_exit(), "vitae webhooks list") as client:
        if since is not None:
            body = {"since": since.replace(tzinfo=UTC).isoformat(), "only_undelivered": undelivered}
            answer = client.request("POST", f"/v1/webhooks/{webhook_id}/replay", json=body)
            report = f"{answer['queued']} deliveries queued."
        else:
            answer = client.request("POST", f"/v1/webhooks/{webhook_id}/deliveries/{delivery}/replay")
            report = "The delivery is queued."
    if as_json:
        print_json(answer)
    notes.print(report)


def _wait(client: Service, webhook_id: str, delivery: dict[str, Any]) -> dict[str, Any]:
    """Wait for the first attempt."""
    end = time.monotonic() + _TEST_SECONDS
    while delivery["last_latency_ms"] is None and time.monotonic() < end:
        time.sleep(0.3)
        delivery = client.get(f"/v1/webhooks/{webhook_id}/deliveries/{delivery['id']}")
    return delivery


def _show_secret(made: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    notes.print(f"Webhook {made['id']}. Store its secret now; it is not shown again:")
    results.print(made["secret"], soft_wrap=True)


def _state(item: dict[str, Any]) -> str:
    if not item["enabled"]:
        return f"disabled ({item['disabled_reason']})"
    if item["failing_since"]:
        return f"failing since {moment(item['failing_since'])}"
    return "enabled"
