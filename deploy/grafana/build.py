# noqa: INP001 - a script, no package
"""Writes the dashboards beside it: `python deploy/grafana/build.py`. What they show stands here; a test compares.

A panel is a title, a unit of Grafana and its queries with the words of their legend. `$__rate_interval` is Grafana's.
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
    Panel("Processes alive", "short", (("vitae_processes", "{{process}}"),), "stat"),
    Panel("Files received a second", "reqps", ((_rate("vitae_files_total", "outcome"), "{{outcome}}"),)),
    Panel("Analyses finished a second", "ops", ((_rate("vitae_analyses_total", "tier"), "{{tier}}"),)),
    Panel("Analyses failed a second", "ops", ((_rate("vitae_analyses_failed_total", "stage"), "{{stage}}"),)),
    Panel("Waiting analyses", "short", (("vitae_queue_depth", "{{stage}} {{lane}}"),)),
    Panel("Oldest in the queue", "s", (("vitae_queue_oldest_seconds", "{{stage}} {{lane}}"),)),
    Panel("Worked on", "short", (("vitae_in_progress", "{{stage}} {{lane}}"),)),
    Panel("From upload to result", "s", _quantiles("vitae_stage_seconds", "stage", '{stage="total"}')),
    Panel("Reading a document", "s", _quantiles("vitae_stage_seconds", "stage", '{stage="extraction"}')),
    Panel("Analysing it", "s", _quantiles("vitae_stage_seconds", "stage", '{stage="analysis"}')),
    Panel("Waiting for a worker, p95", "s", (_quantiles("vitae_stage_seconds", "stage", '{stage=~"wait_.*"}')[1],)),
    Panel("Intake and store, p95", "s", (_quantiles("vitae_stage_seconds", "stage", '{stage=~"intake|store"}')[1],)),
    Panel("Notices that webhooks did not take yet", "short", (("vitae_webhook_pending", "{{state}}"),)),
    Panel("Oldest of them", "s", (("vitae_webhook_oldest_seconds", "{{state}}"),)),
    Panel("Notices sent a second", "ops", ((_rate("vitae_webhook_calls_total", "outcome"), "{{outcome}}"),)),
    Panel("API answers a second", "reqps", ((_rate("vitae_http_requests_total", "status"), "{{status}}"),)),
    Panel(
        "API, p95 by route",
        "s",
        (
            (
                _quantiles("vitae_http_request_seconds", "route")[1][0],
                "{{route}}",
            ),
        ),
    ),
    Panel("Memory by process", "bytes", (("vitae_process_resident_bytes", "{{process}}"),)),
    Panel("Processor cores used", "short", ((_rate("vitae_process_cpu_seconds_total", "process"), "{{process}}"),)),
)

MODEL_SERVERS = (
    Panel("Time to the first token", "s", _quantiles("vitae_first_token_seconds", "client")),
    Panel("Time of a whole call", "s", _quantiles("vitae_model_call_seconds", "client", '{result="ok"}')),
    Panel(
        "Tokens a second",
        "short",
        ((_rate("vitae_model_tokens_total", "client, kind"), "{{client}} {{kind}}"),),
    ),
    Panel(
        "vLLM: requests in the server",
        "short",
        (
            ("vitae_vllm_requests_running", "running {{endpoint}}"),
            ("vitae_vllm_requests_waiting", "waiting {{endpoint}}"),
        ),
    ),
    Panel("vLLM: KV cache in use", "percentunit", (("vitae_vllm_kv_cache_ratio", "{{endpoint}}"),)),
    Panel(
        "vLLM: prefix cache hits",
        "percentunit",
        (
            (
                _mean_rate("vitae_vllm_prefix_cache_hits_total", "vitae_vllm_prefix_cache_queries_total", "endpoint"),
                "{{endpoint}}",
            ),
        ),
    ),
    Panel(
        "vLLM: tokens a second",
        "short",
        (
            ("sum by (endpoint) (rate(vitae_vllm_prompt_tokens_total[5m]))", "read {{endpoint}}"),
            ("sum by (endpoint) (rate(vitae_vllm_generation_tokens_total[5m]))", "written {{endpoint}}"),
        ),
    ),
    Panel(
        "vLLM: mean times",
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
        "vLLM: ended requests a second, and put back",
        "ops",
        (
            ("sum by (reason) (rate(vitae_vllm_requests_finished_total[5m]))", "{{reason}}"),
            ("sum(rate(vitae_vllm_preemptions_total[5m]))", "put back for want of memory"),
        ),
    ),
    Panel("GPU busy", "percentunit", (("vitae_gpu_utilisation_ratio", "{{machine}} {{gpu}}"),)),
    Panel(
        "GPU memory in use",
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
        "Spent on calls in the last 24 hours",
        "currencyUSD",
        (("sum(increase(vitae_cost_usd_total[24h]))", "USD"),),
        "stat",
    ),
    Panel(
        "Wasted in the last 24 hours", "currencyUSD", (("sum(increase(vitae_wasted_usd_total[24h]))", "USD"),), "stat"
    ),
    Panel(
        "Of its budget a tenant has spent at most", "percentunit", (("vitae_budget_spent_ratio", "{{period}}"),), "stat"
    ),
    Panel(
        "USD an hour, by client and what it rests on",
        "currencyUSD",
        (("sum by (client, basis) (rate(vitae_cost_usd_total[$__rate_interval])) * 3600", "{{client}} {{basis}}"),),
    ),
    Panel(
        "USD for 1,000 finished analyses (calls alone)",
        "currencyUSD",
        (("1000 * sum(rate(vitae_cost_usd_total[1h])) / sum(rate(vitae_analyses_total[1h]))", "USD"),),
    ),
    Panel(
        "Own machines: bill of the day", "currencyUSD", (('vitae_machine_usd{period="day"}', "{{machine}} {{part}}"),)
    ),
    Panel(
        "Own machines: idle share of the month",
        "percentunit",
        (
            (
                f"sum by (machine) ({_BILL_OF_MONTH % 'idle'}) / sum by (machine) ({_BILL_OF_MONTH % 'all'})",
                "{{machine}}",
            ),
        ),
    ),
    Panel(
        "Calls by what their cost rests on",
        "ops",
        ((_rate("vitae_priced_attempts_total", "basis"), "{{basis}}"),),
    ),
    Panel(
        "Tokens an hour",
        "short",
        (("sum by (client, kind) (rate(vitae_model_tokens_total[$__rate_interval])) * 3600", "{{client}} {{kind}}"),),
    ),
)

RESILIENCE = (
    Panel(
        "Hosted fallback",
        "percentunit",
        ((_share("vitae_model_requests_total", '{location="hosted",tier="fallback"}'), "share"),),
    ),
    Panel(
        "Degraded answers",
        "percentunit",
        ((_share("vitae_analyses_total", '{tier=~"stand_in|older_answer"}'), "share"),),
    ),
    Panel("Resumes that await a model", "short", (("vitae_resumes_degraded", "stand-in results"),)),
    Panel(
        "Who answers",
        "ops",
        ((_rate("vitae_model_requests_total", "client, tier"), "{{client}} {{tier}}"),),
    ),
    Panel(
        "Calls by outcome", "ops", ((_rate("vitae_model_attempts_total", "client, outcome"), "{{client}} {{outcome}}"),)
    ),
    Panel(
        "Breakers that are not closed",
        "short",
        (('vitae_breaker_state{state!="closed"}', "{{client}} {{endpoint}} {{state}}"),),
    ),
    Panel(
        "Breakers opened and closed in an hour",
        "short",
        (("sum by (client, to) (increase(vitae_breaker_transitions_total[1h]))", "{{client}} {{to}}"),),
    ),
    Panel("Health of own servers", "short", (("vitae_endpoint_health", "{{client}} {{endpoint}} {{health}}"),)),
    Panel(
        "Calls under way",
        "short",
        (("vitae_endpoint_in_flight", "{{client}} {{endpoint}}"), ("vitae_endpoint_drained", "drained {{endpoint}}")),
    ),
    Panel(
        "Taken over from dead workers in an hour",
        "short",
        (("sum by (stage) (increase(vitae_leases_lost_total[1h]))", "{{stage}}"),),
    ),
    Panel(
        "Results that came too late in an hour",
        "short",
        (("sum by (stage) (increase(vitae_results_discarded_total[1h]))", "{{stage}}"),),
    ),
    Panel(
        "Queued again in an hour", "short", (("sum by (reason) (increase(vitae_requeued_total[1h]))", "{{reason}}"),)
    ),
    Panel("Clients that can be asked", "short", (("vitae_client_configured", "{{client}} {{location}}"),), "stat"),
)

DASHBOARDS = {
    "service": ("Vitae: service", SERVICE),
    "model-servers": ("Vitae: model servers and GPUs", MODEL_SERVERS),
    "cost": ("Vitae: cost", COST),
    "resilience": ("Vitae: resilience", RESILIENCE),
}


def dashboard(name: str) -> dict[str, Any]:
    """What Grafana reads."""
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
    """Each dashboard's file and what belongs into it."""
    return {FOLDER / f"{name}.json": json.dumps(dashboard(name), indent=1) + "\n" for name in DASHBOARDS}


if __name__ == "__main__":
    for path, text in texts().items():
        path.write_text(text, "utf-8")
        sys.stdout.write(f"{path}\n")
