"""Compares `vitae bench model` with `vllm bench serve` on one real vLLM: do both load generators measure the same?

Run `make test-vllm` first, which installs vLLM. Then `python -m benchmarks.load_generators` starts one server with the
tests' model. Both programs, run as a user would, send the same documents, never the same prompt twice, in closed loops
and one after the other: run simultaneously, they would synchronize and measure which one is first in the queue.
"""

import argparse
import json
import os
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from app.benchmark.load_summary import percentile
from app.benchmark.model_load import Prompt
from app.benchmark.pipeline_load import SourceFile
from app.benchmark.prompts import make_prompts
from app.routing.clients import Client
from app.settings import Settings
from app.wiring.shared_parts import extraction_limits
from tests.end_to_end.service import free_port
from tests.vllm.model_server import CONTEXT_TOKENS, CPU_VARIABLES, PROGRAMS, ModelServer

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [path for path in sorted((ROOT / "samples").iterdir()) if path.suffix in {".txt", ".md", ".docx"}]
_BEGINS = "Starting main benchmark run"  # its last output before it sends
_LEAST_NUMBER = 10**11  # in the first lines of their documents; Vitae's numbers are smaller
_SENT_ANYWAY = {"model", "messages", "max_tokens", "stream", "stream_options"}
_MOST_TOKENS = 2048  # of a profile; no response of the tests' model is that long
_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Figures:
    """The results of one generator in one run. Times in seconds."""

    ok: int
    failed: int
    input_tokens: int
    output_tokens: int
    requests_per_second: float
    output_tokens_per_second: float
    latency_mean: float
    latency_p50: float
    first_token_mean: float
    first_token_p50: float
    cpu_per_request: float  # of the generator itself
    server_first_token_mean: float = 0.0  # measured by vLLM itself


_ROWS = {
    "requests/s": "requests_per_second",
    "output tokens/s": "output_tokens_per_second",
    "latency, mean": "latency_mean",
    "latency, p50": "latency_p50",
    "first token, mean": "first_token_mean",
    "first token, p50": "first_token_p50",
    "first token, mean, measured by the server": "server_first_token_mean",
    "the generator's CPU time per request": "cpu_per_request",
}


@dataclass(frozen=True, slots=True)
class Load:
    """The load for both generators."""

    base_url: str
    model: str
    concurrency: int
    requests: int
    answer_tokens: int | None  # free text of that length; None: a profile with its schema, of any length


def prompts(load: Load) -> tuple[Prompt, ...]:
    """The requests that `vitae bench model` sends about the documents."""
    return make_prompts(
        [SourceFile(path.name, path.read_bytes()) for path in DOCUMENTS],
        Client(
            name="LocalVLLM",
            provider="openai-generic",
            model=load.model,
            base_url=load.base_url,
            max_output_tokens=_MOST_TOKENS,
        ),
        extraction_limits(Settings().limits),
        context_tokens=CONTEXT_TOKENS,
        structured=load.answer_tokens is None,
        fixed_answer_tokens=load.answer_tokens,
        repeat=False,
    ).prompts


def command_of_ours(load: Load, result: Path) -> list[str]:
    """`vitae bench model` for this load."""
    command = [sys.executable, "-m", "app.cli.main", "bench", "model", *map(str, DOCUMENTS)]
    command += ["--url", load.base_url, "--model", load.model, "--client", "LocalVLLM"]
    command += ["--concurrency", str(load.concurrency), "--requests", str(load.requests), "--seconds", str(_SECONDS)]
    command += ["--warm-up", "0", "--timeout-seconds", str(_SECONDS), "--json", str(result)]
    return command + (["--answer-tokens", str(load.answer_tokens)] if load.answer_tokens is not None else [])


