"""`vitae person`: what is kept about one person, the whole of it as a file, and its erasure."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.connection import Service, service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, print_json, printable, results, settings_or_exit, table

person = typer.Typer(help="Find, export and erase everything that is kept about one person.", no_args_is_help=True)

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

    Example:  vitae person find ana@lopez.example
    """
    with service(settings_or_exit()) as client:
        items = _find(client, contact, ids)
    if as_json:
        for item in items:
            print_json(item)
    elif items:
        results.print(_table(items))
    else:
        notes.print("Nothing is kept under this address or number. `vitae list -q NAME` looks for words.", markup=False)


@person.command("export")
def export(
    contact: _Contact = None,
    ids: _Ids = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The archive to write.")] = Path("personal-data.zip"),
) -> None:
    """Write everything that is kept about a person into a ZIP archive: files, texts, results, corrections, calls.

    Example:  vitae person export ana@lopez.example -o ana.zip
    """
    if output.exists():
        fail(f"{output} exists. Name another file with --output.", EXIT_WRONG_USAGE)
    with service(settings_or_exit()) as client:
        archive = client.fetch("/v1/person/export", method="POST", json=_body(contact, ids))
    try:
        output.write_bytes(archive)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}. Name another file with --output.")
    notes.print(f"Written to {printable(str(output))}. It holds personal data: hand it over safely.", markup=False)


@person.command("erase")
def erase(
    contact: _Contact = None,
    ids: _Ids = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase every upload that is about a person, for good, after showing them.

    Example:  vitae person erase ana@lopez.example
    """
    with service(settings_or_exit()) as client:
        items = _find(client, contact, ids)
        if not items:
            fail("Nothing is kept under this address or number, so nothing was erased.")
        notes.print(_table(items))
        if not yes and not typer.confirm(f"Erase these {len(items)} for good?", err=True):
            fail("Nothing was erased.")
        for item in items:
            client.request("DELETE", f"/v1/resumes/{item['id']}")
    notes.print(f"Erased: {len(items)}. The ledger keeps the amounts, without the person.")


def _find(client: Service, contact: str | None, ids: list[str] | None) -> list[dict[str, Any]]:
    return client.request("POST", "/v1/person/resumes", json=_body(contact, ids))["items"]


def _body(contact: str | None, ids: list[str] | None) -> dict[str, Any]:
    if contact is None and not ids:
        fail("Name the person by an e-mail address, a phone number, or --id.", EXIT_WRONG_USAGE)
    body: dict[str, Any] = {"ids": ids or []}
    if contact is not None:
        body["email" if "@" in contact else "phone"] = contact
    return body


def _table(items: list[dict[str, Any]]) -> Any:
    shown = table("created", "status", "name", "file", "id")
    for item in items:
        shown.add_row(
            item["created_at"][:10],
            item["status"],
            printable(item["candidate_name"]),
            printable(item["filename"]),
            item["id"],
        )
    return shown
