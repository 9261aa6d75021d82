"""Checks the address and the key of a server as an operator writes them. Called by `app.routing.clients` at start.

White space around a value and one pair of quotes (of files that are not read by a shell) are silently removed.
Everything else that cannot work is refused with what to write instead; a key's text is never repeated.
"""

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

_EXAMPLE = "http://127.0.0.1:8000/v1"
_REQUEST_PATHS = ("/chat/completions", "/completions", "/models", "/responses")
_QUOTES = "\"'“”‘’`"
_PLACEHOLDER = re.compile(
    r"<.*>|\$.*|(?:sk-)?[x.*…]{3,}|(?:sk-)?your[-_].*|(?:change|replace)[-_]?me",
    re.IGNORECASE,
)


class BadAddress(ValueError):
    """The text continues a sentence that begins with the name of the setting."""


def read_address(text: str) -> str:
    """The address without what does not matter. Raises `BadAddress`."""
    address = _unquoted(text)
    if any(character.isspace() or _is_invisible(character) for character in address):
        raise BadAddress("contains white space or an invisible character; type it again")
    if any(quote in address for quote in _QUOTES):
        raise BadAddress("contains a quotation mark; remove it")
    scheme, separator, _ = address.partition("://")
    if not separator:
        raise BadAddress(f"does not begin with http:// or https://; write it as {_EXAMPLE}")
    if scheme.lower() not in {"http", "https"}:
        raise BadAddress(f"begins with {scheme}://, but only http:// and https:// are possible")
    parts = _split(address)
    if not parts.hostname:
        raise BadAddress(f"names no server; write it as {_EXAMPLE}")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("contains a user name or a password; use api_key_env for a key")
    if parts.query or parts.fragment or address.endswith(("?", "#")):
        raise BadAddress("has an end after ? or #; leave that out")
    path = parts.path.rstrip("/")
    for ending in _REQUEST_PATHS:
        if path.lower().endswith(ending):
            raise BadAddress(f"names a single request; leave out {ending} at its end")
    return address.rstrip("/")


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        if parts.port == 0:
            raise ValueError  # noqa: TRY301 - the same as a port that is too large
    except ValueError:
        raise BadAddress("has a port or a host that is not possible; ports are numbers from 1 to 65535") from None
    return parts


def find_key_fault(key: str) -> str | None:
    """Why the key cannot be one; None for a key that may be right. `read_key` comes first."""
    if any(character in key for character in "\r\n"):
        return "has a line break inside"
    if key.lower().startswith("bearer "):
        return "begins with the word Bearer, which Vitae adds itself"
    if any(character.isspace() for character in key):
        return "has white space inside"
    if any(_is_invisible(character) for character in key):
        return "has an invisible character inside"
    if not key.isascii():
        return "has a letter that no key contains"
    if any(quote in key for quote in "\"'`"):
        return "has a quotation mark inside"
    if _PLACEHOLDER.fullmatch(key):
        return "is a placeholder"
    return None


def read_key(text: str) -> str:
    """The key without white space and one pair of quotes around it; empty for a key that is not set."""
    return _unquoted(text.strip("\ufeff\u200b"))


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
