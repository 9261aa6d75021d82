"""All data about one person: found by contact, exported as an archive, erased, and kept for a limited time."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from app.cli.main import app as commands
from app.pipeline.resumes.erase_expired import erase_expired
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import PROFILE, Pipeline

ANA: dict[str, Any] = {
    **PROFILE,
    "basics": {"name": "Ana López", "email": "ana@lopez.example", "phone": "+34600111222"},
    "references": [{"name": "Ilse Varga", "reference": "ilse@varga.example"}],
}


@pytest.fixture
def of_person(client: TestClient, tenant: Tenant) -> Callable[..., list[str]]:
    def find(**person: Any) -> list[str]:
        answer = client.post("/v1/person/resumes", headers=tenant.headers("read"), json=person)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    return find


def test_uploads_are_found_by_the_contacts_of_the_person_they_are_about(
    tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline, of_person: Callable[..., list[str]]
) -> None:
    ilse, ana = upload(tenant), upload(tenant)
    pipeline.finish(ilse)
    pipeline.finish(ana, ANA)
    assert of_person(email="ilse@varga.example") == [ilse]  # Ana's resume only mentions her
    assert of_person(email=" ANA@lopez.example ") == [ana]
    assert of_person(phone="+34600111222") == [ana]
    assert of_person(email="na@lopez.example") == []
    assert of_person(email="ana@lopez.example", phone="+34600111222", ids=[ilse]) == [ana, ilse]


def test_every_upload_of_the_same_file_is_found_even_without_a_result(
    tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline, of_person: Callable[..., list[str]]
) -> None:
    first = upload(tenant, b"Ana Lopez, the same file", "ana.txt")
    pipeline.finish(first, ANA)
    second = upload(tenant, b"Ana Lopez, the same file", "ana again.txt")
    assert of_person(email="ana@lopez.example") == [second, first]


def test_another_tenant_finds_exports_and_names_nothing(
    client: TestClient, tenant: Tenant, other: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    ana = upload(tenant)
    pipeline.finish(ana, ANA)
    found = client.post("/v1/person/resumes", headers=other.headers("read"), json={"email": "ana@lopez.example"})
    assert found.json()["items"] == []
    for person in ({"email": "ana@lopez.example"}, {"ids": [ana]}):
        answer = client.post("/v1/person/export", headers=other.headers("read"), json=person)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("person", [{}, {"email": None}, {"phone": "0600 111"}, {"ids": ["x"]}, {"name": "Ana"}])
def test_a_contact_is_required_to_find_a_person(client: TestClient, tenant: Tenant, person: dict[str, Any]) -> None:
    answer = client.post("/v1/person/resumes", headers=tenant.headers("read"), json=person)
    assert answer.json()["code"] == "invalid_request"


def test_the_archive_has_file_text_results_calls_and_corrections(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    ana = upload(tenant, b"Ana Lopez, process engineer", "../ana:cv.txt")
    pipeline.spend(ana, "0.00275")
    pipeline.finish(ana, ANA)
    change = [{"op": "replace", "path": "/basics/name", "value": "Ana Lopes"}]
    changed = client.patch(
        f"/v1/resumes/{ana}/profile",
        headers={**tenant.headers(), "Content-Type": "application/json-patch+json"},
        content=json.dumps(change),
    )
    assert changed.status_code == 200
    answer = client.post("/v1/person/export", headers=tenant.headers("read"), json={"email": "ana@lopez.example"})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    contents = {Path(name).name: archive.read(name) for name in archive.namelist()}
    assert all(name == "about.txt" or (name.count("/") == 1 and ana in name) for name in archive.namelist())
    assert contents["original anacv.txt"] == b"Ana Lopez, process engineer"
    assert contents["text.txt"] == b"Ilse Varga\n"  # the text of every document in these tests
    resume = json.loads(contents["resume.json"])
    assert resume["profile"]["basics"]["name"] == "Ana Lopes"
    assert [(call["client"], call["location"], call["cost_usd"]) for call in resume["cost"]["attempts"]] == [
        ("GPT4o", "hosted", "0.00275")
    ]
    assert [each["client"] for each in json.loads(contents["analyses.json"])] == ["LocalVLLM"]
    assert json.loads(contents["corrections.json"])[0]["new_value"] == "Ana Lopes"
    assert b"Uploads: 1." in contents["about.txt"]


def test_a_missing_file_does_not_prevent_the_export_of_the_rest(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline, parts: ApiParts
) -> None:
    ana = upload(tenant)
    pipeline.finish(ana, ANA)
    for path in parts.loaded.settings.files_dir.rglob("*"):
        if path.is_file():
            path.unlink()
    answer = client.post("/v1/person/export", headers=tenant.headers("read"), json={"ids": [ana]})
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert f"The file of {ana} no longer exists." in archive.read("about.txt").decode()
    assert any(name.endswith("resume.json") for name in archive.namelist())


def test_only_resumes_past_their_retention_are_erased(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline, parts: ApiParts
) -> None:
    done, waiting = upload(tenant), upload(tenant)
    pipeline.finish(done)
    tomorrow = parts.clock() + timedelta(days=1)
    assert erase_expired(parts.database, parts.files, retention_days=2, now=tomorrow) == 0
    assert erase_expired(parts.database, parts.files, retention_days=1, now=tomorrow + timedelta(minutes=1)) >= 2
    for resume_id in (done, waiting):
        assert client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).status_code == 404
    assert not [path for path in parts.loaded.settings.files_dir.rglob("*") if path.is_file()]


@pytest.fixture
def vitae(served: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITAE_URL", served)
    monkeypatch.setenv("VITAE_API_KEY", tenant.write)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(commands, ["person", *arguments])

    return run


def test_the_command_finds_exports_and_erases(
    vitae: Callable[..., Result], tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline, tmp_path: Path
) -> None:
    ana, ilse = upload(tenant), upload(tenant)
    pipeline.finish(ana, ANA)
    pipeline.finish(ilse)
    found = vitae("find", "ana@lopez.example", "--json")
    assert [json.loads(line)["id"] for line in found.stdout.splitlines()] == [ana]
    written = vitae("export", "+34600111222", "-o", "ana.zip")
    assert written.exit_code == 0
    assert zipfile.is_zipfile(tmp_path / "ana.zip")
    again = vitae("export", "+34600111222", "-o", "ana.zip")
    assert (again.exit_code, "ana.zip already exists" in again.stderr) == (2, True)
    kept = vitae("erase", "ana@lopez.example")
    assert (kept.exit_code, "nobody can confirm. Add --yes" in kept.stderr) == (1, True)
    assert vitae("erase", "ana@lopez.example", "--yes").exit_code == 0
    assert vitae("find", "ana@lopez.example").stderr.startswith("No upload has this address")
    assert len(vitae("find", "ilse@varga.example", "--json").stdout.splitlines()) == 1
    assert vitae("find").exit_code == 2
