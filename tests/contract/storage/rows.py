"""Creates rows for the storage tests with the same functions that the pipeline uses."""

import uuid
from dataclasses import dataclass
from typing import Any

from app.storage import analyses, documents, resumes, tenants
from app.storage.analyses import Claim
from app.storage.engine import Database, Transaction
from app.storage.resumes import ListedPerson


@dataclass(frozen=True, slots=True)
class UploadedResume:
    resume_id: uuid.UUID
    document_id: uuid.UUID
    analysis_id: uuid.UUID
    duplicate_of: uuid.UUID | None


class Rows:
    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction() as tx:
            self.tenant_id = tenants.ensure_tenant(tx, f"tenant {uuid.uuid4()}")

    def resume(
        self, *, sha256: str | None = None, priority: str = "interactive", filename: str = "cv.pdf", fresh: bool = False
    ) -> UploadedResume:
        with self.database.transaction() as tx:
            document_id = documents.ensure_document(
                tx,
                self.tenant_id,
                new_id=uuid.uuid4(),
                sha256=sha256 or uuid.uuid4().hex * 2,
                size_bytes=10,
                media_type="text/plain",
            )
            resume_id, duplicate_of = self.insert_resume(
                tx, self.tenant_id, document_id, priority=priority, filename=filename
            )
            analysis_id = analyses.insert_analysis(
                tx, self.tenant_id, resume_id, document_id, privacy="any", priority=priority, fresh=fresh
            )
        return UploadedResume(resume_id, document_id, analysis_id, duplicate_of)

    def insert_resume(
        self,
        tx: Transaction,
        tenant_id: uuid.UUID,
        document_id: uuid.UUID,
        *,
        priority: str = "interactive",
        filename: str = "cv.pdf",
    ) -> tuple[uuid.UUID, uuid.UUID | None]:
        return resumes.insert_resume(
            tx, tenant_id, document_id, filename=filename, reference=None, privacy="any", priority=priority
        )

    def claim(self, analysis_id: uuid.UUID, stage: analyses.Stage, lease_seconds: float = 30) -> Claim | None:
        with self.database.transaction() as tx:
            return analyses.claim(tx, analysis_id, stage, lease_seconds)

    def claimed_for_analysis(self, resume: UploadedResume) -> Claim:
        """Return the claim of an analysis worker on the resume's extracted analysis."""
        claim = self.claim(resume.analysis_id, "extraction")
        assert claim is not None
        with self.database.transaction() as tx:
            documents.save_content(
                tx, resume.document_id, content=b"x", extractor_version="1", page_count=1, language="en"
            )
            assert analyses.finish_extraction(tx, claim)
        claim = self.claim(resume.analysis_id, "analysis")
        assert claim is not None
        return claim

    def finish(
        self,
        claim: Claim,
        *,
        result_key: str = "key",
        name: str = "Ana Example",
        degraded: bool = False,
        client: str = "GPT4o",
        listed: dict[str, Any] | None = None,
    ) -> bool:
        with self.database.transaction() as tx:
            stored = analyses.finish_done(
                tx,
                claim,
                result_key=result_key,
                client=client,
                model="gpt-4o",
                location="hosted",
                prompt_version="1",
                degraded=degraded,
                profile={"basics": {"name": name}},
                evidence={},
                integrity=None,
                warnings=[],
                dropped_values=0,
            )
            if stored:
                person = ListedPerson(name=name, texts=[name], **(listed or {}))
                resumes.set_result(tx, claim.resume_id, person, degraded=degraded, client=client)
            return stored
