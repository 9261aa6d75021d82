"""Use case: analyse one file without a server or database, in the workers' own steps. Called by `vitae analyse`."""

from datetime import date
from typing import Any

from app.analysis.analyse import Analyser
from app.clock import Clock
from app.extraction.extract import ExtractionLimits
from app.extraction.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type
from app.ledger.entries import PriceAttempt
from app.pipeline.attempt_view import cost_view
from app.pipeline.ledger_rows import attempt_row
from app.routing.attempt import Attempt
from app.routing.router import Privacy
from app.storage.attempts import AttemptRow


class FileAnalysis:
    """Called with a file's bytes; raises the same `DocumentError`s that the service answers with."""

    def __init__(self, analyser: Analyser, price: PriceAttempt, limits: ExtractionLimits, clock: Clock) -> None:
        self._analyser = analyser
        self._price = price
        self._limits = limits
        self._clock = clock

    def __call__(self, content: bytes, filename: str, privacy: Privacy, as_of: date | None = None) -> dict[str, Any]:
        """`{"profile", "evidence", "integrity", "client", "cost", ...}` with the meaning of `GET /v1/resumes/{id}`."""
        document = extract_in_sandbox(content, detect_media_type(content, filename), self._limits)
        rows: list[AttemptRow] = []

        def record(attempt: Attempt) -> None:
            rows.append(attempt_row(len(rows) + 1, attempt, self._price(attempt)))

        analysed = self._analyser.analyse(document, privacy=privacy, as_of=as_of or self._clock().date(), record=record)
        return {
            "profile": analysed.checked.profile,
            "evidence": {pointer: item.to_json() for pointer, item in analysed.checked.evidence.items()},
            "integrity": analysed.integrity,
            "warnings": list(analysed.warnings),
            "client": analysed.client,
            "model": analysed.model,
            "degraded": analysed.degraded,
            "cost": cost_view(rows),
        }
