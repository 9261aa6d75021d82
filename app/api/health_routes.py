"""`/healthz`, `/readyz` and `/metrics`: for whoever watches the service; no key needed, nothing personal in them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.auth import parts_of
from app.api.openapi import problems
from app.api.schemas.resume_schemas import Health, Readiness
from app.api.service_metrics import Scrape
from app.errors import DependencyError

if TYPE_CHECKING:
    from app.wiring.api_parts import ApiParts

router = APIRouter(tags=["Health"])


class NotReady(DependencyError):
    def __init__(self, checks: dict[str, str]) -> None:
        missing = [name for name, state in checks.items() if state != "ok"]
        super().__init__(
            f"Not ready: {', '.join(missing)}. `checks` says what is wrong; `vitae doctor` helps to mend it."
        )
        self.extensions = {"checks": checks}


@router.get("/healthz", summary="Alive")
def healthz() -> Health:
    """The process answers. Asks nobody else, so that a database that is away does not restart the API."""
    return Health(status="ok")


@router.get("/readyz", summary="Ready", responses=problems("dependency_unavailable"))
def readyz(request: Request) -> Readiness:
    """Postgres, Redis and the file store answer; otherwise 503 with what is missing."""
    checks = {name: _state(check) for name, check in _checks(parts_of(request)).items()}
    if any(state != "ok" for state in checks.values()):
        raise NotReady(checks)
    return Readiness(status="ready", checks=checks)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Prometheus text format", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
def metrics(request: Request) -> Response:
    """Of the whole service, whichever API process answers. docs/monitoring.md lists them."""
    scrape: Scrape = request.app.state.scrape
    return Response(scrape.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _checks(parts: "ApiParts") -> dict[str, Callable[[], None]]:
    def redis() -> None:
        if not parts.notices.ping():
            raise DependencyError("Redis does not answer. Uploads are still accepted; their analysis waits.")

    return {"postgres": parts.database.ping, "redis": redis, "files": parts.files.check}


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except DependencyError as error:
        return error.detail
    return "ok"
