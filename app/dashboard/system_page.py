"""The state of the service: clients, routing, queue, processes, times, failures. Clients and checks come from the
API.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import Request, Response

from app.command_name import installed_command
from app.dashboard.access import full_page, lacks_model, page_router, parts_of, visitor_of
from app.dashboard.connect_model import WAYS_TO_CONNECT
from app.dashboard.rendering import client_name, installed_version, page
from app.pipeline.resumes.blind_view import blind_name
from app.settings import RoutingRule
from app.storage import service_state
from app.storage.engine import Transaction
from app.storage.ledger import costs
from app.storage.profiles import resume_summaries
from app.storage.service_state import QueueState

router = page_router()

_PROBLEMS = 10
_FAILED_ATTEMPTS = 10
_LOOK_BACK = timedelta(hours=24)
_TIMED_RESUMES = 500


@router.get("/system")
def system_page(request: Request) -> Response:
    parts, tenant_id = parts_of(request), visitor_of(request).caller.tenant_id
    now = parts.clock()
    with parts.database.reading() as tx:
        failed = resume_summaries.list_failed(tx, tenant_id, _PROBLEMS)
        trouble, _ = costs.list_ledger(tx, tenant_id, now - _LOOK_BACK, now, failed_only=True, limit=_FAILED_ATTEMPTS)
        times = resume_summaries.list_stage_times(tx, tenant_id, _TIMED_RESUMES)
        live = _live(request, tx)
        connect = lacks_model(request, tx)
    if visitor_of(request).blind:
        failed = [replace(row, filename=blind_name(row.id)) for row in failed]
    routing = parts.settings.routing
    return full_page(
        request,
        "system.html",
        "System",
        failed=failed,
        trouble=trouble,
        times=times,
        timed_resumes=_TIMED_RESUMES,
        rules=[(rule.name, _conditions(rule), " → ".join(map(client_name, rule.clients))) for rule in routing.rules],
        version=installed_version(),
        connect=connect,
        ways=WAYS_TO_CONNECT,
        command=installed_command(),
        **live,
    )


@router.get("/system/now")
def system_now(request: Request) -> Response:
    """Only queue and processes, which the page polls every few seconds."""
    with parts_of(request).database.reading() as tx:
        return page("system_now.html", _live(request, tx))


def _live(request: Request, tx: Transaction) -> dict[str, Any]:
    queues: dict[str, list[QueueState]] = defaultdict(list)
    for queue in service_state.list_queues(tx):
        queues[queue.stage].append(queue)
    kinds: dict[str, list[int]] = defaultdict(list)
    for process in parts_of(request).counts.processes():
        kinds[process.process].append(process.resident_bytes)
    return {"queues": queues, "processes": dict(sorted(kinds.items()))}


def _conditions(rule: RoutingRule) -> str:
    """The rule's conditions in words."""
    said: list[str] = []
    if rule.functions:
        said.append("for " + ", ".join(rule.functions))
    if rule.pages_over is not None:
        said.append(f"more than {rule.pages_over} pages")
    if rule.tokens_over is not None:
        said.append(f"more than {rule.tokens_over:,} tokens")
    if rule.languages:
        said.append("written in " + ", ".join(rule.languages))
    if rule.columns is not None:
        said.append("with columns" if rule.columns else "without columns")
    if rule.hours is not None:
        said.append(f"between {rule.hours.replace('-', ' and ')} o’clock")
    if rule.waiting_over is not None:
        said.append(f"while more than {rule.waiting_over:,} are waiting")
    if rule.server_waiting_over is not None:
        said.append(f"while more than {rule.server_waiting_over:,} are waiting in the model servers")
    return "; ".join(said) or "always"
