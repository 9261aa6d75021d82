"""Records a run of the service under a real Prometheus: `python -m benchmarks.monitoring > docs/monitoring-run.md`.

`vitae up` with two scripted model servers and a scripted GPU exporter goes through rest, load, an outage of the
self-hosted server, an outage of both, and recovery, while Prometheus scrapes it with the shipped rules. Then the script
runs every dashboard query and reads every alert over Prometheus's HTTP API, and prints the results together with the
memory and CPU of each process at rest and under load. Requires Debian's package `prometheus`.
"""

import argparse
import http.server
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.monitoring_pictures import draw
from tests.contract.webhooks.receiver import receiving
from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import PROCESSES, ROOT, RunningService, free_port, running_service
from tests.scripted_model import Behaviour, ScriptedModel

DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
PICTURES = ROOT / "docs" / "pictures"
_RATE_INTERVAL = "30s"  # Grafana's `$__rate_interval` for a scrape every two seconds
_STEP_SECONDS = 5
_SENDERS = 16  # concurrent uploads
_GPU = """DCGM_FI_DEV_GPU_UTIL{gpu="0",Hostname="gpu-1"} 83
DCGM_FI_DEV_FB_USED{gpu="0",Hostname="gpu-1"} 20600
DCGM_FI_DEV_FB_FREE{gpu="0",Hostname="gpu-1"} 2200
DCGM_FI_DEV_GPU_TEMP{gpu="0",Hostname="gpu-1"} 61
DCGM_FI_DEV_POWER_USAGE{gpu="0",Hostname="gpu-1"} 131
"""


_HEAD = """# A recorded run under Prometheus

{resumes} resumes in {seconds} seconds on {day}, recorded by `python -m benchmarks.monitoring`. The service was
`vitae up` with its embedded Postgres and Redis, two scripted model servers, a scripted GPU exporter and a webhook
receiver. It went through rest, load, an outage of the self-hosted server (and of the receiver), an outage of both
model servers, and recovery. A real Prometheus scraped it every two seconds and evaluated the included rules.
Below are the results of every dashboard query (`$__rate_interval` is 30 s here) and the alerts. The charts are drawn
from these results, not by Grafana.

## Dashboards"""


@dataclass
class Usage:
    """CPU (processor seconds a second) and highest memory of all processes of one kind."""

    cores: float = 0.0
    resident_bytes: int = 0


