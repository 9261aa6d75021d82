"""Measures the CPU of one analysis by part: `python -m benchmarks.parts --documents pdf`.

The three use cases run one after the other in this process, against real Postgres and Redis and a batching model
server, so that the CPU time of the process, of Postgres and of Redis can be attributed to each, with the number of
statements, commits and Redis commands. Unlike elapsed time, CPU time hardly depends on other load on the machine.
`--profile PART` prints where a part's time goes.
"""

import argparse
import contextlib
import cProfile
import gc
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.benchmark.pipeline_load import SourceFile
from app.benchmark.variants import vary
from app.embedded.stack import EmbeddedStack
from app.extraction.extract import extract_document as read
from app.extraction.language import detect_language
from app.intake.file_types import detect_media_type
from app.pipeline.access.first_key import ensure_first_key
from app.pipeline.resumes.analyse_resume import analyse_resume
from app.pipeline.resumes.extract_document import extract_document
from app.pipeline.resumes.submit_resumes import Upload, UploadedFile, submit_resumes
from app.settings import load_settings
from app.wiring.analysis_parts import build_analysis_parts
from app.wiring.api_parts import build_api_parts
from app.wiring.extraction_parts import build_extraction_parts
from app.wiring.shared_parts import extraction_limits
from benchmarks.saturation import sources, usable, wait_for_model
from migrations.migrate import migrate
from tests.end_to_end.service import free_port


@dataclass
class Part:
    """The totals of one part over all documents."""

    own_ms: list[float] = field(default_factory=list[float])
    postgres_ms: float = 0.0
    redis_ms: float = 0.0
    statements: int = 0
    commits: int = 0
    commands: int = 0


class Meter:
    def __init__(self, stack: EmbeddedStack, redis_url: str) -> None:
        self.parts: dict[str, Part] = {}
        self.profiles: dict[str, cProfile.Profile] = {}
        self._postgres = psutil.Process(stack.postgres.pid if stack.postgres else None)
        self._redis_process = psutil.Process(stack.redis.pid if stack.redis else None)
        self._redis = redis.Redis.from_url(redis_url)
        self._statements = self._commits = 0
        event.listen(Engine, "before_cursor_execute", self._count_statement)
        event.listen(Engine, "commit", self._count_commit)

    def run(self, name: str, action: Callable[[], object]) -> object:
        part = self.parts.setdefault(name, Part())
        self._statements = self._commits = 0
        postgres, redis_ms, commands = self._postgres_ms(), _cpu_ms(self._redis_process), self._commands()
        profile = self.profiles.get(name)
        if profile:
            profile.enable()
        began = time.process_time()
        result = action()
        part.own_ms.append(1000 * (time.process_time() - began))
        if profile:
            profile.disable()
        part.postgres_ms += self._postgres_ms() - postgres
        part.redis_ms += _cpu_ms(self._redis_process) - redis_ms
        part.commands += self._commands() - commands - 1
        part.statements += self._statements
        part.commits += self._commits
        return result

    def _count_statement(self, *_: object) -> None:
        self._statements += 1

    def _count_commit(self, *_: object) -> None:
        self._commits += 1

    def _commands(self) -> int:
        return int(self._redis.info("stats")["total_commands_processed"])  # pyright: ignore[reportIndexIssue]

    def _postgres_ms(self) -> float:
        return sum(_cpu_ms(process) for process in [self._postgres, *self._postgres.children()])


def sandbox_ms(files: list[SourceFile], rounds: int) -> list[float]:
    """CPU of the sandbox's child process for one document, forked here because the sandbox does not wait for it."""
    taken: list[float] = []
    limits = extraction_limits(load_settings().settings.limits)
    detect_language("Loads the language model once, before the forks, as the sandbox's server does. " * 2)
    gc.collect()
    gc.freeze()  # as the sandbox's server does
    for source in files * rounds:
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(Exception):
                read(source.content, detect_media_type(source.content, source.name), limits).to_bytes()
            os._exit(0)
        _, _, used = os.wait4(pid, 0)
        taken.append(1000 * (used.ru_utime + used.ru_stime))
    gc.unfreeze()
    return taken


