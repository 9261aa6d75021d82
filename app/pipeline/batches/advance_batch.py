"""Use case: take a batch one step further. Called by the analysis worker; duplicated messages are harmless.

preparing -> submitted -> running -> collecting -> collected, or failed. Each step records its state before it acts and
is safe to repeat. A batch that was sent although the response got lost is found again by its metadata, settled lines
are skipped, and an analysis that a batch cannot complete is processed as usual.
"""

import logging
import uuid
from collections.abc import Iterator
from typing import Any

from opentelemetry.trace import SpanKind

from app.errors import NotFound
from app.observability.tracing import TracedSpan
from app.pipeline.batches.batch_lane import INPUT_FILE, OUTPUT_FILE, BatchParts
from app.pipeline.batches.collect_batch import collect_lines, return_lines
from app.pipeline.batches.write_batch import LEASE_SECONDS, write_batch
from app.routing.failure import Failure
from app.routing.servers.batch_api import ENDED, BatchApi, BatchAway, BatchRefused, ProviderBatch
from app.storage import batches
from app.storage.batches import BatchLease

log = logging.getLogger(__name__)


def advance_batch(parts: BatchParts, batch_id: uuid.UUID) -> None:
    """Returns silently when there is nothing to do: the batch has ended or another worker holds it."""
    with parts.database.transaction() as tx:
        lease = batches.take(tx, batch_id, LEASE_SECONDS)
    if lease is None:
        return
    api = parts.make_api(parts.lane.client)
    attributes = {"vitae.batch.id": str(batch_id), "vitae.batch.state": lease.row.state}
    try:
        with parts.analysis.traces.span("advance_batch", SpanKind.CONSUMER, attributes=attributes) as span:
            _advance(parts, lease, api, span)
    except LookupError:
        log.warning("batch_lease_lost", extra={"fields": {"batch": batch_id}})
    finally:
        api.close()


def _advance(parts: BatchParts, lease: BatchLease, api: BatchApi, span: TracedSpan) -> None:
    step = _Step(parts, lease, api)
    try:
        if lease.row.client != parts.lane.client.name:
            # Another client handles batches now; its key and address cannot fetch this batch's results.
            with parts.database.transaction() as tx:
                batches.abandon(tx, lease.row.id, "client_changed")
        elif lease.row.runner == "batch_api":
            step.with_batch_api()
        else:
            step.with_run_batch()
    except BatchAway as away:
        log.warning("batch_provider_away", extra={"fields": {"batch": lease.row.id, "reason": str(away)}})
        span.fail("batch_provider_away")
        step.wait_or_give_up()
    except BatchRefused as refused:
        span.fail(refused.code)
        step.fail(refused.code)


