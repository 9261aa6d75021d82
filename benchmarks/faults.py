"""Run resumes through the service under every fault: `python -m benchmarks.faults`, for people who change the routing.

The whole service runs as `vitae up` starts it, against two scripted model servers: the self-hosted one, which is called
first, and the hosted one as its fallback. Each fault affects the first server only and then both. Afterwards an outage
is replayed under steady traffic. The counts come from the service's API and ledger and from the model servers.
"""

import argparse
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.end_to_end.service import RunningService, running_service
from tests.scripted_model import Behaviour, ScriptedModel

_FINAL = {"done", "failed"}
_LONGEST_WAIT_SECONDS = 300.0
_POLL_SECONDS = 0.2
_FILES_PER_UPLOAD = 50
_KEY = "sk-scripted"

# Shorter than the defaults, in the same proportions, so that a run takes minutes.
SETTINGS = {
    "VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS": "1",
    "VITAE_CLIENTS__LOCALVLLM__STALL_TIMEOUT_SECONDS": "1",
    "VITAE_CLIENTS__LOCALVLLM__TOTAL_TIMEOUT_SECONDS": "5",
    "VITAE_CLIENTS__GPT4O__FIRST_TOKEN_TIMEOUT_SECONDS": "1",
    "VITAE_CLIENTS__GPT4O__STALL_TIMEOUT_SECONDS": "1",
    "VITAE_CLIENTS__GPT4O__TOTAL_TIMEOUT_SECONDS": "5",
    "VITAE_ROUTING__BREAKER__OPEN_SECONDS": "5",
    "VITAE_ROUTING__RECOVERY__ENABLED": "false",
}


@dataclass(frozen=True)
class Fault:
    name: str
    behaviour: Behaviour | None  # None: connections are refused


FAULTS = (
    Fault("none", Behaviour()),
    Fault("slow first token (0.5 s)", Behaviour(latency_seconds=0.5)),
    Fault("500", Behaviour("error", status=500)),
    Fault("429, Retry-After 1", Behaviour("error", status=429, retry_after="1")),
    Fault("429, Retry-After 60", Behaviour("error", status=429, retry_after="60")),
    Fault("401", Behaviour("error", status=401)),
    Fault("hang before headers", Behaviour("hang_before_headers")),
    Fault("hang after headers", Behaviour("hang_after_headers")),
    Fault("trickle (4 characters a 0.2 s)", Behaviour("trickle", latency_seconds=0.2)),
    Fault("cut off mid-body", Behaviour("cut_body")),
    Fault("connection reset", Behaviour("reset")),
    Fault("malformed body", Behaviour("malformed")),
    Fault("no JSON in the response", Behaviour("prose")),
    Fault("truncated (finish_reason length)", Behaviour("truncated")),
    Fault("another model name", Behaviour("wrong_model")),
    Fault("connection refused", None),
)


@dataclass(frozen=True)
class Row:
    fault: str
    affected: str
    resumes: int
    final: int
    clients: Counter[str]
    outcomes: Counter[str]
    ledger_rows: int
    sent_rows: int  # ledger rows of calls that reached a server
    server_calls: int
    analysis_ms: list[int]

    def cells(self, usual_ms: float) -> list[str]:
        added = sorted(value - usual_ms for value in self.analysis_ms)
        slowest = added[-1] if added else 0.0
        median = statistics.median(added) if added else 0.0
        return [
            self.fault,
            self.affected,
            f"{self.final}/{self.resumes}",
            ", ".join(f"{name} {count}" for name, count in self.clients.most_common()),
            ", ".join(f"{name} {count}" for name, count in self.outcomes.most_common()),
            f"{self.ledger_rows} / {self.sent_rows} / {self.server_calls}",
            f"{max(median, 0) / 1000:.2f}",
            f"{max(slowest, 0) / 1000:.2f}",
        ]


HEADINGS = [
    "fault",
    "affects",
    "final",
    "result from",
    "attempts",
    "ledger rows / rows for calls sent / calls received",
    "added s, median",
    "added s, maximum",
]