@dataclass
class Traffic:
    """Uploads at a steady rate, however long each one takes; every tenth document is sent twice."""

    service: RunningService
    sent: int = 0
    ids: list[str] = field(default_factory=list[str])

    def run(self, seconds: float, per_second: float) -> None:
        began, sent_before = time.monotonic(), self.sent
        with self.service.http() as client, ThreadPoolExecutor(_SENDERS) as senders:
            while (now := time.monotonic()) < began + seconds:
                if self.sent - sent_before <= (now - began) * per_second:
                    senders.submit(self._send, client, self.sent)
                    self.sent += 1
                else:
                    time.sleep(0.5 / per_second)

    def _send(self, client: httpx.Client, count: int) -> None:
        number = count - 1 if count % 10 == 9 else count
        file = ("cv.txt", resume_text(number), "text/plain")
        priority = "batch" if count % 5 == 0 else "interactive"
        answer = client.post("/v1/resumes", files={"files": file}, data={"priority": priority}).json()
        self.ids.append(answer["resumes"][0]["id"])

    def add_webhook(self, url: str) -> None:
        """Registers a webhook for every result from now on."""
        with self.service.http() as client:
            client.post("/v1/webhooks", json={"url": url, "events": ["resume.done"]}).raise_for_status()

    def send_trouble(self) -> None:
        """Uploads files that are rejected at once, and one that fails in the worker."""
        with self.service.http() as client:
            for content in (b"", b"\x00\x01\x02\x03" * 50, b"Flour, eggs and milk. Stir well, then bake for an hour."):
                client.post("/v1/resumes", files={"files": ("x.txt", content)})
            client.get("/v1/resumes/not-an-id")

    def reanalyse(self, count: int) -> None:
        with self.service.http() as client:
            for resume_id in self.ids[:count]:
                client.post(f"/v1/resumes/{resume_id}/reanalyse")

    def wait_until_done(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        with self.service.http() as client:
            while time.monotonic() < end:
                if not any(client.get(f"/v1/resumes?status={s}&limit=1").json()["items"] for s in _OPEN):
                    return
                time.sleep(0.5)
        raise AssertionError("the service did not finish its work")


_OPEN = ("queued", "extracting", "analysing")


@contextmanager
def gpu_exporter() -> Generator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(_GPU.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/metrics"
    server.shutdown()


@contextmanager
def prometheus(folder: Path, target: str) -> Generator[str]:
    """A real Prometheus with the shipped rules; it scrapes and evaluates every two seconds."""
    port = free_port()
    configuration = folder / "prometheus.yml"
    configuration.write_text(
        f"global: {{ scrape_interval: 2s, evaluation_interval: 2s }}\nrule_files: ['{RULES}']\n"
        f"scrape_configs: [{{ job_name: vitae, static_configs: [{{ targets: ['{target}'] }}] }}]\n"
    )
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            [
                str(shutil.which("prometheus")),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        while not _is_up(f"{url}/-/ready"):
            if process.poll() is not None:
                raise AssertionError((folder / "prometheus.log").read_text())
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _is_up(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def measure(service: RunningService, seconds: float) -> dict[str, Usage]:
    """CPU and memory by kind of process over that time. Memory is proportional, so shared pages count once."""

    def look() -> dict[str, tuple[float, int]]:
        seen: dict[str, tuple[float, int]] = {}
        for kind, pids in _pids(service).items():
            spent, memory = 0.0, 0
            for pid in pids:
                try:
                    process = psutil.Process(pid)
                    spent += sum(process.cpu_times()[:4])  # including children that have ended
                    memory += process.memory_full_info().pss
                except psutil.Error:
                    continue
            seen[kind] = (spent, memory)
        return seen

    before, began = look(), time.monotonic()
    highest = dict.fromkeys(before, 0)
    after = before
    while time.monotonic() < began + seconds:
        time.sleep(1)
        after = look()
        highest = {kind: max(highest[kind], after[kind][1]) for kind in before}
    took = time.monotonic() - began
    return {kind: Usage(max(0.0, after[kind][0] - before[kind][0]) / took, highest[kind]) for kind in before}


def _pids(service: RunningService) -> dict[str, list[int]]:
    """Process ids by kind. `up` is `vitae up` itself with everything else it started."""
    found = {kind: service.pids(kind) for kind in PROCESSES}
    # The document readers that a worker started belong to it.
    for pids in found.values():
        pids += [child.pid for pid in pids for child in _children(pid) if child.pid not in pids]
    known = {pid for pids in found.values() for pid in pids}
    tree = [service.process.pid, *(child.pid for child in _children(service.process.pid))]
    return {**found, "up": [pid for pid in tree if pid not in known]}


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def finished(service: RunningService) -> int:
    """The number of resumes that are done."""
    shown = httpx.get(f"{service.url}/metrics", timeout=30).text
    return sum(
        int(float(line.split()[1])) for line in shown.splitlines() if line.startswith('vitae_resumes{status="done"')
    )


def ask(url: str, query: str, begin: float, end: float) -> list[dict[str, Any]]:
    answer = httpx.get(
        f"{url}/api/v1/query_range",
        params={"query": query, "start": begin, "end": end, "step": _STEP_SECONDS},
        timeout=30,
    ).json()
    if answer["status"] != "success":
        raise AssertionError(f"{query}: {answer}")
    return answer["data"]["result"]


def report(url: str, begin: float, end: float) -> bool:
    """Prints the result of every query; returns True when each had samples."""
    complete = True
    for path in sorted(DASHBOARDS.glob("*.json")):
        dashboard = json.loads(path.read_text("utf-8"))
        print(f"\n### {dashboard['title']}\n\n![{dashboard['title']}](pictures/monitoring-{path.stem}.svg)\n")
        print("| panel | query | series | samples | last values |\n|---|---|---|---|---|")
        drawn: list[tuple[str, list[dict[str, Any]]]] = []
        for panel in dashboard["panels"]:
            series: list[dict[str, Any]] = []
            for target in panel["targets"]:
                found = ask(url, target["expr"].replace("$__rate_interval", _RATE_INTERVAL), begin, end)
                samples = sum(sum(value != "NaN" for _, value in one["values"]) for one in found)
                complete = complete and samples > 0
                last = ", ".join(_short(one) for one in sorted(found, key=_last, reverse=True)[:3])
                expression = target["expr"].replace("|", "\\|")
                print(f"| {panel['title']} | `{expression}` | {len(found)} | {samples or '**none**'} | {last} |")
                series += found
            drawn.append((panel["title"], series))
        (PICTURES / f"monitoring-{path.stem}.svg").write_text(draw(dashboard["title"], drawn, begin, end), "utf-8")
    return complete


def _short(series: Mapping[str, Any]) -> str:
    left_out = {"__name__", "job", "instance"}
    labels = " ".join(value for name, value in sorted(series["metric"].items()) if name not in left_out)
    return f"{labels} {_last(series):.4g}".strip()


def _last(series: Mapping[str, Any]) -> float:
    return next((float(value) for _, value in reversed(series["values"]) if value != "NaN"), -1.0)


def alerts(url: str, begin: float, end: float) -> None:
    print("\n## Alerts that were pending or firing\n\n| alert | state | from second | seconds |\n|---|---|---|---|")
    for one in sorted(ask(url, "ALERTS", begin, end), key=lambda item: float(item["values"][0][0])):
        labels = one["metric"]
        first, count = float(one["values"][0][0]) - begin, len(one["values"]) * _STEP_SECONDS
        print(f"| {labels['alertname']} | {labels['alertstate']} | {first:.0f} | {count} |")


def usage_table(idle: Mapping[str, Usage], loaded: Mapping[str, Usage], per_second: float) -> None:
    print("\n## Memory and CPU\n")
    print("Memory is the highest proportional set size; cores are processor seconds a second.\n")
    print(f"| process | memory at rest | cores at rest | memory at {per_second:g} resumes/s | cores |")
    print("|---|---|---|---|---|")
    for kind in idle:
        rest, busy = idle[kind], loaded[kind]
        print(
            f"| {kind} | {rest.resident_bytes / 2**20:.0f} MiB | {rest.cores:.3f} "
            f"| {busy.resident_bytes / 2**20:.0f} MiB | {busy.cores:.2f} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monitoring", description=__doc__)
    parser.add_argument("--per-second", type=float, default=5.0, help="resumes uploaded per second")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each part of the run")
    parser.add_argument("--usage-only", action="store_true", help="measure only memory and CPU, at rest and under load")
    options = parser.parse_args()
    if shutil.which("prometheus") is None:
        print("prometheus is missing; on Debian: apt-get install prometheus", file=sys.stderr)
        return 2
    usual = Behaviour(latency_seconds=0.3, token_seconds=0.002, cached_tokens=500)
    with (
        tempfile.TemporaryDirectory() as name,
        ScriptedModel(slots=64) as own,
        ScriptedModel() as hosted,
        gpu_exporter() as gpu_url,
        receiving() as receiver,
        running_service(
            Path(name) / "service",
            environment={
                "OPENAI_API_KEY": "sk-scripted",
                "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o",
                "VITAE_ROUTING__BREAKER__OPEN_SECONDS": "5",
                "VITAE_ROUTING__RECOVERY__PAUSE_SECONDS": "5",
                "VITAE_ROUTING__RECOVERY__PER_MINUTE": "300",
                "VITAE_CLIENTS__LOCALVLLM__BASE_URL": own.base_url,
                "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
                "VITAE_BUDGET__DAILY_USD": "5",
                "VITAE_BUDGET__MONTHLY_USD": "100",
                "VITAE_MONITORING__GPU_METRICS_URLS": gpu_url,
                "VITAE_WEBHOOKS__ALLOWED_NETWORKS": "127.0.0.0/8",
            },
        ) as service,
        prometheus(Path(name), f"127.0.0.1:{service.port}") as url,
    ):
        for model in (own, hosted):
            model.script.replace(usual)
        began = time.time()
        idle = measure(service, options.seconds)
        traffic = Traffic(service)
        traffic.add_webhook(receiver.url)
        load = threading.Thread(target=traffic.run, args=(options.seconds * 2, options.per_second))
        load.start()
        loaded = measure(service, options.seconds * 2)
        taken, done = len(traffic.ids), finished(service)  # work still in progress does not count
        load.join()
        if options.usage_only:
            print(f"{taken / (options.seconds * 2):.1f} uploads a second were accepted,")
            print(f"{done / (options.seconds * 2):.1f} analyses a second finished meanwhile.")
            usage_table(idle, loaded, options.per_second)
            return 0
        traffic.send_trouble()
        own.refuse()
        receiver.status = 503
        traffic.run(options.seconds * 2, options.per_second)  # the hosted model takes over
        hosted.refuse()
        traffic.run(options.seconds / 2, options.per_second)  # the built-in parser, or an older result
        traffic.reanalyse(5)
        traffic.wait_until_done()
        own.listen()
        hosted.listen()
        receiver.status = 204
        traffic.run(options.seconds, options.per_second)
        traffic.wait_until_done()
        time.sleep(max(2 * 30.0 - options.seconds, 5.0))  # the health monitor runs every 30 s
        ended = time.time()
        day = time.strftime("%Y-%m-%d", time.gmtime())
        print(_HEAD.format(day=day, resumes=traffic.sent, seconds=f"{ended - began:.0f}"))
        complete = report(url, began, ended)
        alerts(url, began, ended)
        usage_table(idle, loaded, options.per_second)
    if not complete:
        print("some queries had no samples", file=sys.stderr)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
