"""Reads what `baml_src/` says about clients and functions from the generated package, without importing BAML.

Called by `app.routing.clients` (names and options of clients) and for prompt versions. The generated file
`baml_client/inlinedbaml.py` contains the text of every `.baml` file; it is parsed, never executed.
"""

import ast
import functools
import hashlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import ConfigurationError

# A string, a raw string, a comment, a word (also a dotted one such as env.KEY), a number, or a single character.
_TOKEN = re.compile(
    r'(?P<raw>(?P<hashes>#+)".*?"(?P=hashes))|(?P<string>"(?:[^"\\]|\\.)*")|(?P<comment>//[^\n]*|\{//.*?//\})'
    r"|(?P<number>-?\d+(?:\.\d+)?(?![\w.-]))|(?P<word>[\w./@:-]+)|(?P<sign>\S)",
    re.DOTALL,
)
_BLOCK = re.compile(
    r"^(?P<kind>client(?:<llm>)?|function|class|enum|template_string|test|generator|retry_policy)\s+(?P<name>\w+)",
    re.MULTILINE,
)


_CONDITION = re.compile(r"@@assert\(\s*\w+\s*,\s*\{\{(.*?)\}\}\s*\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class EnvironmentValue:
    """`env.NAME` in a client's options: looked up when clients are built."""

    name: str


@dataclass(frozen=True, slots=True)
class DeclaredClient:
    """A `client<llm>` block. Values of `options` are text, numbers, booleans, lists, mappings or `EnvironmentValue`."""

    name: str
    provider: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BamlSource:
    """The text of all `.baml` files, by file name."""

    files: Mapping[str, str]

    def clients(self) -> dict[str, DeclaredClient]:
        """Clients by name, in the order of declaration."""
        found: dict[str, DeclaredClient] = {}
        for kind, name, text in self._blocks():
            if kind.startswith("client"):
                body = _read_mapping(text[text.index("{") :])
                options = body.get("options", {})
                found[name] = DeclaredClient(
                    name, str(body.get("provider", "")), options if isinstance(options, dict) else {}
                )
        return found

    def functions(self) -> list[str]:
        return [name for kind, name, _ in self._blocks() if kind == "function"]

    def prompt_version(self, function: str) -> str:
        """Twelve hex digits that change exactly when the prompt or one of its answer types changes."""
        # `client X` names a default that the router always overrides; the prompt is the same for every client.
        texts = (re.sub(r"^\s*client\s+\S+\s*$", "", text, flags=re.MULTILINE) for text in self._reached(function))
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]

    def prompt_text(self, function: str) -> str:
        """The prompt as it is written, with its placeholders."""
        blocks = {(kind, name): text for kind, name, text in self._blocks()}
        found = re.search(r'prompt\s+(#+)"(.*?)"\1', blocks["function", function], re.DOTALL)
        return found[2] if found else ""

    def has_aliases(self, function: str) -> bool:
        """Whether a field or value has another name in the prompt and the answer than in the generated types."""
        return any(re.search(r"@alias\b", text) for text in self._reached(function))

    def conditions(self, function: str) -> tuple[str, ...] | None:
        """The `@@assert` conditions of the type that the function returns, as they are written.

        None when the types define validity by more than field types and those conditions: aliases, checks, conditions
        on fields or inner types.
        """
        blocks = {(kind, name): text for kind, name, text in self._blocks()}
        returned = re.search(r"->\s*(\w+)\s*\{", blocks["function", function])
        if returned is None or ("class", returned[1]) not in blocks:
            return None
        said = "\n".join(map(_uncommented, self._reached(returned[1], "class")))
        if re.search(r"(?<!@)@(?:alias|assert|check)\b|@@(?:check|dynamic|alias)\b", said):
            return None
        conditions = tuple(found[1] for found in _CONDITION.finditer(_uncommented(blocks["class", returned[1]])))
        return conditions if len(conditions) == said.count("@@assert") else None

    def _reached(self, name: str, kind: str = "function") -> list[str]:
        """The function's (or type's) block and those of the types and templates it uses."""
        blocks = {(kind, name): text for kind, name, text in self._blocks()}
        if (kind, name) not in blocks:
            raise ConfigurationError(
                f"There is no BAML {kind} {name}; known are {', '.join(sorted(self.functions()))}."
            )
        pending, reached = [(kind, name)], set[tuple[str, str]]()
        while pending:
            key = pending.pop()
            reached.add(key)
            words = set(re.findall(r"\w+", blocks[key]))
            pending.extend(
                other
                for other in blocks
                if other[0] in {"class", "enum", "template_string"} and other[1] in words and other not in reached
            )
        return [blocks[key] for key in sorted(reached)]

    def _blocks(self) -> Iterator[tuple[str, str, str]]:
        """Top-level blocks as (kind, name, text)."""
        for name in sorted(self.files):
            text = self.files[name]
            end = 0
            for start in _BLOCK.finditer(text):
                if start.start() < end or _is_commented(text, start.start()):
                    continue
                end = _block_end(text, start.end())
                yield start["kind"], start["name"], text[start.start() : end]


