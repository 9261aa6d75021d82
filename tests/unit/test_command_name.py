"""Commands are printed as they can be typed here."""

import sys
from pathlib import Path

import pytest

from app.command_name import as_typed, installed_command, path_line, typed_command


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation in `.venv` of this folder, which is not on PATH."""
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name in ("python", "vitae"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    return folder / "vitae"


def test_a_program_off_the_path_is_named_by_its_path_from_here(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installed_command() == ".venv/bin/vitae"
    monkeypatch.chdir("/")
    assert installed_command() == str(program)
    with_space = tmp_path / "my folder"
    program.parent.rename(with_space)
    monkeypatch.setattr(sys, "executable", str(with_space / "python"))
    assert installed_command() == f"'{with_space}/vitae'"


def test_a_program_on_the_path_is_named_by_its_name(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program.parent))
    assert installed_command() == "vitae"
    assert typed_command([str(program)]) == "vitae"


def test_another_program_of_that_name_on_the_path_does_not_count(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "vitae").write_text("#!/bin/sh\n")
    (other / "vitae").chmod(0o755)
    monkeypatch.setenv("PATH", str(other))
    assert installed_command() == ".venv/bin/vitae"
    assert typed_command([".venv/bin/vitae"]) == ".venv/bin/vitae"
    del program


@pytest.mark.parametrize(
    ("called", "typed"),
    [
        (".venv/bin/vitae", ".venv/bin/vitae"),
        ("../there/.venv/bin/vitae", "../there/.venv/bin/vitae"),
        ("vitae", "vitae"),
        ("/somewhere/app/cli/main.py", ".venv/bin/vitae"),
        ("/usr/bin/pytest", "vitae"),
    ],
)
@pytest.mark.usefixtures("program")
def test_the_command_is_named_as_it_was_called(called: str, typed: str) -> None:
    assert typed_command([called, "list"]) == typed


def test_without_an_installed_program_the_module_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    monkeypatch.setenv("PATH", "/nowhere")
    assert installed_command() == f"{tmp_path}/python3 -m app.cli.main"


def test_the_line_that_puts_it_on_the_path_is_given_where_it_is_not() -> None:
    assert path_line(".venv/bin/vitae") == 'export PATH="$PWD/.venv/bin:$PATH"'
    assert path_line("'/my folder/vitae'") == 'export PATH="/my folder:$PATH"'
    assert path_line("vitae") is None
    assert path_line("/usr/bin/python3 -m app.cli.main") is None


def test_only_commands_in_backquotes_are_rewritten() -> None:
    text = "Start it with `vitae up`; Vitae keeps vitae.toml. `vitae doctor` helps."
    assert as_typed(text, ".venv/bin/vitae") == (
        "Start it with `.venv/bin/vitae up`; Vitae keeps vitae.toml. `.venv/bin/vitae doctor` helps."
    )
