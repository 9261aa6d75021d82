"""`vitae bench pipeline` against the running service: from upload to stored result, with nothing left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import ServiceWithModels
from tests.end_to_end.service import ROOT

SAMPLE = str(ROOT / "samples" / "marcus-delhaye.txt")


def vitae_bench(running: ServiceWithModels, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("VITAE_", "OPENAI_"))}
    told = {"PYTHONPATH": str(ROOT), "VITAE_URL": running.service.url, "VITAE_API_KEY": running.service.key}
    command = [sys.executable, "-m", "app.cli.main", "bench", "pipeline", SAMPLE, "--json", "r.json", *arguments]
    return subprocess.run(
        command, cwd=folder, env={**variables, **told}, capture_output=True, text=True, timeout=120, check=False
    )


def test_uploads_are_followed_to_their_stored_results_and_deleted(running: ServiceWithModels, tmp_path: Path) -> None:
    ended = vitae_bench(
        running,
        tmp_path,
        "--rate",
        "5",
        "--concurrency",
        "2",
        "--requests",
        "5",
        "--warm-up",
        "1",
        "--files-per-upload",
        "2",
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads((tmp_path / "r.json").read_text("utf-8"))
    for stage in report["stages"]:
        assert (stage["ok"], stage["errors"], stage["answered_by"]) == (5, {}, {"LocalVLLM": 5})
        assert stage["latency"]["p50"] > 0
    assert {call.function for call in running.local.calls} == {"ExtractProfile"}
    assert len(running.local.calls) == 11  # every upload was analysed: no result was reused
    with running.service.http() as http:
        assert not any((i["reference"] or "").startswith("bench-") for i in http.get("/v1/resumes").json()["items"])


def test_hosted_clients_are_not_called_without_consent(running: ServiceWithModels, tmp_path: Path) -> None:
    ended = vitae_bench(running, tmp_path, "--privacy", "any")
    assert ended.returncode == 2
    assert "GPT4o" in ended.stderr
    assert "--yes" in ended.stderr
    assert running.local.calls == running.hosted.calls == []
