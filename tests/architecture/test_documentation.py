"""The documentation is complete: every setting, problem, make target and command, and every link leads somewhere."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel
from typer.core import TyperGroup

from app import errors
from app.cli.main import app
from app.settings import ClientSettings, CostProfileSettings, FunctionRouting, Settings, load_settings
from tests.architecture.test_command_line import parse_call, vitae_calls

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def _settings(model: type[BaseModel], at: str = "") -> list[str]:
    keys: list[str] = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        nested = {"clients": ClientSettings, "cost_profiles": CostProfileSettings, "functions": FunctionRouting}.get(
            name
        )
        if nested is not None and at in {"", "routing."} and "dict" in str(annotation):
            keys += _settings(nested, f"{at}{name}.NAME.")
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            keys += _settings(annotation, f"{at}{name}.")
        else:
            keys.append(f"{at}{name}")
    return keys


def test_exactly_the_existing_settings_are_documented() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    documented = re.findall(r"^\| `([a-zA-Z_.]+)` \|", page, re.MULTILINE)
    assert sorted(documented) == sorted(_settings(Settings))


def test_every_setting_has_a_description() -> None:
    def without_description(model: type[BaseModel]) -> list[str]:
        return [
            name
            for name, field in model.model_fields.items()
            if not field.description
            and not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
        ]

    assert without_description(ClientSettings) == []
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            assert without_description(field.annotation) == [], name


def test_the_shipped_configuration_is_valid_and_equals_the_defaults() -> None:
    shipped = load_settings(ROOT, environment={}).settings
    assert shipped == load_settings(ROOT / "docs", environment={}).settings


def test_every_commented_out_setting_shows_its_default() -> None:
    lines = (ROOT / "vitae.toml").read_text("utf-8").splitlines()
    shown = [re.sub(r"^# (?=(\[|[a-z_]+ = ))", "", line) for line in lines]
    values = tomllib.loads("\n".join(shown))
    values["routing"].pop("functions")  # an example, not a default
    values["storage"].pop("database_url")
    values["storage"].pop("redis_url")
    defaults = load_settings(ROOT, environment={}).settings
    for section, keys in values.items():
        for key, value in keys.items():
            if isinstance(value, dict):
                continue
            default = getattr(getattr(defaults, section), key)
            assert (str(default) if key == "data_dir" else default) == value, f"{section}.{key}"


def _codes() -> set[str]:
    found: set[str] = set()
    waiting = [errors.VitaeError]
    while waiting:
        kind = waiting.pop()
        found.add(kind.code)
        waiting += [each for each in kind.__subclasses__() if each.__module__ == "app.errors"]
    return found


@pytest.mark.parametrize("code", sorted(_codes()))
def test_every_problem_has_a_page(code: str) -> None:
    page = ROOT / "docs" / "problems" / f"{code}.md"
    assert page.is_file()
    assert code in page.read_text("utf-8")


def test_every_command_has_a_help_text() -> None:
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    for name, each in command.commands.items():
        assert each.help, name


def test_make_help_lists_the_targets_named_in_readme_and_contributing() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = {
        target
        for page in ("README.md", "CONTRIBUTING.md")
        for target in re.findall(r"\bmake ([a-z-]+)", (ROOT / page).read_text("utf-8"))
    }
    for target in named:
        assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_an_existing_page_and_heading(page: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#\s]*)(?:#([^)]+))?\)", page.read_text("utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not heading or linked.suffix != ".md" or heading in _anchors(linked), f"{target}#{heading}"


def _anchors(page: Path) -> set[str]:
    """Return the headings of a page as GitHub names them in links."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_index_links_to_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if f"]({page.name})" not in index]
    assert missing == ["README.md"]


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_documents_are_valid(page: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
        for words in vitae_calls(line):
            parse_call(words)
