"""`vitae keys`: creates, lists and revokes API keys of the running service."""

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.help import Commands
from app.cli.service_connection import service, sign_in_url
from app.cli.terminal import fail_with, moment, notes, print_json, results, settings_or_exit, table
from app.errors import VitaeError

_PURPOSE = """Create, list and revoke API keys; sign in to the dashboard.

Examples:
    vitae keys create "applicant tracking" --scope write
    vitae keys list
    vitae keys link                          # a one-time dashboard link
"""

keys = Commands(help=_PURPOSE, no_args_is_help=True)


class Scope(StrEnum):  # Typer does not accept a list of literals
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Name of the person or program that will use the key.")],
    scope: Annotated[
        list[Scope], typer.Option(help="What the key may do: write includes read; admin includes both.")
    ] = [Scope.READ],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Create a key; it is printed only once.

    Only its hash is stored, so the key cannot be shown again.

    Examples:
        vitae keys create "applicant tracking" --scope write
        export VITAE_API_KEY=$(vitae keys create "my laptop" --scope admin)
    """
    with service(settings_or_exit()) as client:
        made = client.request("POST", "/v1/keys", json={"name": name, "scopes": scope})
    if as_json:
        print_json(made)
        return
    notes.print("Store this key now; it is not shown again:")
    results.print(made["key"], soft_wrap=True)


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys of your tenant.

    Examples:
        vitae keys list
        vitae keys list --json | jq -r 'select(.revoked_at == null).name'
    """
    with service(settings_or_exit()) as client:
        items = client.get("/v1/keys")["items"]
    columns = ("name", "key", "scopes", "created", "revoked", "id")
    shown = table(*columns, whole=("key", "created", "revoked", "id"), less=("created", "key", "scopes"))
    for item in items:
        if as_json:
            print_json(item)
        shown.add_row(
            item["name"],
            item["prefix"] + "...",
            ",".join(item["scopes"]),
            moment(item["created_at"]),
            moment(item["revoked_at"]),
            item["id"],
        )
    if not as_json:
        results.print(shown)


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from `vitae keys list`.")]) -> None:
    """Revoke a key immediately, and every session opened with it.

    Examples:
        vitae keys revoke ID
    """
    with service(settings_or_exit(), "vitae keys list") as client:
        client.request("DELETE", f"/v1/keys/{key_id}")
    notes.print("Revoked.")


@keys.command("link")
def link(as_json: AsJson = False) -> None:
    """Print a link that opens the dashboard in a browser.

    The link works once, within 15 minutes, and has the same rights as your key.

    Examples:
        vitae keys link
        xdg-open "$(vitae keys link)"
    """
    with service(settings_or_exit()) as client:
        url, made = sign_in_url(client)
    if as_json:
        print_json({**made, "url": url})
        return
    notes.print("This link opens the dashboard. It works once, within 15 minutes:")
    results.print(url, soft_wrap=True)


@keys.command("bootstrap")
def bootstrap() -> None:
    """Create the first admin key directly in the database.

    For containers. `vitae up` creates the key automatically.

    Examples:
        docker compose exec api vitae keys bootstrap
    """
    from app.pipeline.access.first_key import ensure_first_key
    from app.wiring.shared_parts import build_database

    loaded = settings_or_exit()
    try:
        database = build_database(loaded.settings, pool_size=1, name="keys")
        path = loaded.settings.storage.data_dir / "admin-key"
        made = ensure_first_key(database, path)
    except VitaeError as error:
        fail_with(error)
    notes.print(f"The first admin key is in {path}." if made else f"{path} already holds a valid key.")
