"""Where a visitor goes after signing in: the page that was asked for. Only paths of this service are accepted."""

from urllib.parse import urlencode, urlsplit

from fastapi import Request

SIGN_IN = "/sign-in"
HOME = "/candidates"  # where one goes without a wish
NEXT_COOKIE = "vitae_next"  # a sign-in link is opened by itself, so the browser has to keep the path
NEXT_SECONDS = 3600
_LONGEST = 2000  # characters


def local_path(text: str | None) -> str | None:
    r"""The path and query if it leads to this service and not to signing in or out again; None for anything else.

    Browsers read `//host` and `/\host` as other hosts, and leave out tabs and line breaks while they do so.
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
    """The sign-in page, remembering the path where there is a usable one."""
    wanted = local_path(path)
    return f"{SIGN_IN}?{urlencode({'next': wanted})}" if wanted not in (None, HOME) else SIGN_IN


def address_of(request: Request) -> str | None:
    """The page that the visitor is on; None where a form was sent, which cannot be opened again."""
    shown = request.headers.get("hx-current-url") if "hx-request" in request.headers else None
    if shown is None and request.method not in {"GET", "HEAD"}:
        return None
    parts = urlsplit(shown or str(request.url))
    return parts.path + (f"?{parts.query}" if parts.query else "")
