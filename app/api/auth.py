"""Authentication and scopes: `Authorization: Bearer <key>`, checked before a byte of the body is read.

The dashboard's pages call the same routes with their session cookie. Requests that change something then need the
session's CSRF token in a header, so that no other site can make a browser send them.

`admin` includes `write`, `write` includes `read`. The key is looked up at every request with one indexed query, so that
revoking it takes effect at once. Routes are created with `router_for(scope)`; inside a route `caller_of` returns the
tenant.
"""

from collections.abc import Callable, Coroutine
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from fastapi import APIRouter, Request, Response, Security
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from app.errors import Forbidden, InputError, Unauthenticated
from app.pipeline.access.sign_in import CSRF_HEADER, SESSION_COOKIE, csrf_token_fits
from app.storage import sessions, tenants
from app.storage.tenants import KeyHolder

if TYPE_CHECKING:
    from app.wiring.api_parts import ApiParts

Scope = Literal["read", "write", "admin"]
_INCLUDES: dict[Scope, frozenset[str]] = {
    "read": frozenset({"read", "write", "admin"}),
    "write": frozenset({"write", "admin"}),
    "admin": frozenset({"admin"}),
}
_LONGEST_KEY = 200  # characters; generated keys have 49
_LONGEST_NAME_SHOWN = 50  # of an unknown query parameter, in the error
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="api key",
    description="A key of your tenant, `vitae_...`. The first start writes an admin key to `.vitae/admin-key`; "
    "`vitae keys create` makes more. Scopes: `read`, `write` (includes read), `admin` (includes both).",
)


class WrongKey(Unauthenticated):
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": 'Bearer realm="vitae", error="invalid_token"'}


class SessionEnded(Unauthenticated):
    def __init__(self) -> None:
        super().__init__("Your session has ended. `vitae open` signs you in again.")


class CsrfTokenMissing(Forbidden):
    def __init__(self) -> None:
        super().__init__(f"A browser session can change things only with the header {CSRF_HEADER}. Reload the page.")


class ScopeMissing(Forbidden):
    def __init__(self, scope: Scope) -> None:
        super().__init__(
            f"This needs a key with the scope `{scope}`. `vitae keys create NAME --scope {scope}` creates one."
        )
        self.headers = {"WWW-Authenticate": f'Bearer realm="vitae", error="insufficient_scope", scope="{scope}"'}


def parts_of(request: Request) -> "ApiParts":
    return request.app.state.parts


def caller_of(request: Request) -> KeyHolder:
    """The tenant and key of this request; only inside routes of a `router_for`."""
    return request.state.caller


def router_for(scope: Scope, tag: str) -> APIRouter:
    """A router whose routes all require a key with that scope, before the body is read."""
    guarded = {"read": _ReadRoute, "write": _WriteRoute, "admin": _AdminRoute}[scope]
    return APIRouter(route_class=guarded, tags=[tag], dependencies=[Security(_bearer)])


def bearer_key(request: Request) -> str:
    """The key as sent. Raises `Unauthenticated` when there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise Unauthenticated("Send the header `Authorization: Bearer <key>`. `vitae keys create` creates a key.")
    if len(key) > _LONGEST_KEY:
        raise WrongKey("This is not a key of this service.")
    return key


def find_caller_of(request: Request) -> KeyHolder:
    """Identified by key, otherwise by session. Raises `Unauthenticated`, and `Forbidden` for a session without its CSRF
    token.
    """
    parts, secret = parts_of(request), request.cookies.get(SESSION_COOKIE)
    if "authorization" in request.headers or not secret:
        return find_caller(parts, bearer_key(request))
    with parts.database.reading() as tx:
        caller = sessions.find_session_holder(tx, secret[:_LONGEST_KEY])
    if caller is None:
        raise SessionEnded
    if request.method not in _SAFE_METHODS and not csrf_token_fits(secret, request.headers.get(CSRF_HEADER)):
        raise CsrfTokenMissing
    return caller


def find_caller(parts: "ApiParts", key: str) -> KeyHolder:
    """Raises `Unauthenticated` for an unknown or revoked key."""
    with parts.database.reading() as tx:
        caller = tenants.find_key_holder(tx, key)
    if caller is None:
        raise WrongKey("The key is unknown or has been revoked. `vitae keys create` creates a new one.")
    return caller


class _GuardedRoute(APIRoute):
    scope: ClassVar[Scope]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The schema shows which scope each route needs; so do the tests that try every route.
        kwargs["openapi_extra"] = {"x-vitae-scope": self.scope, **(kwargs.get("openapi_extra") or {})}
        super().__init__(*args, **kwargs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        parameters = get_flat_params(self.dependant)
        known = frozenset(each.alias for each in parameters if isinstance(each.field_info, Query))

        async def answer_if_allowed(request: Request) -> Response:
            caller = await run_in_threadpool(find_caller_of, request)
            if not caller.scopes & _INCLUDES[self.scope]:
                raise ScopeMissing(self.scope)
            _refuse_unknown_parameters(request, known)
            request.state.caller = caller
            return await answer(request)

        return answer_if_allowed


def _refuse_unknown_parameters(request: Request, known: frozenset[str]) -> None:
    """A misspelt filter must not be ignored: the answer would look right and be wrong."""
    unknown = [name for name in request.query_params if name not in known]
    if not unknown:
        return
    close = get_close_matches(unknown[0], known, n=1)
    hint = f"Did you mean `{close[0]}`?" if close else f"Known parameters: {', '.join(sorted(known)) or 'none'}."
    raise InputError(f"Unknown query parameter `{unknown[0][:_LONGEST_NAME_SHOWN]}`. {hint}")


class _ReadRoute(_GuardedRoute):
    scope = "read"


class _WriteRoute(_GuardedRoute):
    scope = "write"


class _AdminRoute(_GuardedRoute):
    scope = "admin"
