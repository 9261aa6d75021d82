"""How the service is: clients, queue, what failed lately, version. Clients and checks come live from the API."""

from datetime import timedelta

from fastapi import Request, Response

from app.dashboard.access import full_page, page_router, parts_of, visitor_of
from app.dashboard.rendering import installed_version, page
from app.storage import analyses, resumes_at_a_glance, spending

router = page_router()

_PROBLEMS = 10
_FAILED_ATTEMPTS = 10
_LOOK_BACK = timedelta(hours=24)


@router.get("/system")
def system_page(request: Request) -> Response:
    parts, tenant_id = parts_of(request), visitor_of(request).caller.tenant_id
    with parts.database.reading() as tx:
        failed = resumes_at_a_glance.list_failed(tx, tenant_id, _PROBLEMS)
        trouble = spending.list_ledger(
            tx, tenant_id, since=parts.clock() - _LOOK_BACK, failed_only=True, limit=_FAILED_ATTEMPTS
        )
        queue = analyses.queue_state(tx)
    return full_page(
        request, "system.html", "System", failed=failed, trouble=trouble, queue=queue, version=installed_version()
    )


@router.get("/system/queue")
def queue_now(request: Request) -> Response:
    """The numbers of the queue alone, which the page asks for every few seconds."""
    with parts_of(request).database.reading() as tx:
        queue = analyses.queue_state(tx)
    return page("queue.html", {"queue": queue})
