"""Scripts, styles and fonts of the dashboard, all from this folder; templates refer to them with `asset(path)`."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ADDRESS = "/static"
_FOLDER = Path(__file__).parent / "static"
_YEAR_SECONDS = 365 * 24 * 3600
# Not every system's type table knows these, and `nosniff` makes browsers refuse scripts of another type.
for _ending in (".js", ".mjs"):
    mimetypes.add_type("text/javascript", _ending)


@cache
def asset(path: str) -> str:
    """Its address with a content hash, so that browsers cache it for a year and reload it after an update.

    Our own scripts have no hash: they import each other by plain names, and a second name would be a second module.
    """
    if "/" not in path and path.endswith(".js"):
        return f"{ADDRESS}/{path}"
    mark = hashlib.sha256((_FOLDER / path).read_bytes()).hexdigest()[:12]
    return f"{ADDRESS}/{path}?v={mark}"


class Assets(StaticFiles):
    def __init__(self) -> None:
        super().__init__(directory=_FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        marked = b"v=" in scope.get("query_string", b"")
        kept = f"public, max-age={_YEAR_SECONDS}, immutable" if marked else "public, no-cache"
        response.headers["Cache-Control"] = kept
        return response
