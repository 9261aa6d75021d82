"""Use case: analyse a resume again with the current configuration; the earlier result stays visible until then."""

import uuid

from app.errors import Conflict
from app.messaging.broker import Publisher
from app.messaging.notices import Notices
from app.pipeline.mechanisms.resume_events import record_event, send_notice
from app.storage import analyses, resumes
from app.storage.engine import Database


def reanalyse_resume(
    database: Database,
    publisher: Publisher,
    notices: Notices,
    tenant_id: uuid.UUID,
    resume_id: uuid.UUID,
    *,
    priority: str | None = None,
    fresh: bool = True,
    traceparent: str | None = None,
) -> uuid.UUID:
    """Returns the id of the new analysis. Raises `NotFound`, and `Conflict` while an analysis is still running.

    With `priority` None the resume keeps its own. With `fresh` False an equal result of the same document is reused.
    """
    with database.transaction() as tx:
        document_id = resumes.get_document_id(tx, tenant_id, resume_id)
        item = resumes.lock_resume(tx, tenant_id, resume_id)
        if analyses.find_open(tx, resume_id) is not None:
            raise Conflict("This resume is being analysed right now. Wait until it is done, then try again.")
        chosen = priority or item.priority
        analysis_id = analyses.insert_analysis(
            tx,
            tenant_id,
            resume_id,
            document_id,
            privacy=item.privacy,
            priority=chosen,
            fresh=fresh,
            traceparent=traceparent,
        )
        resumes.set_status(tx, resume_id, "queued")
        event = record_event(tx, tenant_id, resume_id, "resume.queued", status="queued")
        analyses.mark_published(tx, [analysis_id])
    publisher.publish(analysis_id, "extraction", chosen)
    send_notice(notices, event)
    return analysis_id
