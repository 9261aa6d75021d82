"""Routes under `/v1/batches`: start a batch, see its progress, have it checked, cancel it, or run it next to a model.

A batch contains uploads of all tenants, so it belongs to the operator: an admin key of the first tenant.
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
OUTPUT_PATH = "/v1/batch-output"  # one path for all batches, so that its body can have its own limit
LARGEST_OUTPUT_BYTES = 200_000_000

_ERRORS = ("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable")


class Batch(BaseModel):
    id: uuid.UUID
    state: str = Field(description="preparing, submitted, running, collecting, collected or failed.")
    client: str
    model: str | None
    runner: str = Field(
        description="batch_api: run by the provider; run_batch: by `vitae batch run` next to the model."
    )
    requests: int = Field(description="Lines of the file.")
    answered: int
    failed: int = Field(description="Answered: not a resume.")
    returned: int = Field(description="Analysed as usual instead.")
    open: int
    provider_batch_id: str | None
    provider_state: str | None
    cancel_requested: bool
    error: str | None = Field(description="Why it failed; its uploads were analysed as usual.")
    created_at: datetime
    submitted_at: datetime | None
    ended_at: datetime | None


class Batches(BaseModel):
    client: str | None = Field(description="The client that handles batches; null: there is no batch lane.")
    hours: str | None
    waiting: int = Field(description="Uploads waiting for the next batch.")
    batches: list[Batch]


class StartedBatch(BaseModel):
    batch: Batch | None = Field(description="Null: nothing is waiting.")


@router.get("/v1/batches", summary="List batches", responses=problems(*_ERRORS))
def get_batches(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> Batches:
    """The newest first, and what is waiting for the next one."""
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
    """From everything that is waiting now, at any hour. The analysis worker writes and sends the file."""
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    batch_id = start_batch(parts.database, _lane(parts.batch_lane), parts.publisher)
    return StartedBatch(batch=None if batch_id is None else _find(request, batch_id))


@router.get("/v1/batches/{batch_id}", summary="Show a batch", responses=problems(*_ERRORS, "not_found"))
def get_batch(request: Request, batch_id: uuid.UUID) -> Batch:
    """Its state, and how many of its lines have come back."""
    with parts_of(request).database.reading() as tx:
        check_operator(tx, request)
    return _find(request, batch_id)


@router.post(
    "/v1/batches/{batch_id}/collect",
    status_code=202,
    summary="Check a batch now",
    responses=problems(*_ERRORS, "not_found"),
)
def post_collect(request: Request, batch_id: uuid.UUID) -> Batch:
    """Batches are also checked every minute. Repeat it as often as you like: no answer is collected twice."""
    return _hurry(request, batch_id, cancel=False)


@router.post(
    "/v1/batches/{batch_id}/cancel",
    status_code=202,
    summary="Cancel a batch",
    responses=problems(*_ERRORS, "not_found"),
)
def post_cancel(request: Request, batch_id: uuid.UUID) -> Batch:
    """Answers received so far are kept and paid for; the rest is analysed as usual."""
    return _hurry(request, batch_id, cancel=True)


@router.get(
    "/v1/batches/{batch_id}/input",
    summary="Download the file of a batch",
    response_class=Response,
    responses={200: {"content": {"application/jsonl": {}}}, **problems(*_ERRORS, "not_found")},
)
def get_input(request: Request, batch_id: uuid.UUID) -> Response:
    """The input for `vllm run-batch`, available until the batch has ended."""
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    _find(request, batch_id)
    return Response(parts.files.get(batch_id, INPUT_FILE), media_type="application/jsonl")


@router.put(
    OUTPUT_PATH,
    status_code=202,
    summary="Upload the answers of a batch",
    responses=problems(*_ERRORS, "not_found", "conflict", "payload_too_large"),
)
def put_output(
    request: Request,
    batch_id: uuid.UUID,
    content: Annotated[bytes, Body(media_type="application/jsonl", description="The output of `vllm run-batch`.")],
) -> Batch:
    """The analysis worker collects them; uploading the same answers again changes nothing."""
    parts = parts_of(request)
    with parts.database.reading() as tx:
        check_operator(tx, request)
    found = _find(request, batch_id)
    if found.runner != "run_batch" or found.state in FINAL_STATES:
        raise Conflict(f"This batch does not accept answers: its runner is {found.runner}, its state {found.state}.")
    if not any(read_line(line) for line in content.decode("utf-8", "replace").split("\n")):
        raise InputError("This is not output of `vllm run-batch`: no line has a custom_id.")
    parts.files.put(batch_id, OUTPUT_FILE, content)
    return _hurry(request, batch_id, cancel=False)


def _lane(lane: BatchLane | None) -> BatchLane:
    if lane is None:
        raise Conflict(
            "No batch lane: set `client` under [batch] in vitae.toml, and make sure that this client has its key."
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
            raise NotFound("There is no batch with this id. `vitae batch status` lists all batches.")
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
