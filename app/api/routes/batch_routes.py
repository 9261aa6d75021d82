"""Routes under `/v1/batches`: start a batch, see how far each is, have one looked at, cancelled, or run beside a model.

A batch asks for uploads of all tenants and so is the operator's, with an admin key of the first tenant.
"""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Query, Request, Response
from pydantic import BaseModel, Field

from app.api.auth import parts_of, router_for
from app.api.openapi import problems
from app.api.routes.cost_routes import check_operator
from app.errors import Conflict, InputError, NotFound
from app.pipeline.batches.batch_lane import INPUT_FILE, OUTPUT_FILE, BatchLane, hurry_batch, start_batch
from app.routing.servers.batch_lines import read_line
from app.storage import batches
from app.storage.batches import FINAL_STATES, BatchRow, ItemState

router = router_for("admin", "Batches")
OUTPUT_PATH = "/v1/batch-output"  # one path for all batches: it has a limit of its own for the body
LARGEST_OUTPUT_BYTES = 200_000_000

_ERRORS = ("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable")


class Batch(BaseModel):
    id: uuid.UUID
    state: str = Field(description="preparing, submitted, running, collecting, collected or failed.")
    client: str
    model: str | None
    runner: str = Field(description="batch_api: the provider's; run_batch: `vitae batch run` beside the model.")
    requests: int = Field(description="Lines of the file.")
    answered: int
    failed: int = Field(description="Answered: it is no resume.")
    returned: int = Field(description="Analysed the usual way instead.")
    open: int
    provider_batch_id: str | None
    provider_state: str | None
    cancel_requested: bool
    error: str | None = Field(description="Why it came to nothing; its uploads were analysed the usual way.")
    created_at: datetime
    submitted_at: datetime | None
    ended_at: datetime | None


class Batches(BaseModel):
    client: str | None = Field(description="That answers batches; null: there is no batch lane.")
    hours: str | None
    waiting: int = Field(description="Uploads that wait for the next batch.")
    batches: list[Batch]


class StartedBatch(BaseModel):
    batch: Batch | None = Field(description="Null: nothing waits.")


@router.get("/v1/batches", summary="List batches", responses=problems(*_ERRORS))
def get_batches(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> Batches:
    """The newest first, and what waits for the next one."""
    parts = parts_of(request)
    lane = parts.batch_lane
    with parts.database.reading() as tx:
        check_operator(tx, request)
        rows = batches.list_batches(tx, limit)
        counts = batches.count_items(tx, [row.id for row in rows])
        waiting = 0 if lane is None else batches.count_waiting(tx, local=lane.local)[0]
    return Batches(
        client=None if lane is None else lane.client.name,
        hours=None if lane is None else lane.settings.hours,
        waiting=waiting,
        batches=[_shown(row, counts[row.id]) for row in rows],
    )


@router.post("/v1/batches", status_code=202, summary="Start a batch", responses=problems(*_ERRORS, "conflict"))
def post_batch(request: Request) -> StartedBatch:
    """Of all that waits, now, whatever the hour. The file is written and sent by the analysis worker."""
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    batch_id = start_batch(parts.database, _lane(parts.batch_lane), parts.publisher)
    return StartedBatch(batch=None if batch_id is None else _find(request, batch_id))


@router.get("/v1/batches/{batch_id}", summary="Show a batch", responses=problems(*_ERRORS, "not_found"))
def get_batch(request: Request, batch_id: uuid.UUID) -> Batch:
    """Its state, and how many of its lines came back."""
    with parts_of(request).database.reading() as tx:
        check_operator(tx, request)
    return _find(request, batch_id)


@router.post(
    "/v1/batches/{batch_id}/collect",
    status_code=202,
    summary="Have a batch looked at now",
    responses=problems(*_ERRORS, "not_found"),
)
def post_collect(request: Request, batch_id: uuid.UUID) -> Batch:
    """It is looked at by itself every minute, too. As often as you like: no answer is taken in twice."""
    return _hurry(request, batch_id, cancel=False)


@router.post(
    "/v1/batches/{batch_id}/cancel",
    status_code=202,
    summary="Cancel a batch",
    responses=problems(*_ERRORS, "not_found"),
)
def post_cancel(request: Request, batch_id: uuid.UUID) -> Batch:
    """What was answered by then is kept, and paid; the rest is analysed the usual way."""
    return _hurry(request, batch_id, cancel=True)


@router.get(
    "/v1/batches/{batch_id}/input",
    summary="Fetch the file of a batch",
    response_class=Response,
    responses={200: {"content": {"application/jsonl": {}}}, **problems(*_ERRORS, "not_found")},
)
def get_input(request: Request, batch_id: uuid.UUID) -> Response:
    """For `vllm run-batch`, until the batch has ended."""
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    _find(request, batch_id)
    return Response(parts.files.get(batch_id, INPUT_FILE), media_type="application/jsonl")


@router.put(
    OUTPUT_PATH,
    status_code=202,
    summary="Hand in the answers of a batch",
    responses=problems(*_ERRORS, "not_found", "conflict", "payload_too_large"),
)
def put_output(
    request: Request,
    batch_id: uuid.UUID,
    content: Annotated[bytes, Body(media_type="application/jsonl", description="What `vllm run-batch` wrote.")],
) -> Batch:
    """They are taken in by the analysis worker; handing in the same again changes nothing."""
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    found = _find(request, batch_id)
    if found.runner != "run_batch" or found.state in FINAL_STATES:
        raise Conflict(f"This batch takes no answers: its runner is {found.runner}, its state {found.state}.")
    if not any(read_line(line) for line in content.decode("utf-8", "replace").split("\n")):
        raise InputError("This is no output of `vllm run-batch`: no line has a custom_id.")
    parts.files.put(batch_id, OUTPUT_FILE, content)
    return _hurry(request, batch_id, cancel=False)


def _lane(lane: BatchLane | None) -> BatchLane:
    if lane is None:
        raise Conflict(
            "There is no batch lane: set `client` under [batch] in vitae.toml, and see that this client has its key."
        )
    return lane


def _hurry(request: Request, batch_id: uuid.UUID, *, cancel: bool) -> Batch:
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    hurry_batch(parts.database, parts.publisher, batch_id, cancel=cancel)
    return _find(request, batch_id)


def _find(request: Request, batch_id: uuid.UUID) -> Batch:
    with parts_of(request).database.reading() as tx:
        row = batches.find_batch(tx, batch_id)
        if row is None:
            raise NotFound("There is no batch with this id. `vitae batch status` shows all.")
        return _shown(row, batches.count_items(tx, [batch_id])[batch_id])


def _shown(row: BatchRow, counts: dict[ItemState, int]) -> Batch:
    values: dict[str, Any] = {name: getattr(row, name) for name in BatchRow.__dataclass_fields__}
    return Batch(
        **values,
        answered=counts.get("answered", 0),
        failed=counts.get("failed", 0),
        returned=counts.get("returned", 0),
        open=counts.get("waiting", 0) + counts.get("sent", 0),
    )
