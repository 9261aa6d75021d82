"""The whole service as a user sees it: uploads become true, priced results; failures and bad files are handled."""

import itertools
import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import psycopg
import pytest

from app.extraction.document import Document
from tests.end_to_end.conftest import ServiceWithModels
from tests.end_to_end.hostile_files import HOSTILE_FILES, HostileFile
from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import ROOT, RunningService, database_url, running_service
from tests.scripted_model.behaviour import Behaviour
from tests.scripted_model.server import ScriptedModel

SCHEMA = ROOT / "tests" / "schemas" / "json_resume_1.0.0.schema.json"
_numbers = itertools.count(10_000)
_FINAL_SECONDS = 60


def new_resume() -> bytes:
    return resume_text(next(_numbers))


def upload(http: httpx.Client, content: bytes, filename: str = "cv.txt", **fields: str) -> dict[str, Any]:
    answer = http.post("/v1/resumes", files=[("files", (filename, content))], data=fields)
    assert answer.status_code == 202, answer.text
    return answer.json()["resumes"][0]


def wait_for(http: httpx.Client, resume_id: str, seconds: float = _FINAL_SECONDS) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        detail = http.get(f"/v1/resumes/{resume_id}").json()
        if detail["status"] in {"done", "failed"}:
            return detail
        time.sleep(0.05)
    raise AssertionError(f"no final state after {seconds} s")


def analysed(service: RunningService, content: bytes, filename: str = "cv.txt", **fields: str) -> dict[str, Any]:
    with service.http() as http:
        return wait_for(http, upload(http, content, filename, **fields)["id"])


def outcomes(detail: dict[str, Any]) -> list[tuple[str, str]]:
    return [(attempt["client"], attempt["outcome"]) for attempt in detail["cost"]["attempts"]]


@pytest.mark.parametrize("sample", ["amara-whitfield.pdf", "oliver-tranmere.docx"])
def test_an_upload_becomes_a_valid_profile_whose_quotes_are_all_in_the_document(
    running: ServiceWithModels, sample: str
) -> None:
    detail = analysed(running.service, (ROOT / "samples" / sample).read_bytes(), sample)
    assert detail["status"] == "done", detail["problem"]
    schema = json.loads(SCHEMA.read_text())
    jsonschema.validate(detail["profile"], schema, format_checker=jsonschema.FormatChecker())
    text = _text_of(running.service, detail["id"])
    assert len(detail["evidence"]) > 10
    for pointer, evidence in detail["evidence"].items():
        assert " ".join(evidence["quote"].split()) in text, pointer
        assert (evidence["box"] is not None) == sample.endswith(".pdf"), pointer


def _text_of(service: RunningService, resume_id: str) -> str:
    """Return the extracted text of the document on one line, straight from the database."""
    with psycopg.connect(database_url(service)) as connection:
        row = connection.execute(
            "select d.content from documents d join resumes r on r.document_id = d.id where r.id = %s", [resume_id]
        ).fetchone()
    assert row is not None
    return " ".join(Document.from_bytes(bytes(row[0])).text.split())


def test_the_first_client_is_used_and_self_hosting_is_not_priced_by_tokens(
    running: ServiceWithModels,
) -> None:
    detail = analysed(running.service, new_resume())
    assert detail["client"] == "LocalVLLM"
    assert outcomes(detail) == [("LocalVLLM", "ok")]
    assert detail["degraded"] is False
    assert (len(running.local.calls), len(running.hosted.calls)) == (1, 0)


def test_when_the_first_client_is_down_the_second_is_used_at_its_exact_price(running: ServiceWithModels) -> None:
    running.local.refuse()
    detail = analysed(running.service, new_resume())
    assert detail["client"] == "GPT4o"
    assert outcomes(detail) == [("LocalVLLM", "unreachable"), ("GPT4o", "ok")]
    assert detail["cost"]["attempts"][0]["cost_usd"] == "0"
    assert detail["cost"]["attempts"][1]["cost_usd"] == "0.00275"
    assert detail["cost"]["total_usd"] == "0.00275"


def test_cached_input_tokens_cost_half(running: ServiceWithModels) -> None:
    running.local.refuse()
    running.hosted.script.replace(Behaviour(prompt_tokens=700, completion_tokens=100, cached_tokens=400))
    detail = analysed(running.service, new_resume())
    # 300 x 2.50 + 400 x 1.25 + 100 x 10.00 USD per million
    assert detail["cost"]["total_usd"] == "0.00225"


def test_an_unreadable_response_is_paid_for_and_the_next_client_is_used(running: ServiceWithModels) -> None:
    running.local.script.replace(Behaviour("prose"))
    detail = analysed(running.service, new_resume())
    assert detail["client"] == "GPT4o"
    assert outcomes(detail)[0] == ("LocalVLLM", "parse_error")
    assert detail["cost"]["attempts"][0]["input_tokens"] > 0


