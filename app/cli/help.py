"""Help for every command: its purpose, its options, and examples printed exactly as they are typed.

The docstring lines below `Examples:` become the last section of the help; a test parses each of them.
"""

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

_Function = TypeVar("_Function", bound=Callable[..., Any])
_HEADING = "Examples:"


def examples_of(text: str | None) -> list[str]:
    """Return the lines below `Examples:`, without their indentation."""
    return [line.strip() for line in _parts(text)[1].splitlines() if line.strip()]


def _parts(text: str | None) -> tuple[str, str]:
    words, _, examples = inspect.cleandoc(text or "").partition(_HEADING)
    return words.strip(), examples


def _write_words(help_text: str | None, formatter: Any) -> None:
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(_parts(help_text)[0])


def _write_examples(help_text: str | None, formatter: Any) -> None:
    examples = examples_of(help_text)
    if examples:
        with formatter.section(_HEADING.removesuffix(":")):
            for line in examples:  # not wrapped, because people copy them
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


class _Command(TyperCommand):
    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        _write_words(self.help, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        _write_examples(self.help, formatter)


class _Group(TyperGroup):
    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        _write_words(self.help, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        _write_examples(self.help, formatter)


class GroupWithDefault(_Group):
    """A group that runs `default_command` if the first word is none of its commands: `vitae eval samples`."""

    default_command: ClassVar[str]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, [self.default_command, *args] if args and args[0] not in known else args)


class Commands(typer.Typer):
    """A group of commands. Help and errors are plain text, so they look the same in a terminal, a pager and a log."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("cls", _Group)
        super().__init__(
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
            **settings,
        )

    def command(self, name: str | None = None, **settings: Any) -> Callable[[_Function], _Function]:
        settings.setdefault("cls", _Command)
        return super().command(name, **settings)
