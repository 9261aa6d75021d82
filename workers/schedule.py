"""The scheduler: `python -m workers.schedule`. Runs the recurring jobs in the table `JOBS`.

It is a separate process and not a Celery task, because the jobs that repair the queue must not depend on the queue.
Several schedulers may run at once: they lock the rows they take and so share the work.
"""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
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
from app.wiring.scheduler_parts import SchedulerParts, build_scheduler_parts

log = logging.getLogger(__name__)

_CLOSE_EVERY_SECONDS = 30.0  # the greatest age of the provisional amounts of the current hour
_RECOVER_EVERY_SECONDS = 10.0  # `routing.recovery.per_minute` is divided among these


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
    """Run every job when it is due until `stop` is set; while a dependency is unavailable, due jobs are postponed."""
    log.info("scheduler_started", extra={"fields": {"sweep_seconds": parts.sweep_seconds}})
    # In separate threads, because a model server or webhook receiver that hangs must not delay the jobs.
    threading.Thread(target=_watch_clients, args=(parts, stop), name="client-watch", daemon=True).start()
    threading.Thread(target=parts.webhooks.run, args=(stop,), name="webhooks", daemon=True).start()
    last_success: dict[str, float] = {}
    while not stop.wait(parts.sweep_seconds):
        for job in JOBS:
            if time.monotonic() - last_success.get(job.name, float("-inf")) < job.every_seconds:
                continue
            try:
                job.run(parts)
            except DependencyError as error:
                log.warning("sweep_postponed", extra={"fields": {"job": job.name, "reason": error.code}})
                break  # the other jobs need the same dependency
            last_success[job.name] = time.monotonic()


def _requeue_overdue(parts: SchedulerParts) -> None:
    lost = requeue_overdue(parts.database, parts.publisher, parts.notices, republish_seconds=parts.republish_seconds)
    parts.counts.tally.count(REQUEUED, "lost_message", by=lost)


def _erase_due_files(parts: SchedulerParts) -> None:
    erase_due_files(parts.database, parts.files)


def _erase_expired(parts: SchedulerParts) -> None:
    if parts.retention_days is not None:
        erase_expired(parts.database, parts.files, retention_days=parts.retention_days, now=utc_now())


def _write_off_lost_calls(parts: SchedulerParts) -> None:
    write_off_lost_calls(parts.database, parts.price, parts.counts.tally)


def _close_hours(parts: SchedulerParts) -> None:
    close_hours(parts.database, parts.machines, utc_now())


def _tend_batches(parts: SchedulerParts) -> None:
    tend_batches(parts.database, parts.batch_lane, parts.publisher, hour=utc_now().astimezone().hour)


def _recover_degraded(parts: SchedulerParts) -> None:
    settings = parts.recovery.settings
    if not settings.enabled:
        return
    at_most = max(1, round(settings.per_minute * _RECOVER_EVERY_SECONDS / 60))
    again = recover_degraded(parts.database, parts.publisher, parts.notices, parts.recovery, at_most=at_most)
    parts.counts.tally.count(REQUEUED, "degraded", by=again)


def _forget_old(parts: SchedulerParts) -> None:
    forget_old(parts.database)


@dataclass(frozen=True, slots=True)
class Job:
    """Runs at most every `every_seconds`; 0 runs it in every sweep (`workers.sweep_seconds`)."""

    name: str
    every_seconds: float
    run: Callable[[SchedulerParts], None]


JOBS = (
    Job("requeue_overdue", 0, _requeue_overdue),
    Job("erase_due_files", 0, _erase_due_files),
    Job("erase_expired", 0, _erase_expired),
    Job("write_off_lost_calls", 0, _write_off_lost_calls),
    Job("close_hours", _CLOSE_EVERY_SECONDS, _close_hours),
    Job("tend_batches", 10, _tend_batches),
    Job("recover_degraded", _RECOVER_EVERY_SECONDS, _recover_degraded),
    Job("forget_old", 600, _forget_old),
)


def _watch_clients(parts: SchedulerParts, stop: threading.Event) -> None:
    while True:
        try:
            parts.client_watch.look(parts.database, parts.notices)
        except Exception:  # the next check may succeed
            log.exception("client_watch_failed")
        if stop.wait(WATCH_EVERY_SECONDS):
            return


if __name__ == "__main__":
    sys.exit(main())
