"""Every command explains itself, has JSON output if it reads, and imports no more than it needs."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup
from typer.testing import CliRunner

from app.cli.help import GroupWithDefault, examples_of
from app.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
# These change or start something and have nothing to read; `bench` writes its result into the file after --json.
WITHOUT_JSON = {
    *(
        "up",
        "person export",
        "person erase",
        "keys revoke",
        "keys bootstrap",
        "webhooks delete",
        "webhooks enable",
        "webhooks disable",
    ),
    *("clients open", "clients close", "clients reset", "clients drain", "vllm up", "vllm restart"),
}


def walk(command: Any = None, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every group and command with the words that call it; the root has an empty path."""
    command = command or typer.main.get_command(app)
    yield path, command
    if isinstance(command, TyperGroup):
        for name, each in command.commands.items():
            yield from walk(each, f"{path} {name}".strip())


TREE = dict(walk())


@pytest.mark.parametrize("path", TREE)
def test_help_has_a_one_line_purpose_and_valid_examples(path: str) -> None:
    command = TREE[path]
    shown = CliRunner().invoke(app, [*path.split(), "--help"], prog_name="vitae", env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    purpose = command.help.strip().splitlines()[0]
    assert purpose.endswith(".")
    assert not path or command.get_short_help_str(62) == purpose, "too long for the list of commands"
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{parameter.name} has no help text"
    examples = examples_of(command.help)
    assert examples
    _, _, last = shown.stdout.partition("\nExamples:\n")
    assert [line.strip() for line in last.splitlines()] == examples
    assert all(len(line) <= 80 for line in shown.stdout.splitlines()), "wider than 80 columns"
    for example in examples:
        for words in vitae_calls(example):
            parse_call(words)


def vitae_calls(line: str) -> list[list[str]]:
    """Return the words after each `vitae` in a line, up to the next shell operator."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    calls: list[list[str]] = []
    starts, taking = True, False
    for token in lexer:
        if re.fullmatch("[|&;<>()]+", token):
            starts, taking = True, False
        elif starts and token in {"vitae", ".venv/bin/vitae"}:
            calls.append([])
            starts, taking = False, True
        elif taking:
            calls[-1].append(token)
        else:
            starts = starts and "=" in token  # variables before a command
    return calls


def parse_call(words: list[str]) -> None:
    """Parse the words as the program would before it runs; a wrong option or value raises."""
    command: Any = TREE[""]
    context: Any = None
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    if isinstance(command, GroupWithDefault) and words and words[0] not in {"-h", "--help"}:
        command = command.commands[command.default_command]
    if isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        raise AssertionError(f"there is no command {words[0]}")
    if not {"--show-completion", "--install-completion"} & {*words}:  # parsing these would run them
        context = command.make_context("vitae", list(words))
        assert context.params is not None


def test_every_reading_command_has_json() -> None:
    without = {
        path
        for path, command in TREE.items()
        if not isinstance(command, TyperGroup) and not any("--json" in p.opts for p in command.params)
    }
    assert without == WITHOUT_JSON


def test_the_documentation_lists_every_command_with_its_purpose() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `vitae ([a-z -]+)` \| (.+) \|$", page, re.MULTILINE))
    assert told == {
        path: (command.help or "").strip().splitlines()[0]
        for path, command in TREE.items()
        if path and not (isinstance(command, TyperGroup) and not command.invoke_without_command)
    }


def test_heavy_modules_are_imported_only_where_they_are_needed() -> None:
    """TAB completion runs the program each time; a second of imports would be noticeable."""
    heavy = ("app.wiring", "sqlalchemy", "openai", "baml_py", "psycopg", "celery")
    code = f"import sys, app.cli.main; print(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""
