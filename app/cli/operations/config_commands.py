"""`vitae config show`: the effective settings and where each came from; secrets are masked."""

from typing import Annotated, Any

import typer
from pydantic import BaseModel, SecretStr

from app.cli.help import Commands
from app.cli.terminal import print_json, results, settings_or_exit, table

_PURPOSE = """Show the configuration.

Examples:
    vitae config show
"""

config = Commands(help=_PURPOSE, no_args_is_help=True)


@config.callback()
def _group() -> None:
    """A group, so that `show` stays a word of its own."""


@config.command("show")
def show(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object: key -> value and origin.")] = False,
) -> None:
    """Print every setting with its value and origin.

    Secrets are masked.

    Examples:
        vitae config show | grep routing
        vitae config show --json | jq -r '."routing.clients".value[]'
    """
    loaded = settings_or_exit()
    rows = list(_rows(loaded.settings, ""))
    if as_json:
        print_json({key: {"value": value, "origin": _origin(key, loaded.origins)} for key, value in rows})
        return
    shown = table("setting", "value", "from", whole=("setting",))
    for key, value in rows:
        shown.add_row(key, "" if value is None else str(value), _origin(key, loaded.origins))
    results.print(shown)


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
