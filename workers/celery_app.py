"""Starts a worker: `python -m workers.celery_app extraction` (prefork) or `... analysis` (threads).

There are two kinds, because untrusted documents need processes that can be killed, while BAML must never be forked.
"""

import argparse
import logging
import os
import sys
import threading
import warnings
from typing import TypeVar

# At its default level BAML prints whole prompts; it reads this variable when it is loaded.
os.environ.setdefault("BAML_LOG", "off")

from celery.exceptions import SecurityWarning
from celery.signals import (
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
    worker_shutting_down,
)

from app.errors import ConfigurationError
from app.logs import configure_logging
from app.messaging.broker import make_celery
from app.messaging.messages import Stage, queues_of
from app.pipeline.resumes.analyse_resume import AnalysisParts
from app.pipeline.resumes.extract_document import ExtractionParts
from app.settings import LoadedSettings, Settings, load_settings
from app.wiring.analysis_parts import build_analysis_parts
from app.wiring.batch_parts import build_batch_parts
from app.wiring.extraction_parts import build_extraction_parts
from workers import analysis_tasks, extraction_tasks
from workers.lifetime import PerProcess

log = logging.getLogger(__name__)
P = TypeVar("P", ExtractionParts, AnalysisParts)

# Above the sandbox's own limit, so that the sandbox ends a parse first and can report why. Celery's is a backstop.
_HARD_LIMIT_MARGIN_SECONDS = 30.0
_TASKS_PER_PROCESS = 1000  # an extraction process is replaced after this many documents


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="workers.celery_app", description=__doc__)
    parser.add_argument("stage", choices=["extraction", "analysis"])
    stage: Stage = parser.parse_args(arguments).stage
    try:
        loaded = load_settings()
        configure_logging(loaded.settings.logs.level, loaded.settings.logs.format)
        setup_logging.connect(_keep_our_logging)
        run = _run_extraction if stage == "extraction" else _run_analysis
        return run(loaded, loaded.settings)
    except ConfigurationError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - one plain line instead of a traceback
        return 2


def _keep_our_logging(**_: object) -> None:
    """Connected to the signal so that Celery does not configure logging."""


def _run_extraction(loaded: LoadedSettings, settings: Settings) -> int:
    celery = make_celery(settings.redis_url)
    parts = PerProcess(lambda: _counting(build_extraction_parts(loaded)))
    # Created at once, so that an idle worker reports itself too.
    worker_process_init.connect(lambda **_: parts.get(), weak=False)
    worker_process_shutdown.connect(lambda **_: _stop_counting(parts.made), weak=False)
    extraction_tasks.register(
        celery,
        parts,
        hard_limit_seconds=settings.limits.extraction_seconds
        + settings.limits.program_seconds
        + _HARD_LIMIT_MARGIN_SECONDS,
    )
    celery.conf.worker_max_tasks_per_child = _TASKS_PER_PROCESS
    return _work(celery, "extraction", "prefork", settings.workers.extraction_processes)


def _run_analysis(loaded: LoadedSettings, settings: Settings) -> int:
    celery = make_celery(settings.redis_url)
    parts = PerProcess(lambda: _counting(build_analysis_parts(loaded)))
    worker_shutdown.connect(lambda **_: _stop_counting(parts.made), weak=False)
    # A call can take minutes. Ending it now gives its resume to another worker; waiting would have this one killed, and
    # the resume would wait for its lease to expire.
    worker_shutting_down.connect(lambda **_: _cancel_calls(parts.made), weak=False)
    parts.get()  # so that a wrong client name stops the worker now, with one line, not at the first resume
    analysis_tasks.register(celery, parts, lambda analysis: build_batch_parts(loaded, analysis))
    return _work(celery, "analysis", "threads", settings.workers.analysis_threads)


def _cancel_calls(parts: AnalysisParts | None) -> None:
    """In another thread, because Celery sends this signal from within a signal handler."""
    if parts is not None:
        threading.Thread(target=parts.cancellation.cancel, name="cancel-calls").start()


def _counting(parts: P) -> P:
    if parts.counts is not None:
        parts.counts.start()
    return parts


def _stop_counting(parts: ExtractionParts | AnalysisParts | None) -> None:
    if parts is None:
        return
    if parts.counts is not None:
        parts.counts.close()
    parts.traces.close()


def _work(celery: object, stage: Stage, pool: str, concurrency: int) -> int:
    # The warning is about pickled messages as root; ours are JSON, and it would appear at every start.
    warnings.simplefilter("ignore", SecurityWarning)
    log.info("worker_started", extra={"fields": {"stage": stage, "pool": pool, "concurrency": concurrency}})
    celery.worker_main(  # pyright: ignore[reportAttributeAccessIssue]
        [
            "--quiet",  # no banner, so that the shared log stays readable
            "worker",
            f"--pool={pool}",
            f"--concurrency={concurrency}",
            f"--queues={','.join(queues_of(stage))}",
            f"--hostname={stage}-{os.getpid()}@%h",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=WARNING",
        ]
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
