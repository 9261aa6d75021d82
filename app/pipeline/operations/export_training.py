"""Use case: write labelled documents as conversations for fine-tuning. Called by `vitae eval export-training`.

Each conversation is a request exactly as a model gets it and the answer that a perfect model would give. It counts only
if the answer, parsed and checked like a model's, gives the truth without losing a value.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import ValidationError

from app.analysis.answer import Answer
from app.analysis.evaluation.ideal_answer import ideal_answer, minified, same_values
from app.analysis.evaluation.truth_files import LabelledDocument
from app.analysis.grounding.check import check_answer
from app.errors import DocumentError
from app.extraction.document import Document
from app.files.evaluation_folder import EVIDENCE_ENDING

TrainingFormat = Literal["openai", "vllm"]
SkipReason = Literal["local_only", "unreadable", "not_grounded"]

Messages = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class TrainingExport:
    """`read` extracts the text of a file; `render` returns the messages of a request for a document."""

    read: Callable[[bytes, str], Document]
    render: Callable[[Document], Messages]
    default_region: str

    def __call__(
        self, labelled: Sequence[LabelledDocument], training_format: TrainingFormat
    ) -> Iterator[str | tuple[LabelledDocument, SkipReason]]:
        """A line of JSON for each document, or the reason why it has none.

        `openai` leaves out documents that no hosted model may see. The lines are the same in both formats.
        """
        for each in labelled:
            if training_format == "openai" and each.local_only:
                yield each, "local_only"
                continue
            try:
                document = self.read(each.path.read_bytes(), each.path.name)
            except (OSError, DocumentError):
                yield each, "unreadable"
                continue
            text = self._answer(each, document)
            if text is None:
                yield each, "not_grounded"
                continue
            messages = [*self.render(document), {"role": "assistant", "content": text}]
            yield json.dumps({"messages": messages}, ensure_ascii=False, separators=(",", ":"))

    def _answer(self, labelled: LabelledDocument, document: Document) -> str | None:
        """The minified answer; None unless every value of the truth is found in the document."""
        region = self.default_region
        try:
            answer = ideal_answer(labelled.truth, _evidence(labelled.path), document, default_region=region)
            text = minified(answer)
            parsed = Answer.model_validate_json(text)
        except ValidationError:  # a truth file that somebody wrote may have numbers where a resume has text
            return None
        checked = check_answer(parsed, document, as_of=date.min, default_region=region)
        return text if not checked.dropped and same_values(checked.profile, labelled.truth) else None


def _evidence(path: Path) -> dict[str, dict[str, Any]]:
    """The evidence beside a document; nothing if there is no usable file. Values are then looked up in the document."""
    try:
        value: object = json.loads(path.with_suffix(EVIDENCE_ENDING).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(value, dict):
        return {}
    entries = cast("dict[str, Any]", value)
    return {pointer: place for pointer, place in entries.items() if _is_place(place)}


def _is_place(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    place = cast("dict[str, Any]", value)
    return isinstance(place.get("line"), int | None) and isinstance(place.get("quote"), str | None)
