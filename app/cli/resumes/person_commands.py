"""`vitae person`: finds, exports and erases everything stored about one person."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.help import Commands
from app.cli.service_connection import Service, service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, print_json, results, settings_or_exit, table

_PURPOSE = """Find, export and erase everything about one person.

Examples:
    vitae person find ana@lopez.example
    vitae person export ana@lopez.example -o ana.zip
"""

person = Commands(help=_PURPOSE, no_args_is_help=True)

_Contact = Annotated[
    str | None, typer.Argument(metavar="EMAIL|PHONE", help="As in the profile; a phone number like +34600111222.")
]
_Ids = Annotated[
    list[str] | None,
    typer.Option("--id", help="Id of an upload that is about the person but lacks the contact; repeatable."),
]


@person.command("find")
def find(
    contact: _Contact = None,
    ids: _Ids = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per upload to stdout.")] = False,
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
        notes.print("No upload has this address or number. To search by name, run `vitae list -q NAME`.")


@person.command("export")
def export(
    contact: _Contact = None,
    ids: _Ids = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Archive to write.")] = Path("personal-data.zip"),
) -> None:
    """Export everything stored about a person to a ZIP archive.

    The archive contains files, texts, results, corrections and model calls.

    Examples:
        vitae person export ana@lopez.example -o ana.zip
    """
    if output.exists():
        fail(f"{output} already exists. Name another file with --output.", EXIT_WRONG_USAGE)
    with service(settings_or_exit()) as client:
        archive = client.fetch("/v1/person/export", method="POST", json=_body(contact, ids))
    try:
        output.write_bytes(archive)
    except OSError as error:
        fail(f"Cannot write {output} ({error.strerror}). Name another file with --output.")
    notes.print(f"Wrote {output}. It contains personal data: transfer it securely.")


@person.command("erase")
def erase(
    contact: _Contact = None,
    ids: _Ids = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without confirmation.")] = False,
) -> None:
    """Permanently erase every upload about a person.

    Shows the uploads first and asks for confirmation.

    Examples:
        vitae person erase ana@lopez.example
        vitae person erase --id ID --yes
    """
    with service(settings_or_exit()) as client:
        items = _find(client, contact, ids)
        if not items:
            fail("No upload has this address or number, so nothing was erased.")
        notes.print(_table(items))
        if not yes and not _can_ask():
            fail("Nothing was erased: without a terminal, nobody can confirm. Add --yes to erase these uploads.")
        if not yes and not typer.confirm(f"Permanently erase these {len(items)} uploads?", err=True):
            fail("Nothing was erased.")
        for item in items:
            client.request("DELETE", f"/v1/resumes/{item['id']}")
    notes.print(f"Erased {len(items)} uploads. The ledger keeps the amounts, without any personal data.")


def _can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison] - None when closed


def _find(client: Service, contact: str | None, ids: list[str] | None) -> list[dict[str, Any]]:
    return client.request("POST", "/v1/person/resumes", json=_body(contact, ids))["items"]


def _body(contact: str | None, ids: list[str] | None) -> dict[str, Any]:
    if contact is None and not ids:
        fail("Give the person's email address or phone number, or an upload's --id.", EXIT_WRONG_USAGE)
    body: dict[str, Any] = {"ids": ids or []}
    if contact is not None and "@" not in contact and not re.fullmatch(r"\+[0-9]{6,15}", contact):
        fail(f"{contact} is neither an email address nor a phone number like +34600111222.", EXIT_WRONG_USAGE)
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
