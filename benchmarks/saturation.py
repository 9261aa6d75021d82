"""Can the pipeline keep a model server busy? `python -m benchmarks.saturation --rate 50`, for people who change it.

One run against one batching model server: first a plain load generator sends requests at the rate, then uploads go to
the whole service at the same rate. The ratio of the two throughputs shows how well the pipeline uses the server. The
CPU time of every process is read before and after, so that the table shows where it goes.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from app.analysis.answer import Answer
from app.analysis.grounding.check import check_answer
from app.analysis.person import describes_a_person
from app.benchmark.arrivals import Stage
from app.benchmark.drive import Measured, drive
from app.benchmark.load_summary import Limits, StageSummary, summarise
from app.benchmark.model_load import ModelLoad, Prompt
from app.benchmark.pipeline_load import PipelineLoad, SourceFile
from app.benchmark.raw_connection import Address
from app.clock import utc_now
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type
from app.routing.baml_client import chat_request
from app.routing.clients import build_clients
from app.routing.question import Question
from app.settings import Settings, load_settings
from app.wiring.shared_parts import extraction_limits
from tests.end_to_end.service import PROCESSES, RunningService, free_port, running_service
from tests.scripted_model.answers import extract

_SAMPLES = Path(__file__).resolve().parents[1] / "samples"
_ROLES = {**PROCESSES, "sandbox": "sandbox_server"}
_KINDS = {
    "txt": [".txt", ".md", ".html"],
    "pdf": [".pdf"],
    "docx": [".docx"],
    "mix": [".pdf", ".docx", ".html", ".txt"],
}


def sources(kind: str) -> list[SourceFile]:
    names = sorted(path for path in _SAMPLES.iterdir() if path.suffix in _KINDS[kind])
    return [SourceFile(path.name, path.read_bytes()) for path in names]


def usable(files: list[SourceFile]) -> list[SourceFile]:
    """The files for which the scripted model's simple response passes the checks."""
    limits = extraction_limits(Settings().limits)
    kept: list[SourceFile] = []
    for file in files:
        document = extract_in_sandbox(file.content, detect_media_type(file.content, file.name), limits)
        answer = Answer.model_validate(extract(document.numbered_text()))
        checked = check_answer(answer, document, as_of=utc_now().date(), default_region="US")
        if answer.is_resume and describes_a_person(checked, document):
            kept.append(file)
    return kept


class Cpu:
    """CPU seconds by role: the service's processes without the sandbox's children, the model server, and this one."""

    def __init__(self, service: RunningService, model_pid: int) -> None:
        self._root = psutil.Process(service.process.pid)
        self._model = psutil.Process(model_pid)

    def read(self) -> dict[str, float]:
        used: dict[str, float] = {"model server": _seconds(self._model), "load generator": _seconds(psutil.Process())}
        for process in [self._root, *self._root.children(recursive=True)]:
            try:
                command = " ".join(process.cmdline()).removeprefix(sys.executable)
                role = next((name for name, mark in _ROLES.items() if mark in command), "up")
                if "sandbox_server" in command:
                    role = "sandbox"
                used[role] = used.get(role, 0.0) + _seconds(process)
            except psutil.Error:
                continue
        return used


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    # Includes children that have ended, because the sandbox has one process per document.
    return times.user + times.system + times.children_user + times.children_system


def prompts(files: list[SourceFile], base_url: str) -> tuple[list[Prompt], Address]:
    """The requests that the service would send for these files."""
    loaded = load_settings(
        overrides={"clients.LocalVLLM.base_url": base_url, "clients.LocalVLLM.model": "scripted-model"}
    )
    client = build_clients(loaded.settings, loaded.environment)["LocalVLLM"]
    limits = extraction_limits(loaded.settings.limits)
    address = Address.of(base_url)
    made: list[Prompt] = []
    for file in files:
        document = extract_in_sandbox(file.content, detect_media_type(file.content, file.name), limits)
        made.append(Prompt.of(chat_request(Question.extract_profile(document.numbered_text()), client), address))
    return made, address


