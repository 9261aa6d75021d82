"""Reading the metrics of old and new versions of vLLM, and of GPUs."""

import os
import socket
from pathlib import Path

import pytest

from app.observability.gpu_metrics import read_dcgm, read_gpus, read_nvidia_smi
from app.observability.vllm_metrics import read_server_metrics

_TODAY = """
# HELP vllm:num_requests_running Number of requests in model execution batches.
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 200.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 150.0
vllm:prefix_cache_hits_created{engine="0",model_name="m"} 1.7e+09
vllm:prompt_tokens_total{engine="0",model_name="m"} 1.2e+06
vllm:num_preemptions_total{engine="0",model_name="m"} 4.0
vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 9.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 1.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.1",model_name="m"} 7.0
vllm:time_to_first_token_seconds_sum{engine="0",model_name="m"} 2.5
vllm:time_to_first_token_seconds_count{engine="0",model_name="m"} 10.0
vllm:inter_token_latency_seconds_sum{engine="0",model_name="m"} 8.0
vllm:inter_token_latency_seconds_count{engine="0",model_name="m"} 400.0
"""
_OLD = """
vllm:gpu_cache_usage_perc{model_name="m"} 0.5
vllm:gpu_prefix_cache_queries_total{model_name="m"} 20.0
vllm:gpu_prefix_cache_hits_total{model_name="m"} 5.0
vllm:time_per_output_token_seconds_sum{model_name="m"} 8.0
vllm:time_per_output_token_seconds_count{model_name="m"} 400.0
"""


def test_a_current_server_is_read() -> None:
    seen = read_server_metrics(_TODAY)
    assert seen.gauges == {"requests_running": 3, "requests_waiting": 1}
    assert seen.kv_cache_ratio == 0.75
    assert seen.counters == {
        "prefix_cache_queries": 200,
        "prefix_cache_hits": 150,
        "prompt_tokens": 1_200_000,
        "preemptions": 4,
    }
    assert seen.finished == {"stop": 9, "length": 1}
    assert seen.durations == {"first_token": (10, 2.5), "inter_token": (400, 8)}


def test_an_older_server_is_read_under_the_same_names() -> None:
    seen = read_server_metrics(_OLD)
    assert seen.kv_cache_ratio == 0.5
    assert seen.counters == {"prefix_cache_queries": 20, "prefix_cache_hits": 5}
    assert seen.durations == {"inter_token": (400, 8)}


@pytest.mark.parametrize("text", ["", "<html>", "vllm:num_requests_running", 'vllm:num_requests_running{a="b"} NaN'])
def test_unparsable_metrics_yield_nothing(text: str) -> None:
    seen = read_server_metrics(text)
    assert (seen.gauges, seen.counters, seen.kv_cache_ratio) == ({}, {}, None)


def test_nvidia_smi_is_read() -> None:
    text = "0, 87, 40960, 81559, 54, 312.45\n1, [N/A], 10, 81559, [Not Supported], 70.1\nFailed to initialize NVML\n"
    first, second = read_nvidia_smi(text, "gpu-1")
    assert (first.machine, first.gpu, first.utilisation_ratio) == ("gpu-1", "0", 0.87)
    assert first.memory_used_bytes == 40960 * 2**20
    assert (first.celsius, first.watts) == (54, 312.45)
    assert (second.utilisation_ratio, second.celsius) == (None, None)


def _program(folder: Path, script: str) -> str:
    """A PATH on which `nvidia-smi` is the given shell script."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    return f"{folder}:{os.defpath}"


def test_nvidia_smi_is_queried_for_the_fields_that_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = "--query-gpu=index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw"
    script = f'[ "$1 $2" = "{wanted} --format=csv,noheader,nounits" ] && echo "0, 50, 20600, 22800, 61, 131.20"'
    monkeypatch.setenv("PATH", _program(tmp_path, script))
    (seen,) = read_gpus([])
    assert (seen.machine, seen.gpu, seen.utilisation_ratio) == (socket.gethostname(), "0", 0.5)
    assert (seen.memory_used_bytes, seen.memory_total_bytes) == (20600 * 2**20, 22800 * 2**20)


def test_a_machine_without_a_gpu_shows_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_gpus([]) == []
    monkeypatch.setenv("PATH", _program(tmp_path, "echo 'No devices were found'; exit 6"))
    assert read_gpus([]) == []
    assert read_gpus(["http://127.0.0.1:1/metrics"]) == []


def test_a_dcgm_exporter_is_read() -> None:
    labels = '{gpu="0",UUID="GPU-1",device="nvidia0",modelName="NVIDIA L4",Hostname="node-7"}'
    text = (
        f"# TYPE DCGM_FI_DEV_GPU_UTIL gauge\nDCGM_FI_DEV_GPU_UTIL{labels} 42\nDCGM_FI_DEV_FB_USED{labels} 6000\n"
        f"DCGM_FI_DEV_FB_FREE{labels} 17000\nDCGM_FI_DEV_GPU_TEMP{labels} 61\nDCGM_FI_DEV_POWER_USAGE{labels} 71.5\n"
        'DCGM_FI_DEV_GPU_UTIL{gpu="1"} 0\n'
    )
    other, first = sorted(read_dcgm(text, "fallback"), key=lambda gpu: gpu.machine)
    assert (first.machine, first.gpu, first.utilisation_ratio) == ("node-7", "0", 0.42)
    assert first.memory_total_bytes == 23000 * 2**20
    assert (first.celsius, first.watts) == (61, 71.5)
    assert (other.machine, other.gpu, other.memory_total_bytes) == ("fallback", "1", None)
