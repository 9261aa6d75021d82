"""Compares prompts and formats on a real model: `python -m benchmarks.prompts --help`. Results: benchmarks/prompts.md.

Each document is sent in each variant (`benchmarks.prompt_variants`) to an OpenAI-compatible server, one request at a
time. What comes back is checked against the document and scored against the truth file beside it, without the built-in
parser: the figures are the model's alone. A document without a truth file counts as one that is not a resume.

Every finished pair is one line of the file `--out`; a pair that is already there is skipped, so a run can be stopped
and continued at any time. `--table` prints the file as Markdown.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.analysis.answer import Answer
from app.analysis.answer_bounds import bound_answer
from app.analysis.evaluation.accuracy import FIELDS, FieldScore, aggregate, overall, score
from app.analysis.evaluation.invention import count_invented
from app.analysis.evaluation.truth_files import BadTruth, read_truth
from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_sections
from app.analysis.section_parts import section_parts
from app.clock import utc_now
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.intake.file_types import detect_media_type
from app.routing.baml_client import prompt_version, read_batch_answer, render_request
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.sections.section_answers import assemble
from app.routing.sections.section_requests import CAREER, section_questions, sections_version
from app.routing.servers.chat_completion import Completion, complete
from app.routing.servers.http_exchange import Limits
from app.routing.servers.partial_answer import close_answer
from app.routing.servers.repetition import RepetitionWatch
from benchmarks.prompt_variants import CHANGES, SECTIONS, changed

AS_OF = date(2025, 1, 1)
VARIANTS = (
    "today",
    "false-only",
    "all-lines",
    "lines-2",
    "lines-6",
    "lines-12",
    "lists-20",
    "compact",
    "no-lines",
    "schema-only",
    "prompt-only",
    SECTIONS,
)
# The server is unavailable, so the pair is not finished and will be tried again.
_NOT_FINISHED = frozenset({"unreachable", "rate_limited", "server_error", "unauthorised", "cancelled"})


@dataclass(frozen=True, slots=True)
class Source:
    """A document with its truth; `truth` None if it is not a resume."""

    name: str
    document: Document
    truth: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One document in one variant: a line of the file. Token counts are the server's, None if it reported none.

    `valid` says whether Vitae would accept the response. `scores` ([right, wrong, missing] by field) counts everything
    as missing if it would not; `kept_scores` counts the complete entries of a response that was cut off. `grounded`,
    `dropped` and `invented` count the values of those entries that are in the document, that are not, and that are not
    but reached the profile.
    """

    model: str
    prompt_version: str  # of Vitae's own prompt, which the variants change
    document: str
    variant: str
    at: str
    valid: bool
    outcomes: list[str]
    finish: list[str | None]
    seconds: float
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    is_resume: bool | None
    expected_resume: bool
    grounded: int
    dropped: int
    invented: int
    scores: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    kept_scores: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    texts: list[str] = field(default_factory=list[str])

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.model, self.prompt_version, self.document, self.variant


def read_source(path: Path) -> Source:
    content = path.read_bytes()
    document = extract_document(content, detect_media_type(content, path.name), ExtractionLimits())
    truth_path = path.with_name(f"{path.stem}.truth.json")
    truth = read_truth(truth_path) if truth_path.exists() else None
    if isinstance(truth, BadTruth):
        raise SystemExit(f"{truth.path}: {truth.detail}")
    return Source(path.name, document, truth)


def read_rows_of(path: Path) -> list[Row]:
    """The finished pairs. A line that was cut off when a run was killed is ignored."""
    rows: list[Row] = []
    for line in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            rows.append(Row(**json.loads(line)))
        except (ValueError, TypeError):
            print(f"{path}: ignored an incomplete line", file=sys.stderr)
    return rows