class Bench:
    def __init__(self, service: RunningService, own: ScriptedModel, hosted: ScriptedModel) -> None:
        self._service = service
        self._own = own
        self._hosted = hosted
        self._http = service.http()
        self._made = 0

    def run(self, fault: Fault, *, both: bool, count: int) -> Row:
        for model in (self._own, self._hosted):
            model.reset()
        for client in ("LocalVLLM", "GPT4o"):
            self._http.post(f"/v1/clients/{client}/breaker", json={"action": "reset"}).raise_for_status()
        affected = [self._own, self._hosted] if both else [self._own]
        for model in affected:
            if fault.behaviour is None:
                model.refuse()
            else:
                model.script.replace(fault.behaviour)
        ids = self.upload(count)
        found = self.wait(ids)
        calls = len(self._own.calls) + len(self._hosted.calls)
        for model in affected:
            model.script.replace()
            model.listen()
        return self._row(fault.name, "both" if both else "first", found, len(ids), calls)

    def upload(self, count: int) -> list[str]:
        ids: list[str] = []
        for begin in range(0, count, _FILES_PER_UPLOAD):
            files = []
            for _ in range(min(_FILES_PER_UPLOAD, count - begin)):
                self._made += 1
                files.append(("files", (f"cv-{self._made}.txt", resume(self._made), "text/plain")))
            answer = self._http.post("/v1/resumes", files=files)
            answer.raise_for_status()
            ids += [item["id"] for item in answer.json()["resumes"]]
        return ids

    def wait(self, ids: list[str]) -> list[dict[str, Any]]:
        """The details of the resumes that reached a final state in time."""
        end = time.monotonic() + _LONGEST_WAIT_SECONDS
        found: dict[str, dict[str, Any]] = {}
        while len(found) < len(ids) and time.monotonic() < end:
            for resume_id in ids:
                if resume_id not in found:
                    detail = self.detail(resume_id)
                    if detail["status"] in _FINAL:
                        found[resume_id] = detail
            time.sleep(_POLL_SECONDS)
        return list(found.values())

    def detail(self, resume_id: str) -> dict[str, Any]:
        answer = self._http.get(f"/v1/resumes/{resume_id}")
        answer.raise_for_status()
        return answer.json()

    def breaker(self, client: str) -> str:
        for item in self._http.get("/v1/clients").json()["clients"]:
            if item["name"] == client:
                return str(item["endpoints"][0]["state"])
        return "?"

    def _row(self, fault: str, affected: str, found: list[dict[str, Any]], count: int, calls: int) -> Row:
        rows = [attempt for detail in found for attempt in detail["cost"]["attempts"]]
        return Row(
            fault,
            affected,
            count,
            len(found),
            Counter(detail["client"] or detail["status"] for detail in found),
            Counter(attempt["outcome"] for attempt in rows),
            len(rows),
            sum(attempt["outcome"] != "unreachable" for attempt in rows),
            calls,
            [detail["timings"]["analysis_ms"] for detail in found],
        )

    def replay(
        self, *, before: float, outage: float, after: float, every: float, bin_seconds: float
    ) -> list[list[str]]:
        """Steady traffic, while the self-hosted server refuses connections for `outage` seconds."""
        for model in (self._own, self._hosted):
            model.reset()
        self._http.post("/v1/clients/LocalVLLM/breaker", json={"action": "reset"})
        began = time.monotonic()
        sent: list[tuple[float, str]] = []
        states: dict[int, str] = {}
        switches: list[tuple[float, Callable[[], None]]] = [
            (before, self._own.refuse),
            (before + outage, self._own.listen),
        ]
        while (now := time.monotonic() - began) < before + outage + after:
            while switches and now >= switches[0][0]:
                switches.pop(0)[1]()
            sent.append((now, self.upload(1)[0]))
            states[int(now // bin_seconds)] = self.breaker("LocalVLLM")
            time.sleep(max(0.0, every - (time.monotonic() - began - now)))
        details = {detail["id"]: detail for detail in self.wait([resume_id for _, resume_id in sent])}
        bins: dict[int, list[dict[str, Any]]] = defaultdict(list)
        missing: Counter[int] = Counter()
        for moment, resume_id in sent:
            number = int(moment // bin_seconds)
            if resume_id in details:
                bins[number].append(details[resume_id])
            else:
                missing[number] += 1
        table: list[list[str]] = []
        for number in sorted(bins):
            items = bins[number]
            begin = number * bin_seconds
            clients = Counter(item["client"] or item["status"] for item in items)
            failed = Counter(a["outcome"] for i in items for a in i["cost"]["attempts"] if a["outcome"] != "ok")
            latencies = [item["timings"]["analysis_ms"] for item in items]
            table.append(
                [
                    f"{begin:.0f}-{begin + bin_seconds:.0f}",
                    "down" if before <= begin < before + outage else "up",
                    str(len(items)) + (f" (+{missing[number]} not final)" if missing[number] else ""),
                    ", ".join(f"{name} {count / len(items):.0%}" for name, count in clients.most_common()),
                    ", ".join(f"{name} {count}" for name, count in failed.items()) or "none",
                    f"{statistics.median(latencies):.0f} / {max(latencies)}",
                    states.get(number, "?"),
                ]
            )
        return table


REPLAY_HEADINGS = [
    "second",
    "self-hosted server",
    "resumes",
    "results from",
    "failed attempts",
    "analysis ms, median / maximum",
    "breaker at the end",
]


def resume(number: int) -> bytes:
    """A unique resume of an invented person."""
    first = ("Ada", "Bela", "Cleo", "Dana", "Edda", "Finn", "Gero", "Hana", "Ivo", "Jola")[number % 10]
    return (
        f"{first} Sampleton{number}\nSoftware Engineer\n"
        f"{first.lower()}.{number}@example.com | +1 202 555 0{100 + number % 100}\n\n"
        f"EXPERIENCE\nSoftware Engineer, Brightwater Systems {number}, Berlin\nMarch 2018 - Present\n"
        "- Built the billing service\n\nEDUCATION\nB.Sc. Computer Science, University of Northfield, 2014 - 2017\n\n"
        "SKILLS\nPython, PostgreSQL, Redis\n"
    ).encode()


def markdown(headings: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--resumes", type=int, default=50, help="resumes for each fault and each of its two cases")
    parser.add_argument("--fault", action="append", help="only faults whose name contains this text; can be repeated")
    parser.add_argument(
        "--outage-seconds", type=float, default=60.0, help="length of the replayed outage; 0 skips the replay"
    )
    options = parser.parse_args()
    chosen = [f for f in FAULTS if not options.fault or any(part in f.name for part in options.fault)]
    lost = unequal = 0
    with tempfile.TemporaryDirectory() as folder, ScriptedModel() as own, ScriptedModel(api_key=_KEY) as hosted:
        environment = {
            **SETTINGS,
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": own.base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": own.model,
            "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
            "OPENAI_API_KEY": _KEY,
        }
        with running_service(Path(folder), environment=environment) as service:
            bench = Bench(service, own, hosted)
            bench.run(
                FAULTS[0], both=False, count=min(options.resumes, 10)
            )  # warm-up: BAML is loaded by the first call
            usual = bench.run(FAULTS[0], both=False, count=options.resumes)
            usual_ms = statistics.median(usual.analysis_ms)
            print(f"Without a fault, an analysis takes {usual_ms:.0f} ms (median of {usual.final}).\n", flush=True)
            print(markdown(HEADINGS, []), flush=True)
            for fault in chosen:
                for both in (False, True):
                    row = bench.run(fault, both=both, count=options.resumes)
                    lost += row.resumes - row.final
                    unequal += row.sent_rows != row.server_calls
                    print(f"| {' | '.join(row.cells(usual_ms))} |", flush=True)
            if options.outage_seconds:
                seconds = options.outage_seconds
                table = bench.replay(
                    before=seconds / 3, outage=seconds, after=seconds / 2, every=0.5, bin_seconds=max(2.0, seconds / 12)
                )
                print(f"\n{markdown(REPLAY_HEADINGS, table)}", flush=True)
    print(f"\nNot final: {lost}. Runs in which servers and ledger disagree: {unequal}.")
    return 1 if lost or unequal else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except httpx.HTTPStatusError as error:
        raise SystemExit(f"The service returned {error.response.status_code}: {error.response.text}") from None
