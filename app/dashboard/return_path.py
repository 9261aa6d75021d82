"""The page a visitor returns to after signing in. Only paths of this service are accepted."""

from urllib.parse import urlencode, urlsplit

from fastapi import Request

SIGN_IN = "/sign-in"
HOME = "/candidates"  # the default
NEXT_COOKIE = "vitae_next"  # a sign-in link opens in a new tab, so the browser has to store the path
NEXT_SECONDS = 3600
_LONGEST = 2000  # characters


def local_path(text: str | None) -> str | None:
    r"""The path and query if it leads to this service and not to signing in or out; None for anything else.

    Browsers read `//host` and `/\host` as other hosts, and ignore tabs and line breaks in between.
    """
    if not text or len(text) > _LONGEST or not text.isascii() or not text.isprintable() or "\\" in text:
        return None
    if not text.startswith("/") or text.startswith("//"):
        return None
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.path.split("/")[1] in {"sign-in", "sign-out", ""}:
        return None
    return text


def sign_in_address(path: str | None) -> str:
    """The sign-in page, remembering the path where it is usable."""
    wanted = local_path(path)
    return f"{SIGN_IN}?{urlencode({'next': wanted})}" if wanted not in (None, HOME) else SIGN_IN


def address_of(request: Request) -> str | None:
    """The current page; None where a form was sent, because that cannot be opened again."""
    shown = request.headers.get("x-page-url") if "x-part" in request.headers else None
    if shown is None and request.method not in {"GET", "HEAD"}:
        return None
    parts = urlsplit(shown or str(request.url))
    return parts.path + (f"?{parts.query}" if parts.query else "")
