"""Finds an installed vLLM (without loading it) and NVIDIA GPUs; used by `vitae vllm up` and `vitae doctor`."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
START_SCRIPT = ROOT / "deploy" / "vllm" / "start.sh"
OWN_ENVIRONMENT = ROOT / ".venv-vllm"
INSTALL = "make vllm"
_ASK_SECONDS = 30.0
_ASK_VERSION = "import importlib.metadata; print(importlib.metadata.version('vllm'))"


@dataclass(frozen=True, slots=True)
class VllmProgram:
    command: Path
    version: str

    @property
    def needs_gpu(self) -> bool:
        """Whether this is a GPU build; the version of a CPU build says `cpu`."""
        return "cpu" not in self.version


def find_vllm(environment: Mapping[str, str]) -> VllmProgram | None:
    """Look on PATH, then in the project's `.venv-vllm` (`make vllm`). None if no vLLM there can start."""
    own = OWN_ENVIRONMENT / "bin" / "vllm"
    found = shutil.which("vllm", path=environment.get("PATH")) or (own if own.is_file() else None)
    if found is None:
        return None
    # The Python that runs the command is in the same folder.
    python = Path(found).parent / "python3"
    version = _output([str(python), "-c", _ASK_VERSION])
    return VllmProgram(Path(found), version) if version else None


def find_gpus() -> list[str]:
    """Return name and memory of each NVIDIA GPU, as reported by the driver."""
    listed = _output(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    return [line.strip() for line in listed.splitlines() if line.strip()]


def _output(command: list[str]) -> str:
    """Return the program's output; empty if it is missing, fails or hangs."""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    try:
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_ASK_SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""
