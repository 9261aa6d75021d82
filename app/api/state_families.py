"""The state of the service as Prometheus families: queues, budgets, clients, machines, processes.

Called by `app.api.service_metrics`. Names and help texts are defined here; the numbers come from
`app.pipeline.operations.report_service_state`. Clients, endpoints and machines are labels, because an operator
configured them; resumes, tenants and keys never are.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import get_args
from urllib.parse import urlsplit

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric

from app.observability.gpu_metrics import Gpu
from app.observability.machine_board import Machines
from app.observability.shared_counts import ProcessState
from app.pipeline.operations.report_service_state import ClientState, LiveState, WorkState
from app.routing.clients import Client
from app.routing.servers.expectations import is_expected
from app.storage.ledger.budgets import Period
from app.storage.tables import STATUSES
from app.storage.webhook_deliveries import Wait

STAGES = ("extraction", "analysis")
LANES = ("interactive", "batch")
_BREAKER_STATES = ("closed", "half-open", "open")
_HEALTHS = ("up", "saturated", "down")
_PROCESSES = ("api", "extraction", "analysis", "scheduler")


def work_families(
    state: WorkState, limits: Mapping[Period, Decimal], clients: Sequence[Client] = ()
) -> Iterator[Metric]:
    yield from _result_families(state)
    yield from _queue_families(state)
    yield from _webhook_families(state)
    seen = GaugeMetricFamily(
        "vitae_endpoint_seen_up",
        "1 for a server that has answered a call or the health monitor at least once; one that never did is not down.",
        labels=["client", "endpoint"],
    )
    for endpoint in state.endpoints_seen_up:
        client, _, url = endpoint.partition("@")
        seen.add_metric([client, address_of(url)], 1)
    yield seen
    expected = GaugeMetricFamily(
        "vitae_client_expected",
        "1 for a client that should answer: somebody set it up, or it has answered before.",
        labels=["client"],
    )
    for item in clients:
        expected.add_metric([item.name], int(is_expected(item, state.endpoints_seen_up)))
    yield expected
    limit = GaugeMetricFamily("vitae_budget_limit_usd", "The most a tenant may spend.", labels=["period"])
    share = GaugeMetricFamily(
        "vitae_budget_spent_ratio", "Share of its limit spent by the tenant that spent the most.", labels=["period"]
    )
    for period, usd in limits.items():
        limit.add_metric([period], float(usd))
        share.add_metric([period], float(state.budget_spent_usd.get(period, 0) / usd) if usd else 1.0)
    yield limit
    yield share
    bills = GaugeMetricFamily(
        "vitae_machine_usd",
        "Bill of a self-hosted GPU server since the start of the day or month (UTC): total, idle, failed attempts.",
        labels=["machine", "period", "part"],
    )
    for bill in state.machine_bills:
        for part, usd in (("all", bill.cost_usd), ("idle", bill.idle_usd), ("waste", bill.waste_usd)):
            bills.add_metric([bill.machine, bill.period, part], float(usd))
    yield bills


def _result_families(state: WorkState) -> Iterator[Metric]:
    resumes = GaugeMetricFamily("vitae_resumes", "Resumes by the state of their newest analysis.", labels=["status"])
    degraded = GaugeMetricFamily("vitae_resumes_degraded", "Resumes with a fallback result.")
    if state.results is not None:
        by_status, stand_ins = state.results
        for status in STATUSES:
            resumes.add_metric([status], by_status.get(status, 0))
        degraded.add_metric([], stand_ins)
    yield from (resumes, degraded)


def _queue_families(state: WorkState) -> Iterator[Metric]:
    labels = ["stage", "lane"]
    depth = GaugeMetricFamily("vitae_queue_depth", "Analyses waiting for a worker.", labels=labels)
    age = GaugeMetricFamily("vitae_queue_oldest_seconds", "How long the first in the queue has waited.", labels=labels)
    busy = GaugeMetricFamily("vitae_in_progress", "Analyses in progress.", labels=labels)
    queues = {(queue.stage, queue.lane): queue for queue in state.queues}
    for stage in STAGES:
        for lane in LANES:
            queue = queues.get((stage, lane))
            depth.add_metric([stage, lane], queue.waiting if queue else 0)
            age.add_metric([stage, lane], queue.oldest_seconds if queue else 0.0)
            busy.add_metric([stage, lane], queue.in_progress if queue else 0)
    yield from (depth, age, busy)


def _webhook_families(state: WorkState) -> Iterator[Metric]:
    pending = GaugeMetricFamily(
        "vitae_webhook_pending",
        "Notices that no receiver took yet, at most 10,000 of one webhook: due, retrying (their receiver fails), held "
        "(their webhook is off).",
        labels=["state"],
    )
    age = GaugeMetricFamily(
        "vitae_webhook_oldest_seconds", "How long the oldest of them has been waiting or running.", labels=["state"]
    )
    backlog = {item.wait: item for item in state.webhook_backlog or ()}
    for wait in get_args(Wait) if state.webhook_backlog is not None else ():
        item = backlog.get(wait)
        pending.add_metric([wait], item.waiting if item else 0)
        age.add_metric([wait], item.oldest_seconds if item else 0.0)
    yield from (pending, age)


def live_families(state: LiveState) -> Iterator[Metric]:
    yield from _client_families(state.clients)
    yield from _server_families(state.machines)
    yield from _gpu_families(state.machines.gpus)
    yield from _process_families(state.processes)


def _client_families(clients: Sequence[ClientState]) -> Iterator[Metric]:
    configured = GaugeMetricFamily(
        "vitae_client_configured", "1 when the client can be called (its key is set).", labels=["client", "location"]
    )
    labels = ["client", "endpoint"]
    breaker = GaugeMetricFamily(
        "vitae_breaker_state", "1 for the current state of the circuit breaker.", labels=[*labels, "state"]
    )
    health = GaugeMetricFamily(
        "vitae_endpoint_health", "1 for the health that the monitor last observed.", labels=[*labels, "health"]
    )
    flight = GaugeMetricFamily("vitae_endpoint_in_flight", "Calls in progress across all workers.", labels=labels)
    drained = GaugeMetricFamily("vitae_endpoint_drained", "1 when no new calls are sent there.", labels=labels)
    for item in clients:
        name = item.client.name
        configured.add_metric([name, item.client.location], int(item.client.not_configured is None))
        for view in item.endpoints:
            at = [name, address_of(view.base_url)]
            state = view.breaker.state if view.breaker else None
            for one in _BREAKER_STATES if state else ():
                breaker.add_metric([*at, one], int(one == state))
            for one in _HEALTHS if view.load.health else ():
                health.add_metric([*at, one], int(one == view.load.health))
            if view.load.in_flight is not None:
                flight.add_metric(at, view.load.in_flight)
                drained.add_metric(at, int(bool(view.load.drained)))
    yield from (configured, breaker, health, flight, drained)


def _server_families(machines: Machines) -> Iterator[Metric]:
    labels = ["client", "endpoint"]
    running = GaugeMetricFamily(
        "vitae_vllm_requests_running", "Requests that the model server is processing.", labels=labels
    )
    waiting = GaugeMetricFamily("vitae_vllm_requests_waiting", "Requests waiting in the model server.", labels=labels)
    cache = GaugeMetricFamily("vitae_vllm_kv_cache_ratio", "Share of the KV cache in use.", labels=labels)
    counters = {
        name: CounterMetricFamily(f"vitae_vllm_{name}_total", text, labels=labels)
        for name, text in (
            ("prompt_tokens", "Prompt tokens the server has processed."),
            ("generation_tokens", "Tokens the server has generated."),
            ("preemptions", "Requests preempted for lack of memory."),
            ("prefix_cache_queries", "Prompt tokens looked up in the prefix cache."),
            ("prefix_cache_hits", "Prompt tokens found in the prefix cache."),
        )
    }
    finished = CounterMetricFamily(
        "vitae_vllm_requests_finished_total", "Requests the server has finished, by reason.", labels=[*labels, "reason"]
    )
    durations = {
        name: SummaryMetricFamily(f"vitae_vllm_{name}_seconds", text, labels=labels)
        for name, text in (
            ("first_token", "Time to the first token, as measured by the server."),
            ("inter_token", "Time between two tokens, as measured by the server."),
            ("queue", "Time a request waited in the server."),
            ("request", "Total time of a request, as measured by the server."),
        )
    }
    for endpoint, server in machines.servers.items():
        client, _, url = endpoint.partition("@")
        at = [client, address_of(url)]
        for family, value in (
            (running, server.gauges.get("requests_running")),
            (waiting, server.gauges.get("requests_waiting")),
            (cache, server.kv_cache_ratio),
        ):
            if value is not None:
                family.add_metric(at, value)
        for name, value in server.counters.items():
            counters[name].add_metric(at, value)
        for reason, value in server.finished.items():
            finished.add_metric([*at, reason], value)
        for name, (count, total) in server.durations.items():
            durations[name].add_metric(at, count_value=int(count), sum_value=total)
    yield from (running, waiting, cache, *counters.values(), finished, *durations.values())


def _gpu_families(gpus: Sequence[Gpu]) -> Iterator[Metric]:
    labels = ["machine", "gpu"]
    families = {
        "utilisation_ratio": GaugeMetricFamily(
            "vitae_gpu_utilisation_ratio", "Share of time it was busy.", labels=labels
        ),
        "memory_used_bytes": GaugeMetricFamily("vitae_gpu_memory_used_bytes", "Memory in use.", labels=labels),
        "memory_total_bytes": GaugeMetricFamily("vitae_gpu_memory_total_bytes", "Total memory.", labels=labels),
        "celsius": GaugeMetricFamily("vitae_gpu_temperature_celsius", "Temperature.", labels=labels),
        "watts": GaugeMetricFamily("vitae_gpu_power_watts", "Power drawn.", labels=labels),
    }
    for gpu in gpus:
        for name, family in families.items():
            value = getattr(gpu, name)
            if value is not None:
                family.add_metric([gpu.machine, gpu.gpu], value)
    yield from families.values()


def _process_families(processes: Sequence[ProcessState]) -> Iterator[Metric]:
    count = GaugeMetricFamily("vitae_processes", "Processes with a recent heartbeat.", labels=["process"])
    resident = GaugeMetricFamily(
        "vitae_process_resident_bytes", "Memory of all processes of a kind.", labels=["process"]
    )
    share = GaugeMetricFamily(
        "vitae_process_memory_ratio", "Memory of the fullest container relative to its limit.", labels=["process"]
    )
    for kind in _PROCESSES:
        of_kind = [one for one in processes if one.process == kind]
        count.add_metric([kind], len(of_kind))
        resident.add_metric([kind], sum(one.resident_bytes for one in of_kind))
        ratios = [one.resident_bytes / one.memory_limit_bytes for one in of_kind if one.memory_limit_bytes]
        if ratios:
            share.add_metric([kind], max(ratios))
    yield from (count, resident, share)


def address_of(base_url: str | None) -> str:
    """Only host and port: addresses may carry credentials. The provider's own address is not known."""
    if base_url is None:
        return "default"
    parts = urlsplit(base_url)
    return parts.netloc.rpartition("@")[2] or base_url