def test_when_no_model_is_available_the_built_in_parser_is_used_and_reported(running: ServiceWithModels) -> None:
    running.local.refuse()
    running.hosted.refuse()
    detail = analysed(running.service, new_resume())
    assert (detail["status"], detail["client"], detail["degraded"]) == ("done", "builtin", True)
    assert detail["profile"]["basics"]["name"].split()[1].startswith("Samp")
    assert detail["cost"]["total_usd"] == "0"
    assert any("built-in parser" in warning for warning in detail["warnings"])


def test_a_lying_model_adds_nothing_to_the_profile_that_is_not_in_the_document(running: ServiceWithModels) -> None:
    running.local.script.replace(Behaviour("lies"))
    running.hosted.script.replace(Behaviour("lies"))
    detail = analysed(running.service, new_resume())
    text = _text_of(running.service, detail["id"])
    for evidence in (detail["evidence"] or {}).values():
        assert " ".join(evidence["quote"].split()) in text


def test_a_local_only_resume_is_never_sent_to_a_hosted_client(running: ServiceWithModels) -> None:
    running.local.refuse()
    detail = analysed(running.service, new_resume(), privacy="local_only")
    assert detail["client"] == "builtin"
    assert running.hosted.calls == []


def test_a_repeated_file_costs_nothing_and_calls_no_model(running: ServiceWithModels) -> None:
    content = new_resume()
    with running.service.http() as http:
        first = upload(http, content)
        assert wait_for(http, first["id"])["status"] == "done"
        second = upload(http, content, "copy.txt")
        detail = wait_for(http, second["id"])
    assert second["duplicate_of"] == first["id"]
    assert outcomes(detail) == [("LocalVLLM", "reused")]
    assert detail["cost"]["total_usd"] == "0"
    assert len(running.local.calls) == 1


def test_many_concurrent_uploads_of_one_file_are_paid_once(running: ServiceWithModels) -> None:
    running.local.script.replace(Behaviour(latency_seconds=0.5))
    content = new_resume()
    with running.service.http() as http:
        answer = http.post("/v1/resumes", files=[("files", (f"cv-{n}.txt", content)) for n in range(8)])
        details = [wait_for(http, item["id"]) for item in answer.json()["resumes"]]
    assert [detail["status"] for detail in details] == ["done"] * 8
    assert len(running.local.calls) == 1


def test_reanalysis_calls_the_model_again_with_the_current_configuration(running: ServiceWithModels) -> None:
    with running.service.http() as http:
        resume_id = upload(http, new_resume())["id"]
        wait_for(http, resume_id)
        running.local.refuse()
        assert http.post(f"/v1/resumes/{resume_id}/reanalyse").status_code == 202
        detail = wait_for(http, resume_id)
    assert detail["client"] == "GPT4o"
    assert outcomes(detail) == [("LocalVLLM", "ok"), ("LocalVLLM", "unreachable"), ("GPT4o", "ok")]


def test_an_erased_resume_disappears_from_rows_and_disk_while_its_cost_stays(running: ServiceWithModels) -> None:
    with running.service.http() as http:
        resume_id = upload(http, new_resume())["id"]
        wait_for(http, resume_id)
        with psycopg.connect(database_url(running.service)) as connection:
            kept = connection.execute("select document_id from resumes where id = %s", [resume_id]).fetchone()
        assert kept is not None
        (file,) = (running.service.data_dir / "files").rglob(kept[0].hex)
        assert http.delete(f"/v1/resumes/{resume_id}").status_code == 204
        assert http.get(f"/v1/resumes/{resume_id}").status_code == 404
    assert not file.exists()
    with psycopg.connect(database_url(running.service)) as connection:
        orphaned = connection.execute("select count(*) from model_attempts where resume_id is null").fetchone()
        left = connection.execute("select count(*) from analyses where resume_id = %s", [resume_id]).fetchone()
    assert orphaned is not None
    assert orphaned[0] >= 1
    assert left == (0,)


@pytest.mark.parametrize("hostile", HOSTILE_FILES, ids=lambda hostile: hostile.filename)
def test_a_bad_file_gets_its_code_and_does_not_delay_others(running: ServiceWithModels, hostile: HostileFile) -> None:
    content = hostile.content()
    with running.service.http() as http:
        answer = http.post("/v1/resumes", files=[("files", (hostile.filename, content))])
        if hostile.at_upload:
            assert 400 <= answer.status_code < 500
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
        else:
            assert answer.status_code == 202, answer.text
            good = upload(http, new_resume())
            assert wait_for(http, good["id"])["status"] == "done"
            detail = wait_for(http, answer.json()["resumes"][0]["id"])
            assert detail["status"] == "failed"
            problem = detail["problem"]
    assert problem["code"] == hostile.code
    assert len(problem["detail"]) > 20


