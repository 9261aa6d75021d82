"""Stopping, restarting and watching real vLLM servers while the service uses them."""

import os
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

import httpx
import psutil
import psycopg

from app.observability.health import check_endpoint
from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import database_url
from tests.vllm.conftest import Stack
from tests.vllm.model_server import ROOT, START_SECONDS, STOP_SECONDS, wait_until

RESULT_SECONDS = 300
LONG_ANSWER_TOKENS = 2000  # five seconds on an idle machine
FIRST_NUMBER = 1000  # of the resumes created here; other tests in the folder use smaller ones


def vitae(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on the host of the service and the servers."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli.main", *arguments],
        cwd=ROOT,
        env={**os.environ, **stack.settings, "VITAE_URL": stack.service.url},
        capture_output=True,
        text=True,
        timeout=2 * START_SECONDS,
        check=False,
    )


def endpoints(stack: Stack) -> list[dict[str, Any]]:
    with stack.service.http() as http:
        listing = http.get("/v1/clients").json()["clients"]
    return next(client["endpoints"] for client in listing if client["name"] == "LocalVLLM")


class Uploads:
    """Uploads resumes one after the other until stopped. `ids` are those of the accepted ones."""

    def __init__(self, stack: Stack, every_seconds: float) -> None:
        self.ids: list[str] = []
        self._stack = stack
        self._every_seconds = every_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        with self._stack.service.http(RESULT_SECONDS) as http:
            while not self._stop.wait(self._every_seconds):
                content = resume_text(FIRST_NUMBER + len(self.ids))
                sent = http.post("/v1/resumes", files={"files": ("cv.txt", content)})
                self.ids.append(sent.json()["resumes"][0]["id"])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def results(self) -> list[dict[str, Any]]:
        """All resumes in their final state."""
        with self._stack.service.http(60) as http:

            def final(resume_id: str) -> bool:
                return http.get(f"/v1/resumes/{resume_id}").json()["status"] in {"done", "failed"}

            for resume_id in self.ids:
                wait_until(lambda resume_id=resume_id: final(resume_id), RESULT_SECONDS)
            return [http.get(f"/v1/resumes/{resume_id}").json() for resume_id in self.ids]


def long_answer(url: str, model: str) -> Future[httpx.Response]:
    """An answer that takes seconds, because the model has to write up to the token limit."""
    message = {"role": "user", "content": "Write."}
    body = {"model": model, "max_tokens": LONG_ANSWER_TOKENS, "ignore_eos": True, "messages": [message]}
    pool = ThreadPoolExecutor(1)
    return pool.submit(httpx.post, f"{url}/chat/completions", json=body, timeout=300)


def test_the_servers_report_their_health_and_the_service_reads_it(stack: Stack) -> None:
    for server in stack.servers:
        seen = check_endpoint(server.base_url, None, connect_seconds=5, limit_seconds=30)
        assert (seen.health, seen.waiting) == ("up", 0)
        assert seen.server is not None
        assert seen.server.started_at is not None
        assert {"prompt_tokens", "generation_tokens"} <= seen.server.counters.keys()
        assert {"first_token", "inter_token", "queue", "request"} <= seen.server.durations.keys()
    wait_until(lambda: [one["health"] for one in endpoints(stack)] == ["up", "up"], RESULT_SECONDS)
    metrics = httpx.get(f"{stack.service.url}/metrics", timeout=30).text
    for server in stack.servers:
        assert f"127.0.0.1:{server.port}" in metrics


def test_a_stop_under_load_first_ends_readiness_and_then_finishes_the_answers(stack: Stack) -> None:
    server = stack.second
    model = stack.settings["VITAE_CLIENTS__LOCALVLLM__MODEL"]
    stopped = vitae(stack, "clients", "drain", "LocalVLLM", "--endpoint", server.base_url)
    assert stopped.returncode == 0, stopped.stderr
    open_answers = [long_answer(server.base_url, model) for _ in range(4)]
    wait_until(lambda: server.counter("num_requests_running") == 4, RESULT_SECONDS)
    assert server.calls_itself_healthy()
    stop = ThreadPoolExecutor(1).submit(server.stop)
    wait_until(lambda: not server.ready_file.exists(), 60)
    assert not server.calls_itself_healthy()
    assert server.answers_health()  # vLLM itself does not report it, so a load balancer has to use the ready file
    assert [answer.result().status_code for answer in open_answers] == [200] * 4
    written = [answer.result().json()["usage"]["completion_tokens"] for answer in open_answers]
    assert written == [LONG_ANSWER_TOKENS] * 4
    assert stop.result() == 0
    server.start()
    server.wait_until_ready()
    assert vitae(stack, "clients", "drain", "LocalVLLM", "--endpoint", server.base_url, "--undo").returncode == 0


def test_a_rolling_restart_under_steady_uploads_loses_nothing_and_stays_on_the_self_hosted_servers(
    stack: Stack,
) -> None:
    before = [server.process.pid for server in stack.servers if server.process]
    generated = {server.port: started_at(server.base_url) for server in stack.servers}
    with Uploads(stack, every_seconds=0.5) as uploads:
        wait_until(lambda: len(uploads.ids) > 5, RESULT_SECONDS)
        done = vitae(stack, "vllm", "restart", "--rolling")
        reached = len(uploads.ids)
        wait_until(lambda: len(uploads.ids) > reached + 5, RESULT_SECONDS)
    assert done.returncode == 0, done.stderr
    assert [server.process.pid for server in stack.servers if server.process] == before  # the same supervised processes
    assert all(started_at(server.base_url) != generated[server.port] for server in stack.servers)
    results = uploads.results()
    assert {resume["status"] for resume in results} == {"done"}
    assert stack.hosted.calls == []
    with psycopg.connect(database_url(stack.service)) as connection:
        attempts = connection.execute(
            "select client, outcome, count(*) from model_attempts where resume_id::text = any(%s) group by 1, 2",
            (uploads.ids,),
        ).fetchall()
    with stack.service.http() as http:
        shares = {one["name"]: one["traffic_share"] for one in http.get("/v1/clients").json()["clients"]}
    print(
        f"{reached} resumes uploaded during the restart, {len(uploads.ids)} in all; attempts in the ledger: {attempts}"
    )
    print(f"share of traffic: {shares}\n{done.stderr}")
    assert attempts == [("LocalVLLM", "ok", len(uploads.ids))]
    assert [one["drained"] for one in endpoints(stack)] == [False, False]


def started_at(base_url: str) -> float | None:
    seen = check_endpoint(base_url, None, connect_seconds=5, limit_seconds=30).server
    return seen.started_at if seen else None


def test_a_killed_start_script_leaves_no_server_process_behind(stack: Stack) -> None:
    server = stack.second
    assert server.process is not None
    family = psutil.Process(server.process.pid).children(recursive=True)
    assert len(family) > 1  # the API and the engine that would keep the GPU
    server.process.kill()
    server.process.wait()
    assert not server.calls_itself_healthy()
    wait_until(lambda: not any(runs(process) for process in family), STOP_SECONDS)
    server.start()
    server.wait_until_ready()


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_second_server_on_the_same_port_is_rejected_with_one_line(stack: Stack) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "vllm", "up", "--endpoint", stack.first.base_url],
        cwd=ROOT,
        env=stack.first.environment,
        capture_output=True,
        text=True,
        timeout=RESULT_SECONDS,
        check=False,
    )
    assert refused.returncode == 1
    assert f"Port {stack.first.port} on 127.0.0.1 is in use" in refused.stderr