class _Step:
    """Checks one batch that this worker holds."""

    def __init__(self, parts: BatchParts, lease: BatchLease, api: BatchApi) -> None:
        self._parts = parts
        self._lease = lease
        self._api = api

    def with_batch_api(self) -> None:
        match self._lease.row.state:
            case "preparing":
                content = self._prepare()
                if content is not None:
                    self._submit(content)
            case "submitted":
                self._submit(None)
            case "running":
                self._watch()
            case _:
                provider_id = self._lease.row.provider_batch_id
                self._collect(self._api.get(provider_id) if provider_id else None)

    def with_run_batch(self) -> None:
        """`vitae batch run` fetches the file and processes it on the machine of the model."""
        row = self._lease.row
        if row.state == "preparing":
            content = self._prepare()
            if content is None:
                return
            self._parts.files.put(row.id, INPUT_FILE, content)
            self._change(state="running")
        if row.cancel_requested and row.state != "collecting":
            self.fail("cancelled")
            return
        try:
            output = self._parts.files.get(row.id, OUTPUT_FILE)
        except NotFound:
            self.wait_or_give_up()
            return
        self._change(state="collecting")
        # Only by line breaks: `splitlines` would also split at characters that JSON leaves unescaped.
        collect_lines(self._parts, self._lease, output.decode("utf-8", "replace").split("\n"))
        self._end()

    def _prepare(self) -> bytes | None:
        content, lines = write_batch(self._parts, self._lease)
        if not lines:
            self._end()
            return None
        self._change(state="submitted", requests=lines, submitted_at=self._parts.analysis.clock())
        log.info("batch_written", extra={"fields": {"batch": self._lease.row.id, "lines": lines}})
        return content

    def _submit(self, content: bytes | None) -> None:
        row = self._lease.row
        found = self._api.find(str(row.id))  # sent already, and the response got lost?
        if found is None and row.cancel_requested:
            self.fail("cancelled")
            return
        if found is None:
            file_id = row.input_file_id
            if file_id is None:
                if content is None:
                    content, _ = write_batch(self._parts, self._lease)
                file_id = self._api.upload(f"{row.id}.jsonl", content)
                self._change(input_file_id=file_id)
            found = self._api.create(file_id, str(row.id))
        self._change(state="running", provider_batch_id=found.id, provider_state=found.state)
        self._release()

    def _watch(self) -> None:
        row = self._lease.row
        assert row.provider_batch_id is not None  # noqa: S101 - a running batch has its provider's name
        found = self._api.get(row.provider_batch_id)
        if row.cancel_requested and found.state not in {"cancelling", *ENDED}:
            found = self._api.cancel(row.provider_batch_id)
        self._change(provider_state=found.state)
        if found.state not in ENDED:
            self.wait_or_give_up()
        elif found.state == "failed":
            self.fail(found.errors[0] if found.errors else "failed")
        else:
            self._change(state="collecting")
            self._collect(found)

    def _collect(self, found: ProviderBatch | None) -> None:
        files = [file_id for file_id in (found.output_file_id, found.error_file_id) if file_id] if found else []
        collect_lines(self._parts, self._lease, self._lines(files))
        for file_id in files:
            self._api.forget(file_id)
        self._end()

    def _lines(self, file_ids: list[str]) -> Iterator[str]:
        for file_id in file_ids:
            yield from self._api.lines(file_id)

    def wait_or_give_up(self) -> None:
        if self._lease.age_seconds < self._parts.lane.settings.give_up_hours * 3600:
            self._release()
            return
        provider_id = self._lease.row.provider_batch_id
        if provider_id is not None:
            try:
                self._api.cancel(provider_id)
            except (BatchAway, BatchRefused) as error:
                log.warning("batch_not_cancelled", extra={"fields": {"batch": self._lease.row.id, "why": str(error)}})
        # The provider may bill what it did of it: estimated, and marked as such.
        self.fail("gave_up", Failure("timeout", "batch_gave_up", may_be_billed=True))

    def fail(self, code: str, failure: Failure | None = None) -> None:
        """The batch failed: its analyses are processed as usual."""
        outcome = "cancelled" if code == "cancelled" else "rejected"
        return_lines(self._parts, self._lease, failure or Failure(outcome, f"batch_{code}"[:60]))
        self._end(code)
        log.warning("batch_failed", extra={"fields": {"batch": self._lease.row.id, "reason": code}})

    def _end(self, error: str | None = None) -> None:
        row = self._lease.row
        # The files contain resumes and are no longer needed.
        if row.input_file_id is not None:
            self._api.forget(row.input_file_id)
        for name in (INPUT_FILE, OUTPUT_FILE):
            self._parts.files.delete(row.id, name)
        with self._parts.database.transaction() as tx:
            batches.end(tx, self._lease, "failed" if error else "collected", error)
        log.info("batch_ended", extra={"fields": {"batch": row.id, "error": error or "none"}})

    def _change(self, **values: Any) -> None:
        with self._parts.database.transaction() as tx:
            self._lease = batches.change(tx, self._lease, **values)

    def _release(self) -> None:
        with self._parts.database.transaction() as tx:
            batches.release(tx, self._lease, due_in_seconds=self._parts.lane.settings.poll_seconds)
