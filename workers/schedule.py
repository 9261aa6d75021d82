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
from app.pipeline.close_hours import close_hours
from app.pipeline.erase_resume import erase_due_files
from app.pipeline.forget_old import forget_old
from app.pipeline.requeue_overdue import requeue_overdue
from app.settings import load_settings
from app.wiring import SchedulerParts, build_scheduler_parts

log = logging.getLogger(__name__)

_TIDY_EVERY_SECONDS = 600.0
_CLOSE_EVERY_SECONDS = 30.0  # how old the provisional amounts of the running hour may be


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
    run(build_scheduler_parts(loaded), stop)
    return 0


def run(parts: SchedulerParts, stop: threading.Event) -> None:
    """Sweep until `stop` is set; a dependency that is away is waited for."""
    log.info("scheduler_started", extra={"fields": {"sweep_seconds": parts.sweep_seconds}})
    tidied, closed = 0.0, float("-inf")
    while not stop.wait(parts.sweep_seconds):
        try:
            requeue_overdue(parts.database, parts.publisher, parts.notices, republish_seconds=parts.republish_seconds)
            erase_due_files(parts.database, parts.files)
            if time.monotonic() - closed > _CLOSE_EVERY_SECONDS:
                close_hours(parts.database, parts.machines, utc_now())
                closed = time.monotonic()
            if time.monotonic() - tidied > _TIDY_EVERY_SECONDS:
                forget_old(parts.database)
                tidied = time.monotonic()
        except DependencyError as error:
            log.warning("sweep_postponed", extra={"fields": {"reason": error.code}})


if __name__ == "__main__":
    sys.exit(main())