def append(path: Path, row: Row) -> None:
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as out:
        out.write(("\n" if torn else "") + json.dumps(asdict(row), ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    model: str
    answer_tokens: int
    timeout_seconds: float
    key: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        key = {"authorization": f"Bearer {self.key}"} if self.key else {}
        return {"content-type": "application/json", **key}

    @property
    def client(self) -> Client:
        """Used to read responses as the product would read this server's."""
        return Client(name="Measured", provider="openai-generic", model=self.model, base_url=self.url)

    def send(self, body: Mapping[str, Any], last_line: int) -> tuple[Completion, float]:
        """The response and the seconds it took. A response that repeats itself is ended, as Vitae ends it."""
        sent = {
            **body,
            "model": self.model,
            "max_tokens": self.answer_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        limit = self.timeout_seconds
        limits = Limits(connect_seconds=5, first_token_seconds=limit, stall_seconds=limit, total_seconds=limit)
        has_to_end = RepetitionWatch(last_line).repeats
        began = time.perf_counter()
        done = complete(f"{self.url}/chat/completions", self.headers, sent, limits, None, None, has_to_end)
        return done, time.perf_counter() - began


def question_about(document: Document) -> Question:
    parts = section_parts(parse_sections(document).sections, document, None, None)
    return Question.extract_profile(document.numbered_text(), bounds=bound_answer(document), sections=parts)


def requests_of(variant: str, question: Question, document: Document) -> list[dict[str, Any]]:
    """The bodies of the requests to send, without model and limits."""
    if _is_by_sections(variant, question):
        return [render_request(each, structured=True) for each in section_questions(question)]
    body = render_request(question, structured=True)
    return [body if variant == SECTIONS else changed(variant, body, document)]


def lines_read(variant: str, question: Question) -> frozenset[int] | None:
    """The lines that the model sees; None for all."""
    if not _is_by_sections(variant, question):
        return None
    return frozenset(number for part in question.sections for number in part.numbers)


def _is_by_sections(variant: str, question: Question) -> bool:
    return variant == SECTIONS and any(part.name in CAREER for part in question.sections)


def measure(source: Source, variant: str, server: Server) -> Row:
    """Raises `SystemExit` when the server is unavailable."""
    question = question_about(source.document)
    responses: list[Completion] = []
    seconds = 0.0
    for body in requests_of(variant, question, source.document):
        done, took = server.send(body, len(source.document.lines))
        if done.failure is not None and done.failure.outcome in _NOT_FINISHED:
            raise SystemExit(f"{server.url}: {done.failure.error}. Finished pairs are stored; run the command again.")
        responses.append(done)
        seconds += took
    value, kept = read_responses(variant, responses, question, server.client)
    usages = [done.usage for done in responses]
    return Row(
        model=server.model,
        prompt_version=version_of(variant),
        document=source.name,
        variant=variant,
        at=f"{utc_now():%Y-%m-%dT%H:%M:%SZ}",
        valid=value is not None,
        outcomes=[done.failure.error if done.failure else "ok" for done in responses],
        finish=[done.finish_reason for done in responses],
        seconds=round(seconds, 1),
        input_tokens=_sum(usage and usage.input_tokens for usage in usages),
        cached_tokens=_sum(usage and usage.cached_tokens for usage in usages),
        output_tokens=_sum(usage and usage.output_tokens for usage in usages),
        **judge(value, kept, source),
        texts=[done.text for done in responses],
    )


def version_of(variant: str) -> str:
    return sections_version(prompt_version) if variant == SECTIONS else prompt_version("ExtractProfile")


def _sum(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)


Value = dict[str, Any] | None


def read_responses(
    variant: str, responses: Sequence[Completion], question: Question, client: Client
) -> tuple[Value, Value]:
    """The answer that Vitae would accept, and the complete entries of one that it would not."""
    if not _is_by_sections(variant, question):
        (done,) = responses
        return _read(question, client, done)
    parts = zip(question.sections, section_questions(question), responses, strict=True)
    read = [(part, *_read(each, client, done)) for part, each, done in parts]
    whole = all(value is not None for _, value, _ in read)
    kept = assemble([(part, value) for part, _, value in read if value is not None])
    return (kept, kept) if whole else (None, kept)


def _read(question: Question, client: Client, done: Completion) -> tuple[Value, Value]:
    read = read_batch_answer(question, client, done)
    if read.outcome == "ok":
        return read.value, read.value
    closed = close_answer(done.text)
    return None, None if closed is None else read_batch_answer(question, client, Completion(closed, "stop")).value


def judge(value: Value, kept: Value, source: Source) -> dict[str, Any]:
    """The fields of `Row` that say how good an answer is."""
    document, truth = source.document, source.truth
    answer, kept_answer = _answer(value), _answer(kept)
    profile: dict[str, Any] = {}
    grounded = dropped = invented = 0
    if kept_answer is not None:
        checked = check_answer(kept_answer, document, as_of=AS_OF, default_region="US")
        profile, grounded, dropped = checked.profile, len(checked.evidence), checked.dropped
        invented, _ = count_invented(profile, document.text, language=document.language)
    return {
        "is_resume": None if kept_answer is None else kept_answer.is_resume,
        "expected_resume": truth is not None,
        "grounded": grounded,
        "dropped": dropped,
        "invented": invented,
        "scores": {} if truth is None else _counts(score(profile if answer is not None else {}, truth)),
        "kept_scores": {} if truth is None else _counts(score(profile, truth)),
    }


def _answer(value: Value) -> Answer | None:
    try:
        return None if value is None else Answer.model_validate(value)
    except ValidationError:
        return None


def _counts(scores: Mapping[str, FieldScore]) -> dict[str, list[int]]:
    return {name: [one.true_positive, one.false_positive, one.false_negative] for name, one in scores.items()}


def _scores(counts: Mapping[str, Sequence[int]]) -> dict[str, FieldScore]:
    return {
        name: FieldScore(true_positive=right, false_positive=wrong, false_negative=missing)
        for name, (right, wrong, missing) in counts.items()
    }


def tables(rows: Sequence[Row]) -> str:
    """For each model and version of the prompt, a table of the variants and one of F1 by field."""
    parts: list[str] = []
    for model, version in sorted({(row.model, row.prompt_version) for row in rows}):
        by_variant: dict[str, list[Row]] = {}
        for row in rows:
            if (row.model, row.prompt_version) == (model, version):
                by_variant.setdefault(row.variant, []).append(row)
        parts.append(f"### {model}, prompt {version}\n\n{_overview(by_variant)}\n\n{_by_field(by_variant)}")
    return "\n\n".join(parts)


_HEAD = (
    "variant",
    "documents",
    "valid",
    "finish reasons",
    "input / output tokens, median",
    "seconds, median",
    "F1",
    "F1 with complete entries",
    "values not in the document",
    "of these in the profile",
    "`is_resume` right",
)


def _overview(by_variant: Mapping[str, Sequence[Row]]) -> str:
    lines = [f"| {' | '.join(_HEAD)} |", f"|---|{'---:|' * (len(_HEAD) - 1)}"]
    for variant, rows in by_variant.items():
        reasons = Counter(
            reason or outcome for row in rows for reason, outcome in zip(row.finish, row.outcomes, strict=True)
        )
        values = sum(row.grounded + row.dropped for row in rows)
        cells = (
            f"`{variant}`",
            str(len(rows)),
            f"{sum(row.valid for row in rows)} of {len(rows)}",
            ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()),
            f"{_median(row.input_tokens for row in rows)} / {_median(row.output_tokens for row in rows)}",
            _median(row.seconds for row in rows),
            _f1(overall(aggregate(_scores(row.scores) for row in rows))),
            _f1(overall(aggregate(_scores(row.kept_scores) for row in rows))),
            f"{sum(row.dropped for row in rows)} of {values}",
            str(sum(row.invented for row in rows)),
            f"{sum(row.is_resume is row.expected_resume for row in rows)} of {len(rows)}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _by_field(by_variant: Mapping[str, Sequence[Row]]) -> str:
    """Complete entries count, so that a response that was cut off shows how far it came."""
    scores = {name: aggregate(_scores(row.kept_scores) for row in rows) for name, rows in by_variant.items()}
    lines = [
        f"| F1 with complete entries | {' | '.join(f'`{variant}`' for variant in by_variant)} |",
        f"|---|{'---:|' * len(by_variant)}",
    ]
    for name in FIELDS:
        found = [fields.get(name, FieldScore()) for fields in scores.values()]
        if any(one.expected for one in found):
            lines.append(f"| {name} | {' | '.join(_f1(one) for one in found)} |")
    return "\n".join(lines)


def _median(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):,.0f}" if known else "unknown"


def _f1(counts: FieldScore) -> str:
    return "" if counts.f1 is None else f"{counts.f1:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.prompts", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="documents, with truth files beside them")
    parser.add_argument("--out", type=Path, required=True, help="results, one JSON object per line")
    parser.add_argument("--table", action="store_true", help="print the results as Markdown and end")
    parser.add_argument("--url", help="an OpenAI-compatible server, ending in /v1")
    parser.add_argument("--model", help="name of the model on that server")
    parser.add_argument(
        "--variants",
        default=",".join(VARIANTS),
        help=f"separated by commas; each is {SECTIONS}, or some of {', '.join(CHANGES)} joined by + (%(default)s)",
    )
    parser.add_argument("--answer-tokens", type=int, default=1100, help="maximum tokens of a response (%(default)s)")
    parser.add_argument("--timeout-seconds", type=float, default=900, help="limit for one request (%(default)s)")
    parser.add_argument("--key-env", help="environment variable with the server's key, if it needs one")
    options = parser.parse_args()
    if options.table:
        print(tables(read_rows_of(options.out)))
        return
    if not (options.url and options.model and options.files):
        parser.error("--url, --model and at least one FILE are required, or --table")
    key = os.environ[options.key_env] if options.key_env else None
    server = Server(options.url.rstrip("/"), options.model, options.answer_tokens, options.timeout_seconds, key)
    variants: list[str] = options.variants.split(",")
    finished = {row.key for row in read_rows_of(options.out)}
    for source in map(read_source, options.files):
        for variant in variants:
            if (server.model, version_of(variant), source.name, variant) in finished:
                continue
            row = measure(source, variant, server)
            append(options.out, row)
            print(
                f"{row.document} {row.variant}: {'valid' if row.valid else 'not valid'}, {row.finish}, "
                f"{row.output_tokens} tokens, {row.seconds} s, grounded {row.grounded}, dropped {row.dropped}",
                flush=True,
            )


if __name__ == "__main__":
    main()
