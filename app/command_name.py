"""How the command `vitae` is typed on this machine, so that every printed command can be copied and run.

Called by the command line and by the sign-in page.
"""

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

_NAME = "vitae"


def installed_command() -> str:
    """`vitae` if the shell finds this installation's program by that name; otherwise its path relative to this
    folder.
    """
    program = Path(sys.executable).with_name(_NAME)
    found = shutil.which(_NAME)
    if found is not None and (not program.exists() or Path(found).samefile(program)):
        return _NAME
    if not program.exists():
        return f"{shlex.quote(sys.executable)} -m app.cli.main"
    here = Path.cwd()
    below = program.is_relative_to(here) and program.parent != here and here != Path("/")
    return shlex.quote(str(program.relative_to(here) if below else program))


def typed_command(arguments: Sequence[str] | None = None) -> str:
    """As the person at the terminal called this program, or would in the same folder."""
    called = (sys.argv if arguments is None else arguments)[:1]
    path = Path(called[0]) if called else Path(_NAME)
    if path.parts[-3:] == ("app", "cli", "main.py"):
        return installed_command()
    if path.name != _NAME or len(path.parts) == 1:
        return _NAME  # found by its name, or called by another program
    found = shutil.which(_NAME)
    return _NAME if found is not None and path.exists() and Path(found).samefile(path) else shlex.quote(str(path))


def path_line(command: str) -> str | None:
    """What to type so that plain `vitae` works in this terminal; None where it already does."""
    folder = Path(command.strip("'")).parent
    if "/" not in command or " -m " in command:
        return None
    return f'export PATH="{folder}:$PATH"' if folder.is_absolute() else f'export PATH="$PWD/{folder}:$PATH"'


def as_typed(text: str, command: str | None = None) -> str:
    """The text with the commands in backquotes as they are typed here."""
    return text.replace("`vitae ", f"`{command or typed_command()} ")
