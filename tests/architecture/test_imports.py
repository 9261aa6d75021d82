"""What may be loaded where: BAML must never be in a process that forks, and nothing happens at import."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("module", ["workers.celery_app", "app.main", "workers.schedule", "app.cli.main"])
def test_no_entry_point_loads_baml_by_being_imported(module: str) -> None:
    script = f"import {module}, sys; print([name for name in sys.modules if name.split('.')[0].startswith('baml')])"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_the_layers_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:]
