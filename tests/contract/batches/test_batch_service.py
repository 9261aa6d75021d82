"""Batches by REST and by command: for the operator only; a self-hosted model's file is processed on its own server."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.main import app as commands
from app.main import create_app
from app.routing.servers.batch_lines import check_line
from app.storage import tenants
from app.storage.engine import Database
from app.wiring.api_parts import build_api_parts
from tests.contract.api.conftest import serving
from tests.contract.batches.conftest import Lane, MakeLane
from tests.scripted_model import ScriptedModel

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello\nthere"}]}
# Processes a file as `vllm run-batch` does, sending each line to the server whose address is in the environment.
RUNNER = """
import json, os, sys, urllib.request
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
with open(options["-i"]) as source, open(options["-o"], "w") as target:
    for line in source:
        request = json.loads(line)
        assert request["body"]["model"] == options["--model"]
        call = urllib.request.Request(os.environ["SCRIPTED_URL"] + "/chat/completions",
            json.dumps(request["body"]).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(call) as answer:
            body = json.load(answer)
        response = {"status_code": 200, "request_id": "r", "body": body}
        target.write(json.dumps({"id": "vllm-1", "custom_id": request["custom_id"], "response": response,
            "error": None}) + "\\n")
"""


@pytest.fixture
def self_hosted(make_lane: MakeLane, model: ScriptedModel) -> Lane:
    """A lane whose batches a self-hosted model processes with `vllm run-batch`."""
    return make_lane(
        VITAE_CLIENTS__LOCALVLLM__BASE_URL=model.base_url,
        VITAE_CLIENTS__LOCALVLLM__MODEL="gpt-4o",
        VITAE_BATCH__CLIENT="LocalVLLM",
        VITAE_SERVER__THREADS="4",
    )


@pytest.fixture
def api(self_hosted: Lane, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    """The service of that lane; the command line connects to it with the operator's key."""
    parts = build_api_parts(self_hosted.loaded)
    with database.transaction() as tx:
        operator = tenants.ensure_tenant(tx, "operator of batches")
        first = tx.exec_driver_sql("select id from tenants order by created_at, id limit 1").scalar_one()
        _, key = tenants.create_key(tx, first, "operator", ["admin"])
        _, other = tenants.create_key(tx, operator, "other", ["admin"])
    with serving(create_app(parts)) as url:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("VITAE_URL", url)
        monkeypatch.setenv("VITAE_API_KEY", key)
        monkeypatch.setenv("OTHER_KEY", other)
        monkeypatch.setenv("SCRIPTED_URL", self_hosted.model.base_url)
        yield TestClient(create_app(parts), headers={"Authorization": f"Bearer {key}"})


def vitae(*arguments: str, status: int = 0) -> str:
    answer = CliRunner().invoke(commands, list(arguments))
    assert answer.exit_code == status, answer.output
    return answer.output


def test_a_self_hosted_models_batch_is_processed_on_its_server(
    self_hosted: Lane, api: TestClient, tmp_path: Path
) -> None:
    kept, plain = self_hosted.upload(privacy="local_only"), self_hosted.upload()
    started = json.loads(vitae("batch", "submit", "--json"))
    batch_id = uuid.UUID(started["id"])
    assert (started["state"], started["runner"]) == ("preparing", "run_batch")
    assert self_hosted.advance(batch_id).state == "running"
    assert f"vitae batch run {batch_id}" in vitae("batch", "status", str(batch_id)).replace("\n", "")
    runner = tmp_path / "runner.py"
    runner.write_text(RUNNER)
    lines = api.get(f"/v1/batches/{batch_id}/input").text.strip().split("\n")
    assert len({check_line(line) for line in lines}) == 2
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join(lines) + "\n")
    subprocess.run([sys.executable, runner, "-i", source, "-o", target, "--model", "gpt-4o"], check=True)

    def hand_in(output: bytes) -> Any:
        headers = {"Content-Type": "application/jsonl"}
        return api.put("/v1/batch-output", content=output, params={"batch_id": str(batch_id)}, headers=headers)

    assert hand_in(b"no answers").status_code == 422
    answer = hand_in(target.read_bytes())
    assert answer.status_code == 202, answer.text
    assert self_hosted.run(batch_id).state == "collected"
    for made in (kept, plain):
        analysis = self_hosted.analysis_of(made)
        assert (analysis.status, analysis.client, analysis.location) == ("done", "LocalVLLM", "local")
        (row,) = self_hosted.ledger(made)
        assert (row.service_tier, row.cost_basis) == ("batch", "self_hosted_pending")
    assert api.get(f"/v1/batches/{batch_id}/input").status_code == 404, "its files are deleted"
    assert hand_in(target.read_bytes()).status_code == 409
    shown = api.get("/v1/batches").json()
    assert (shown["client"], shown["batches"][0]["answered"], shown["batches"][0]["open"]) == ("LocalVLLM", 2, 0)


def test_a_runner_that_cannot_be_started_is_named(self_hosted: Lane, api: TestClient) -> None:
    self_hosted.upload()
    batch_id = self_hosted.start()
    self_hosted.advance(batch_id)
    said = vitae("batch", "run", str(batch_id), "--command", "no-such-vllm run-batch", status=1)
    assert "`no-such-vllm` cannot be started" in said
    assert "wrote no results" in vitae("batch", "run", str(batch_id), "--command", "false", status=1)
    cancelled = json.loads(vitae("batch", "cancel", str(batch_id), "--json"))
    assert cancelled["cancel_requested"]
    assert self_hosted.run(batch_id).error == "cancelled"


def test_only_the_operator_sees_batches(api: TestClient) -> None:
    other = {"Authorization": f"Bearer {os.environ['OTHER_KEY']}"}
    for method, path in (("GET", "/v1/batches"), ("POST", "/v1/batches"), ("GET", f"/v1/batches/{uuid.uuid4()}")):
        assert api.request(method, path, headers=other).status_code == 403
    assert api.post(f"/v1/batches/{uuid.uuid4()}/collect").status_code == 404
    assert "No uploads are waiting for a batch" in vitae("batch", "submit")
    assert "Batches go to LocalVLLM" in vitae("batch", "status")
