"""Compares a model server's responses with and without a schema: `python -m benchmarks.structured_output --help`.

Vitae's own request is sent twice for each text sample. The table counts responses that could be parsed, tokens,
seconds, and the values that were found in the document (others are never shown). The results are in docs/vllm.md.
"""

import argparse
import statistics
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.analysis.answer import Answer
from app.analysis.grounding.check import check_answer
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.intake.file_types import detect_media_type
from app.routing.attempt import ModelResult
from app.routing.baml_client import call_model
from app.routing.clients import Client
from app.routing.question import Question

SAMPLES = Path(__file__).parents[1] / "samples"
AS_OF = date(2025, 1, 1)


@dataclass(frozen=True, slots=True)
class Measured:
    result: ModelResult
    found: int
    dropped: int


def read_samples(most: int) -> list[Document]:
    paths = sorted(path for path in SAMPLES.iterdir() if path.suffix in {".txt", ".md", ".docx"})
    contents = [(path, path.read_bytes()) for path in paths[:most]]
    return [
        extract_document(content, detect_media_type(content, path.name), ExtractionLimits())
        for path, content in contents
    ]


def measure(document: Document, client: Client, *, structured: bool) -> Measured:
    question = Question.extract_profile(document.numbered_text())
    result = call_model(question, client, timeout_seconds=client.total_timeout_seconds, structured=structured)
    if result.value is None:
        return Measured(result, 0, 0)
    checked = check_answer(Answer.model_validate(result.value), document, as_of=AS_OF, default_region="US")
    return Measured(result, len(checked.evidence), checked.dropped)


def row(name: str, measured: list[Measured]) -> str:
    read = [one for one in measured if one.result.outcome == "ok"]
    outcomes = sorted({one.result.outcome for one in measured} - {"ok"})
    tokens = statistics.mean(one.result.usage.output_tokens for one in measured)
    seconds = statistics.median(one.result.latency_ms for one in measured) / 1000
    failed = f" ({', '.join(outcomes)})" if outcomes else ""
    found, dropped = sum(one.found for one in read), sum(one.dropped for one in read)
    return f"| {name} | {len(read)} of {len(measured)}{failed} | {tokens:,.0f} | {seconds:.1f} | {found} | {dropped} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.structured_output", description=__doc__)
    parser.add_argument("--base-url", required=True, help="a vLLM server, ending in /v1")
    parser.add_argument("--model", required=True)
    parser.add_argument("--documents", type=int, default=8)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--answer-tokens", type=int, default=2048, help="maximum tokens of a response")
    options = parser.parse_args()
    client = Client(
        name="Measured",
        provider="openai-generic",
        model=options.model,
        base_url=options.base_url,
        location="local",
        max_output_tokens=options.answer_tokens,
        first_token_timeout_seconds=600,
        stall_timeout_seconds=600,
        total_timeout_seconds=1800,
        options={"temperature": 0},
    )
    documents = read_samples(options.documents)
    print("| | responses parsed | output tokens, mean | seconds, median | values found | values dropped |")
    print("|---|---|---|---|---|---|")
    for name, structured in (("with the schema", True), ("without", False)):
        with ThreadPoolExecutor(options.at_once) as pool:
            measured = list(pool.map(lambda one, s=structured: measure(one, client, structured=s), documents))
        print(row(name, measured), flush=True)


if __name__ == "__main__":
    main()
