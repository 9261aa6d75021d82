"""`vitae open`: opens the dashboard in a browser, signed in by a one-time link."""

import os
import sys
import webbrowser
from typing import Annotated

import typer

from app.cli.service_connection import service, sign_in_url
from app.cli.terminal import notes, print_json, results, settings_or_exit


def open_dashboard(
    print_only: Annotated[bool, typer.Option("--print", help="Print the link instead of opening it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the link as JSON.")] = False,
) -> None:
    """Open the dashboard in a browser and sign in.

    Creates a link that works once, within 15 minutes, and has the same rights as your key. If there is no browser, the
    link is printed.

    Examples:
        vitae open
        vitae open --print
        vitae open --json | jq -r .url
    """
    with service(settings_or_exit()) as client:
        url, made = sign_in_url(client)
    if as_json:
        print_json({**made, "url": url})
        return
    if not print_only and has_browser() and webbrowser.open(url):
        notes.print("The dashboard opens in your browser. If it does not, run `vitae open --print` to get a link.")
        return
    notes.print("Open this link in a browser; it works once, within 15 minutes:")
    results.print(url, soft_wrap=True)


def has_browser() -> bool:
    """Whether this machine can show a browser: it has a desktop, or `BROWSER` names a browser."""
    if os.environ.get("BROWSER") or sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