def measure_ours(load: Load, folder: Path, server: ModelServer) -> Figures:
    result = folder / "ours.json"
    command = command_of_ours(load, result)
    done = subprocess.run(command, env=server.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"vitae bench model failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    (seen,) = json.loads(result.read_text("utf-8"))["stages"]
    return Figures(
        seen["ok"],
        seen["requests"] - seen["ok"],
        seen["input_tokens"],
        seen["output_tokens"],
        seen["requests_per_second"],
        seen["output_tokens_per_second"],
        seen["latency"]["mean"],
        seen["latency"]["p50"],
        seen["first_token"]["mean"],
        seen["first_token"]["p50"],
        seen["generator_cpu_share"] * seen["seconds"] / seen["requests"],
    )


class Theirs:
    """One run of `vllm bench serve`, started in `folder`; loading its libraries can take longer than the run."""

    def __init__(self, load: Load, asked: tuple[Prompt, ...], folder: Path) -> None:
        self._result = folder / "theirs.json"
        self._log = folder / "theirs.log"
        same = {name: value for name, value in body_of(asked[0].wire).items() if name not in _SENT_ANYWAY}
        same["max_completion_tokens"] = min(body_of(prompt.wire)["max_tokens"] for prompt in asked)
        command = [str(PROGRAMS / "vllm"), "bench", "serve", "--backend", "openai-chat"]
        command += ["--base-url", load.base_url.removesuffix("/v1"), "--endpoint", "/v1/chat/completions"]
        command += ["--model", load.model, "--disable-tqdm"]
        command += ["--max-concurrency", str(load.concurrency)]
        command += ["--num-prompts", str(load.requests), "--num-warmups", "0"]
        command += ["--extra-body", json.dumps(same), "--save-result", "--save-detailed"]
        command += ["--result-dir", str(folder), "--result-filename", self._result.name]
        questions = folder / "questions.jsonl"
        questions.write_text("".join(their_lines(asked, load.requests)), "utf-8")
        # Without a tokenizer it sends the messages unchanged and takes token counts from the server's usage.
        command += ["--dataset-name", "custom", "--dataset-path", str(questions), "--disable-shuffle"]
        command += ["--skip-tokenizer-init"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VLLM_", "OPENAI_"))}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env={**kept, **CPU_VARIABLES, "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def wait_until_it_begins(self) -> None:
        for line in self._process.stdout or ():
            if line.startswith(_BEGINS):
                self._cpu_before = psutil.Process(self._process.pid).cpu_times()
                return
        raise SystemExit(f"vllm bench serve ended before it started:\n{self._log.read_text('utf-8')[-3000:]}")

    def figures(self) -> Figures:
        others = _cpu_of_children()
        said, _ = self._process.communicate(timeout=_SECONDS)
        cpu = _cpu_of_children() - others - self._cpu_before.user - self._cpu_before.system
        if self._process.returncode:
            raise SystemExit(f"vllm bench serve failed:\n{said[-2000:]}\n{self._log.read_text('utf-8')[-3000:]}")
        result: dict[str, Any] = json.loads(self._result.read_text("utf-8"))
        good = [number for number, error in enumerate(result["errors"]) if not error]
        latencies = sorted(result["latencies"][number] for number in good)
        first = sorted(result["ttfts"][number] for number in good)
        return Figures(
            result["completed"],
            result["failed"],
            result["total_input_tokens"],
            result["total_output_tokens"],
            result["request_throughput"],
            result["output_throughput"],
            statistics.mean(latencies),
            percentile(latencies, 50),
            statistics.mean(first),
            percentile(first, 50),
            cpu / result["num_prompts"],
        )

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.communicate()


def _cpu_of_children() -> float:
    """CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def their_lines(asked: tuple[Prompt, ...], requests: int) -> Iterator[str]:
    """The same documents in the same order with different numbers, so that no prompt is sent twice."""
    first = _LEAST_NUMBER + secrets.randbits(36)
    for number in range(requests):
        sent = asked[number % len(asked)].numbered(first + number)
        yield json.dumps({"prompt": body_of(sent)["messages"]}) + "\n"


def body_of(request: bytes) -> dict[str, Any]:
    """The JSON body of a raw HTTP request."""
    return json.loads(request.partition(b"\r\n\r\n")[2])


def in_turns(
    load: Load, asked: tuple[Prompt, ...], folder: Path, server: ModelServer, *, ours_first: bool
) -> dict[str, Figures]:
    """Runs one after the other, so that vLLM's own measurements can be attributed to one generator."""
    seen: dict[str, Figures] = {}
    for ours in (ours_first, not ours_first):
        if ours:
            with server_clock(server) as clock:
                figures = measure_ours(load, folder, server)
        else:
            theirs = Theirs(load, asked, folder)
            try:
                theirs.wait_until_it_begins()
                with server_clock(server) as clock:
                    figures = theirs.figures()
            finally:
                theirs.stop()
        seen["ours" if ours else "theirs"] = replace(figures, server_first_token_mean=clock[0])
    return seen


@contextmanager
def server_clock(server: ModelServer) -> Generator[list[float]]:
    """The yielded list gets the server's mean seconds to the first token, over the requests made meanwhile."""
    names = ("time_to_first_token_seconds_sum", "time_to_first_token_seconds_count")
    before = [server.counter(name) for name in names]
    mean: list[float] = []
    yield mean
    seconds, count = (server.counter(name) - old for name, old in zip(names, before, strict=True))
    mean.append(seconds / count)


def table(ours: list[Figures], theirs: list[Figures]) -> str:
    """Means over the rounds, their difference, and the differences of the individual rounds."""
    rounds = len(ours)
    lines = [
        f"| {rounds} rounds | `vllm bench serve` | `vitae bench model` | difference | individual rounds |",
        "|---|---:|---:|---:|---:|",
    ]
    for title, name in _ROWS.items():
        pairs = [(getattr(own, name), getattr(their, name)) for own, their in zip(ours, theirs, strict=True)]
        own, their = (statistics.mean(values) for values in zip(*pairs, strict=True))
        single = [100 * (a - b) / b for a, b in pairs]
        lines.append(
            f"| {title} | {their:.4g} | {own:.4g} | {100 * (own - their) / their:+.1f} % | "
            f"{min(single):+.1f} to {max(single):+.1f} % |"
        )
    for whose, all_of in (("theirs", theirs), ("ours", ours)):
        counts = {(one.ok, one.failed, one.input_tokens, one.output_tokens) for one in all_of}
        lines.append(f"{whose}: (succeeded, failed, input tokens, output tokens) {sorted(counts)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_generators", description=__doc__)
    parser.add_argument("--concurrency", default="1,4", help="concurrent requests; one table for each number")
    parser.add_argument("--requests", type=int, default=200, help="requests per generator and round")
    parser.add_argument("--answer-tokens", type=int, help="request free text of this many tokens instead of profiles")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--layers", type=int, default=6, help="layers of the model; with --width they set how long it computes"
    )
    parser.add_argument("--width", type=int, default=384)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vitae-bench-") as name:
        folder = Path(name)
        model = folder / "model"
        maker = [str(PROGRAMS / "python"), str(ROOT / "tests" / "vllm" / "tiny_model.py"), str(model)]
        maker += [str(options.layers), str(options.width)]
        subprocess.run(maker, check=True, env={**os.environ, **CPU_VARIABLES}, stdout=subprocess.DEVNULL)
        port = free_port()
        base_url = f"http://127.0.0.1:{port}/v1"
        settings = {
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": str(model),
            "VITAE_CLIENTS__LOCALVLLM__MAX_OUTPUT_TOKENS": str(_MOST_TOKENS),
            "VITAE_STORAGE__DATA_DIR": str(folder / "data"),
        }
        (folder / "data").mkdir()
        server = ModelServer(port, folder / "data", settings)
        server.start()
        try:
            server.wait_until_ready()
            for at_once in options.concurrency.split(","):
                load = Load(base_url, str(model), int(at_once), options.requests, options.answer_tokens)
                print(compare(load, options.rounds, folder, server), flush=True)
        finally:
            server.stop()


def compare(load: Load, rounds: int, folder: Path, server: ModelServer) -> str:
    asked = prompts(load)
    warm = measure_ours(replace(load, requests=len(asked)), folder, server)
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for number in range(rounds):
        seen = in_turns(load, asked, folder, server, ours_first=number % 2 == 0)
        ours.append(seen["ours"])
        theirs.append(seen["theirs"])
        print(f"round {number + 1} done, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    heading = (
        f"{len(asked)} documents, {warm.input_tokens / warm.ok:,.0f} input tokens each; {load.requests} requests per "
        f"generator and round, {load.concurrency} at a time"
    )
    return f"{heading}\n\n{table(ours, theirs)}\n"


if __name__ == "__main__":
    main()
