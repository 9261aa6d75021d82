"""Real model servers on this machine's CPU: vLLM, started by `vitae vllm up` as on a host without containers, and
llama.cpp.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / ".venv-vllm-test" / "bin"
START_SCRIPT = ROOT / "deploy" / "vllm" / "start.sh"
# Limits for servers that hang. One that exits while it starts or stops is noticed at once, however long these are.
START_SECONDS = 1200  # two at once on a busy machine with two cores took 100; at a load of 90, one took 420
STOP_SECONDS = 660
CONTEXT_TOKENS = 8192
_SAMPLE = re.compile(r"^(\w+:\w+)(?:\{[^}]*\})?\s+([-+.\deE]+)$", re.MULTILINE)

# Settings for a CPU build: no network access, one core for each server, a small cache.
CPU_VARIABLES = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "VLLM_MAX_MODEL_LEN": str(CONTEXT_TOKENS),
    "VLLM_MAX_NUM_SEQS": "16",
    "VLLM_EXTRA_ARGS": "--enforce-eager",
    "VLLM_DRAIN_SECONDS": "2",
    "VLLM_SHUTDOWN_SECONDS": "600",
}


class ModelServer:
    """A server of the client LocalVLLM, started on demand. `settings` are the service's environment variables."""

    def __init__(self, port: int, data_dir: Path, settings: Mapping[str, str]) -> None:
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.ready_file = data_dir / f"vllm-{port}.ready"
        self.log = data_dir.parent / f"vllm-{port}.log"
        kept = {n: value for n, value in os.environ.items() if not n.startswith(("VLLM_", "VITAE_", "OPENAI_"))}
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        self.environment = {**kept, **CPU_VARIABLES, **settings, "PATH": path}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.ready_file.unlink(missing_ok=True)  # from a server that was killed
        command = [sys.executable, "-m", "app.cli.main", "vllm", "up", "--endpoint", self.base_url]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=ROOT,
            )

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            tail = self.log.read_text("utf-8", "replace")[-4000:]
            assert self.process is None or self.process.poll() is None, f"ended while it started:\n{tail}"
            return self.ready_file.exists()

        wait_until(ready, START_SECONDS)

    def stop(self) -> int:
        """Send SIGTERM and return the exit status of the start script."""
        process = self.process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return process.wait(STOP_SECONDS)

    def calls_itself_healthy(self) -> bool:
        told = {"VLLM_LISTEN_PORT": str(self.port), "VLLM_READY_FILE": str(self.ready_file)}
        check = ["bash", str(START_SCRIPT), "healthy"]
        return subprocess.run(check, env={**self.environment, **told}, capture_output=True, check=False).returncode == 0

    def answers_health(self) -> bool:
        return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=10).is_success

    def counter(self, name: str) -> float:
        """The sum of one of vLLM's metrics, named without its prefix `vllm:`."""
        return metric(self.port, f"vllm:{name}")


class LlamaServer:
    """llama.cpp's server with the weights of a GGUF file, under the model name `name`."""

    def __init__(self, port: int, weights: Path, name: str, log: Path) -> None:
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}/v1"
        self.log = log
        self._command = [
            str(PROGRAMS / "python"),
            str(Path(__file__).with_name("llama_server.py")),
            *map(str, (weights, port, name, CONTEXT_TOKENS)),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self._command, stdout=output, stderr=subprocess.STDOUT)

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            tail = self.log.read_text("utf-8", "replace")[-4000:]
            assert self.process is None or self.process.poll() is None, f"ended while it started:\n{tail}"
            try:
                return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=10).is_success
            except httpx.TransportError:
                return False

        wait_until(ready, START_SECONDS)

    def stop(self) -> int:
        """Send SIGTERM and return the exit status."""
        process = self.process
        if process is None:
            return 0
        process.terminate()
        return process.wait(STOP_SECONDS)

    def counter(self, name: str) -> float:
        """One of llama.cpp's metrics, named without its prefix `llamacpp:`."""
        return metric(self.port, f"llamacpp:{name}")


def metric(port: int, name: str) -> float:
    """The sum of a metric over all its labels. Fails if the server has no such metric."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
    values = [float(value) for found, value in _SAMPLE.findall(text) if found == name]
    assert values, f"no metric {name}"
    return sum(values)


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)