def steady(measured: Measured) -> float:
    """Successful responses per second under steady load: from a third of the offered time to its end."""
    begin, seconds = min(sample.scheduled_at for sample in measured.samples), measured.stage.seconds
    first, end = begin + seconds / 3, begin + seconds
    return sum(1 for sample in measured.samples if sample.ok and first <= sample.ended_at < end) / (end - first)


async def bare(stage: Stage, made: list[Prompt], address: Address) -> StageSummary:
    load = ModelLoad(made, address, timeout_seconds=60)
    try:
        measured = await drive(stage, load.send, stop=asyncio.Event())
        summary = summarise(measured, Limits())
        summary.extra["steady"] = steady(measured)
        return summary
    finally:
        load.close()


async def whole(
    stage: Stage, files: list[SourceFile], service: RunningService, cpu: Cpu | None, files_per_upload: int = 1
) -> tuple[StageSummary, dict[str, float]]:
    load = PipelineLoad(
        files=files,
        address=Address.of(service.url),
        key=service.key,
        privacy="local_only",
        priority="interactive",
        timeout_seconds=120,
        files_per_upload=files_per_upload,
    )
    before = cpu.read() if cpu else {}
    try:
        measured = await drive(stage, load.send, stop=asyncio.Event(), drain_seconds=120)
        after = cpu.read() if cpu else {}
        summary = summarise(measured, Limits())
        summary.extra["steady"] = steady(measured)
        uploads = sorted(load.upload_seconds)
        summary.extra["upload_p50_ms"] = round(1000 * uploads[len(uploads) // 2], 1) if uploads else None
    finally:
        await load.stop_watching()
        load.close()
    return summary, {role: after[role] - before.get(role, 0.0) for role in after}


def overheads(service: RunningService, count: int) -> list[float]:
    """Milliseconds from accepted to stored of the newest resumes, without the model's and the parser's time."""
    found: list[float] = []
    with service.http() as http:
        items = http.get("/v1/resumes", params={"limit": min(count, 200)}).json()["items"]
        for item in items:
            detail: dict[str, Any] = http.get(f"/v1/resumes/{item['id']}").json()
            timings = detail["timings"]
            if detail["status"] != "done" or not timings["finished_at"]:
                continue
            whole_ms = 1000 * (_at(timings["finished_at"]) - _at(timings["created_at"]))
            model_ms = sum(attempt["latency_ms"] or 0 for attempt in detail["cost"]["attempts"])
            found.append(whole_ms - model_ms - (timings["extraction_ms"] or 0))
    return sorted(found)


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.saturation", description=__doc__)
    parser.add_argument("--rate", type=float, action="append", help="analyses offered per second; can be repeated")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--documents", choices=sorted(_KINDS), default="txt")
    parser.add_argument("--model-port", type=int, default=free_port())
    parser.add_argument("--port", type=int, default=None)
    parser.add_argument("--threads", type=int, default=256, help="model calls in flight in the one analysis worker")
    parser.add_argument("--extraction", type=int, default=4)
    parser.add_argument("--spy", type=Path, help="py-spy writes raw profiles of the processes to this folder")
    parser.add_argument("--files-per-upload", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    files = usable(sources(options.documents))
    model = subprocess.Popen(
        [sys.executable, "-m", "tests.scripted_model.batching", "--port", str(options.model_port)],
        stdout=subprocess.DEVNULL,
    )
    base_url = f"http://127.0.0.1:{options.model_port}/v1"
    rows: list[dict[str, Any]] = []
    try:
        wait_for_model(base_url)
        made, address = prompts(files, base_url)
        environment = {
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": "scripted-model",
            "VITAE_ROUTING__CLIENTS": "LocalVLLM",
            "VITAE_WORKERS__ANALYSIS_THREADS": str(options.threads),
            "VITAE_WORKERS__EXTRACTION_PROCESSES": str(options.extraction),
        }
        with (
            tempfile.TemporaryDirectory() as folder,
            running_service(Path(folder), environment=environment, port=options.port) as service,
        ):
            cpu = Cpu(service, model.pid)
            asyncio.run(whole(Stage(rate=5, requests=40), files, service, None))  # warm-up: pools, BAML, sandbox
            for rate in options.rate or [20.0, 50.0, 100.0]:
                stage = Stage(rate=rate, requests=max(20, int(rate * options.seconds)), seconds=options.seconds)
                load_before = os.getloadavg()[0]
                reference = asyncio.run(bare(stage, made, address))
                spies = _spy(service, options.spy, rate, options.seconds) if options.spy else []
                summary, used = asyncio.run(whole(stage, files, service, cpu, options.files_per_upload))
                for spy in spies:
                    spy.wait()
                over = overheads(service, 200)
                rows.append(_row(rate, load_before, reference, summary, used, over))
                _print(rows[-1])
    finally:
        model.terminate()
        model.wait()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1, default=str))
    return 0


def _row(
    rate: float, load: float, reference: StageSummary, summary: StageSummary, used: dict[str, float], over: list[float]
) -> dict[str, Any]:
    done = max(1, summary.ok)
    return {
        "offered": rate,
        "load_average_before": load,
        "bare_per_second": round(reference.extra["steady"], 2),
        "bare_latency_p50": round(reference.latency.p50, 3) if reference.latency else None,
        "pipeline_per_second": round(summary.extra["steady"], 2),
        "ratio": round(summary.extra["steady"] / max(reference.extra["steady"], 1e-9), 3),
        "pipeline_per_second_to_the_end": round(summary.requests_per_second, 2),
        # The cores actually used, and the rate that two otherwise idle cores would reach.
        "cores_used": round(sum(used.values()) / summary.seconds, 2),
        "per_second_on_two_idle_cores": round(2000 / (1000 * sum(used.values()) / done), 1),
        "requests": summary.requests,
        "errors": summary.errors,
        "answered_by": summary.answered_by,
        "latency_p50": round(summary.latency.p50, 3) if summary.latency else None,
        "latency_p99": round(summary.latency.p99, 3) if summary.latency else None,
        "upload_p50_ms": summary.extra.get("upload_p50_ms"),
        "overhead_p50_ms": round(over[len(over) // 2], 1) if over else None,
        "overhead_p99_ms": round(over[int(len(over) * 0.99)], 1) if over else None,
        "cpu_ms_per_analysis": {role: round(1000 * seconds / done, 2) for role, seconds in sorted(used.items())},
        "cpu_ms_total": round(1000 * sum(used.values()) / done, 2),
        "seconds": round(summary.seconds, 1),
    }


def _print(row: dict[str, Any]) -> None:
    print(json.dumps(row, indent=1), flush=True)


def _spy(service: RunningService, folder: Path, rate: float, seconds: float) -> list[subprocess.Popen[bytes]]:
    folder.mkdir(parents=True, exist_ok=True)
    started: list[subprocess.Popen[bytes]] = []
    for role in ("api", "analysis", "extraction"):
        pids = service.pids(role)
        pid = pids[-1] if role == "extraction" else pids[0]
        command = [
            "py-spy",
            "record",
            "-p",
            str(pid),
            "-d",
            str(int(seconds)),
            "-r",
            "50",
            "-f",
            "raw",
            "-o",
            str(folder / f"{role}-{rate:g}.txt"),
            "--nonblocking",
            "--gil",
        ]
        started.append(
            subprocess.Popen(
                [str(Path(sys.executable).with_name("py-spy")), *command[1:]],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
    return started


def wait_for_model(base_url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{base_url}/models", timeout=1)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the model server did not start")


if __name__ == "__main__":
    raise SystemExit(main())
