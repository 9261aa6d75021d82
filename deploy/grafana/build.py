# noqa: INP001 - a script, not a package
"""Writes the Grafana dashboards in `dashboards/`: `python deploy/grafana/build.py`.

This script is their source; a test compares its output with the files. A panel has a title, a Grafana unit and its
queries with their legends. `$__rate_interval` is a Grafana variable.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
DATA_SOURCE = {"type": "prometheus", "uid": "vitae-prometheus"}
_PANELS_PER_ROW = 3
_BILL_OF_MONTH = 'vitae_machine_usd{period="month",part="%s"}'
_WIDTH, _HEIGHT = 24 // _PANELS_PER_ROW, 8


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]  # expression, legend
    kind: str = "timeseries"


def _quantiles(histogram: str, by: str, only: str = "") -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            f"histogram_quantile({q}, sum by ({by}, le) (rate({histogram}_bucket{only}[$__rate_interval])))",
            f"p{round(q * 100)} {{{{{by}}}}}",
        )
        for q in (0.5, 0.95, 0.99)
    )


def _rate(metric: str, by: str, only: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{only}[$__rate_interval]))"


def _mean_rate(above: str, below: str, by: str) -> str:
    return f"sum by ({by}) (rate({above}[5m])) / sum by ({by}) (rate({below}[5m]))"


def _share(metric: str, only: str) -> str:
    return f"sum(rate({metric}{only}[$__rate_interval])) / sum(rate({metric}[$__rate_interval]))"


SERVICE = (
    Panel("Resumes by state", "short", (("vitae_resumes", "{{status}}"),), "stat"),
    Panel("Postgres and Redis", "short", (("vitae_database_up", "Postgres"), ("vitae_redis_up", "Redis")), "stat"),
    Panel("Running processes", "short", (("vitae_processes", "{{process}}"),), "stat"),
    Panel("Files received per second", "reqps", ((_rate("vitae_files_total", "outcome"), "{{outcome}}"),)),
    Panel("Analyses finished per second", "ops", ((_rate("vitae_analyses_total", "tier"), "{{tier}}"),)),
    Panel("Analyses failed per second", "ops", ((_rate("vitae_analyses_failed_total", "stage"), "{{stage}}"),)),
    Panel("Queue depth", "short", (("vitae_queue_depth", "{{stage}} {{lane}}"),)),
    Panel("Oldest waiting analysis", "s", (("vitae_queue_oldest_seconds", "{{stage}} {{lane}}"),)),
    Panel("Analyses in progress", "short", (("vitae_in_progress", "{{stage}} {{lane}}"),)),
    Panel("Time from upload to result", "s", _quantiles("vitae_stage_seconds", "stage", '{stage="total"}')),
    Panel("Extraction time", "s", _quantiles("vitae_stage_seconds", "stage", '{stage="extraction"}')),
    Panel("Analysis time", "s", _quantiles("vitae_stage_seconds", "stage", '{stage="analysis"}')),
    Panel(
        "Time waiting for a worker, p95", "s", (_quantiles("vitae_stage_seconds", "stage", '{stage=~"wait_.*"}')[1],)
    ),
    Panel(
        "Intake and storage time, p95", "s", (_quantiles("vitae_stage_seconds", "stage", '{stage=~"intake|store"}')[1],)
    ),
    Panel("Undelivered webhook events", "short", (("vitae_webhook_pending", "{{state}}"),)),
    Panel("Oldest undelivered webhook event", "s", (("vitae_webhook_oldest_seconds", "{{state}}"),)),
    Panel("Webhook deliveries per second", "ops", ((_rate("vitae_webhook_calls_total", "outcome"), "{{outcome}}"),)),
    Panel("API responses per second", "reqps", ((_rate("vitae_http_requests_total", "status"), "{{status}}"),)),
    Panel(
        "API latency by route, p95",
        "s",
        (
            (
                _quantiles("vitae_http_request_seconds", "route")[1][0],
                "{{route}}",
            ),
        ),
    ),
    Panel("Memory by process", "bytes", (("vitae_process_resident_bytes", "{{process}}"),)),
    Panel("CPU cores used", "short", ((_rate("vitae_process_cpu_seconds_total", "process"), "{{process}}"),)),
)

MODEL_SERVERS = (
    Panel("Time to first token", "s", _quantiles("vitae_first_token_seconds", "client")),
    Panel("Model call time", "s", _quantiles("vitae_model_call_seconds", "client", '{result="ok"}')),
    Panel(
        "Tokens per second",
        "short",
        ((_rate("vitae_model_tokens_total", "client, kind"), "{{client}} {{kind}}"),),
    ),
    Panel(
        "vLLM: requests running and waiting",
        "short",
        (
            ("vitae_vllm_requests_running", "running {{endpoint}}"),
            ("vitae_vllm_requests_waiting", "waiting {{endpoint}}"),
        ),
    ),
    Panel("vLLM: KV cache usage", "percentunit", (("vitae_vllm_kv_cache_ratio", "{{endpoint}}"),)),
    Panel(
        "vLLM: prefix cache hit rate",
        "percentunit",
        (
            (
                _mean_rate("vitae_vllm_prefix_cache_hits_total", "vitae_vllm_prefix_cache_queries_total", "endpoint"),
                "{{endpoint}}",
            ),
        ),
    ),
    Panel(
        "vLLM: tokens per second",
        "short",
        (
            ("sum by (endpoint) (rate(vitae_vllm_prompt_tokens_total[5m]))", "prompt {{endpoint}}"),
            ("sum by (endpoint) (rate(vitae_vllm_generation_tokens_total[5m]))", "generated {{endpoint}}"),
        ),
    ),
    Panel(
        "vLLM: mean latencies",
        "s",
        tuple(
            (
                _mean_rate(f"vitae_vllm_{name}_seconds_sum", f"vitae_vllm_{name}_seconds_count", "endpoint"),
                f"{legend} {{{{endpoint}}}}",
            )
            for name, legend in (
                ("first_token", "first token"),
                ("inter_token", "between tokens"),
                ("queue", "queue"),
                ("request", "request"),
            )
        ),
    ),
    Panel(
        "vLLM: requests finished and preempted per second",
        "ops",
        (
            ("sum by (reason) (rate(vitae_vllm_requests_finished_total[5m]))", "{{reason}}"),
            ("sum(rate(vitae_vllm_preemptions_total[5m]))", "preempted"),
        ),
    ),
    Panel("GPU utilization", "percentunit", (("vitae_gpu_utilisation_ratio", "{{machine}} {{gpu}}"),)),
    Panel(
        "GPU memory usage",
        "percentunit",
        (("vitae_gpu_memory_used_bytes / vitae_gpu_memory_total_bytes", "{{machine}} {{gpu}}"),),
    ),
    Panel(
        "GPU temperature and power",
        "short",
        (
            ("vitae_gpu_temperature_celsius", "°C {{machine}} {{gpu}}"),
            ("vitae_gpu_power_watts", "W {{machine}} {{gpu}}"),
        ),
    ),
)

COST = (
    Panel(
        "Cost of calls, last 24 hours",
        "currencyUSD",
        (("sum(increase(vitae_cost_usd_total[24h]))", "USD"),),
        "stat",
    ),
    Panel(
        "Spent on failed attempts, last 24 hours",
        "currencyUSD",
        (("sum(increase(vitae_wasted_usd_total[24h]))", "USD"),),
        "stat",
    ),
    Panel("Highest budget usage of any tenant", "percentunit", (("vitae_budget_spent_ratio", "{{period}}"),), "stat"),
    Panel(
        "USD per hour, by client and cost basis",
        "currencyUSD",
        (("sum by (client, basis) (rate(vitae_cost_usd_total[$__rate_interval])) * 3600", "{{client}} {{basis}}"),),
    ),
    Panel(
        "USD per 1,000 finished analyses (calls only)",
        "currencyUSD",
        (("1000 * sum(rate(vitae_cost_usd_total[1h])) / sum(rate(vitae_analyses_total[1h]))", "USD"),),
    ),
    Panel(
        "Self-hosted servers: cost today", "currencyUSD", (('vitae_machine_usd{period="day"}', "{{machine}} {{part}}"),)
    ),
    Panel(
        "Self-hosted servers: idle share this month",
        "percentunit",
        (
            (
                f"sum by (machine) ({_BILL_OF_MONTH % 'idle'}) / sum by (machine) ({_BILL_OF_MONTH % 'all'})",
                "{{machine}}",
            ),
        ),
    ),
    Panel(
        "Calls by cost basis",
        "ops",
        ((_rate("vitae_priced_attempts_total", "basis"), "{{basis}}"),),
    ),
    Panel(
        "Tokens per hour",
        "short",
        (("sum by (client, kind) (rate(vitae_model_tokens_total[$__rate_interval])) * 3600", "{{client}} {{kind}}"),),
    ),
)

RESILIENCE = (
    Panel(
        "Hosted fallback share",
        "percentunit",
        ((_share("vitae_model_requests_total", '{location="hosted",tier="fallback"}'), "share"),),
    ),
    Panel(
        "Degraded results",
        "percentunit",
        ((_share("vitae_analyses_total", '{tier=~"stand_in|older_answer"}'), "share"),),
    ),
    Panel("Resumes waiting for a model", "short", (("vitae_resumes_degraded", "degraded results"),)),
    Panel(
        "Model requests by client and tier",
        "ops",
        ((_rate("vitae_model_requests_total", "client, tier"), "{{client}} {{tier}}"),),
    ),
    Panel(
        "Calls by outcome", "ops", ((_rate("vitae_model_attempts_total", "client, outcome"), "{{client}} {{outcome}}"),)
    ),
    Panel(
        "Breakers not closed",
        "short",
        (('vitae_breaker_state{state!="closed"}', "{{client}} {{endpoint}} {{state}}"),),
    ),
    Panel(
        "Breaker transitions per hour",
        "short",
        (("sum by (client, to) (increase(vitae_breaker_transitions_total[1h]))", "{{client}} {{to}}"),),
    ),
    Panel("Self-hosted server health", "short", (("vitae_endpoint_health", "{{client}} {{endpoint}} {{health}}"),)),
    Panel(
        "Calls in progress",
        "short",
        (("vitae_endpoint_in_flight", "{{client}} {{endpoint}}"), ("vitae_endpoint_drained", "drained {{endpoint}}")),
    ),
    Panel(
        "Leases lost per hour",
        "short",
        (("sum by (stage) (increase(vitae_leases_lost_total[1h]))", "{{stage}}"),),
    ),
    Panel(
        "Late results discarded per hour",
        "short",
        (("sum by (stage) (increase(vitae_results_discarded_total[1h]))", "{{stage}}"),),
    ),
    Panel(
        "Analyses requeued per hour", "short", (("sum by (reason) (increase(vitae_requeued_total[1h]))", "{{reason}}"),)
    ),
    Panel("Configured clients", "short", (("vitae_client_configured", "{{client}} {{location}}"),), "stat"),
)

DASHBOARDS = {
    "service": ("Vitae: service", SERVICE),
    "model-servers": ("Vitae: model servers and GPUs", MODEL_SERVERS),
    "cost": ("Vitae: cost", COST),
    "resilience": ("Vitae: resilience", RESILIENCE),
}


def dashboard(name: str) -> dict[str, Any]:
    """The dashboard in Grafana's JSON model."""
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"vitae-{name}",
        "title": title,
        "tags": ["vitae"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _PANELS_PER_ROW)
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "datasource": DATA_SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": DATA_SOURCE, "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.queries)
        ],
    }


def texts() -> dict[Path, str]:
    """Maps each dashboard's file to its content."""
    return {FOLDER / f"{name}.json": json.dumps(dashboard(name), indent=1) + "\n" for name in DASHBOARDS}


if __name__ == "__main__":
    for path, text in texts().items():
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path}\n")
