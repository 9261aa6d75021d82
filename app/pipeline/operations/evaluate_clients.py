"""Use case: let clients read labelled resumes and compare the profiles with the truth. Called by `vitae eval`."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.analysis.evaluation.accuracy import AS_PRINTED, DatePrecision, FieldScore, score
from app.analysis.evaluation.client_results import UNKNOWN, DocumentResult, Spent, compare_clients, summarise_client
from app.analysis.evaluation.invention import count_invented
from app.analysis.evaluation.printed_dates import truth_as_printed
from app.analysis.evaluation.truth_files import LabelledDocument, LabelledFolder
from app.analysis.strategy import StrategyName
from app.errors import DocumentError, VitaeError
from app.extraction.document import Document
from app.files.evaluations import FORMAT
from app.pipeline.resumes.analyse_file import FileAnalysis
from app.storage.ledger.attempt_row import ANSWERED, AttemptRow

# Current jobs count up to this day, so that results do not change with the calendar.
AS_OF = date(2025, 1, 1)
FUNCTION = "ExtractProfile"


@dataclass(frozen=True, slots=True)
class EvaluatedClient:
    """A client, and a pipeline in which it is the only one to be called, with one strategy."""

    name: str
    model: str | None
    location: str | None
    analyse_file: FileAnalysis
    concurrency: int = 1
    strategy: StrategyName = "model"

    @property
    def label(self) -> str:
        return self.name if self.strategy == "model" else f"{self.name} ({self.strategy})"


@dataclass(frozen=True, slots=True)
class _Read:
    """An extracted document, or the code of the problem that prevented it."""

    labelled: LabelledDocument
    name: str
    document: Document | None
    failure: str | None
    fingerprint: str = ""


class ClientEvaluation:
    """`progress(client)` is called after each document that a client has read."""

    def __init__(
        self,
        clients: Sequence[EvaluatedClient],
        *,
        default_region: str,
        date_precision: DatePrecision = "exact",
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._clients = clients
        self._default_region = default_region
        self._date_precision: DatePrecision = date_precision
        self._progress = progress

    def __call__(self, folder: Path, labelled: LabelledFolder, made_at: datetime) -> dict[str, Any]:
        """The evaluation as `docs/evaluation.md` describes it. Extraction runs once for all clients."""
        reads = [self._read(folder, each) for each in labelled.documents]
        digest = hashlib.sha256("".join(read.fingerprint for read in reads).encode()).hexdigest()
        results = [self._results(client, reads) for client in self._clients]
        summaries = [
            summarise_client(client.label, client.model, client.location, FUNCTION, of_client)
            | {"strategy": client.strategy}
            for client, of_client in zip(self._clients, results, strict=True)
        ]
        compare_clients(summaries, results)
        return {
            "format": FORMAT,
            "id": f"{made_at:%Y%m%dT%H%M%S%f}Z-{digest[:8]}",
            "made_at": f"{made_at:%Y-%m-%dT%H:%M:%SZ}",
            "folder": str(folder),
            "documents": len(reads),
            "fingerprint": digest,
            "settings": {
                "default_region": self._default_region,
                "date_precision": self._date_precision,
                "as_of": AS_OF.isoformat(),
            },
            "problems": [
                {"file": str(bad.path.relative_to(folder)), "detail": bad.detail} for bad in labelled.problems
            ],
            "clients": summaries,
        }

    def _read(self, folder: Path, labelled: LabelledDocument) -> _Read:
        name = str(labelled.path.relative_to(folder))
        try:
            content = labelled.path.read_bytes()
        except OSError:
            return _Read(labelled, name, None, "not_found")
        parts = (name.encode(), content, json.dumps(labelled.truth, sort_keys=True).encode())
        fingerprint = "".join(hashlib.sha256(part).hexdigest() for part in parts)
        try:
            document = self._clients[0].analyse_file.read(content, labelled.path.name)
        except DocumentError as error:
            return _Read(labelled, name, None, error.code, fingerprint)
        return _Read(labelled, name, document, None, fingerprint)

    def _results(self, client: EvaluatedClient, reads: Sequence[_Read]) -> list[DocumentResult]:
        def measure(read: _Read) -> DocumentResult:
            result = self._measure(client, read)
            self._progress(client.label)
            return result

        if client.concurrency == 1:
            return [measure(read) for read in reads]
        with ThreadPoolExecutor(client.concurrency) as pool:
            return list(pool.map(measure, reads))

    def _measure(self, client: EvaluatedClient, read: _Read) -> DocumentResult:
        started = time.perf_counter()
        profile: dict[str, Any] = {}
        rows: list[AttemptRow] = []
        failure, invented, counted, grounded, dropped = read.failure, 0, 0, 0, 0
        if read.document is not None:
            try:
                privacy = "local_only" if read.labelled.local_only else "any"
                analysed = client.analyse_file.analyse(read.document, privacy, AS_OF, rows)
            except VitaeError as error:
                failure = error.code
            else:
                # The built-in parser's reading counts if the strategy chose it, or if it was the better one.
                if client.name == analysed.client or analysed.readings or analysed.saved:
                    checked = analysed.checked
                    profile, grounded, dropped = checked.profile, len(checked.evidence), checked.dropped
                    invented, counted = count_invented(profile, read.document.text, language=read.document.language)
                else:
                    # An answer of another client does not count for this one: what it did not answer is missed.
                    failure = _reason(rows)
        language = read.labelled.language or (read.document.language if read.document else UNKNOWN)
        return DocumentResult(
            file=read.name,
            layout=read.labelled.layout or UNKNOWN,
            language=language,
            scores=self._scores(profile, read),
            seconds=time.perf_counter() - started,
            spent=_spent(rows),
            invented=invented,
            counted=counted,
            grounded=grounded,
            dropped=dropped,
            failure=failure,
        )

    def _scores(self, profile: dict[str, Any], read: _Read) -> dict[str, FieldScore]:
        """The strict scores, and the dates compared with what the document prints."""
        truth = read.labelled.truth
        scores = score(profile, truth, date_precision=self._date_precision)
        if read.document is not None:
            truth = truth_as_printed(truth, read.document.text, read.document.language)
        printed = score(profile, truth, date_precision=self._date_precision)
        return scores | {field: printed[strict] for field, strict in AS_PRINTED.items()}


def _reason(rows: Sequence[AttemptRow]) -> str:
    """Why the client has no answer: its last failure, or an answer that was not about the person."""
    if not rows:
        return "not_asked"
    return "unusable_answer" if rows[-1].outcome in ANSWERED else rows[-1].outcome


def _spent(rows: Sequence[AttemptRow]) -> Spent:
    known = [row.cost_usd for row in rows if row.cost_usd is not None]
    return Spent(
        input_tokens=sum(row.input_tokens or 0 for row in rows),
        cached_tokens=sum(row.cached_tokens or 0 for row in rows),
        output_tokens=sum(row.output_tokens or 0 for row in rows),
        attempts=len(rows),
        unpriced_attempts=len(rows) - len(known),
        cost_usd=sum(known, Decimal(0)) if known else None,
    )
