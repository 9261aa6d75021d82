"""Use case: analyse one file without a server or database, with the same steps as the workers.

Called by `vitae analyse` and, for many files and clients, by `app.pipeline.operations.evaluate_clients`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.analysis.analyse import Analysed, Analyser
from app.clock import Today
from app.extraction.document import Document
from app.extraction.extract import ExtractionLimits
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type
from app.ledger.entries import PriceAttempt
from app.pipeline.costs.attempt_view import cost_view
from app.pipeline.mechanisms.ledger_rows import attempt_row
from app.routing.attempt import Attempt
from app.routing.clients import Client
from app.routing.router import Privacy
from app.routing.servers.failure_reasons import explain_attempt
from app.storage.ledger.attempt_row import AttemptRow


class FileAnalysis:
    """Call it with a file's bytes; it raises the same `DocumentError`s as the service. `clients` explain failures."""

    def __init__(
        self,
        analyser: Analyser,
        price: PriceAttempt,
        limits: ExtractionLimits,
        today: Today,
        clients: Mapping[str, Client],
    ) -> None:
        self._analyser = analyser
        self._price = price
        self._limits = limits
        self._today = today
        self._clients = clients

    def __call__(self, content: bytes, filename: str, privacy: Privacy, as_of: date | None = None) -> dict[str, Any]:
        """`{"profile", "evidence", "integrity", "client", "cost", ...}` with the same meaning as in `GET
        /v1/resumes/{id}`.
        """
        rows: list[AttemptRow] = []
        attempts: list[Attempt] = []
        analysed = self.analyse(self.read(content, filename), privacy, as_of, rows, attempts)
        return {
            "profile": analysed.checked.profile,
            "evidence": {pointer: item.to_json() for pointer, item in analysed.checked.evidence.items()},
            "integrity": analysed.integrity,
            "warnings": list(analysed.warnings),
            "readings": analysed.readings,
            "client": analysed.client,
            "model": analysed.model,
            "degraded": analysed.degraded,
            "failures": [self._failure(attempt) for attempt in attempts if attempt.outcome != "ok"],
            "cost": cost_view(rows),
        }

    def read(self, content: bytes, filename: str) -> Document:
        """The file's text, read in the sandbox."""
        return extract_in_sandbox(content, detect_media_type(content, filename), self._limits)

    def _failure(self, attempt: Attempt) -> dict[str, Any]:
        """Why a call failed, in words, and the setting that helps."""
        explained = explain_attempt(attempt, self._clients[attempt.client])
        return {"client": attempt.client, "reason": explained.reason, "setting": explained.setting}

    def analyse(
        self,
        document: Document,
        privacy: Privacy,
        as_of: date | None,
        rows: list[AttemptRow],
        attempts: list[Attempt] | None = None,
    ) -> Analysed:
        """Each attempt is appended to `rows` as it ends, so that the caller has them even when this raises."""

        def record(attempt: Attempt) -> None:
            if attempts is not None:
                attempts.append(attempt)
            rows.append(attempt_row(len(rows) + 1, attempt, self._price(attempt)))

        return self._analyser.analyse(document, privacy=privacy, as_of=as_of or self._today(), record=record)
