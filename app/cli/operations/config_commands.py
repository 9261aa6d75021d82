"""`vitae config show`: prints the effective settings and where each came from, with secrets masked."""

import json
from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr
from rich.text import Text

from app.cli.help import Commands
from app.cli.terminal import print_json, results, settings_or_exit
from app.cli.text_tables import printable

_PURPOSE = """Show the configuration.

Examples:
    vitae config show
"""

config = Commands(help=_PURPOSE, no_args_is_help=True)


@config.callback()
def _group() -> None:
    """Make `config` a group: with a single command, Typer would drop the name `show`."""


@config.command("show")
def show(
    changed: Annotated[
        bool, typer.Option("--changed", help="Show only settings that differ from their defaults.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object that maps each key to its value and origin.")
    ] = False,
) -> None:
    """Print every setting with its value and where it came from.

    Secrets are masked.

    Examples:
        vitae config show --changed
        vitae config show | grep routing
        vitae config show --json | jq -r '."routing.clients".value[]'
    """
    loaded = settings_or_exit()
    rows = [row for row in _rows(loaded.settings, "") if not changed or _origin(row[0], loaded.origins) != "default"]
    if as_json:
        print_json({key: {"value": value, "origin": _origin(key, loaded.origins)} for key, value in rows})
        return
    for key, value in rows:
        _print_setting(key, value, _origin(key, loaded.origins))


def _print_setting(key: str, value: Any, origin: str) -> None:
    """Print `routing.deadline_seconds = 120  (default)`, on one line if it fits the terminal."""
    written = "(not set)" if value is None else printable(_as_toml(value))
    line = Text.assemble((f"{key} = ", ""), (written, "bold" if origin != "default" else ""), (f"  ({origin})", "dim"))
    line.overflow = "fold"
    results.print(line)


def _as_toml(value: Any) -> str:
    """JSON strings, numbers, lists and booleans are also valid TOML."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _rows(value: Any, at: str) -> list[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
    elif isinstance(value, dict):
        fields = value
    else:
        return [(at, _shown(value))]
    return [row for name, item in fields.items() for row in _rows(item, f"{at}.{name}" if at else str(name))]


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "***"
    if isinstance(value, str | int | float | list) or value is None:
        return value
    return str(value)


def _origin(key: str, origins: Any) -> str:
    return origins.get(key, "default")
