"""The scheduler: `python -m workers.schedule`. Publishes lost work again and erases what is due, every few seconds.

A process of its own and not a Celery task, because what mends the queue must not depend on the queue. Several may run;
the rows they take are locked, so that they share the work.
"""

import logging
import signal
import sys
import threading
import time
from types import FrameType

from app.clock import utc_now
from app.errors import ConfigurationError, DependencyError
from app.logs import configure_logging
from app.observability.metrics import REQUEUED
from app.pipeline.batches.batch_lane import tend_batches
from app.pipeline.costs.close_hours import close_hours
from app.pipeline.costs.write_off_calls import write_off_lost_calls
from app.pipeline.operations.forget_old import forget_old
from app.pipeline.operations.recover_degraded import recover_degraded
from app.pipeline.operations.requeue_overdue import requeue_overdue
from app.pipeline.operations.watch_clients import WATCH_EVERY_SECONDS
from app.pipeline.resumes.erase_expired import erase_expired
from app.pipeline.resumes.erase_resume import erase_due_files
from app.settings import load_settings
from app.wiring import SchedulerParts, build_scheduler_parts

log = logging.getLogger(__name__)

_TIDY_EVERY_SECONDS = 600.0
_CLOSE_EVERY_SECONDS = 30.0  # how old the provisional amounts of the running hour may be
_RECOVER_EVERY_SECONDS = 10.0
_TEND_BATCHES_EVERY_SECONDS = 10.0


def main() -> int:
    try:
        loaded = load_settings()
    except ConfigurationError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - the log is not set up yet
        return 2
    configure_logging(loaded.settings.logs.level, loaded.settings.logs.format)
    stop = threading.Event()

    def stop_now(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stop_now)
    signal.signal(signal.SIGINT, stop_now)
    parts = build_scheduler_parts(loaded)
    parts.counts.start()
    run(parts, stop)
    parts.counts.close()
    parts.traces.close()
    return 0


def run(parts: SchedulerParts, stop: threading.Event) -> None:
    """Sweep until `stop` is set; a dependency that is away is waited for."""
    log.info("scheduler_started", extra={"fields": {"sweep_seconds": parts.sweep_seconds}})
    tidied = recovered = 0.0
    closed = tended = float("-inf")
    # By itself: a server that hangs must not hold up the sweeps.
    watching = threading.Thread(target=_watch_clients, args=(parts, stop), name="client-watch", daemon=True)
    watching.start()
    # Likewise receivers of webhooks.
    threading.Thread(target=parts.webhooks.run, args=(stop,), name="webhooks", daemon=True).start()
    while not stop.wait(parts.sweep_seconds):
        try:
            lost = requeue_overdue(
                parts.database, parts.publisher, parts.notices, republish_seconds=parts.republish_seconds
            )
            parts.counts.tally.count(REQUEUED, "lost_message", by=lost)
            erase_due_files(parts.database, parts.files)
            if parts.retention_days is not None:
                erase_expired(parts.database, parts.files, retention_days=parts.retention_days, now=utc_now())
            write_off_lost_calls(parts.database, parts.price, parts.counts.tally)
            if time.monotonic() - closed > _CLOSE_EVERY_SECONDS:
                close_hours(parts.database, parts.machines, utc_now())
                closed = time.monotonic()
            if time.monotonic() - tended > _TEND_BATCHES_EVERY_SECONDS:
                hour = utc_now().astimezone().hour
                tend_batches(parts.database, parts.batch_lane, parts.publisher, hour=hour)
                tended = time.monotonic()
            if parts.recovery.settings.enabled and time.monotonic() - recovered > _RECOVER_EVERY_SECONDS:
                at_most = max(1, round(parts.recovery.settings.per_minute * _RECOVER_EVERY_SECONDS / 60))
                again = recover_degraded(
                    parts.database, parts.publisher, parts.notices, parts.recovery, at_most=at_most
                )
                parts.counts.tally.count(REQUEUED, "degraded", by=again)
                recovered = time.monotonic()
            if time.monotonic() - tidied > _TIDY_EVERY_SECONDS:
                forget_old(parts.database)
                tidied = time.monotonic()
        except DependencyError as error:
            log.warning("sweep_postponed", extra={"fields": {"reason": error.code}})


def _watch_clients(parts: SchedulerParts, stop: threading.Event) -> None:
    while True:
        try:
            parts.client_watch.look(parts.database, parts.notices)
        except Exception:  # whatever it is, the next look may go well
            log.exception("client_watch_failed")
        if stop.wait(WATCH_EVERY_SECONDS):
            return


if __name__ == "__main__":
    sys.exit(main())