def test_one_bad_file_among_good_ones_has_its_own_problem(running: ServiceWithModels) -> None:
    with running.service.http() as http:
        files = [
            ("files", ("good.txt", new_resume())),
            ("files", ("bad.pdf", b"")),
            ("files", ("also.txt", new_resume())),
        ]
        answer = http.post("/v1/resumes", files=files)
        assert answer.status_code == 202
        items = answer.json()["resumes"]
        assert [("problem" in item and item["problem"] is not None) for item in items] == [False, True, False]
        assert items[1]["problem"]["code"] == "empty_file"
        assert wait_for(http, items[0]["id"])["status"] == "done"
        assert wait_for(http, items[2]["id"])["status"] == "done"


def test_51_files_are_refused_and_none_is_stored(running: ServiceWithModels) -> None:
    with running.service.http() as http:
        before = http.get("/v1/resumes", params={"limit": 1}).json()["items"]
        answer = http.post("/v1/resumes", files=[("files", (f"{n}.txt", new_resume())) for n in range(51)])
        after = http.get("/v1/resumes", params={"limit": 1}).json()["items"]
    assert answer.json()["code"] == "too_many_files"
    assert before == after


def test_no_word_of_a_resume_appears_in_the_log(running: ServiceWithModels) -> None:
    marker = f"Zzyzx{uuid.uuid4().hex[:8]}"
    content = resume_text(next(_numbers)).replace(b"Brightwater", marker.encode())
    for behaviour in (Behaviour(), Behaviour("prose"), Behaviour("malformed"), Behaviour("error", status=500)):
        running.local.script.replace(behaviour)
        running.hosted.script.replace(behaviour)
        assert analysed(running.service, content + uuid.uuid4().hex.encode())["status"] == "done"
    log = running.service.tail(10_000_000) + (running.service.data_dir / "logs" / "vitae.log").read_text()
    assert "analysis_done" in log
    assert marker not in log
    assert "Samp" not in log


def test_the_command_line_uploads_waits_lists_and_shows(running: ServiceWithModels, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(new_resume())
    (tmp_path / "two.txt").write_bytes(b"")
    sent = _vitae(running.service, "upload", str(tmp_path), "--wait", "--json")
    assert sent.returncode == 1  # one of the two failed
    items = [json.loads(line) for line in sent.stdout.splitlines()]
    assert [item.get("status") for item in items] == ["done", None]
    assert items[1]["problem"]["code"] == "empty_file"
    listed = _vitae(running.service, "list", "--json", "--limit", "1")
    assert json.loads(listed.stdout)["id"] == items[0]["id"]
    shown = _vitae(running.service, "show", items[0]["id"], "--json")
    assert json.loads(shown.stdout)["profile"] == items[0]["profile"]
    assert "Traceback" not in sent.stderr + listed.stderr + shown.stderr


def _vitae(service: RunningService, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app.cli.main", *arguments],
        cwd=service.data_dir.parent,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "VITAE_URL": service.url, "VITAE_API_KEY": service.key},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_one_line_changes_the_client_and_data_survives_a_restart(tmp_path: Path) -> None:
    with ScriptedModel() as local, ScriptedModel() as hosted:
        environment = {
            "OPENAI_API_KEY": "not-a-real-key",
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": local.base_url,
            "VITAE_CLIENTS__GPT4O__BASE_URL": hosted.base_url,
        }
        (tmp_path / "vitae.toml").write_text('[routing]\nclients = ["LocalVLLM", "GPT4o"]\n')
        with running_service(tmp_path, environment=environment) as service:
            first = analysed(service, new_resume())
            assert service.stop() == 0
        (tmp_path / "vitae.toml").write_text('[routing]\nclients = ["GPT4o", "LocalVLLM"]\n')
        with running_service(tmp_path, environment=environment) as service:
            second = analysed(service, new_resume())
            with service.http() as http:
                assert http.get(f"/v1/resumes/{first['id']}").json()["profile"] == first["profile"]
    assert (first["client"], second["client"]) == ("LocalVLLM", "GPT4o")


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        ('[routing]\nclients = ["GTP4o"]\n', ["GTP4o", "GPT4o"]),
        ("[routing\n", ["vitae.toml"]),
        ("[serverr]\nport = 1\n", ["serverr", "server"]),
        ('[server]\nport = "many"\n', ["server.port", "vitae.toml"]),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_clear_line(tmp_path: Path, toml: str, names: list[str]) -> None:
    (tmp_path / "vitae.toml").write_text(toml)
    ended = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "up"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "VITAE_SERVER__PORT": "18999"}
        if "port" not in toml
        else {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode in {1, 2}
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    for name in names:
        assert name in lines[0]
