"""Access to the pages: only browsers with a session cookie. Pages are created with `page_router`.

An error becomes a page in plain words, and a missing session leads to the sign-in page.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from app.dashboard.rendering import page
from app.dashboard.return_path import address_of, sign_in_address
from app.errors import DependencyError, Forbidden, InputError, NotFound, Unauthenticated, VitaeError
from app.pipeline.access.sign_in import SESSION_COOKIE, csrf_token
from app.pipeline.mechanisms.answer_memory import find_expected
from app.routing.policy import named_models
from app.storage import sessions
from app.storage.engine import Transaction
from app.storage.profiles import resume_summaries
from app.storage.tenants import KeyHolder

if TYPE_CHECKING:
    from app.wiring.api_parts import ApiParts

VIEW_COOKIE = "vitae_view"  # set by the page's script; holds no secret
_LONGEST_SECRET = 200  # characters; generated ones have 43
_RECENT_RESULTS = 50
_PAGES_WITH_BANNER = {"/candidates", "/upload", "/system"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """The session's tenant and scopes, what its forms carry, and whether this browser hides identities."""

    caller: KeyHolder
    csrf_token: str
    view: str = ""  # `blind`, `blind-schools` (schools hidden, too), or nothing

    @property
    def may_write(self) -> bool:
        return bool(self.caller.scopes & {"write", "admin"})

    @property
    def blind(self) -> bool:
        return self.view in {"blind", "blind-schools"}

    @property
    def hide_schools(self) -> bool:
        return self.view == "blind-schools"

    @property
    def may_correct(self) -> bool:
        """A reader who must not see a name cannot correct it."""
        return self.may_write and not self.blind

    @property
    def blind_query(self) -> str:
        """The query that pages add to addresses of the API."""
        return ("&blind=true" + ("&hide_schools=true" if self.hide_schools else "")) if self.blind else ""


def parts_of(request: Request) -> "ApiParts":
    return request.app.state.parts


def visitor_of(request: Request) -> Visitor:
    """Only inside routes of a `page_router`."""
    return request.state.visitor


def find_visitor(request: Request) -> Visitor | None:
    secret = request.cookies.get(SESSION_COOKIE, "")[:_LONGEST_SECRET]
    if not secret:
        return None
    with parts_of(request).database.reading() as tx:
        caller = sessions.find_session_holder(tx, secret)
    return None if caller is None else Visitor(caller, csrf_token(secret), request.cookies.get(VIEW_COOKIE, ""))


def page_router() -> APIRouter:
    return APIRouter(route_class=_PageRoute, include_in_schema=False)


def full_page(request: Request, template: str, title: str, **values: Any) -> Response:
    """A page in the dashboard's frame; `part` is marked in the navigation."""
    visitor, parts = visitor_of(request), parts_of(request)
    with parts.database.reading() as tx:
        degraded, looked_at = resume_summaries.count_degraded(tx, visitor.caller.tenant_id, _RECENT_RESULTS)
    return page(
        template,
        {
            "title": title,
            "visitor": visitor,
            "part": request.url.path.split("/")[1],
            "degraded": degraded,
            "looked_at": looked_at,
            "show_banner": request.url.path in _PAGES_WITH_BANNER,
            **values,
        },
    )


def lacks_model(request: Request, tx: Transaction) -> bool:
    """Whether the settings list models but none is connected, so that the built-in parser reads."""
    parts = parts_of(request)
    clients = parts.clients
    named = {name: clients[name] for name in named_models(parts.settings.routing) if name in clients}
    return bool(named) and not find_expected(tx, named)


def wants_fragment(request: Request) -> bool:
    """Whether the page's script requests part of a page (`parts.js`)."""
    return "x-part" in request.headers


class _PageRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_visitor(request: Request) -> Response:
            try:
                visitor = await run_in_threadpool(find_visitor, request)
                if visitor is None:
                    return _to_sign_in(request)
                request.state.visitor = visitor
                return await answer(request)
            except RequestValidationError:
                return error_page(InputError("This address is not valid. Start from Candidates."))
            except VitaeError as error:
                return error_page(error)

        return answer_visitor


def _to_sign_in(request: Request) -> Response:
    address = sign_in_address(address_of(request))
    if wants_fragment(request):
        return Response(status_code=401, headers={"X-Sign-In": address, "Cache-Control": "no-store"})
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def error_page(error: VitaeError) -> Response:
    kinds: tuple[tuple[type[VitaeError], int], ...] = (
        (NotFound, 404),
        (Unauthenticated, 401),
        (Forbidden, 403),
        (InputError, 422),
        (DependencyError, 503),
    )
    status = next((status for kind, status in kinds if isinstance(error, kind)), 500)
    return page("error.html", {"title": error.title, "detail": error.detail, "code": error.code}, status=status)
