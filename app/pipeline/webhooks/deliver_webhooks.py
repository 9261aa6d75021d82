"""Use case: deliver waiting events to webhooks until they are accepted. Runs in a thread of the scheduler.

A slow receiver holds up no one: each call has a time limit, one webhook has a few calls at once at most (one while it
fails), and nothing runs on the threads of the sweeps. A receiver that failed several times in a row is paused for a
growing time and then tried with one delivery; when it accepts that, everything waiting is sent at once. After days
without a success the webhook is disabled; a response of 410 disables it at once.
"""

import logging
import queue
import random
import threading
import uuid
from collections import Counter
from dataclasses import dataclass

from app.errors import DependencyError
from app.messaging.notices import Notices
from app.observability.metrics import WEBHOOK_CALLS, Tally
from app.observability.tracing import NO_TRACES, Traces
from app.pipeline.mechanisms.resume_events import send_notice
from app.pipeline.mechanisms.spans import trace_delivery
from app.pipeline.webhooks.send_webhook import Sent, WebhookSender
from app.storage import events, webhook_deliveries, webhooks
from app.storage.engine import Database
from app.storage.events import Event
from app.storage.webhook_deliveries import DueDelivery

log = logging.getLogger(__name__)

_EACH = 4  # deliveries to one webhook at once
_POLL_SECONDS = 1.0
_LEASE_MARGIN_SECONDS = 30.0  # a dead scheduler's deliveries are sent again after this
_FAILURES_BEFORE_PAUSE = 3
_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """When a delivery is tried again, and when it is given up."""

    first_seconds: float
    longest_seconds: float
    give_up_seconds: float

    def pause_seconds(self, failures: int, *, jitter: float, wished_seconds: float | None = None) -> float:
        """The pause after so many failures; a receiver's `Retry-After` counts when it is longer. `jitter` is in
        -1..1.
        """
        doubled = self.first_seconds * 2.0 ** min(max(failures, 1) - 1, 60)
        pause = max(doubled * (1 + _JITTER * jitter), wished_seconds or 0.0)
        return min(pause, self.longest_seconds)


class WebhookDelivery:
    """One per scheduler; several schedulers share the work by leases."""

    def __init__(
        self,
        database: Database,
        notices: Notices,
        sender: WebhookSender,
        plan: RetryPlan,
        *,
        timeout_seconds: float,
        at_once: int,
        tally: Tally | None = None,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._database = database
        self._notices = notices
        self._sender = sender
        self._plan = plan
        self._lease_seconds = timeout_seconds + _LEASE_MARGIN_SECONDS
        self._at_once = at_once
        self._tally = tally or Tally()
        self._traces = traces
        self._under_way: Counter[uuid.UUID] = Counter()
        self._ended: queue.SimpleQueue[tuple[DueDelivery, Sent]] = queue.SimpleQueue()

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set; calls in progress are abandoned then and repeated after their lease."""
        while not stop.is_set():
            try:
                begun = self.begin()
                self.settle(wait_seconds=0.0 if begun else _POLL_SECONDS)
            except DependencyError as error:
                log.warning("webhooks_postponed", extra={"fields": {"reason": error.code}})
                stop.wait(_POLL_SECONDS)
            except Exception:  # the next round may succeed
                log.exception("webhooks_failed")
                stop.wait(_POLL_SECONDS)

    def begin(self) -> int:
        """Send what is due, as far as there is room; returns how many deliveries were started."""
        free = self._at_once - self._under_way.total()
        if free <= 0:
            return 0
        with self._database.transaction() as tx:
            due = webhook_deliveries.claim_due(
                tx,
                busy=list(self._under_way),
                each=_EACH,
                at_most=free,
                lease_seconds=self._lease_seconds,
            )
        for one in due:
            self._under_way[one.webhook_id] += 1
            threading.Thread(target=self._send, args=(one,), name="webhook", daemon=True).start()
        return len(due)

    def settle(self, *, wait_seconds: float) -> int:
        """Record the outcome of finished deliveries; waits for the first one. Returns how many."""
        settled = 0
        while True:
            try:
                due, sent = self._ended.get(timeout=wait_seconds) if wait_seconds else self._ended.get_nowait()
            except queue.Empty:
                return settled
            wait_seconds = 0.0
            self._under_way[due.webhook_id] -= 1
            self._under_way = +self._under_way
            outcome = self._outcome(due, sent)
            self._settle(due, sent, outcome)
            self._tally.count(WEBHOOK_CALLS, outcome)
            settled += 1

    def _send(self, due: DueDelivery) -> None:
        try:
            with trace_delivery(self._traces, due) as span:
                sent = self._sender.send(due)
                span.note({"http.response.status_code": sent.status})
                if sent.error is not None:
                    span.fail(sent.error)
        except Exception:
            log.exception("webhook_not_sent", extra={"fields": {"webhook": due.webhook_id}})
            sent = Sent(0, error="internal")
        self._ended.put((due, sent))

    def _outcome(self, due: DueDelivery, sent: Sent) -> str:
        """One of `app.observability.metrics.WEBHOOK_OUTCOMES`."""
        if sent.error is None:
            return "delivered"
        return "given_up" if sent.gone or due.waiting_seconds > self._plan.give_up_seconds else "failed"

    def _settle(self, due: DueDelivery, sent: Sent, outcome: str) -> None:
        told: Event | None = None
        with self._database.transaction() as tx:
            if outcome == "delivered":
                webhook_deliveries.settle(
                    tx, due.id, "delivered", status=sent.status, error=None, latency_ms=sent.latency_ms
                )
                if webhooks.note_success(tx, due.webhook_id):
                    webhook_deliveries.make_due(tx, due.webhook_id)
                return
            webhook_deliveries.settle(
                tx,
                due.id,
                "failed" if outcome == "given_up" else "pending",
                status=sent.status,
                error=sent.error,
                latency_ms=sent.latency_ms,
                retry_in_seconds=self._pause(due.attempts, sent),
            )
            failing = webhooks.note_failure(tx, due.webhook_id)
            if failing is None:
                return  # deleted in the meantime
            if failing.failures >= _FAILURES_BEFORE_PAUSE:
                seconds = self._pause(failing.failures - _FAILURES_BEFORE_PAUSE + 1, sent)
                webhooks.pause(tx, due.webhook_id, seconds=seconds)
            reason = "gone" if sent.gone else "failing"
            if not failing.disabled and (sent.gone or failing.failing_seconds > self._plan.give_up_seconds):
                webhooks.disable(tx, due.webhook_id, reason)
                body = {"id": str(due.webhook_id), "reason": reason}
                told = events.insert_event(tx, failing.tenant_id, None, "webhook.disabled", body)
        fields = {"webhook": due.webhook_id, "status": sent.status, "error": sent.error, "attempts": due.attempts}
        log.info("webhook_failed", extra={"fields": fields})
        if told is not None:
            log.warning("webhook_disabled", extra={"fields": {"webhook": due.webhook_id, "reason": reason}})
            send_notice(self._notices, told)

    def _pause(self, failures: int, sent: Sent) -> float:
        jitter = random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards no secret
        return self._plan.pause_seconds(failures, jitter=jitter, wished_seconds=sent.retry_after_seconds)