def _cpu_ms(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return 1000 * (times.user + times.system)


def measure(meter: Meter, files: list[SourceFile], count: int) -> None:
    loaded = load_settings()
    api, extraction, analysis = build_api_parts(loaded), build_extraction_parts(loaded), build_analysis_parts(loaded)
    tenant_id = uuid.UUID(int=0)
    with api.database.reading() as tx:
        tenant_id = tx.execute(sa.text("select id from tenants limit 1")).scalar_one()
    warm_up = len(files)
    for number in range(count + warm_up):
        if number == warm_up:
            meter.parts.clear()
        source = files[number % len(files)]
        content = vary(source.content, source.name, number)
        file = UploadedFile(source.name, len(content), lambda content=content: content)
        upload = Upload(tenant_id=tenant_id, files=[file], privacy="local_only")
        meter.run("submit_resumes", lambda upload=upload: submit_resumes(api.uploads, upload))
        with api.database.reading() as tx:
            newest = "select id from analyses order by created_at desc limit 1"
            analysis_id: uuid.UUID = tx.execute(sa.text(newest)).scalar_one()
        meter.run("extract_document", lambda analysis_id=analysis_id: extract_document(extraction, analysis_id))
        meter.run("analyse_resume", lambda analysis_id=analysis_id: analyse_resume(analysis, analysis_id))
        with api.database.reading() as tx:
            answer = "select status, client from analyses where id = :id"
            row = tx.execute(sa.text(answer), {"id": analysis_id}).one()
        if tuple(row) != ("done", "LocalVLLM"):
            raise SystemExit(f"{source.name} ended as {row.status}, with a result from {row.client}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=__doc__)
    parser.add_argument("--documents", choices=["txt", "pdf", "docx", "mix"], default="pdf")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--profile", action="append", default=[])
    parser.add_argument("--lines", type=int, default=45, help="lines of each profile")
    options = parser.parse_args()
    port = free_port()
    command = [sys.executable, "-m", "tests.scripted_model.batching", "--port", str(port), "--step-ms", "0.05"]
    model = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    base_url = f"http://127.0.0.1:{port}/v1"
    try:
        wait_for_model(base_url)
        with tempfile.TemporaryDirectory() as folder, EmbeddedStack(Path(folder), keep_data=False) as stack:
            migrate(stack.database_url)
            os.environ |= {
                "VITAE_STORAGE__DATABASE_URL": stack.database_url,
                "VITAE_STORAGE__REDIS_URL": stack.redis_url,
                "VITAE_STORAGE__DATA_DIR": folder,
                "VITAE_CLIENTS__LOCALVLLM__BASE_URL": base_url,
                "VITAE_CLIENTS__LOCALVLLM__MODEL": "scripted-model",
                "VITAE_ROUTING__CLIENTS": "LocalVLLM",
                "VITAE_LOGS__LEVEL": "warning",
            }
            loaded = load_settings()
            ensure_first_key(build_api_parts(loaded).database, Path(folder) / "admin-key")
            files = usable(sources(options.documents))
            forked = sandbox_ms(
                files, 1 + 20 // len(files)
            )  # before BAML is loaded, because a process with BAML must not fork
            meter = Meter(stack, stack.redis_url)
            meter.profiles = {name: cProfile.Profile() for name in options.profile}
            measure(meter, files, options.count)
            print("| part | CPU ms, median | mean | Postgres ms | Redis ms | statements | commits | Redis commands |")
            print("|---|---:|---:|---:|---:|---:|---:|---:|")
            for name, part in meter.parts.items():
                n = len(part.own_ms)
                print(
                    f"| {name} | {statistics.median(part.own_ms):.2f} | {statistics.fmean(part.own_ms):.2f} "
                    f"| {part.postgres_ms / n:.2f} | {part.redis_ms / n:.2f} | {part.statements / n:.1f} "
                    f"| {part.commits / n:.1f} | {part.commands / n:.1f} |"
                )
            print(f"| sandbox child | {statistics.median(forked):.2f} | {statistics.fmean(forked):.2f} | | | | | |")
            for name, profile in meter.profiles.items():
                print(f"\n{name}")
                pstats.Stats(profile).sort_stats("cumtime").print_stats(options.lines)
    finally:
        model.terminate()
        model.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