@functools.cache
def installed_source() -> BamlSource:
    """The source from which the generated `baml_client` package was made.

    Raises `ConfigurationError` when the package has not been generated yet.
    """
    spec = importlib.util.find_spec("baml_client")  # finds the folder; nothing in it is executed
    path = Path(spec.origin).parent / "inlinedbaml.py" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise ConfigurationError("The BAML client has not been generated. Run `make generate` and start again.")
    for statement in ast.parse(path.read_text("utf-8")).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Dict):
            return BamlSource(ast.literal_eval(statement.value))
    raise ConfigurationError(f"{path} is not a file that BAML generated. Run `make generate` and start again.")


def _uncommented(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


def _is_commented(text: str, position: int) -> bool:
    line_start = text.rfind("\n", 0, position) + 1
    return "//" in text[line_start:position]


def _block_end(text: str, position: int) -> int:
    """The position where the braces that open after `position` are closed; strings and comments are skipped."""
    depth = 0
    for token in _TOKEN.finditer(text, position):
        if token["raw"] and depth == 0:
            return token.end()  # a template_string, which has no braces
        if token["sign"] == "{":
            depth += 1
        elif token["sign"] == "}":
            depth -= 1
            if depth == 0:
                return token.end()
    return len(text)


def _read_mapping(text: str) -> dict[str, Any]:
    tokens = [match for match in _TOKEN.finditer(text) if not match["comment"]]
    value, _ = _read_value(tokens, 0)
    return value if isinstance(value, dict) else {}


def _read_value(tokens: list[re.Match[str]], at: int) -> tuple[Any, int]:
    """One value of BAML's options syntax and the position after it. Commas and colons between items are optional."""
    token = tokens[at]
    if token["sign"] == "{":
        mapping: dict[str, Any] = {}
        at += 1
        while at < len(tokens) and tokens[at]["sign"] != "}":
            if tokens[at]["sign"] in {",", ":"}:
                at += 1
                continue
            key = str(_plain(tokens[at])).removesuffix(":")
            at += 1
            if at < len(tokens) and tokens[at]["sign"] == ":":
                at += 1
            mapping[key], at = _read_value(tokens, at)
        return mapping, at + 1
    if token["sign"] == "[":
        items: list[Any] = []
        at += 1
        while at < len(tokens) and tokens[at]["sign"] != "]":
            if tokens[at]["sign"] == ",":
                at += 1
                continue
            item, at = _read_value(tokens, at)
            items.append(item)
        return items, at + 1
    return _plain(token), at + 1


def _plain(token: re.Match[str]) -> Any:
    if token["raw"]:
        hashes = len(token["hashes"])
        return token["raw"][hashes + 1 : -hashes - 1]
    if token["string"]:
        return ast.literal_eval(token["string"].replace("\n", "\\n"))
    if token["number"]:
        return float(token["number"]) if "." in token["number"] else int(token["number"])
    word = token[0]
    if word.startswith("env."):
        return EnvironmentValue(word.removeprefix("env."))
    return {"true": True, "false": False, "null": None}.get(word, word)
