"""Measure what one poisonous answer does to its neighbours: `python -m benchmarks.poisonous_answers`.

64 threads of one process read resumes through a scripted server. In every second round, one more call gets an answer
that is expensive to parse. Rounds alternate, so that other load on the machine affects both. Results:
docs/resilience.md.
"""

import argparse
import resource
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil

from app.routing.attempt import ModelResult
from app.routing.baml_client import BamlCaller
from app.routing.clients import Client
from app.routing.question import Question
from benchmarks.faults import markdown, resume
from tests.scripted_model import Behaviour, ScriptedModel

POISONS: dict[str, str] = {
    "100,000 opening brackets": "[" * 100_000,
    "50,000 brackets, closed": "[" * 50_000 + "]" * 50_000,
    "100,000 opening braces": "{" * 100_000,
    "brackets and quotes": '{"a":["' * 20_000,
    "prose with 20,000 quotes": '"word ' * 20_000,
    "brackets before the answer": "[" * 500 + "]" * 500 + ' {"is_resume": true, "person": {"name": "Ann Lee"}}',
    "4 MB of one text": '{"is_resume": true, "person": {"name": "' + "a" * 4_000_000 + '"}}',
}
_MEMORY_BYTES = 9_000_000_000  # a parser that goes wild is stopped here, and not by the machine


@dataclass(slots=True)
class Round:
    seconds: list[float]
    poisoned: ModelResult | None = None
    poison_seconds: float = 0.0


def caller_of(model: ScriptedModel, timeout_seconds: float) -> Callable[[int], tuple[ModelResult, float]]:
    client = Client(
        name="Scripted",
        provider="openai-generic",
        model=model.model,
        base_url=model.base_url,
        location="local",
        total_timeout_seconds=timeout_seconds,
    )
    caller = BamlCaller()

    def call(number: int) -> tuple[ModelResult, float]:
        lines = resume(number).decode().splitlines()
        question = Question.extract_profile("\n".join(f"{at}| {line}" for at, line in enumerate(lines, 1)))
        began = time.perf_counter()
        result = caller.call(question, client, timeout_seconds=timeout_seconds)
        return result, time.perf_counter() - began

    return call


def run_round(
    good: Callable[[int], tuple[ModelResult, float]],
    bad: Callable[[int], tuple[ModelResult, float]] | None,
    threads: int,
    calls: int,
) -> Round:
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(good, number) for number in range(calls)]
        found = Round([])
        if bad is not None:

            def poison() -> None:
                found.poisoned, found.poison_seconds = bad(0)

            thread = threading.Thread(target=poison)
            thread.start()
            thread.join()
        results = [each.result() for each in waiting]
    if any(result.outcome != "ok" for result, _ in results):
        raise SystemExit(f"a neighbour failed: {sorted({result.outcome for result, _ in results})}")
    found.seconds = [seconds for _, seconds in results]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.poisonous_answers", description=__doc__)
    parser.add_argument("--threads", type=int, default=64, help="calls in flight (%(default)s)")
    parser.add_argument("--calls", type=int, default=256, help="calls in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each kind (%(default)s)")
    parser.add_argument("--timeout-seconds", type=float, default=60, help="limit of a call (%(default)s)")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    process = psutil.Process()
    rows: list[list[str]] = []
    with ScriptedModel() as model, ScriptedModel() as poisoned:
        good, bad = caller_of(model, options.timeout_seconds), caller_of(poisoned, options.timeout_seconds)
        run_round(good, None, options.threads, options.calls)  # loads BAML
        for name, answer in POISONS.items():
            poisoned.script.replace(Behaviour(answer=answer))
            before = process.memory_info().rss
            clean: list[float] = []
            disturbed: list[float] = []
            last = Round([])
            for _ in range(options.rounds):
                clean += run_round(good, None, options.threads, options.calls).seconds
                last = run_round(good, bad, options.threads, options.calls)
                disturbed += last.seconds
            grown = (process.memory_info().rss - before) / 1e6
            alone, alone_seconds = bad(0)
            rows.append(
                [
                    name,
                    f"{alone.outcome} ({alone.error})" if alone.error else alone.outcome,
                    f"{alone_seconds * 1000:,.0f}",
                    f"{p99(clean) * 1000:,.0f}",
                    f"{p99(disturbed) * 1000:,.0f}",
                    f"{p99(disturbed) / p99(clean):.2f}",
                    f"{grown:+,.0f}",
                ]
            )
    head = [
        "poisonous answer", "outcome", "ms, alone", "p99 of the others, ms", "with it, ms", "ratio", "memory, MB",
    ]  # fmt: skip
    print(markdown(head, rows))


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


if __name__ == "__main__":
    main()
