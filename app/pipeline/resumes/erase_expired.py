"""Use case: erase uploads older than `privacy.retention_days`. Called by the scheduler."""

import contextlib
import logging
from datetime import datetime, timedelta

from app.errors import NotFound
from app.files.local import LocalFiles
from app.pipeline.resumes.erase_resume import erase_resume
from app.storage.engine import Database
from app.storage.profiles import personal_data

log = logging.getLogger(__name__)

_AT_ONCE = 200  # the sweep has other jobs, too; the next one continues


def erase_expired(database: Database, files: LocalFiles, *, retention_days: int, now: datetime) -> int:
    """Erase expired uploads in any state; returns how many. What exceeds the limit is left for the next call.

    As in `erase_resume`, rows, results, events and files are deleted; the ledger keeps the amounts without the person.
    """
    with database.reading() as tx:
        expired = personal_data.list_uploaded_before(tx, now - timedelta(days=retention_days), _AT_ONCE)
    for tenant_id, resume_id in expired:
        with contextlib.suppress(NotFound):  # erased by someone else in the meantime
            erase_resume(database, files, tenant_id, resume_id)
    if expired:
        log.info("resumes_expired", extra={"fields": {"erased": len(expired), "retention_days": retention_days}})
    return len(expired)
