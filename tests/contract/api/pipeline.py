"""Plays the workers for the API tests: the same storage functions, with invented results."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.errors import VitaeError
from app.extraction.document import Document, Line, Page
from app.messaging.notices import PARTIAL, Notices
from app.pipeline.mechanisms.resume_events import record_event, send_notice
from app.pipeline.mechanisms.shown_profile import apply_stored_corrections, listed_person
from app.settings import BUILTIN
from app.storage import analyses, documents, resumes
from app.storage.analyses import Claim, Stage
from app.storage.engine import Database
from app.storage.ledger import attempts
from app.storage.ledger.attempt_row import AttemptRow
from app.storage.profiles.partial_profiles import PartialProfile, save_partial

_LEASE_SECONDS = 60

PROFILE: dict[str, Any] = {
    "basics": {"name": "Ilse Varga", "email": "ilse@varga.example"},
    "work": [{"name": "Brightwater Mills", "position": "Process Engineer", "startDate": "2019-03"}],
    "skills": [{"name": "Python"}],
    "x-vitae": {
        "total_experience_months": 61,
        "seniority": "mid",
        "summary": "",
        "language": "en",
        "as_of": "2026-05-04",
    },
}
EVIDENCE: dict[str, Any] = {
    "/basics/name": {"page": 1, "line": 1, "quote": "Ilse Varga", "box": [72.0, 50.0, 160.5, 70.0], "confidence": 1.0}
}
DOCUMENT = Document("text/plain", (Page(1, 0.0, 0.0),), (Line(1, 1, "Ilse Varga"),)).to_bytes()
INTEGRITY: dict[str, Any] = {"hidden_text": [], "instructions": [], "warnings": []}


class Pipeline:
    def __init__(self, database: Database, notices: Notices) -> None:
        self._database = database
        self._notices = notices

    def begin_extraction(self, resume_id: str) -> Claim:
        return self._begin(resume_id, "extraction", "extracting")

    def hand_on(self, claim: Claim, *, pages: int = 2, content: bytes = DOCUMENT) -> None:
        with self._database.transaction() as tx:
            documents.save_content(
                tx, claim.document_id, content=content, extractor_version="test", page_count=pages, language="en"
            )
            assert analyses.finish_extraction(tx, claim)
            resumes.set_status(tx, claim.resume_id, "analysing")
            event = record_event(tx, claim.tenant_id, claim.resume_id, "resume.analysing", status="analysing")
        send_notice(self._notices, event)

    def finish(
        self, resume_id: str, profile: dict[str, Any] = PROFILE, *, degraded: bool = False, client: str = "LocalVLLM"
    ) -> None:
        """Take the resume from `queued` to `done`."""
        self.hand_on(self.begin_extraction(resume_id))
        self.finish_analysis(resume_id, profile, degraded=degraded, client=client)

    def finish_analysis(
        self,
        resume_id: str,
        profile: dict[str, Any] = PROFILE,
        *,
        degraded: bool = False,
        evidence: dict[str, Any] = EVIDENCE,
        readings: dict[str, Any] | None = None,
        claim: Claim | None = None,
        client: str = "LocalVLLM",
    ) -> None:
        claim = claim or self._claim(resume_id, "analysis")
        with self._database.transaction() as tx:
            assert analyses.finish_done(
                tx,
                claim,
                result_key=None,
                client=client,
                model=None if client == BUILTIN else "tiny",
                location=None if client == BUILTIN else "local",
                prompt_version="p1",
                degraded=degraded,
                profile=profile,
                evidence=evidence,
                integrity=INTEGRITY,
                warnings=["One value was not found in the document and was left out."],
                dropped_values=1,
                readings=readings,
            )
            shown = apply_stored_corrections(
                tx,
                claim.tenant_id,
                claim.resume_id,
                claim.analysis_id,
                profile=profile,
                evidence=evidence,
                readings=readings,
            )
            resumes.set_result(tx, claim.resume_id, listed_person(shown.profile), degraded=degraded, client=client)
            event = record_event(tx, claim.tenant_id, claim.resume_id, "resume.done", status="done", degraded=degraded)
        send_notice(self._notices, event)

    def say_so_far(self, resume_id: str, partial: PartialProfile) -> Claim:
        """Store a partial profile, as while a model responds. `finish_analysis` continues with the claim."""
        claim = self._claim(resume_id, "analysis")
        with self._database.transaction() as tx:
            assert save_partial(tx, claim, partial)
        self._notices.publish(claim.tenant_id, {"kind": PARTIAL, "id": resume_id})
        return claim

    def fail(self, resume_id: str, problem: VitaeError) -> None:
        claim = self.begin_extraction(resume_id)
        body = {"code": problem.code, "title": problem.title, "detail": problem.detail}
        with self._database.transaction() as tx:
            assert analyses.finish_failed(tx, claim, body)
            resumes.set_status(tx, claim.resume_id, "failed")
            event = record_event(
                tx, claim.tenant_id, claim.resume_id, "resume.failed", status="failed", problem_code=problem.code
            )
        send_notice(self._notices, event)

    def spend(self, resume_id: str, cost_usd: str | None, *, outcome: str = "ok") -> None:
        """Write one ledger row for the unfinished analysis of the resume."""
        with self._database.transaction() as tx:
            analysis_id = analyses.find_open(tx, uuid.UUID(resume_id))
            assert analysis_id is not None
            attempts.insert_attempt(
                tx,
                _attempt(attempts.count_attempts(tx, analysis_id) + 1, cost_usd, outcome),
                tenant_id=self._tenant_of(tx, resume_id),
                resume_id=uuid.UUID(resume_id),
                analysis_id=analysis_id,
            )

    def _begin(self, resume_id: str, stage: Stage, status: str) -> Claim:
        claim = self._claim(resume_id, stage)
        with self._database.transaction() as tx:
            resumes.set_status(tx, claim.resume_id, status)
            event = record_event(tx, claim.tenant_id, claim.resume_id, f"resume.{status}", status=status)
        send_notice(self._notices, event)
        return claim

    def _claim(self, resume_id: str, stage: Stage) -> Claim:
        with self._database.transaction() as tx:
            analysis_id = analyses.find_open(tx, uuid.UUID(resume_id))
            assert analysis_id is not None
            claim = analyses.claim(tx, analysis_id, stage, _LEASE_SECONDS)
        assert claim is not None
        return claim

    def _tenant_of(self, tx: Any, resume_id: str) -> uuid.UUID:
        claimed = analyses.find_open(tx, uuid.UUID(resume_id))
        assert claimed is not None
        document_id = analyses.find_document_id(tx, claimed)
        assert document_id is not None
        return documents.get_document(tx, document_id).tenant_id


def _attempt(number: int, cost_usd: str | None, outcome: str) -> AttemptRow:
    return AttemptRow(
        number=number,
        function="ExtractProfile",
        client="GPT4o",
        model="gpt-4o",
        location="hosted",
        billing="per_token",
        prompt_version="p1",
        outcome=outcome,
        http_status=200,
        error=None,
        started_at=datetime(2026, 5, 4, 9, 30, number, tzinfo=UTC),
        latency_ms=1500,
        input_tokens=700,
        cached_tokens=0,
        output_tokens=100,
        tokens_estimated=False,
        input_usd_per_million=Decimal("2.5"),
        cached_input_usd_per_million=Decimal("1.25"),
        output_usd_per_million=Decimal(10),
        price_source="test",
        cost_usd=None if cost_usd is None else Decimal(cost_usd),
        cost_basis="per_token" if cost_usd is not None else "unpriced",
    )
