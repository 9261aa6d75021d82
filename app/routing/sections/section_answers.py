"""One short request for each section of a resume, in parallel, and the answer that their results make together.

Called by `app.routing.baml_client` for a client with `requests = "sections"`. All requests of a resume are one attempt:
one deadline, one result, one row of the ledger.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.routing.attempt import ModelResult, TokenUsage
from app.routing.question import Question, SectionPart
from app.routing.sections.located_entries import BULLETS, bullet_lines, head_lines, lines_with
from app.routing.sections.section_requests import CAREER, READERS, Reader, section_questions
from app.routing.servers.partial_answer import is_substantial

MOST_CALLS_AT_ONCE = 4
_MIXED_TIERS = "mixed"  # has no price


def answer_by_sections(question: Question, until: float, ask: Callable[[Question], ModelResult]) -> ModelResult:
    """Call `ask` for each section, at most four at once. Those that would begin after `until` (`time.monotonic`) are
    not sent.

    If some sections fail or break off, the result is `partial` with the complete entries, provided that one of them is
    of a person's career. Otherwise it is the first failure.
    """

    def ask_in_time(section: Question) -> ModelResult:
        return ask(section) if time.monotonic() < until else _NOT_SENT

    began = time.perf_counter()
    with ThreadPoolExecutor(MOST_CALLS_AT_ONCE, thread_name_prefix="section") as pool:
        results = list(pool.map(ask_in_time, section_questions(question)))
    return _combined(question, results, round((time.perf_counter() - began) * 1000))


_NOT_SENT = ModelResult(
    "timeout", 0, TokenUsage(input_tokens=0, cached_tokens=0, output_tokens=0), error="total_timeout"
)


def _combined(question: Question, results: Sequence[ModelResult], latency_ms: int) -> ModelResult:
    failures = [result for result in results if result.outcome != "ok"]
    # A cancelled request is not worth anything to a worker that has to stop.
    cancelled = next((result for result in failures if result.outcome == "cancelled"), None)
    failure = cancelled or next(iter(failures), None)
    pairs = zip(question.sections, results, strict=True)
    value = assemble([(part, result.value) for part, result in pairs if result.value is not None])
    usable = failure is None or (cancelled is None and is_substantial(value))
    first_tokens = [result.first_token_ms for result in results if result.first_token_ms is not None]
    waits = [result.retry_after_seconds for result in failures if result.retry_after_seconds is not None]
    return ModelResult(
        outcome="ok" if failure is None else "partial" if usable else failure.broken_by or failure.outcome,
        latency_ms=latency_ms,
        usage=_total(results),
        value=value if usable else None,
        http_status=failure.http_status if failure else 200,
        error=failure.error if failure else None,
        retry_after_seconds=max(waits, default=None),
        first_token_ms=min(first_tokens, default=None),
        broken_by=(failure.broken_by or failure.outcome) if failure and usable else None,
    )


def _total(results: Sequence[ModelResult]) -> TokenUsage:
    used = [result.usage for result in results if result.usage.input_tokens or result.usage.output_tokens]
    tiers = {usage.service_tier for usage in used}
    return TokenUsage(
        input_tokens=sum(usage.input_tokens for usage in used),
        cached_tokens=sum(usage.cached_tokens for usage in used),
        output_tokens=sum(usage.output_tokens for usage in used),
        estimated=any(usage.estimated for usage in used),
        cache_write_tokens=sum(usage.cache_write_tokens for usage in used),
        reasoning_tokens=sum(usage.reasoning_tokens for usage in used),
        service_tier=tiers.pop() if len(tiers) == 1 else _MIXED_TIERS if tiers else "standard",
    )


def assemble(values: Sequence[tuple[SectionPart, Mapping[str, Any]]]) -> dict[str, Any]:
    """An answer in the shape of `ExtractProfile`'s. It is a resume if any work, education or skills were read.

    The lines of an entry are those that hold its values. Bullet points are cut from the section's text.
    """
    answer: dict[str, Any] = {"is_resume": False}
    for part, value in values:
        if part.name == "person":
            person = _known(value, READERS["person"])
            if person:
                answer["person"] = {**person, "lines": sorted(part.numbers)}
            continue
        entries = [entry for entry in value.get(part.name) or [] if _known(entry, READERS[part.name])]
        if entries:
            answer[part.name] = _entries(entries, part)
    answer["is_resume"] = not CAREER.isdisjoint(answer)
    return answer


def _entries(entries: Sequence[Mapping[str, Any]], part: SectionPart) -> list[dict[str, Any]]:
    reader, texts = READERS[part.name], part.texts
    heads = head_lines(entries, reader.identity, reader.dates, texts)
    made: list[dict[str, Any]] = []
    for entry, head in zip(entries, heads, strict=True):
        known = _known(entry, reader)
        lines = set(head) | lines_with(known.get("keywords", ()), texts)
        if reader.bullets:
            bullets = bullet_lines(head, heads, texts, _range(entry, *reader.bullets))
            points = bullet_points([texts[number] for number in bullets])
            if points:
                known["highlights"] = points
                lines |= {bullets[0], bullets[-1]}
        made.append({**known, "lines": sorted(lines)})
    return made


def _range(entry: Mapping[str, Any], first: str, last: str) -> range:
    begin, end = entry.get(first), entry.get(last)
    return range(begin, end + 1) if isinstance(begin, int) and isinstance(end, int) else range(0)


def _known(entry: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    return {key: entry[key] for key in reader.keys if entry.get(key) not in (None, "", [], False)}


def bullet_points(lines: Sequence[str]) -> list[str]:
    """One text per bullet point, without its bullet; a line without one continues the text before it."""
    points: list[str] = []
    for line in lines:
        if line.startswith(tuple(BULLETS)) or not points:
            points.append(line.lstrip(BULLETS + " "))
        else:
            points[-1] = f"{points[-1]} {line}".strip()
    return [point for point in points if point]
