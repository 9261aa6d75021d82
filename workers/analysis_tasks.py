"""The tasks of the analysis worker (threads): analyse a resume and store the result; advance a batch by one step.

The thread pool ignores Celery's time limits; every model call has its own deadline in the router.
"""

import uuid
from collections.abc import Callable

from celery import Celery

from app.messaging.messages import ADVANCE_BATCH
from app.pipeline.batches.advance_batch import advance_batch
from app.pipeline.batches.batch_lane import BatchParts
from app.pipeline.resumes.analyse_resume import AnalysisParts, analyse_resume
from workers.lifetime import PerProcess


def register(
    celery: Celery, parts: PerProcess[AnalysisParts], batch_parts: Callable[[AnalysisParts], BatchParts | None]
) -> None:
    def analyse_resume_task(analysis_id: str) -> None:
        analyse_resume(parts.get(), uuid.UUID(analysis_id))

    def advance_batch_task(batch_id: str) -> None:
        batches = batch_parts(parts.get())
        if batches is not None:
            advance_batch(batches, uuid.UUID(batch_id))

    celery.task(name="analyse_resume", ignore_result=True)(analyse_resume_task)
    celery.task(name=ADVANCE_BATCH, ignore_result=True)(advance_batch_task)
