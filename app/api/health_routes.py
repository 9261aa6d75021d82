"""`/healthz`, `/readyz` and `/metrics` for monitoring: no key needed, no personal data."""

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
            f"Not ready: {', '.join(missing)}. `checks` gives the reasons; `vitae doctor` helps to fix them."
        )
        self.extensions = {"checks": checks}


@router.get("/healthz", summary="Alive")
def healthz() -> Health:
    """The process is alive. Checks no other service, so that a database outage does not restart the API."""
    return Health(status="ok")


@router.get("/readyz", summary="Ready", responses=problems("dependency_unavailable"))
def readyz(request: Request) -> Readiness:
    """200 when Postgres, Redis and the file store are available; otherwise 503 with what is missing."""
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
    """Covers the whole service, whichever API process responds. docs/monitoring.md lists the metrics."""
    scrape: Scrape = request.app.state.scrape
    return Response(scrape.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _checks(parts: "ApiParts") -> dict[str, Callable[[], None]]:
    return {"postgres": parts.database.check, "redis": parts.notices.check, "files": parts.files.check}


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except DependencyError as error:
        return error.detail
    return "ok"
