"""The task of the analysis worker (threads): ask a model and store the result.

The threads pool ignores Celery's time limits; every model call has its own deadline in the router.
"""

import uuid

from celery import Celery

from app.pipeline.analyse_resume import AnalysisParts, analyse_resume
from workers.lifetime import PerProcess


def register(celery: Celery, parts: PerProcess[AnalysisParts]) -> None:
    def analyse_resume_task(analysis_id: str) -> None:
        analyse_resume(parts.get(), uuid.UUID(analysis_id))

    celery.task(name="analyse_resume", ignore_result=True)(analyse_resume_task)
