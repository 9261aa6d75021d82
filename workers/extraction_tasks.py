"""The task of the extraction worker (prefork): turn a file into a document. Never imports BAML."""

import uuid

from celery import Celery

from app.pipeline.resumes.extract_document import ExtractionParts, extract_document
from workers.lifetime import PerProcess


def register(celery: Celery, parts: PerProcess[ExtractionParts], *, hard_limit_seconds: float) -> None:
    def extract_document_task(analysis_id: str) -> None:
        extract_document(parts.get(), uuid.UUID(analysis_id))

    celery.task(name="extract_document", time_limit=hard_limit_seconds, ignore_result=True)(extract_document_task)
