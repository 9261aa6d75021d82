"""Alert rules and dashboards use exported metrics, alerts fire when they should, and each links to the runbook."""

import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.api.state_families import live_families, work_families
from app.observability.metrics import ALL
from app.pipeline.operations.report_service_state import LiveState, WorkState

ROOT = Path(__file__).parents[3]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((PROMETHEUS / "rules.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
TESTS = ("rules_test.yml", "rules_test_days.yml")
CASES: list[dict[str, Any]] = [
    case for name in TESTS for case in yaml.safe_load((PROMETHEUS / name).read_text("utf-8"))["tests"]
]
BUILD: dict[str, Any] = runpy.run_path(str(ROOT / "deploy" / "grafana" / "build.py"))
_METRIC = re.compile(r"\b(vitae_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r"(\w+)(?:=~|!~|!=|=)\"")
_GROUPING = re.compile(r"\b(?:by|without) \(([^)]*)\)")
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (Debian: the package prometheus)"
)


def shown() -> dict[str, set[str]]:
    """Return every exported series and its labels."""
    series: dict[str, set[str]] = {name: set[str]() for name in ("vitae_database_up", "vitae_redis_up")}
    for metric in ALL:
        if hasattr(metric, "buckets"):
            series[f"{metric.name}_bucket"] = {*metric.labels, "le"}
            series[f"{metric.name}_sum"] = series[f"{metric.name}_count"] = set(metric.labels)
        else:
            series[metric.name] = set(metric.labels)
    for family in (*work_families(WorkState([], ({}, 0), {}, []), {}), *live_families(LiveState())):
        labels: set[str] = set(getattr(family, "_labelnames", ()))
        suffixes = {"counter": ("_total",), "summary": ("_sum", "_count")}.get(family.type, ("",))
        series |= {f"{family.name}{suffix}": labels for suffix in suffixes}
    return series


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield str(rule["alert"]), str(rule["expr"])
    for name in BUILD["DASHBOARDS"]:
        for panel in BUILD["dashboard"](name)["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"]


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_queried_series_is_exported_by_the_service(where: str, expression: str) -> None:
    series = shown()
    asked = _METRIC.findall(expression)
    assert asked or "up{" in expression
    for name, matchers in asked:
        assert name in series, where
        assert set(_MATCHER.findall(matchers)) <= series[name], where
    known = {"job", *(label for name, _ in asked for label in series[name])}
    for grouping in _GROUPING.findall(expression):
        assert {label.strip() for label in grouping.split(",") if label.strip()} <= known, where


def test_the_dashboards_match_the_script_that_writes_them() -> None:
    for path, text in BUILD["texts"]().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run python deploy/grafana/build.py"
    written = {path.name for path in (ROOT / "deploy" / "grafana" / "dashboards").iterdir()}
    assert written == {path.name for path in BUILD["texts"]()}


def test_the_dashboards_use_the_provisioned_data_source() -> None:
    (source,) = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text("utf-8"))[
        "datasources"
    ]
    assert BUILD["DATA_SOURCE"] == {"type": source["type"], "uid": source["uid"]}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_severity_and_links_to_its_section(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_is_tested_to_fire_and_to_stay_silent(rule: dict[str, Any]) -> None:
    wanted = f'alertname="{rule["alert"]}"'
    checks = [
        check for case in CASES for check in case["promql_expr_test"] if wanted in check["expr"]
    ]  # one case may check several times
    assert any(check["exp_samples"] for check in checks)
    assert any(not check["exp_samples"] for check in checks)
    # In addition to the moments before it fires: a case in which it never does.
    assert any(
        not any(check["exp_samples"] for check in case["promql_expr_test"])
        for case in CASES
        if wanted in case["promql_expr_test"][0]["expr"]
    )


@needs_promtool
def test_prometheus_accepts_the_configuration_and_the_rules() -> None:
    for command in (("check", "config", "prometheus.yml"), ("check", "rules", "rules.yml")):
        done = subprocess.run(["promtool", *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_alerts_fire_when_they_should_and_only_then() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", *TESTS], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
