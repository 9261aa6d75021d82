"""A request to a model: a BAML function and its arguments. Built by `app.analysis`, carried by the router."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from app.routing.clients import Client

_NUMBERED = re.compile(r"^(\d+)\| ?(.*)$")


@dataclass(frozen=True, slots=True)
class Traits:
    """What makes a document hard to read; routing rules can test it."""

    pages: int = 1
    tokens: int = 0
    language: str = "und"
    columns: bool = False


@dataclass(frozen=True, slots=True)
class Disguise:
    """The same arguments without the person's name and contacts, and the way to translate the answer back."""

    arguments: Mapping[str, str]
    restore: Callable[[dict[str, Any]], dict[str, Any]]

    def __repr__(self) -> str:
        return "Disguise()"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBounds:
    """The most that an answer about a document can contain; `app.analysis.answer_bounds` reads them from it.

    `entries` has the name of each top-level list with the most entries it may have. `text_characters` is for a value
    such as a name, `prose_characters` for a paragraph. `first_line` is set for a section: then both line numbers are
    exact, and not rounded as those of a document are.
    """

    last_line: int
    first_line: int | None = None
    entries: tuple[tuple[str, int], ...] = ()
    text_characters: int
    prose_characters: int


SectionName = Literal["person", "work", "education", "skills", "languages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPart:
    """The numbered lines of one section, for clients that get a request per section.

    `disguised` is the same text as hosted clients may see it; None if nothing is hidden.
    """

    name: SectionName
    text: str = field(repr=False)
    first_line: int
    last_line: int
    disguised: str | None = field(default=None, repr=False)

    @property
    def texts(self) -> dict[int, str]:
        """The text of each line by its number."""
        found = (_NUMBERED.match(line) for line in self.text.splitlines())
        return {int(line[1]): line[2].strip() for line in found if line}

    @property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.texts)


@dataclass(frozen=True, slots=True)
class Question:
    """`arguments` contain personal data, so they are left out of `repr` and never reach a log or an error."""

    function: str
    arguments: Mapping[str, str]
    answer_tokens_per_input_token: float = 0.8  # growth of an answer with its input
    traits: Traits = field(default_factory=Traits)
    disguise: Disguise | None = None  # what hosted clients see instead of `arguments`
    bounds: AnswerBounds | None = None  # for servers that enforce a schema, and to notice an answer without an end
    sections: tuple[SectionPart, ...] = ()  # for clients with `requests = "sections"`; empty if no client has

    def seen_by(self, client: Client) -> Self:
        """The arguments as this client may see them."""
        if self.disguise is None or client.location == "local":
            return self
        sections = tuple(replace(part, text=part.disguised or part.text) for part in self.sections)
        return replace(self, arguments=self.disguise.arguments, sections=sections)

    def restored(self, value: dict[str, Any], client: Client) -> dict[str, Any]:
        """That client's answer with the real words."""
        if self.disguise is None or client.location == "local":
            return value
        return self.disguise.restore(value)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}: {len(text)} characters" for name, text in self.arguments.items())
        return f"Question({self.function}, {sizes})"

    @classmethod
    def extract_profile(
        cls,
        numbered_text: str,
        traits: Traits | None = None,
        disguise: Disguise | None = None,
        bounds: AnswerBounds | None = None,
        sections: tuple[SectionPart, ...] = (),
    ) -> Self:
        """The profile of the person a resume describes. An answer repeats most of the resume, as JSON."""
        arguments = {"numbered_text": numbered_text}
        return cls(
            "ExtractProfile",
            arguments,
            traits=traits or Traits(),
            disguise=disguise,
            bounds=bounds,
            sections=sections,
        )

    @classmethod
    def summarise(
        cls, facts: str, *, language: str, traits: Traits | None = None, disguise: Disguise | None = None
    ) -> Self:
        """Two or three sentences from checked facts; the answer's length hardly depends on theirs."""
        return cls("Summarise", {"facts": facts, "language": language}, 0.1, traits or Traits(), disguise)
