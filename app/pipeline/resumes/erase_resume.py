"""Use cases: delete a resume for good, and erase files that deletions or interrupted uploads left behind."""

import uuid

from app.files.local import LocalFiles
from app.storage import documents, resumes
from app.storage.engine import Database

_FILES_PER_SWEEP = 100


def erase_resume(database: Database, files: LocalFiles, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> None:
    """Delete its rows, its analyses, its events and, when no other upload has the same content, its file.

    Ledger rows keep the amounts and lose the link to the person. Raises `NotFound`.
    """
    with database.transaction() as tx:
        document_id = resumes.get_document_id(tx, tenant_id, resume_id)
        documents.lock_document(tx, document_id)
        resumes.delete_resume(tx, tenant_id, resume_id)
        documents.delete_if_unused(tx, tenant_id, document_id)
    erase_due_files(database, files)


def erase_due_files(database: Database, files: LocalFiles) -> int:
    """Erase the files that are due and return how many. A file that cannot be erased stays due for the next sweep."""
    with database.transaction() as tx:
        due = documents.list_due_erasures(tx, _FILES_PER_SWEEP)
        for tenant_id, document_id in due:
            files.delete(tenant_id, document_id)
            documents.cancel_erasure(tx, document_id)
    return len(due)
