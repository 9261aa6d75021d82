"""`vitae keys`: make, list and revoke API keys of the running service."""

from typing import Annotated

import typer

from app.cli.connection import service, sign_in_url
from app.cli.terminal import fail_with, notes, print_json, printable, results, settings_or_exit, table
from app.errors import VitaeError
from app.pipeline.first_key import ensure_first_key
from app.wiring import build_database

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[list[str], typer.Option(help="read, write (includes read) or admin (includes both).")] = ["read"],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make a key; it is printed once and kept as a hash alone.

    Example:  vitae keys create "applicant tracking" --scope write
    """
    with service(settings_or_exit()) as client:
        made = client.request("POST", "/v1/keys", json={"name": name, "scopes": scope})
    if as_json:
        print_json(made)
        return
    notes.print("This is the only time the key is shown:")
    results.print(made["key"], markup=False, soft_wrap=True)


@keys.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List the keys of your tenant."""
    with service(settings_or_exit()) as client:
        items = client.get("/v1/keys")["items"]
    shown = table("name", "key", "scopes", "created", "revoked", "id")
    for item in items:
        if as_json:
            print_json(item)
        shown.add_row(
            printable(item["name"]),
            item["prefix"] + "...",
            ",".join(item["scopes"]),
            item["created_at"][:19].replace("T", " "),
            (item["revoked_at"] or "")[:19].replace("T", " "),
            item["id"],
        )
    if not as_json:
        results.print(shown)


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Revoke a key at once."""
    with service(settings_or_exit()) as client:
        client.request("DELETE", f"/v1/keys/{key_id}")
    notes.print("Revoked.")


@keys.command("link")
def link(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Print a one-time link that opens the dashboard in a browser, with the rights of your key.

    Example:  vitae keys link
    """
    with service(settings_or_exit()) as client:
        url, made = sign_in_url(client)
    if as_json:
        print_json({**made, "url": url})
        return
    notes.print("Opens the dashboard once, within 15 minutes:")
    results.print(url, markup=False, highlight=False, soft_wrap=True)


@keys.command("bootstrap")
def bootstrap() -> None:
    """Make the first tenant and admin key directly in the database (containers; `vitae up` does it by itself)."""
    loaded = settings_or_exit()
    try:
        database = build_database(loaded.settings, pool_size=1, name="keys")
        path = loaded.settings.storage.data_dir / "admin-key"
        made = ensure_first_key(database, path)
    except VitaeError as error:
        fail_with(error)
    notes.print(f"The first admin key is in {path}." if made else f"{path} holds a valid key already.")
