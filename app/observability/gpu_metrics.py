"""Reads utilization and memory of the GPUs, from NVIDIA's DCGM exporters or from `nvidia-smi` on this machine.

Called by the scheduler through `app.pipeline.operations.watch_clients`. A machine without a GPU is not an error.
"""

import logging
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from app.network.server_route import DIRECT, open_client

log = logging.getLogger(__name__)

_LIMIT_SECONDS = 5.0
_MIB = 1024 * 1024
_SMI_QUERY = "index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw"
_DCGM_SAMPLE = re.compile(r"^(DCGM_FI_DEV_\w+)\{([^}]*)\}\s+([-+.\deE]+)\s*\d*$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU; None for values that its driver does not report."""

    machine: str
    gpu: str
    utilisation_ratio: float | None
    memory_used_bytes: float | None
    memory_total_bytes: float | None
    celsius: float | None
    watts: float | None


def read_gpus(exporter_urls: Sequence[str]) -> list[Gpu]:
    """The GPUs of the configured exporters, or of this machine if there are none. Never raises."""
    if exporter_urls:
        return [gpu for url in exporter_urls for gpu in _ask_exporter(url)]
    return _ask_nvidia_smi()


def _ask_exporter(url: str) -> list[Gpu]:
    try:
        with open_client(url, DIRECT, connect_seconds=_LIMIT_SECONDS, limit_seconds=_LIMIT_SECONDS) as http:
            answer = http.get(url)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("gpu_exporter_failed", extra={"fields": {"url": url, "error": type(error).__name__}})
        return []
    return read_dcgm(answer.text, urlsplit(url).hostname or url)


def read_dcgm(text: str, machine: str) -> list[Gpu]:
    """`machine` is used for GPUs whose samples have no host name."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for line in text.splitlines():
        sample = _DCGM_SAMPLE.match(line)
        if sample is None:
            continue
        labels = dict(_LABEL.findall(sample[2]))
        key = (labels.get("Hostname") or machine, labels.get("gpu", "0"))
        found.setdefault(key, {})[sample[1].removeprefix("DCGM_FI_DEV_")] = float(sample[3])
    gpus: list[Gpu] = []
    for (host, gpu), values in sorted(found.items()):
        used, free = values.get("FB_USED"), values.get("FB_FREE")
        reserved = values.get("FB_RESERVED", 0.0)
        gpus.append(
            Gpu(
                machine=host,
                gpu=gpu,
                utilisation_ratio=_scaled(values.get("GPU_UTIL"), 0.01),
                memory_used_bytes=_scaled(used, _MIB),
                memory_total_bytes=None if used is None or free is None else (used + free + reserved) * _MIB,
                celsius=values.get("GPU_TEMP"),
                watts=values.get("POWER_USAGE"),
            )
        )
    return gpus


def _ask_nvidia_smi() -> list[Gpu]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        answer = subprocess.run(
            [program, f"--query-gpu={_SMI_QUERY}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("nvidia_smi_failed", extra={"fields": {"error": type(error).__name__}})
        return []
    return read_nvidia_smi(answer.stdout, socket.gethostname())


def read_nvidia_smi(text: str, machine: str) -> list[Gpu]:
    """Lines of `nvidia-smi --query-gpu=... --format=csv,noheader,nounits`, which reports memory in MiB."""
    gpus: list[Gpu] = []
    for line in text.splitlines():
        fields = [part.strip() for part in line.split(",")]
        if len(fields) != len(_SMI_QUERY.split(",")):
            continue
        busy, used, total, celsius, watts = (_number(part) for part in fields[1:])
        gpus.append(
            Gpu(
                machine=machine,
                gpu=fields[0],
                utilisation_ratio=_scaled(busy, 0.01),
                memory_used_bytes=_scaled(used, _MIB),
                memory_total_bytes=_scaled(total, _MIB),
                celsius=celsius,
                watts=watts,
            )
        )
    return gpus


def _number(text: str) -> float | None:
    """None for `[N/A]` and `[Not Supported]`."""
    try:
        return float(text)
    except ValueError:
        return None


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
