"""`vitae person`: what is kept about one person, the whole of it as a file, and its erasure."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.help import Commands
from app.cli.service_connection import Service, service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, print_json, results, settings_or_exit, table

_PURPOSE = """Find, export, erase everything about one person.

Examples:
    vitae person find ana@lopez.example
    vitae person export ana@lopez.example -o ana.zip
"""

person = Commands(help=_PURPOSE, no_args_is_help=True)

_Contact = Annotated[
    str | None, typer.Argument(metavar="EMAIL|PHONE", help="As the profile has it; a phone as +34600111222.")
]
_Ids = Annotated[
    list[str] | None, typer.Option("--id", help="An upload that is theirs though no contact in it says so; repeatable.")
]


@person.command("find")
def find(
    contact: _Contact = None,
    ids: _Ids = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per upload on stdout.")] = False,
) -> None:
    """List the uploads that are about a person.

    Examples:
        vitae person find ana@lopez.example
        vitae person find +34600111222 --json | jq -r .id
    """
    with service(settings_or_exit()) as client:
        items = _find(client, contact, ids)
    if as_json:
        for item in items:
            print_json(item)
    elif items:
        results.print(_table(items))
    else:
        notes.print("Nothing is kept under this address or number. `vitae list -q NAME` looks for words.")


@person.command("export")
def export(
    contact: _Contact = None,
    ids: _Ids = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The archive to write.")] = Path("personal-data.zip"),
) -> None:
    """Write all that is kept about a person into an archive.

    A ZIP with files, texts, results, corrections and calls.

    Examples:
        vitae person export ana@lopez.example -o ana.zip
    """
    if output.exists():
        fail(f"{output} exists. Name another file with --output.", EXIT_WRONG_USAGE)
    with service(settings_or_exit()) as client:
        archive = client.fetch("/v1/person/export", method="POST", json=_body(contact, ids))
    try:
        output.write_bytes(archive)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}. Name another file with --output.")
    notes.print(f"Written to {output}. It holds personal data: hand it over safely.")


@person.command("erase")
def erase(
    contact: _Contact = None,
    ids: _Ids = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase every upload about a person, for good.

    It shows them first, and asks.

    Examples:
        vitae person erase ana@lopez.example
        vitae person erase --id ID --yes
    """
    with service(settings_or_exit()) as client:
        items = _find(client, contact, ids)
        if not items:
            fail("Nothing is kept under this address or number, so nothing was erased.")
        notes.print(_table(items))
        if not yes and not _can_ask():
            fail("Nothing was erased, because nobody can be asked here. Say --yes to erase these.")
        if not yes and not typer.confirm(f"Erase these {len(items)} for good?", err=True):
            fail("Nothing was erased.")
        for item in items:
            client.request("DELETE", f"/v1/resumes/{item['id']}")
    notes.print(f"Erased: {len(items)}. The ledger keeps the amounts, without the person.")


def _can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison] - None when closed


def _find(client: Service, contact: str | None, ids: list[str] | None) -> list[dict[str, Any]]:
    return client.request("POST", "/v1/person/resumes", json=_body(contact, ids))["items"]


def _body(contact: str | None, ids: list[str] | None) -> dict[str, Any]:
    if contact is None and not ids:
        fail("Name the person by an e-mail address, a phone number, or --id.", EXIT_WRONG_USAGE)
    body: dict[str, Any] = {"ids": ids or []}
    if contact is not None and "@" not in contact and not re.fullmatch(r"\+[0-9]{6,15}", contact):
        fail(f"{contact} is neither an e-mail address nor a phone number like +34600111222.", EXIT_WRONG_USAGE)
    if contact is not None:
        body["email" if "@" in contact else "phone"] = contact
    return body


def _table(items: list[dict[str, Any]]) -> Any:
    shown = table("created", "status", "name", "file", "id", whole=("created", "id"), less=("file", "created"))
    for item in items:
        shown.add_row(
            item["created_at"][:10],
            item["status"],
            item["candidate_name"],
            item["filename"],
            item["id"],
        )
    return shown
